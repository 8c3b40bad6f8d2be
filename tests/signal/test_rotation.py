import numpy as np
import pytest
import tensorflow as tf

from specgan.signal.rotation import oriented_low_pass
from specgan.signal.rotation import pseudo_rotate
from specgan.signal.rotation import rotate
from tests.contracts import uniform


def waves(size, angles, highest=0.2):
    """Sums of sines within a disc of frequencies, turned about the centre."""
    random = np.random.default_rng(0)
    radius = highest * np.sqrt(random.uniform(size=8))
    direction = random.uniform(0, 2 * np.pi, 8)
    x = np.arange(size) - (size - 1) / 2
    y = x[:, None]
    images = []
    for angle in angles:
        turned = direction - angle  # Counter-clockwise: y points down.
        sines = [
            np.sin(2 * np.pi * r * (np.cos(a) * x + np.sin(a) * y) + 1)
            for r, a in zip(radius, turned, strict=True)
        ]
        images.append(np.mean(sines, axis=0))
    return np.stack(images)[..., None].astype(np.float32)


def test_turned_waves():
    angles = np.array([0.3, -2.2, np.pi / 4, 3.0])
    turned, mask = rotate(waves(48, np.zeros(4)), angles)
    expected = waves(48, angles)
    assert 0.4 < np.mean(mask) < 0.8
    error = np.sum((turned - expected) ** 2 * mask) / np.sum(mask)
    assert 10 * np.log10(np.var(expected) / error) > 40


def test_quarter_turns_are_those_of_tensorflow():
    images = np.tile(waves(32, [0.4]), [4, 1, 1, 1])
    quarters = [0, 1, 2, 3]
    turned, mask = rotate(images, np.multiply(quarters, np.pi / 2))
    expected = np.stack(
        [tf.image.rot90(i, q) for i, q in zip(images, quarters, strict=True)]
    )
    # But for what the filter takes away.
    assert np.max(np.abs(turned - expected) * mask) < 0.02


@pytest.mark.parametrize("upsampling", [1, 4])
def test_filter(upsampling):
    taps = oriented_low_pass(0.4, upsampling)
    assert taps.shape == (12 * upsampling - 1,) * 2
    assert np.sum(taps) == pytest.approx(1)
    for row in range(upsampling):
        phase = taps[row::upsampling, ::upsampling]
        assert np.sum(phase) == pytest.approx(1 / upsampling**2)
    # The phases' division by their sums alone breaks the symmetry.
    np.testing.assert_allclose(taps, taps[::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(
        taps, oriented_low_pass(-0.4, upsampling).T, atol=1e-6
    )
    np.testing.assert_allclose(
        taps, oriented_low_pass(0.4 + np.pi / 2, upsampling), atol=1e-4
    )


def response(angle, upsampling, x, y):
    """Of the filter, to a frequency in cycles per pixel."""
    reach = 6 * upsampling
    positions = np.arange(1 - reach, reach) / upsampling
    waves = y * positions[:, None] + x * positions
    taps = oriented_low_pass(angle, upsampling)
    return np.sum(taps * np.cos(2 * np.pi * waves))


def test_filter_passes_an_octagon():
    for angle, upsampling in ((np.pi / 4, 4), (np.pi / 4, 1)):
        # The turned square's edge lies at 0.5 / sqrt(2) = 0.35 on the diagonal.
        assert response(angle, upsampling, 0.2, 0.2) == pytest.approx(
            1, abs=0.1
        )
        assert response(angle, upsampling, 0.45, 0.45) == pytest.approx(
            0, abs=0.1
        )
    assert response(np.pi / 4, 4, 0.35, 0) == pytest.approx(1, abs=0.1)
    assert response(np.pi / 4, 4, 0.5, 0) == pytest.approx(0.5, abs=0.05)
    assert response(np.pi / 4, 4, 0.65, 0) == pytest.approx(0, abs=0.05)


def test_without_upsampling_corners_fold_back_as_in_the_reference():
    assert 1.6 < response(np.pi / 4, 1, 0.5, 0) < 1.9
    assert response(0.0, 1, 0.4, 0.1) == pytest.approx(1, abs=0.1)


def test_pseudo_rotation_is_the_convolution():
    images, angles = uniform(2, 20, 24, 3), [0.7, -1.9]
    filtered, mask = pseudo_rotate(images, angles)
    for image, angle, one in zip(images, angles, filtered, strict=True):
        kernel = oriented_low_pass(-angle)[::-1, ::-1, None, None]
        kernel = np.repeat(kernel, 3, axis=2).astype(np.float32)
        expected = tf.nn.depthwise_conv2d(
            image[None], kernel, [1, 1, 1, 1], "SAME"
        )[0]
        np.testing.assert_allclose(one, expected, atol=2e-6)
    expected = np.zeros([20, 24])
    expected[5:-5, 5:-5] = 1
    np.testing.assert_array_equal(mask[1, :, :, 0], expected)


def test_constants_stay_within_the_mask():
    images = np.full([3, 24, 24, 1], 0.7, np.float32)
    for operator in (rotate, pseudo_rotate):
        result, mask = operator(images, [0.1, 1.0, -2.0])
        assert np.sum(mask) > 0
        np.testing.assert_allclose(result * mask, 0.7 * mask, atol=1e-5)


@pytest.mark.parametrize("operator", [rotate, pseudo_rotate])
@pytest.mark.parametrize(
    "shape, angles", [((4, 4, 1), [0]), ((2, 4, 4, 1), [0]), ((1, 4, 4, 1), 0)]
)
def test_shapes_must_fit(operator, shape, angles):
    with pytest.raises(ValueError, match="each by its own angle"):
        operator(uniform(*shape), angles)
