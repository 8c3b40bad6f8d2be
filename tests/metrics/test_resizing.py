import numpy as np
import pytest
from PIL import Image

from specgan.metrics import resizing
from tests.metrics.feature_sets import pictures


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [9, 21, 40])
def test_clean_equals_pillow(size, channels):
    images = pictures(5, seed=0, size=21, channels=channels)
    resized = resizing.clean(images, size)
    assert resized.shape == (5, size, size, channels)
    assert resized.dtype == np.float32
    for image, found in zip(images, resized, strict=True):
        for channel in range(channels):
            plane = Image.fromarray(image[:, :, channel].astype(np.float32))
            plane = plane.resize((size, size), Image.Resampling.BICUBIC)
            np.testing.assert_array_equal(
                found[:, :, channel], np.clip(np.asarray(plane), 0, 255)
            )


def cubic(x):
    """The kernel of Keys, a = -1/2."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


@pytest.mark.parametrize("size", [8, 16, 50])
def test_clean_is_antialiased_bicubic(size):
    image = pictures(1, seed=1, size=16, channels=1)
    stretch = max(16 / size, 1)  # A kernel that widens as the image shrinks.
    centres = (np.arange(size) + 0.5) * 16 / size
    weights = cubic((np.arange(16) + 0.5 - centres[:, None]) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    expected = np.clip(weights @ image[0, :, :, 0] @ weights.T, 0, 255)
    resized = resizing.clean(image, size)[0, :, :, 0]
    np.testing.assert_allclose(resized, expected, atol=1e-3)


def test_clean_removes_what_would_alias():
    stripes = np.zeros([1, 64, 64, 1], np.uint8)
    stripes[:, ::2] = 255  # Nyquist, which half as many rows cannot hold.
    inner = resizing.clean(stripes, 32)[0, 4:-4]
    np.testing.assert_allclose(inner, 127.5, atol=12)
    aliased = resizing.legacy_tensorflow(stripes, 32)
    np.testing.assert_array_equal(aliased, 255)


@pytest.mark.parametrize("shape", [(16, 16), (13, 21), (80, 64)])
@pytest.mark.parametrize("channels", [1, 3])
def test_legacy_tensorflow_equals_its_definition(shape, channels):
    size = 40
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, [2, *shape, channels], dtype=np.uint8)

    def weights(length):
        place = np.arange(size) * (length / size)
        left = np.floor(place).astype(int)
        right = np.minimum(left + 1, length - 1)
        matrix = np.zeros([size, length])
        np.add.at(matrix, (range(size), left), 1 - (place - left))
        np.add.at(matrix, (range(size), right), place - left)
        return matrix

    expected = np.einsum(
        "ih,jw,bhwc->bijc", weights(shape[0]), weights(shape[1]), images
    )
    resized = resizing.legacy_tensorflow(images, size)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, expected, atol=2e-3)


@pytest.mark.parametrize("name", resizing.RESIZERS)
def test_same_size_stays_as_it_is(name):
    images = pictures(3, seed=2, size=12)
    np.testing.assert_array_equal(resizing.get(name)(images, 12), images)


@pytest.mark.parametrize("name", resizing.RESIZERS)
def test_bounds(name):
    images = np.where(pictures(2, seed=3) > 127, 255, 0).astype(np.uint8)
    resized = resizing.get(name)(images, 31)
    assert resized.min() >= 0
    assert resized.max() <= 255


@pytest.mark.parametrize("name", ["clear", None])
def test_unknown_name(name):
    with pytest.raises(ValueError, match="Unknown resizer.*clean, legacy_ten"):
        resizing.get(name)
