import numpy as np
import pytest
import scipy.signal
from scipy import special

from specgan.signal import fir

# (taps, cutoff, full width, sampling rate): narrow, usual, wide, and a width
# so small that Kaiser's parameter is 0.
DESIGNS = [
    (12, 2.0, 12.0, 32),
    (24, 22.627, 32.0, 256),
    (12, 90.5, 75.0, 512),
    (24, 45.25, 16.0, 512),
    (13, 0.2, 0.05, 1),
    (1, 0.2, 0.3, 1),
]
every_design = pytest.mark.parametrize("design", DESIGNS)


@every_design
def test_kaiser_equals_scipy(design):
    num_taps, cutoff, width, rate = design
    expected = [1.0]
    if num_taps > 1:
        expected = scipy.signal.firwin(num_taps, cutoff, width=width, fs=rate)
    taps = fir.kaiser_lowpass(*design)
    assert taps.dtype == np.float64
    np.testing.assert_allclose(taps, expected, rtol=1e-12, atol=1e-16)


@every_design
def test_radial_is_a_windowed_jinc(design):
    num_taps, cutoff, width, rate = design
    taps = fir.radial_lowpass(*design)
    window = np.ones(1)
    if num_taps > 1:
        # The window of SciPy's design, freed of its sinc.
        index = np.arange(num_taps) - (num_taps - 1) / 2
        kaiser = scipy.signal.firwin(num_taps, cutoff, width=width, fs=rate)
        window = kaiser / np.sinc(2 * cutoff / rate * index)
    expected = np.empty([num_taps, num_taps])
    for i, j in np.ndindex(expected.shape):
        radius = np.hypot(i - (num_taps - 1) / 2, j - (num_taps - 1) / 2) / rate
        radius = max(radius, 1e-12)
        argument = 2 * np.pi * cutoff * radius
        jinc = special.j1(argument) / (np.pi * radius)
        expected[i, j] = jinc * window[i] * window[j]
    expected /= expected.sum()
    np.testing.assert_allclose(taps, expected, rtol=1e-9, atol=1e-14)


@every_design
def test_radial_has_the_symmetries_of_a_square_exactly(design):
    taps = fir.radial_lowpass(*design)
    np.testing.assert_array_equal(taps, taps.T)
    np.testing.assert_array_equal(taps, taps[::-1])
    np.testing.assert_array_equal(taps, np.rot90(taps))


def test_radial_passes_a_disc():
    # Every direction is attenuated alike, which a separable filter fails.
    angles = np.linspace(0, np.pi / 2, 7)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    taps = fir.radial_lowpass(24, 8, 8, 64)
    for frequency in (4, 8, 12, 16):
        responses = fir.frequency_response(taps, frequency * directions, 64)
        assert np.ptp(responses) < 0.02, frequency
    taps = fir.kaiser_lowpass(24, 8, 8, 64)
    taps = np.outer(taps, taps)
    responses = fir.frequency_response(taps, 8 * directions, 64)
    assert np.ptp(responses) > 0.2


@pytest.mark.parametrize(
    "taps",
    [
        fir.kaiser_lowpass(12, 2, 12, 32),
        fir.radial_lowpass(12, 2, 12, 32),
        fir.lanczos_lowpass(8, 64),
        fir.lanczos_lowpass(8, 64, lobes=3),
        fir.gaussian_lowpass(8, 64),
        fir.binomial(1),
        fir.binomial(7),
    ],
)
def test_all_pass_the_mean_and_are_symmetric(taps):
    np.testing.assert_allclose(np.sum(taps), 1, rtol=1e-14)
    np.testing.assert_array_equal(taps, np.flip(taps))
    origin = np.zeros(taps.ndim) if taps.ndim > 1 else 0.0
    response = fir.frequency_response(taps, origin, 64)
    np.testing.assert_allclose(response, 1, rtol=1e-14)


@every_design
def test_frequency_response_equals_scipy(design):
    *_, rate = design
    taps = fir.kaiser_lowpass(*design)
    frequencies = np.linspace(0, rate / 2, 9, endpoint=False)
    _, response = scipy.signal.freqz(taps, worN=frequencies, fs=rate)
    delay = (len(taps) - 1) / 2 / rate
    response *= np.exp(2j * np.pi * frequencies * delay)
    ours = fir.frequency_response(taps, frequencies, rate)
    np.testing.assert_allclose(ours, response, atol=1e-12)


def test_frequency_response_of_a_separable_plane_is_the_product():
    taps = fir.kaiser_lowpass(12, 2, 12, 32)
    pairs = np.random.default_rng(0).uniform(-16, 16, [3, 4, 2])
    response = fir.frequency_response(np.outer(taps, taps), pairs, 32)
    along = fir.frequency_response(taps, pairs, 32)
    np.testing.assert_allclose(response, np.prod(along, -1), atol=1e-14)


@pytest.mark.parametrize(
    "design, attenuation", [((12, 2, 12, 32), 62), ((12, 8, 16, 64), 46)]
)
def test_stop_band(design, attenuation):
    num_taps, cutoff, width, rate = design
    stop_band = np.linspace(cutoff + width / 2, rate / 2, 500)
    taps = fir.kaiser_lowpass(*design)
    response = np.abs(fir.frequency_response(taps, stop_band, rate))
    np.testing.assert_allclose(
        -20 * np.log10(np.max(response)), attenuation, atol=1
    )


@pytest.mark.parametrize("lobes", [2, 3])
@pytest.mark.parametrize("cutoff", [3, 8, 13.7])
def test_lanczos_holds_all_of_its_kernel(lobes, cutoff):
    taps = fir.lanczos_lowpass(cutoff, 64, lobes)
    assert len(taps) % 2 == 0
    radius = lobes * 64 / (2 * cutoff)
    assert len(taps) / 2 - 0.5 < radius <= len(taps) / 2 + 0.5
    offset = np.array([0.5, len(taps) / 2 - 0.5]) / 64 * 2 * cutoff
    kernel = np.sinc(offset) * np.sinc(offset / lobes)
    middle = len(taps) // 2
    np.testing.assert_allclose(
        taps[-1] / taps[middle], kernel[1] / kernel[0], atol=1e-14
    )


def test_gaussian_has_the_deviation():
    positions = (np.arange(16) - 7.5) / 64
    taps = fir.gaussian_lowpass(16, 64, deviation=0.4)
    deviation = np.sqrt(np.sum(taps * positions**2))
    np.testing.assert_allclose(deviation, 0.4 / 32, rtol=1e-2)


def test_binomial_is_a_repeated_mean_of_two():
    taps = np.ones(1)
    for num_taps in range(1, 8):
        np.testing.assert_allclose(fir.binomial(num_taps), taps, rtol=1e-15)
        taps = np.convolve(taps, [0.5, 0.5])


@pytest.mark.parametrize("design", [fir.kaiser_lowpass, fir.radial_lowpass])
@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, 2, 4, 32), "argument `num_taps`.*positive integer"),
        ((1.5, 2, 4, 32), "argument `num_taps`.*Received: num_taps=1.5"),
        ((12, 0, 4, 32), "argument `cutoff`.*at most half the sampling rate"),
        ((12, 17, 4, 32), "Received: cutoff=17, sampling_rate=32"),
        ((12, 2, 0, 32), "argument `width`.*Received: width=0"),
        ((12, 2, float("nan"), 32), "argument `width`"),
    ],
)
def test_invalid_design(design, arguments, message):
    with pytest.raises(ValueError, match=message):
        design(*arguments)


def test_invalid_other_designs():
    with pytest.raises(ValueError, match="argument `lobes`"):
        fir.lanczos_lowpass(2, 32, lobes=0)
    with pytest.raises(ValueError, match="argument `cutoff`"):
        fir.lanczos_lowpass(20, 32)
    with pytest.raises(ValueError, match="argument `deviation`"):
        fir.gaussian_lowpass(2, 32, deviation=0)
    with pytest.raises(ValueError, match="argument `num_taps`"):
        fir.binomial(0)
