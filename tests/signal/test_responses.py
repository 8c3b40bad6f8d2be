import keras
import numpy as np
import pytest
import scipy.signal

from specgan.signal import responses

KERAS_OPS = {
    "zero_insertion": keras.layers.Conv2DTranspose(
        1, 1, strides=2, kernel_initializer="ones"
    ),
    "nearest": keras.layers.UpSampling2D(2, interpolation="nearest"),
    "bilinear": keras.layers.UpSampling2D(2, interpolation="bilinear"),
    "bicubic": keras.layers.UpSampling2D(2, interpolation="bicubic"),
    "lanczos": keras.layers.UpSampling2D(2, interpolation="lanczos3"),
}


def lanczos_response(f):
    distances = np.arange(1, 12, 2) / 4
    weights = np.sinc(distances) * np.sinc(distances / 3)
    waves = np.cos(4 * np.pi * np.multiply.outer(f, distances))
    return np.abs(2 * waves @ weights / weights.sum())


def kaiser_response(f):
    taps = scipy.signal.firwin(12, cutoff=0.25, width=0.2, fs=1)
    return 2 * np.abs(scipy.signal.freqz(taps, worN=2 * np.pi * f)[1])


CLOSED_FORMS = {
    "zero_insertion": lambda f: np.ones_like(f),
    "nearest": lambda f: 2 * np.abs(np.cos(np.pi * f)),
    "aligned_bilinear": lambda f: 2 * np.cos(np.pi * f) ** 2,
    "bilinear": lambda f: 2 * np.abs(np.cos(np.pi * f)) ** 3,
    "bicubic": lambda f: (
        2
        * np.abs(np.cos(np.pi * f)) ** 3
        * (1 + 3 / 8 * np.sin(2 * np.pi * f) ** 2)
    ),
    "lanczos": lanczos_response,
    "kaiser": kaiser_response,
}


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def zeros_inserted(signal):
    inserted = np.zeros([2 * length for length in signal.shape])
    inserted[(slice(None, None, 2),) * signal.ndim] = signal
    return inserted


@pytest.mark.parametrize("name", responses.KERNELS)
def test_response_is_the_closed_form(name):
    frequencies = np.linspace(-0.5, 1, 301)
    response = responses.get(name).response(frequencies)
    np.testing.assert_allclose(
        np.abs(response), CLOSED_FORMS[name](frequencies), atol=1e-14
    )


@pytest.mark.parametrize("name", KERAS_OPS)
def test_kernels_are_those_of_keras(name):
    size = 16
    measured = responses.measured_response(KERAS_OPS[name], size)
    response = responses.get(name).response(np.fft.fftfreq(2 * size))
    np.testing.assert_allclose(
        measured, np.outer(response, response), atol=2e-6
    )


@pytest.mark.parametrize("shape", [(8,), (7,), (6, 9), (5, 4)])
def test_zero_insertion_repeats_the_spectrum_with_factor_one(shape):
    signal = normal(*shape)
    np.testing.assert_allclose(
        responses.replicated_spectrum(np.fft.fftn(signal)),
        np.fft.fftn(zeros_inserted(signal)),
        atol=1e-12,
    )


@pytest.mark.parametrize("name", KERAS_OPS)
@pytest.mark.parametrize("shape", [(8, 12), (9, 7)])
def test_predicted_spectrum_is_that_of_a_periodic_image(name, shape):
    image = normal(*shape)
    wrapped = np.pad(image, 4, mode="wrap")[None, :, :, None]
    upsampled = np.asarray(KERAS_OPS[name](wrapped))[0, 8:-8, 8:-8, 0]
    predicted = responses.predicted_spectrum(np.fft.fft2(image), name)
    np.testing.assert_allclose(predicted, np.fft.fft2(upsampled), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "first_position", "step"),
    [("bilinear", -0.25, 0.5), ("aligned_bilinear", 0, 0.5)],
)
@pytest.mark.parametrize("length", [8, 11])
def test_linear_kernels_interpolate_linearly(
    name, first_position, step, length
):
    signal = normal(length)
    positions = first_position + step * np.arange(2 * length)
    upsampled = np.interp(positions, np.arange(length), signal, period=length)
    predicted = responses.predicted_spectrum(np.fft.fft(signal), name)
    np.testing.assert_allclose(predicted, np.fft.fft(upsampled), atol=1e-12)


def test_bicubic_is_keys_cubic_with_minus_one_half():
    def keys(distance, a=-0.5):
        near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
        far = a * (distance**3 - 5 * distance**2 + 8 * distance - 4)
        return np.where(distance <= 1, near, np.where(distance < 2, far, 0))

    distances = np.abs(np.arange(8) - 3.5) / 2
    np.testing.assert_allclose(
        responses.get("bicubic").taps, keys(distances), rtol=1e-15
    )


@pytest.mark.parametrize("name", responses.KERNELS)
def test_interpolations_keep_the_mean(name):
    gain = responses.get(name).response(0)
    # Zero insertion halves the mean along each axis: its sum is kept.
    assert gain == pytest.approx(1 if name == "zero_insertion" else 2)


@pytest.mark.parametrize("name", responses.KERNELS)
def test_phases_are_even(name):
    # A constant image stays constant: no checkerboard, but for zeros.
    taps = responses.get(name).taps
    even, odd = sum(taps[::2]), sum(taps[1::2])
    expected = (1, 0) if name == "zero_insertion" else (1, 1)
    assert (even, odd) == pytest.approx(expected, abs=1e-14)


def test_only_the_long_filters_keep_the_base_and_remove_the_replica():
    for name in responses.KERNELS:
        base = np.abs(responses.get(name).response(1 / 8)) / 2
        attenuation = responses.replica_attenuation(name, 1 / 8)
        good = base > 10 ** (-0.2 / 20) and attenuation > 39
        assert good == (name in ("lanczos", "kaiser"))


@pytest.mark.parametrize("name", responses.KERNELS)
def test_a_wave_comes_with_its_replica(name):
    length, cycles = 64, 24
    wave = np.cos(2 * np.pi * cycles * np.arange(length) / length)
    power = np.abs(
        responses.predicted_spectrum(np.fft.fft(wave), name)[: length + 1]
    )
    assert set(np.flatnonzero(power > 1e-9)) == {cycles, length - cycles}
    attenuation = responses.replica_attenuation(name, cycles / (2 * length))
    assert 20 * np.log10(power[cycles] / power[-1 - cycles]) == pytest.approx(
        attenuation
    )


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("zero_insertion", 0),
        ("nearest", 1),
        ("aligned_bilinear", 2),
        ("bilinear", 3),
        ("bicubic", 3),
    ],
)
def test_replica_attenuation_is_a_power_of_the_cotangent(name, order):
    frequencies = np.linspace(0.01, 0.25, 25)
    np.testing.assert_allclose(
        responses.replica_attenuation(name, frequencies),
        -20 * order * np.log10(np.tan(np.pi * frequencies)),
        atol=1e-10,
    )


@pytest.mark.parametrize("shape", [(5,), (4, 3)])
def test_frequency_response_is_the_fourier_transform(shape):
    taps = normal(*shape)
    size = (16,) * len(shape)
    frequencies = np.meshgrid(
        *(np.fft.fftfreq(length) for length in size), indexing="ij"
    )
    np.testing.assert_allclose(
        responses.frequency_response(taps, *frequencies),
        np.fft.fftn(taps, size, axes=range(taps.ndim)),
        atol=1e-12,
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_interleaved_kernel_has_the_kernels_of_the_phases(size):
    kernel = normal(size, size, 2, 12)
    interleaved = responses.interleaved_kernel(kernel)
    assert interleaved.shape == (2 * size, 2 * size, 2, 3)
    for row, column in np.ndindex(2, 2):
        phase = interleaved[row::2, column::2][::-1, ::-1]
        first = 3 * (2 * row + column)
        np.testing.assert_array_equal(phase, kernel[..., first : first + 3])


def test_power_response_of_a_linear_unit_is_the_square_of_its_response():
    def circular(images):  # Nearest, which has no border.
        return images.repeat(2, axis=1).repeat(2, axis=2)

    power = responses.measured_power_response(circular, 8, num=3)
    response = responses.measured_response(circular, 8)
    np.testing.assert_allclose(power, np.abs(response) ** 2, atol=1e-5)


def test_power_response_is_repeatable():
    measured = [
        responses.measured_power_response(KERAS_OPS["bilinear"], 4, 5, seed)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(measured[0], measured[1])
    assert np.any(measured[0] != measured[2])


def test_measured_response_ignores_a_bias():
    def biased(images):
        return KERAS_OPS["nearest"](images) + 3

    np.testing.assert_allclose(
        responses.measured_response(biased, 8),
        responses.measured_response(KERAS_OPS["nearest"], 8),
        atol=1e-5,
    )


def test_get_returns_a_kernel_as_it_is():
    kernel = responses.UpsamplingKernel("mine", (0.5, 1.5))
    assert responses.get(kernel) is kernel


def test_unknown_kernel():
    with pytest.raises(ValueError, match="Did you mean 'nearest'"):
        responses.get("nearst")


def test_frequencies_must_fit_the_taps():
    with pytest.raises(ValueError, match="each of the 2 axes"):
        responses.frequency_response(np.ones((2, 2)), [0.1])


@pytest.mark.parametrize("frequency", [0, 0.3, float("nan")])
def test_frequencies_beyond_the_base_band_have_no_replica(frequency):
    with pytest.raises(ValueError, match="above 0 and up to 0.25"):
        responses.replica_attenuation("nearest", frequency)


def test_measuring_needs_images_twice_as_large():
    with pytest.raises(ValueError, match=r"Received: \(1, 8, 8, 1\)"):
        responses.measured_response(lambda images: images, 8)
    with pytest.raises(ValueError, match=r"Received: \(5, 8, 8, 1\)"):
        responses.measured_power_response(lambda images: images, 8, num=5)
