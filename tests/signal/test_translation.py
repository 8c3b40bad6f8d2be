import numpy as np
import pytest
import scipy.ndimage

from specgan.signal.translation import translate
from specgan.signal.translation import translate_fractionally
from tests.contracts import uniform

MOVES = [[3, -2], [-5, 0], [0, 7], [0, 0]]


def waves(size, pixels, highest=0.25):
    """Sums of sines up to a frequency in cycles per pixel, moved."""
    random = np.random.default_rng(0)
    batch = len(pixels)
    frequencies = random.uniform(-highest, highest, [batch, 8, 2])
    phases = random.uniform(0, 1, [batch, 8])
    x = np.arange(size) - np.asarray(pixels, float)[:, :1, None]
    y = np.arange(size) - np.asarray(pixels, float)[:, 1:, None]
    arguments = (
        frequencies[..., :1, None] * x[:, :, None, :]
        + frequencies[..., 1:, None] * y[:, :, :, None]
        + phases[..., None, None]
    )
    images = np.sin(2 * np.pi * arguments).mean(axis=1)
    return images[..., None].astype(np.float32)


def test_whole_pixels_equal_scipy():
    images = uniform(4, 10, 12, 3)
    moved, mask = translate(images, MOVES)
    ones = np.ones([10, 12, 1])
    for image, pixels, one, inside in zip(
        images, MOVES, moved.numpy(), mask.numpy(), strict=True
    ):
        shift = (pixels[1], pixels[0], 0)
        np.testing.assert_array_equal(
            one, scipy.ndimage.shift(image, shift, order=0)
        )
        np.testing.assert_array_equal(
            inside, scipy.ndimage.shift(ones, shift, order=0)
        )


def test_further_than_the_image_leaves_nothing():
    moved, mask = translate(uniform(2, 4, 4, 1), [[4, 0], [0, -9]])
    assert not np.any(moved) and not np.any(mask)


def test_fractions_of_waves_are_the_moved_waves():
    pixels = [[0.5, -0.5], [2.25, 3.1], [-7.9, 0.2], [3.0, -2.0]]
    images, expected = waves(40, np.zeros([4, 2])), waves(40, pixels)
    moved, mask = translate_fractionally(images, pixels)
    assert 0.5 < np.mean(mask) < 1
    error = np.sum((moved - expected) ** 2 * mask) / np.sum(mask)
    assert 10 * np.log10(np.var(expected) / error) > 32
    # Whole pixels stay as they are.
    np.testing.assert_allclose(
        moved[3] * mask[3], expected[3] * mask[3], atol=1e-6
    )


def test_fractions_keep_a_constant_within_the_mask():
    moved, mask = translate_fractionally(
        np.full([2, 16, 16, 1], 0.7, np.float32), [[0.3, 5.6], [-6.2, -0.9]]
    )
    np.testing.assert_allclose(moved * mask, 0.7 * mask, atol=1e-6)
    # Outside, not all taps lie within.
    assert np.min(np.abs(moved - 0.7)[mask == 0]) > 1e-4


def test_mask_by_hand():
    _, mask = translate_fractionally(np.ones([1, 12, 12, 1]), [[2.5, -2.5]])
    # From floor(2.5) + 3; up to 12 + floor(-2.5) - 2.
    expected = np.zeros([12, 12])
    expected[:7, 5:] = 1
    np.testing.assert_array_equal(mask[0, :, :, 0], expected)


@pytest.mark.parametrize("operator", [translate, translate_fractionally])
@pytest.mark.parametrize(
    "shape, pixels",
    [((4, 4, 1), [[0, 0]]), ((2, 4, 4, 1), [[0, 0]]), ((1, 4, 4, 1), [0, 0])],
)
def test_shapes_must_fit(operator, shape, pixels):
    with pytest.raises(ValueError, match="each by its own distance"):
        operator(uniform(*shape), pixels)
