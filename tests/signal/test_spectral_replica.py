import numpy as np
import pytest
import scipy.signal

from specgan.signal.interpolation_taps import interpolation_taps
from specgan.signal.responses import KERNELS
from specgan.signal.responses import frequency_response
from specgan.signal.spectral_replica import attainable_attenuation
from specgan.signal.spectral_replica import channel_summary
from specgan.signal.spectral_replica import phase_gains
from specgan.signal.spectral_replica import phase_unevenness
from specgan.signal.spectral_replica import taps_per_phase
from specgan.signal.spectral_replica import white_replica_attenuation

every_factors = pytest.mark.parametrize(
    "factors", [(2, 2), (2, 1), (1, 3), (3, 4)]
)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def sampled_attenuation(kernel, factors, size=240):
    """The same from a grid of frequencies, the edges of bands halved."""
    f = np.fft.fftfreq(size)
    power = sum(
        np.abs(frequency_response(part, f[:, None], f)) ** 2
        for part in np.moveaxis(kernel.reshape(*kernel.shape[:2], -1), -1, 0)
    )
    inside = []
    for factor in factors:
        edge = 1 / (2 * factor)
        within = np.heaviside(edge - np.abs(f), 0.5)
        inside.append(within if factor > 1 else np.ones(size))
    attenuations = []
    for axis, factor in enumerate(factors):
        if factor > 1:
            bands = list(inside)
            bands[axis] = 1 - inside[axis]
            base = np.average(power, weights=np.outer(*inside))
            replicas = np.average(power, weights=np.outer(*bands))
            attenuations.append(10 * np.log10(base / replicas))
    return min(attenuations)


@every_factors
@pytest.mark.parametrize("shape", [(4, 4), (3, 5, 2), (1, 6, 2, 2)])
def test_attenuation_is_that_of_the_frequency_response(shape, factors):
    kernel = normal(*shape)
    assert white_replica_attenuation(kernel, factors) == pytest.approx(
        sampled_attenuation(kernel, factors), abs=0.01
    )


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_zero_insertion_leaves_the_replicas_whole(factor):
    assert white_replica_attenuation(
        np.ones((1, 1)), (factor, factor)
    ) == pytest.approx(0, abs=1e-9)


def test_nearest_in_closed_form():
    # 4 cos² integrates to 1 + 2 / pi below half Nyquist, 1 - 2 / pi beyond.
    expected = 10 * np.log10((1 + 2 / np.pi) / (1 - 2 / np.pi))
    assert white_replica_attenuation(np.ones((2, 2))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("zero_insertion", 0.00),
        ("nearest", 6.54),
        ("aligned_bilinear", 10.87),
        ("bilinear", 14.65),
        ("bicubic", 13.12),
        ("lanczos", 15.28),
        ("kaiser", 15.44),
    ],
)
def test_the_table_of_the_kernels(name, expected):
    taps = KERNELS[name].taps
    attenuation = white_replica_attenuation(np.outer(taps, taps))
    assert attenuation == pytest.approx(expected, abs=0.006)


def test_is_measured_on_white_noise():
    noise = np.zeros(2**16)
    noise[::2] = normal(2**15)
    filtered = np.convolve(noise, KERNELS["bilinear"].taps)
    power = np.abs(np.fft.rfft(filtered)) ** 2
    half = len(power) // 2
    assert white_replica_attenuation(
        np.outer(KERNELS["bilinear"].taps, [1]), (2, 1)
    ) == pytest.approx(
        10 * np.log10(power[:half].sum() / power[half:].sum()), abs=0.2
    )


def test_the_worse_axis_counts():
    kernel = np.outer(KERNELS["bilinear"].taps, KERNELS["nearest"].taps)
    for each in (kernel, kernel.T):
        assert white_replica_attenuation(each) == pytest.approx(
            white_replica_attenuation(np.ones((2, 2)))
        )


def test_a_kernel_of_zeros_has_no_attenuation():
    assert np.isnan(white_replica_attenuation(np.zeros((4, 4, 2))))
    assert phase_unevenness(np.zeros((4, 4, 2))) == 0


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_attainable_is_slepians_concentration(size, factor):
    _, (ratio,) = scipy.signal.windows.dpss(
        size, size / (2 * factor), 1, return_ratios=True
    )
    expected = 10 * np.log10((factor - 1) * ratio / (1 - ratio))
    assert attainable_attenuation([1], size, factor) == pytest.approx(
        expected, abs=1e-3
    )


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("name", ["nearest", "bilinear", "lanczos3"])
def test_one_free_tap_attains_what_the_interpolation_does(name, factor):
    taps = interpolation_taps(name, factor)
    assert attainable_attenuation(taps, 1, factor) == pytest.approx(
        white_replica_attenuation(np.outer(taps, [1]), (factor, 1))
    )


@pytest.mark.parametrize("name", ["zero_insertion", "nearest", "bilinear"])
def test_no_kernel_does_better_than_attainable(name):
    taps = KERNELS[name].taps
    limit = attainable_attenuation(taps, 3)
    for seed in range(20):
        # Smooth ones, as random ones are far below any limit.
        kernel = np.multiply.outer([1, 2, 1], [1, 2, 1])[..., None]
        kernel = kernel + 0.3 * normal(3, 3, 2, seed=seed)
        filtered = np.stack(
            [
                scipy.signal.convolve2d(np.outer(taps, taps), part)
                for part in np.moveaxis(kernel, -1, 0)
            ],
            axis=-1,
        )
        assert white_replica_attenuation(filtered) <= limit
    assert attainable_attenuation(taps, 4) > limit


def test_taps_per_phase():
    assert taps_per_phase(3, 2).tolist() == [2, 1]
    assert taps_per_phase(4, 2).tolist() == [2, 2]
    assert taps_per_phase(2, 3).tolist() == [1, 1, 0]


@every_factors
def test_phase_gains_are_the_pattern_of_a_constant_map(factors):
    kernel = normal(5, 4)
    zeros = np.zeros([12 * factor for factor in factors])
    zeros[:: factors[0], :: factors[1]] = 1
    pattern = scipy.signal.convolve2d(zeros, kernel)
    start = [6 * factor for factor in factors]
    period = pattern[start[0] :, start[1] :][: factors[0], : factors[1]]
    np.testing.assert_allclose(phase_gains(kernel, factors), period)


def test_unevenness_of_three_ones_by_hand():
    # Gains 4, 2, 2, 1: mean 9/4, squares 25/4 on average.
    assert phase_unevenness(np.ones((3, 3))) == pytest.approx(
        np.sqrt((25 / 4 - 81 / 16) / (25 / 4))
    )


@pytest.mark.parametrize("name", ["nearest", "bilinear", "lanczos", "kaiser"])
def test_a_convolution_after_an_interpolation_stays_even(name):
    taps = KERNELS[name].taps
    kernel = scipy.signal.convolve2d(np.outer(taps, taps), normal(3, 3))
    assert phase_unevenness(kernel) < 1e-12


def test_unevenness_of_random_phases():
    assert phase_unevenness(normal(4, 4, 5000)) == pytest.approx(
        np.sqrt(3 / 4), abs=0.01
    )


@every_factors
def test_summary_measures_the_same(factors):
    kernel = normal(3, 4, 10, 20) + 0.2
    summary = channel_summary(kernel)
    assert summary.shape == (3, 4, 12)
    for measure in (
        white_replica_attenuation,
        phase_unevenness,
    ):
        assert measure(summary, factors) == pytest.approx(
            measure(kernel, factors)
        )
