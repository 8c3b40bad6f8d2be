import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import luminance
from specgan.signal import power_spectrum
from specgan.signal import ring_frequencies
from specgan.signal import ring_levels
from specgan.signal import rms_decibel_error
from specgan.signal.spectrum import QUANTIZATION_NOISE
from specgan.signal.spectrum import rings
from specgan.signal.spectrum import window_function
from tests.slow_cases import quick_first

SIZES = [(16, 16), (17, 17), (16, 21), (33, 20)]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def ring_of_each_frequency(height, width):
    """Ring of every frequency of the full plane, by the definition."""
    size = min(height, width)
    index = np.zeros((height, width), int)
    for row in range(height):
        for column in range(width):
            vertical = (row if row <= height // 2 else row - height) / height
            horizontal = (
                column if column <= width // 2 else column - width
            ) / width
            ring = np.floor(np.hypot(vertical, horizontal) * size + 0.5)
            index[row, column] = min(ring, size // 2 + 1)
    return index


def ring_means(grey):
    """The azimuthal integral of one grey image, plainly in NumPy."""
    power = np.abs(np.fft.fft2(grey)) ** 2 / grey.size
    index = ring_of_each_frequency(*grey.shape)
    means = np.zeros(min(grey.shape) // 2 + 2)
    for ring in np.unique(index):  # Below 4 px there is no corner: 0.
        means[ring] = power[index == ring].mean()
    return means


def cosine(height, width, vertical, horizontal):
    """One period a vertical and horizontal cycle, of amplitude 1."""
    rows, columns = np.indices((height, width))
    phase = vertical * rows / height + horizontal * columns / width
    return np.cos(2 * np.pi * phase)[None, :, :, None]


def gradient_of(function, images):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = function(images)
    return tape.gradient(value, images).numpy()


def differences_of(function, images, step=1e-4):
    """Central finite differences of a scalar, pixel by pixel."""
    differences = np.zeros_like(images)
    for place in np.ndindex(images.shape):
        shift = np.zeros_like(images)
        shift[place] = step
        differences[place] = (
            function(images + shift) - function(images - shift)
        ) / (2 * step)
    return differences


def relative_error(value, reference):
    return np.max(np.abs(value - reference)) / np.max(np.abs(reference))


# === The azimuthal integral ===


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [*SIZES, (2, 2), (3, 8), (8, 16)])
def test_equals_numpy(size, channels):
    images = normal(3, *size, channels)
    weights = [[1.0], [0.299, 0.587, 0.114]][channels == 3]
    expected = [ring_means(image @ weights) for image in images]
    np.testing.assert_allclose(azimuthal_integral(images), expected, rtol=1e-12)
    single = azimuthal_integral(images.astype(np.float32))
    assert single.dtype == tf.float32
    np.testing.assert_allclose(single, expected, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_hann_window_equals_scipy(size):
    images = normal(2, *size, 1)
    window = np.outer(
        *[scipy.signal.windows.hann(length, sym=False) for length in size]
    )
    window /= np.sqrt(np.mean(window**2))
    np.testing.assert_allclose(window_function("hann", *size), window)
    expected = [ring_means(image[..., 0] * window) for image in images]
    np.testing.assert_allclose(
        azimuthal_integral(images, "hann"), expected, rtol=1e-10
    )


@pytest.mark.parametrize("size", [*SIZES, (2, 3), (8, 16), (128, 128)])
def test_rings_partition_the_plane(size):
    index, multiplicity, counts = rings(*size)
    full = ring_of_each_frequency(*size)
    np.testing.assert_array_equal(index, full[:, : size[1] // 2 + 1])
    np.testing.assert_array_equal(
        counts, np.bincount(full.ravel(), minlength=min(size) // 2 + 2)
    )
    assert multiplicity.sum() == size[0] * size[1]


@pytest.mark.parametrize("size", SIZES)
def test_parseval(size):
    images = normal(4, *size, 1)
    energy = azimuthal_integral(images).numpy() @ rings(*size).counts
    np.testing.assert_allclose(energy, np.sum(images**2, axis=(1, 2, 3)))


@pytest.mark.parametrize("wave", [(1, 0), (0, 3), (3, 4), (-5, 2), (0, 7)])
@pytest.mark.parametrize("size", [(16, 16), (17, 17)])
def test_cosine_lights_one_ring(size, wave):
    profile = azimuthal_integral(cosine(*size, *wave))[0].numpy()
    ring = round(np.hypot(*wave))
    # Two lines of power (1/2)^2 H W each, shared by the ring's frequencies.
    expected = np.zeros_like(profile)
    expected[ring] = 0.5 * size[0] * size[1] / rings(*size).counts[ring]
    np.testing.assert_allclose(profile, expected, atol=1e-12)


def test_rings_of_other_shapes_are_in_cycles_per_pixel():
    # A quarter of a cycle per pixel, along the long and the short side.
    for wave in [(8, 0), (0, 5)]:
        profile = azimuthal_integral(cosine(32, 20, *wave))[0].numpy()
        assert ring_frequencies(32, 20)[np.argmax(profile)] == 0.25


def test_corner_is_pooled_in_the_last_entry():
    profile = azimuthal_integral(cosine(16, 16, 7, 7))[0].numpy()
    assert np.argmax(profile) == 9
    np.testing.assert_allclose(profile[:9], 0, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_constant_image_lights_ring_zero_alone(size):
    profile = azimuthal_integral(np.full((1, *size, 1), 0.5))[0].numpy()
    np.testing.assert_allclose(profile[0], 0.25 * size[0] * size[1])
    np.testing.assert_allclose(profile[1:], 0, atol=1e-12)


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize("size", [(16, 16), (16, 21)])
def test_white_noise_is_flat_at_its_variance(size, window):
    images = 0.5 * normal(4000, *size, 1)
    profile = np.mean(azimuthal_integral(images, window), axis=0)
    # Ring 0 is a mean of 4000 chi-square values: a standard error of 2 %.
    np.testing.assert_allclose(profile, 0.25, rtol=0.08)
    np.testing.assert_allclose(profile[4:], 0.25, rtol=0.02)


def test_hann_window_removes_border_leakage():
    # A ramp has the largest jump between its borders.
    ramp = np.tile(np.linspace(-1, 1, 32), (32, 1))[None, :, :, None]
    plain, windowed = (azimuthal_integral(ramp, w)[0] for w in (None, "hann"))
    assert np.all(windowed[4:17] < 1e-2 * plain[4:17])


def test_unchanged_by_shifts_turns_and_mirrors():
    images = normal(2, 16, 21, 1)
    reference = azimuthal_integral(images)
    for other in (
        np.roll(images, (5, 3), axis=(1, 2)),
        np.rot90(images, axes=(1, 2)),
        images[:, ::-1],
        images[:, :, ::-1],
        -images,
    ):
        np.testing.assert_allclose(azimuthal_integral(other), reference)


# === Its gradient ===


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize("shape", [(2, 7, 8, 1), (1, 6, 5, 3), (1, 8, 4, 1)])
def test_gradient_equals_finite_differences(shape, window):
    images = normal(*shape)
    weights = normal(min(shape[1:3]) // 2 + 2, seed=1)

    def loss(images):
        power = azimuthal_integral(images, window)
        return tf.reduce_sum(weights * tf.math.log(power + 0.1))

    error = relative_error(
        gradient_of(loss, images), differences_of(loss, images)
    )
    assert error < 1e-6


@pytest.mark.parametrize("shape", quick_first([1, 3, 4, 3], [2, 5, 6, 1]))
def test_second_gradient_equals_finite_differences(shape):
    images = normal(*shape)
    direction = normal(*shape, seed=1)

    def slope(images):
        images = tf.convert_to_tensor(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            power = azimuthal_integral(images)
            loss = tf.reduce_sum(tf.math.log(power + 0.1))
        return tf.reduce_sum(tape.gradient(loss, images) * direction)

    error = relative_error(
        gradient_of(slope, images), differences_of(slope, images)
    )
    assert error < 1e-6


def test_compiled_equals_eager():
    images = normal(3, 15, 16, 3).astype(np.float32)

    def loss(images):
        return tf.reduce_sum(tf.math.log(azimuthal_integral(images)))

    compiled = azimuthal_integral(images), gradient_of(loss, images)
    tf.config.run_functions_eagerly(True)
    try:
        eager = azimuthal_integral(images), gradient_of(loss, images)
    finally:
        tf.config.run_functions_eagerly(False)
    for one, other in zip(compiled, eager, strict=True):
        assert relative_error(np.array(one), np.array(other)) < 1e-5


@pytest.mark.parametrize("jit_compile", [False, True])
def test_batch_may_be_unknown(jit_compile):
    images = normal(3, 15, 16, 1).astype(np.float32)
    function = tf.function(
        azimuthal_integral,
        input_signature=[tf.TensorSpec([None, 15, 16, 1])],
        jit_compile=jit_compile,
    )
    for batch in (3, 1):
        np.testing.assert_allclose(
            function(images[:batch]),
            azimuthal_integral(images[:batch]),
            rtol=1e-5,
        )


def test_batches_of_other_sizes_are_not_traced_anew(caplog):
    """TensorFlow warned about it in the first epoch of a training."""
    images = normal(12, 18, 18, 3).astype(np.float32)
    azimuthal_integral(images, "hann")
    with caplog.at_level("WARNING", "tensorflow"):
        for size in range(1, 12):
            result = azimuthal_integral(images[:size], "hann")
            assert result.shape == (size, 11)
    assert "retracing" not in caplog.text


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "uint8", "int32"])
def test_invalid_dtype(dtype):
    for function in (azimuthal_integral, ring_levels):
        with pytest.raises(ValueError, match=f"Received: dtype={dtype}"):
            function(tf.zeros([1, 8, 8, 1], dtype))


# === The 2-D spectrum and luminance ===


@pytest.mark.parametrize("size", SIZES)
def test_power_spectrum_equals_numpy(size):
    images = normal(2, *size, 3)
    grey = images @ [0.299, 0.587, 0.114]
    expected = np.fft.fftshift(
        np.abs(np.fft.fft2(grey)) ** 2 / (size[0] * size[1]), axes=(1, 2)
    )
    np.testing.assert_allclose(power_spectrum(images), expected, rtol=1e-9)
    constant = power_spectrum(np.ones((1, *size, 1)))[0].numpy()
    place = np.unravel_index(np.argmax(constant), size)
    assert place == (size[0] // 2, size[1] // 2)


@pytest.mark.parametrize("window", [None, "hann"])
def test_azimuthal_integral_is_the_ring_mean_of_power_spectrum(window):
    images = normal(1, 16, 21, 1)
    power = np.fft.ifftshift(power_spectrum(images, window)[0])
    index = ring_of_each_frequency(16, 21)
    np.testing.assert_allclose(
        azimuthal_integral(images, window)[0],
        [power[index == ring].mean() for ring in range(10)],
    )


def test_luminance_weights():
    primaries = np.eye(3).reshape(3, 1, 1, 3)
    np.testing.assert_allclose(
        luminance(primaries)[:, 0, 0], [0.299, 0.587, 0.114]
    )
    # White stays white, and grey images keep their values.
    np.testing.assert_allclose(luminance(np.ones((1, 2, 2, 3))), 1)
    grey = normal(1, 2, 2, 1)
    np.testing.assert_array_equal(luminance(grey), grey[..., 0])


@pytest.mark.parametrize("shape", [(8, 8, 1), (1, 8, 8), (1, 8, 8, 2)])
def test_invalid_images(shape):
    for function in (
        azimuthal_integral,
        power_spectrum,
        luminance,
        ring_levels,
    ):
        with pytest.raises(ValueError, match="1 or 3 channels. Received:"):
            function(tf.zeros(shape))


@pytest.mark.parametrize("window", ["hamming", "Hann", ""])
def test_invalid_window(window):
    images = tf.zeros([1, 8, 8, 1])
    message = f"Expected None or 'hann'. Received: window='{window}'"
    for function in (azimuthal_integral, power_spectrum, ring_levels):
        with pytest.raises(ValueError, match=message):
            function(images, window)


# === Single images ===


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize("shape", [(2, 8, 8, 1), (2, 7, 10, 3)])
def test_ring_levels_equal_numpy(shape, window):
    images = normal(*shape)
    height, width = shape[1:3]
    grey = images @ [0.299, 0.587, 0.114] if shape[3] == 3 else images[..., 0]
    grey = grey - grey.mean((1, 2), keepdims=True)
    if window == "hann":
        columns, rows = (
            scipy.signal.get_window("hann", n) for n in (width, height)
        )
        hann = np.outer(rows, columns)
        grey = grey * hann / np.sqrt(np.mean(hann**2))
    power = np.abs(np.fft.fft2(grey)) ** 2 / (height * width)
    size = min(height, width)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    ring = np.minimum(np.floor(radius * size + 0.5), size // 2 + 1)
    means = [power[:, ring == k].mean(1) for k in range(1, size // 2 + 2)]
    expected = 10 * np.log10(np.transpose(means) + QUANTIZATION_NOISE)
    levels = ring_levels(images, window)
    np.testing.assert_allclose(levels, expected, atol=1e-8)


def test_ring_levels_do_not_depend_on_brightness_or_colour():
    images = normal(2, 8, 8, 3)
    brighter = images + np.array([5.0, -3.0, 1.0])
    np.testing.assert_allclose(
        ring_levels(brighter), ring_levels(images), atol=1e-8
    )


def test_ring_levels_of_a_constant_image_are_the_floor():
    levels = ring_levels(tf.fill([1, 8, 8, 1], 0.7))
    np.testing.assert_allclose(levels, -52.9, atol=0.05)


@pytest.mark.parametrize("window", [None, "hann"])
def test_gradient_of_ring_levels_equals_finite_differences(window):
    images = normal(2, 7, 8, 1)
    weights = normal(4, seed=1)

    def loss(images):
        return tf.reduce_sum(weights * ring_levels(images, window))

    error = relative_error(
        gradient_of(loss, images), differences_of(loss, images)
    )
    assert error < 1e-6


# === Decibels ===


def test_decibels():
    powers = np.array([100.0, 1.0, 0.1])
    np.testing.assert_allclose(
        decibels(powers, floor=0.0), [20, 0, -10], atol=1e-12
    )
    # Rounding to 1/127.5 has the variance (1/127.5)^2 / 12: -52.9 dB.
    np.testing.assert_allclose(decibels(0.0), -52.90, atol=0.01)
    rounding = np.random.default_rng(0).uniform(-1, 1, 100_000) / 255
    np.testing.assert_allclose(np.var(rounding), QUANTIZATION_NOISE, rtol=0.02)


def test_decibels_have_a_bounded_gradient_at_zero():
    gradient = gradient_of(decibels, np.zeros(3))
    np.testing.assert_allclose(
        gradient, 10 / np.log(10) / QUANTIZATION_NOISE, rtol=1e-9
    )


@pytest.mark.parametrize("size", [(8, 8), (9, 9), (33, 20)])
def test_ring_frequencies(size):
    frequencies = ring_frequencies(*size)
    assert len(frequencies) == len(rings(*size).counts) - 1
    shortest = min(size)
    np.testing.assert_allclose(
        frequencies, [k / shortest for k in range(shortest // 2 + 1)]
    )
    assert frequencies[-1] <= 0.5


def test_rms_decibel_error():
    frequencies = ring_frequencies(8, 8)  # 0, 1/8, 1/4, 3/8, 1/2
    target = np.full(6, 100.0)
    # In dB: 30 at DC and 50 at the corner, which never count; 1, 2, 3, 4.
    power = target * 10 ** np.array([3.0, 0.1, 0.2, 0.3, 0.4, 5.0])
    assert rms_decibel_error(target, target, frequencies) == 0
    error = rms_decibel_error(power, target, frequencies)
    np.testing.assert_allclose(error, np.sqrt((1 + 4 + 9 + 16) / 4), rtol=1e-6)
    error = rms_decibel_error(power, target, frequencies, beyond=0.25)
    np.testing.assert_allclose(error, np.sqrt((9 + 16) / 2), rtol=1e-6)
    assert isinstance(error, float)
