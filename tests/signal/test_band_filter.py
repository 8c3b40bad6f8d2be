import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import tensorflow as tf

from specgan.signal import high_pass
from specgan.signal import low_pass
from specgan.signal import low_pass_response
from specgan.signal.band_filter import TRANSITIONS
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
    "band",
    [
        (0.3, 0.2),
        (-0.1, 0.2),
        (0, float("nan")),
        (float("nan"), 1),
        ("a", 0.1),
        (0, None),
    ],
)
def test_invalid_band(band):
    with pytest.raises(ValueError, match="Expected 0 <= low <= high"):
        band_pass(normal(1, 8, 8, 1), *band)


@pytest.mark.parametrize(
    "images",
    [
        normal(8, 8, 1),
        np.zeros((1, 8, 8, 1), np.uint8),
        normal(1, 0, 8, 1),
        None,
    ],
)
def test_invalid_images(images):
    for function in (low_pass, lambda images, f: band_pass(images, 0, f)):
        with pytest.raises(ValueError, match="Expected floating images"):
            function(images, 0.2)


@pytest.mark.parametrize("frequencies", ["a", None, [[0.1, 0.2], [0.3]], 0.1j])
def test_invalid_frequencies(frequencies):
    with pytest.raises(ValueError, match="Expected real numbers, in cycles"):
        low_pass_response(frequencies, 0.1)


def test_one_nan_is_not_spread_over_the_image():
    images = normal(1, 8, 8, 1)
    images[0, 3, 4, 0] = np.nan
    for function in (low_pass, lambda images, f: band_pass(images, 0, f)):
        with pytest.raises(ValueError, match="1 of 64 values that are not"):
            function(images, 0.2)


@pytest.mark.parametrize("size", SIZES)
def test_gaussian_is_that_of_scipy(size):
    image = normal(*size)
    deviation = np.sqrt(np.log(2) / 2) / (np.pi * 0.1)  # 1.87 pixels
    spectrum = scipy.ndimage.fourier_gaussian(np.fft.fft2(image), deviation)
    filtered = low_pass(image[None, :, :, None], 0.1, "gaussian")
    np.testing.assert_allclose(
        filtered[0, :, :, 0], np.fft.ifft2(spectrum).real, atol=1e-12
    )


@pytest.mark.parametrize("order", [1, 2, 5])
def test_butterworth_is_that_of_scipy_forwards_and_backwards(order):
    frequencies = np.linspace(0, 0.7, 30)
    analog = scipy.signal.butter(order, 0.2, analog=True)
    _, response = scipy.signal.freqs(*analog, worN=frequencies)
    np.testing.assert_allclose(
        low_pass_response(frequencies, 0.2, "butterworth", order=order),
        np.abs(response) ** 2,
        atol=1e-12,
    )


def test_hann_transition_is_half_a_window():
    frequencies = np.linspace(0.15, 0.25, 11)
    np.testing.assert_allclose(
        low_pass_response(frequencies, 0.2, width=0.1),
        scipy.signal.windows.hann(21)[10:],
        atol=1e-12,
    )
    outside = low_pass_response([0, 0.1, 0.15, 0.25, 0.7], 0.2, width=0.1)
    np.testing.assert_allclose(outside, [1, 1, 1, 0, 0], atol=1e-12)
    # Of half its cutoff to either side, unless given.
    np.testing.assert_allclose(
        low_pass_response([0.1, 0.15, 0.3], 0.2),
        [1, 0.5 + np.sqrt(1 / 8), 0],
        atol=1e-12,
    )


@pytest.mark.parametrize("size", SIZES)
def test_ideal_is_band_pass(size):
    images = normal(2, *size, 3)
    np.testing.assert_allclose(
        low_pass(images, 0.25, "ideal"), band_pass(images, 0, 0.25), atol=1e-12
    )
    np.testing.assert_allclose(
        high_pass(images, 0.25, "ideal"),
        band_pass(images, np.nextafter(0.25, 1), 1),
        atol=1e-12,
    )


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_low_and_high_add_up_to_the_image(transition):
    images = normal(2, 9, 14, 3).astype(np.float32)
    low = low_pass(images, 0.17, transition)
    high = high_pass(images, 0.17, transition)
    assert low.dtype == high.dtype == tf.float32
    np.testing.assert_allclose(low + high, images, atol=1e-5)
    np.testing.assert_allclose(tf.reduce_mean(high, (1, 2)), 0, atol=1e-6)


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_response_falls_from_1_through_a_half_at_the_cutoff(transition):
    frequencies = np.append(np.linspace(0, 0.7071, 50), 0.2)
    response = low_pass_response(frequencies, 0.2, transition).numpy()
    assert response[0] == 1 and np.all(np.diff(response[:-1]) <= 0)
    at_cutoff = 1 if transition == "ideal" else 0.5
    assert response[-1] == pytest.approx(at_cutoff, abs=1e-12)
    mirrored = low_pass_response(-frequencies, 0.2, transition)
    np.testing.assert_array_equal(mirrored, response)


def test_a_wave_is_multiplied_by_the_response():
    # 3 cycles in 16 pixels down, 4 across: 5 / 16 cycles per pixel.
    rows, columns = np.indices((16, 16))
    wave = np.cos(2 * np.pi * (3 * rows + 4 * columns) / 16)[None, :, :, None]
    for transition in TRANSITIONS:
        factor = low_pass_response(5 / 16, 0.3, transition)
        np.testing.assert_allclose(
            low_pass(wave, 0.3, transition), factor * wave, atol=1e-12
        )


def test_only_abrupt_transitions_overshoot():
    step = np.repeat([0.0, 1.0], 64)[None, None, :, None]
    overshoot = {
        name: float(tf.reduce_max(low_pass(step, 0.1, name))) - 1
        for name in TRANSITIONS
    }
    # Gibbs: Si(pi) / pi - 1/2 = 8.95 % of the jump.
    assert overshoot["ideal"] == pytest.approx(0.0895, abs=0.02)
    assert overshoot["gaussian"] < 1e-6
    assert overshoot["ideal"] > overshoot["butterworth"] > 0
    assert overshoot["ideal"] > overshoot["hann"] > 0


@pytest.mark.parametrize("jit_compile", [False, True])
def test_smooth_filters_compile_for_any_size(jit_compile):
    images = tf.constant(normal(2, 15, 16, 3), tf.float32)
    compiled = tf.function(
        lambda images: high_pass(images, 0.2, "butterworth", order=3),
        jit_compile=jit_compile,
        input_signature=[
            tf.TensorSpec([None] * 4 if not jit_compile else images.shape)
        ],
    )
    np.testing.assert_allclose(
        compiled(images),
        high_pass(images, 0.2, "butterworth", order=3),
        atol=1e-5,
    )


@pytest.mark.parametrize("function", [low_pass, high_pass, low_pass_response])
@pytest.mark.parametrize(
    "arguments, settings, match",
    [
        ([0], {}, "above 0 and up to 0.7071 cycles per pixel"),
        ([16], {}, "Nyquist is 0.5 .* Received: cutoff=16"),
        ([float("nan")], {}, "cutoff=nan"),
        (["0.1"], {}, "cutoff='0.1'"),
        ([0.1, "han"], {}, "Unknown transition.* Did you mean 'hann'"),
        ([0.1, None], {}, "Unknown transition"),
        ([0.1, "ideal"], {"width": 0.1}, "'ideal' has no `width`"),
        ([0.1], {"order": 2}, "'hann' has no `order`"),
        ([0.1], {"width": 0.21}, "up to twice the cutoff, 0.2. .*width=0.21"),
        ([0.1], {"width": 0}, "width=0"),
        ([0.1], {"width": float("nan")}, "width=nan"),
        ([0.1, "butterworth"], {"order": 0}, "positive integer.*order=0"),
        ([0.1, "butterworth"], {"order": 1.5}, "order=1.5"),
    ],
)
def test_invalid_filters(function, arguments, settings, match):
    with pytest.raises(ValueError, match=match):
        function(normal(1, 8, 8, 1), *arguments, **settings)
