import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specgan.signal import low_pass_chroma
from specgan.signal import luminance
from specgan.signal import subsample_chroma
from specgan.signal.chroma import HALF_BAND
from specgan.signal.chroma import PREFILTERS
from tests.contracts import uniform
from tests.slow_cases import quick_first

SIZES = [(8, 8), (7, 2)]
TAPS = {"inverse": [-0.25, 0.75, 0.75, -0.25], "box": [0, 0.5, 0.5, 0]}

sizes = pytest.mark.parametrize("size", SIZES, ids=str)
prefilters = pytest.mark.parametrize("prefilter", PREFILTERS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def luma_of(images):
    return (images @ [0.299, 0.587, 0.114])[..., None]


def half_size(plane, prefilter, axis):
    """Prefilter and every second sample along one axis, sample by sample."""
    plane = np.moveaxis(plane, axis, -1)
    size = plane.shape[-1]
    last, before = plane[..., -1], plane[..., -2]
    if size % 2:
        # Of an odd row, only the inverse goes beyond its last sample.
        beyond = {"inverse": 1.5 * last - 0.5 * before, "box": last}[prefilter]
        plane = np.concatenate([plane, beyond[..., None]], -1)
    plane = np.pad(plane, [(0, 0)] * (plane.ndim - 1) + [(1, 1)], "edge")
    samples = [
        sum(t * plane[..., 2 * i + k] for k, t in enumerate(TAPS[prefilter]))
        for i in range((size + 1) // 2)
    ]
    return np.moveaxis(np.stack(samples, -1), -1, axis)


def enlarged(planes, height, width):
    """By TensorFlow's bilinear resizing, pixel centres at halves."""
    _, rows, columns, _ = planes.shape
    large = tf.image.resize(planes, [2 * rows, 2 * columns], "bilinear")
    return large.numpy()[:, :height, :width].astype(np.float64)


def half_chroma_images(height, width, amplitude=0.2):
    """Any luma, and chroma that is a half-size plane enlarged."""
    rows, columns = (height + 1) // 2, (width + 1) // 2
    chroma = amplitude * uniform(3, rows, columns, 3, seed=1)
    chroma = (chroma - luma_of(chroma)).astype(np.float32)
    luma = 0.5 * uniform(3, height, width, 1, seed=2)
    return luma + enlarged(chroma, height, width)


def jpeg(images, subsampling):
    """Through JPEG files of the highest quality, in [-1, 1]."""
    decoded = []
    for image in np.rint((images + 1) * 127.5).astype(np.uint8):
        file = io.BytesIO()
        Image.fromarray(image).save(
            file, "JPEG", quality=100, subsampling=subsampling
        )
        decoded.append(np.asarray(Image.open(file)))
    return np.stack(decoded) / 127.5 - 1


def gradient(function, images):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = function(images)
    return tape.gradient(value, images).numpy()


# === At half the resolution ===


@sizes
@prefilters
def test_equals_averaging_and_bilinear_resizing(prefilter, size):
    images = 2 * uniform(2, *size, 3)
    chroma = images - luma_of(images)
    half = half_size(half_size(chroma, prefilter, 1), prefilter, 2)
    expected = luma_of(images) + enlarged(half.astype(np.float32), *size)
    for clip in (True, False):
        result = subsample_chroma(images, prefilter, clip)
        assert result.dtype == tf.float32 and result.shape == images.shape
        wanted = np.clip(expected, -1, 1) if clip else expected
        np.testing.assert_allclose(result, wanted, atol=2e-6)
    np.testing.assert_allclose(luminance(result), luminance(images), atol=1e-6)
    assert np.abs(expected).max() > 1


@sizes
def test_images_with_half_size_chroma_stay_as_they_are(size):
    images = half_chroma_images(*size)
    assert np.abs(images).max() < 1
    np.testing.assert_allclose(subsample_chroma(images), images, atol=1e-6)
    once = subsample_chroma(uniform(2, *size, 3), clip=False)
    twice = subsample_chroma(once, clip=False)
    np.testing.assert_allclose(twice, once, atol=2e-6)


def test_decoded_jpeg_files_stay_as_they_are():
    """But for rounding: what the generator makes can be any of them."""
    images = 0.5 * uniform(8, 32, 32, 3)
    files = jpeg(images, "4:2:0")
    changed = np.abs(subsample_chroma(files.astype(np.float32)) - files)
    assert np.sqrt(np.mean(changed**2)) * 127.5 < 1
    files = jpeg(images, "4:4:4")
    changed = np.abs(subsample_chroma(files.astype(np.float32)) - files)
    assert np.sqrt(np.mean(changed**2)) * 127.5 > 20


def test_the_box_is_what_a_jpeg_encoder_does():
    images = 0.5 * uniform(8, 32, 32, 3)
    difference = subsample_chroma(images, "box") - jpeg(images, "4:2:0")
    assert np.sqrt(np.mean(difference**2)) * 127.5 < 1


def test_grey_images_stay_as_they_are():
    images = np.repeat(uniform(2, 9, 8, 1), 3, axis=-1)
    np.testing.assert_allclose(subsample_chroma(images), images, atol=1e-6)
    np.testing.assert_allclose(low_pass_chroma(images), images, atol=1e-6)


@sizes
@pytest.mark.parametrize(
    "function",
    [
        lambda x: subsample_chroma(x, "inverse", clip=False),
        lambda x: subsample_chroma(x, "box", clip=False),
        low_pass_chroma,
    ],
)
def test_gradient_is_the_transpose(function, size):
    images, upstream = normal(2, *size, 3), normal(2, *size, 3, seed=1)
    assert function(images).dtype == tf.float64
    pulled = gradient(lambda x: tf.reduce_sum(function(x) * upstream), images)
    np.testing.assert_allclose(
        np.sum(pulled * images), np.sum(upstream * function(images)), rtol=1e-10
    )


@pytest.mark.parametrize("prefilter", quick_first(*PREFILTERS))
def test_gradients_of_first_and_second_order(prefilter):
    images = np.random.default_rng(0).uniform(-2, 2, [1, 5, 4, 3])

    def value(x):
        return tf.reduce_sum(subsample_chroma(x, prefilter) ** 3)

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = value(x)
        return tf.reduce_sum(tape.gradient(y, x) ** 2)

    clipped = np.abs(subsample_chroma(images, prefilter)) == 1
    assert 0 < clipped.mean() < 0.9
    for function in (value, slope):
        differences = np.zeros_like(images)
        for place in np.ndindex(images.shape):
            shift = np.zeros_like(images)
            shift[place] = 1e-5
            differences[place] = (
                function(tf.constant(images + shift))
                - function(tf.constant(images - shift))
            ) / 2e-5
        np.testing.assert_allclose(
            gradient(function, images), differences, rtol=1e-5, atol=1e-7
        )


def test_what_is_clipped_has_no_gradient():
    images = np.ones([1, 4, 4, 3]) * [1.0, -1.0, -1.0]
    images[:, :2, :2] = -1.0  # Black beside red: beyond both ends.
    linear = subsample_chroma(images, clip=False).numpy()
    assert linear.max() > 1.1 and linear.min() < -1.1
    upstream = np.abs(linear) > 1.1
    pulled = gradient(
        lambda x: tf.reduce_sum(subsample_chroma(x) * upstream), images
    )
    np.testing.assert_array_equal(pulled, 0)


# === Without a grid ===


def interior(images, border=6):
    return np.asarray(images)[:, border:-border, border:-border]


def test_low_pass_equals_convolution():
    images = normal(2, 9, 12, 3)
    expected = images - luma_of(images)
    for axis in (1, 2):
        expected = np.apply_along_axis(
            lambda row: np.convolve(np.pad(row, 3, "edge"), HALF_BAND, "valid"),
            axis,
            expected,
        )
    expected += luma_of(images)
    np.testing.assert_allclose(low_pass_chroma(images), expected, atol=1e-12)


def test_low_pass_is_the_mean_over_the_positions_of_the_grid():
    images = normal(2, 24, 24, 3)
    mean = np.mean(
        [
            np.roll(
                subsample_chroma(np.roll(images, (i, j), (1, 2)), clip=False),
                (-i, -j),
                (1, 2),
            )
            for i in (0, 1)
            for j in (0, 1)
        ],
        axis=0,
    )
    np.testing.assert_allclose(
        interior(low_pass_chroma(images)), interior(mean), atol=1e-12
    )


def test_low_pass_commutes_with_translation_and_the_grid_does_not():
    images = normal(1, 24, 24, 3)

    def difference(function, shift):
        moved = function(np.roll(images, shift, 2))
        return np.abs(
            interior(moved) - interior(np.roll(function(images), shift, 2))
        ).max()

    assert difference(low_pass_chroma, 1) < 1e-12
    linear = subsample_chroma(images, clip=False)
    assert linear.shape == images.shape
    assert difference(lambda x: subsample_chroma(x, clip=False), 2) < 1e-12
    assert difference(lambda x: subsample_chroma(x, clip=False), 1) > 0.1


@pytest.mark.parametrize("frequency", [0, 1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2])
def test_low_pass_of_a_wave(frequency):
    """Gain u^2 (3 - 2 u), u the squared cosine of pi f: 1, ..., 1/2, ..., 0."""
    wave = np.cos(2 * np.pi * frequency * np.arange(32))
    colour = np.array([0.114, 0.0, -0.299])  # Without luma.
    images = wave[None, None, :, None] * colour * np.ones([1, 32, 1, 1])
    u = np.cos(np.pi * frequency) ** 2
    np.testing.assert_allclose(
        interior(low_pass_chroma(images)),
        interior(images) * u**2 * (3 - 2 * u),
        atol=1e-12,
    )


# === Bad input ===


@pytest.mark.parametrize("function", [subsample_chroma, low_pass_chroma])
@pytest.mark.parametrize(
    "images, message",
    [
        (uniform(2, 8, 8, 1), "Grey images have no chroma.*2, 8, 8, 1"),
        (uniform(8, 8, 3), "1 or 3 channels"),
        (uniform(2, 8, 1, 3), "at least 2"),
        (np.zeros([2, 8, 8, 3], np.uint8), "dtype=uint8. Cast"),
        (np.zeros([2, 8, 8, 3], np.float16), "dtype=float16. Cast"),
    ],
    ids=["grey", "one image", "a column", "integers", "half precision"],
)
def test_bad_images(function, images, message):
    with pytest.raises(ValueError, match=message):
        function(images)


def test_unknown_prefilter():
    with pytest.raises(ValueError, match="'invers'. Did you mean 'inverse'"):
        subsample_chroma(uniform(2, 8, 8, 3), "invers")
