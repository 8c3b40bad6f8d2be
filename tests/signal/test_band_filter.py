import numpy as np
import pytest
import tensorflow as tf

from specgan.signal.band_filter import band_pass

SIZES = [(16, 16), (15, 16), (16, 15), (9, 21)]


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def radius(height, width):
    return np.hypot(
        np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("band", [(0, 0.2), (0.125, 0.25), (0.3, 1), (0, 0)])
def test_equals_numpy(size, band):
    images = normal(2, *size, 3)
    low, high = band
    mask = (radius(*size) >= low) & (radius(*size) <= high)
    spectrum = np.fft.fft2(images, axes=(1, 2)) * mask[None, :, :, None]
    expected = np.fft.ifft2(spectrum, axes=(1, 2))
    np.testing.assert_allclose(expected.imag, 0, atol=1e-12)
    np.testing.assert_allclose(
        band_pass(images, low, high), expected.real, atol=1e-12
    )


@pytest.mark.parametrize("size", SIZES)
def test_bands_that_share_no_frequency_add_up_to_the_image(size):
    images = normal(2, *size, 1).astype(np.float32)
    base = band_pass(images, 0, 0.25)
    details = band_pass(images, np.nextafter(0.25, 1), 1)
    np.testing.assert_allclose(base + details, images, atol=1e-5)


def test_keeps_a_wave_within_the_band_edges_included():
    # A quarter of a cycle per pixel, exactly.
    wave = np.tile(np.array([1.0, 0, -1, 0]), 4)
    image = np.broadcast_to(wave[:, None], (16, 16))[None, :, :, None]
    for low, high in [(0.25, 0.25), (0, 0.25), (0.25, 0.5)]:
        np.testing.assert_allclose(
            band_pass(image, low, high), image, atol=1e-12
        )
    for low, high in [(0, 0.24), (0.26, 1)]:
        np.testing.assert_allclose(band_pass(image, low, high), 0, atol=1e-12)


def test_filtering_twice_is_filtering_once():
    once = band_pass(normal(1, 12, 13, 1), 0.1, 0.3)
    np.testing.assert_allclose(band_pass(once, 0.1, 0.3), once, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_gradient_is_the_filter_itself(size):
    # A real symmetric mask is its own adjoint.
    images = tf.constant(normal(1, *size, 2))
    upstream = tf.constant(normal(1, *size, 2)[:, ::-1])
    with tf.GradientTape() as tape:
        tape.watch(images)
        filtered = band_pass(images, 0.1, 0.3)
    np.testing.assert_allclose(
        tape.gradient(filtered, images, upstream),
        band_pass(upstream, 0.1, 0.3),
        atol=1e-12,
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiles(jit_compile):
    images = tf.constant(normal(2, 15, 16, 3), tf.float32)
    compiled = tf.function(
        lambda images: band_pass(images, 0.1, 0.3), jit_compile=jit_compile
    )
    np.testing.assert_allclose(
        compiled(images), band_pass(images, 0.1, 0.3), atol=1e-5
    )


def test_size_may_be_unknown():
    images = tf.constant(normal(2, 15, 16, 3), tf.float32)
    compiled = tf.function(
        lambda images: band_pass(images, 0.1, 0.3),
        input_signature=[tf.TensorSpec([None, None, None, None])],
    )
    np.testing.assert_allclose(
        compiled(images), band_pass(images, 0.1, 0.3), atol=1e-5
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_keeps_the_type(dtype):
    images = tf.constant(normal(1, 8, 8, 1), dtype)
    filtered = band_pass(images, 0, 1)
    assert filtered.dtype == dtype
    np.testing.assert_allclose(
        tf.cast(filtered, tf.float32), tf.cast(images, tf.float32), atol=1e-2
    )


@pytest.mark.parametrize(
    "band", [(0.3, 0.2), (-0.1, 0.2), (0, float("nan")), (float("nan"), 1)]
)
def test_invalid_band(band):
    with pytest.raises(ValueError, match="Expected 0 <= low <= high"):
        band_pass(normal(1, 8, 8, 1), *band)


@pytest.mark.parametrize(
    "images", [normal(8, 8, 1), np.zeros((1, 8, 8, 1), np.uint8)]
)
def test_invalid_images(images):
    with pytest.raises(ValueError, match="Expected floating images"):
        band_pass(images, 0, 1)
