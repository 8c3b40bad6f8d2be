"""How the mean 2-D power spectra of two sets of images differ, in dB.

Each metric is a function of `fake` and `real`: mean power spectra
`[height, width]`, DC at row height // 2 and column width // 2, such as
`SpectrumStatistics.mean_spectrum` or the mean of `signal.power_spectrum`, of
images in [-1, 1]. All powers are taken above the noise of 8 bits, as in
`signal.decibels`.

The distances are never negative, and noise adds to them. The excesses have a
sign: how many dB the generated images have more than the real ones. All are 0
for equal spectra.
"""

import functools
import itertools
from collections.abc import Callable

import numpy as np

from specgan.signal import spectrum

HALF_NYQUIST = 0.25
"""Cycles per pixel."""


# === Distances ===


def spectral_distance(fake: np.ndarray, real: np.ndarray) -> float:
    """Root mean square difference over all rings but DC and corner, in dB."""
    difference = _ring_levels(fake) - _ring_levels(real)
    return _root_mean_square(difference[1:])


def spectral_distance_high(fake: np.ndarray, real: np.ndarray) -> float:
    """The same over the rings above half the Nyquist frequency."""
    difference = _ring_levels(fake) - _ring_levels(real)
    high = spectrum.ring_frequencies(*real.shape) > HALF_NYQUIST
    return _root_mean_square(difference[high])


def spectral_distance_2d(fake: np.ndarray, real: np.ndarray) -> float:
    """Root mean square difference over all frequencies but DC, in dB.

    Unlike the rings it sees lines, crosses and lattices of peaks as well.
    """
    difference = _levels(fake) - _levels(real)
    return _root_mean_square(difference[_radius(real.shape) > 0])


def _root_mean_square(difference):
    return float(np.sqrt(np.mean(difference**2)))


# === Excesses ===


def nyquist_spike(fake: np.ndarray, real: np.ndarray) -> float:
    """Excess of the last ring over those just below it, in dB.

    Formula: `s(fake) - s(real)`, `s = D[K] - mean(D[K - n], ..., D[K - 1])`

    with the ring powers D in dB, the last ring K = M // 2, at 0.5 cycles per
    pixel, M = min(height, width), and n = max(1, M // 16): the rings of the
    last eighth of the band.
    """
    return _spike(fake) - _spike(real)


def _spike(power):
    below = max(1, min(power.shape) // 16)
    levels = _ring_levels(power)
    return float(levels[-1] - np.mean(levels[-1 - below : -1]))


def checkerboard_half(fake: np.ndarray, real: np.ndarray) -> float:
    """Excess of the peaks of patterns of period 2, in dB.

    Formula: `mean over points of p(fake) - p(real)`,
    `p = D[point] - median of D over its neighbourhood`

    with the powers D in dB, the points (0, 1/2), (1/2, 0) and (1/2, 1/2)
    cycles per pixel, and the 5x5 frequencies around each but itself.
    """
    return _peaks(fake, 2) - _peaks(real, 2)


def checkerboard_quarter(fake: np.ndarray, real: np.ndarray) -> float:
    """The same of patterns of period 4: multiples of 1/4 that are none of 1/2.

    They are 12 points, each and its conjugate.
    """
    return _peaks(fake, 4) - _peaks(real, 4)


def _peaks(power, period):
    """Mean height of the peaks over their neighbourhoods, in dB."""
    points, around = _neighbourhoods(power.shape, period)
    levels = _levels(power).ravel()
    return float(np.mean(levels[points] - np.median(levels[around], axis=1)))


@functools.lru_cache(maxsize=32)
def _neighbourhoods(shape, period):
    """Flat positions of the points, and `[points, 24]` of those around."""
    height, width = shape
    points = [
        (height // 2 + m * height // period, width // 2 + n * width // period)
        for m, n in np.ndindex(period, period)
        if m % 2 or n % 2  # Else it is DC, or a point of half the period.
    ]
    steps = [
        step for step in itertools.product(range(-2, 3), repeat=2) if any(step)
    ]

    def flat(positions):
        return positions[..., 0] % height * width + positions[..., 1] % width

    points = np.array(points)
    return flat(points), flat(points[:, None] + np.array(steps))


def high_band_energy(fake: np.ndarray, real: np.ndarray) -> float:
    """Excess of the energy above half the Nyquist frequency, in dB.

    Formula: `10 log10(share(fake) / share(real))`, where the share is the
    energy beyond 0.25 cycles per pixel, corners included, of that at all
    frequencies but DC.
    """
    return _high_band(fake) - _high_band(real)


def _high_band(power):
    radius = _radius(power.shape)
    high = np.mean(power[radius > HALF_NYQUIST])
    return float(_levels(high) - _levels(np.mean(power[radius > 0])))


# === The family ===

DISTANCES = {
    "spectral_distance": spectral_distance,
    "spectral_distance_high": spectral_distance_high,
    "spectral_distance_2d": spectral_distance_2d,
}

EXCESSES = {
    "nyquist_spike": nyquist_spike,
    "checkerboard_half": checkerboard_half,
    "checkerboard_quarter": checkerboard_quarter,
    "high_band_energy": high_band_energy,
}

_PERIODS = {"checkerboard_half": 2, "checkerboard_quarter": 4}


def metric_functions(
    height: int, width: int
) -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    """The metrics that exist for images of a size.

    A period has peaks to measure where it divides height and width, and they
    lie 4 frequencies apart at least, none in another's neighbourhood: 8 pixels
    for a half, 16 for a quarter. All others exist for any size.

    Args:
        height: Rows of the images.
        width: Columns of the images.

    Returns:
        Dictionary of names and functions of `fake` and `real`.

    Example:
    >>> set(metric_functions(64, 64)) - set(metric_functions(62, 62))
    {'checkerboard_quarter'}
    """

    def exists(name):
        period = _PERIODS.get(name)
        return period is None or all(
            size % period == 0 and size >= 4 * period
            for size in (height, width)
        )

    family = {**DISTANCES, **EXCESSES}
    return {name: family[name] for name in family if exists(name)}


# === What they are made of ===


def _ring_levels(power):
    """`[M // 2 + 1]` dB of the mean power of each ring, without the corner."""
    height, width = power.shape
    index, multiplicity, counts = spectrum.rings(height, width)
    half = np.fft.ifftshift(power)[:, : width // 2 + 1] * multiplicity
    sums = np.bincount(index.ravel(), half.ravel(), len(counts))
    return _levels(sums[:-1] / counts[:-1])


@functools.lru_cache(maxsize=32)
def _radius(shape):
    """`[height, width]` cycles per pixel, DC in the centre."""
    vertical, horizontal = (np.fft.fftshift(np.fft.fftfreq(n)) for n in shape)
    return np.hypot(vertical[:, None], horizontal)


def _levels(power):
    return 10 * np.log10(power + spectrum.QUANTIZATION_NOISE)
