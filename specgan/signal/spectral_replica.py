"""Replica and checkerboard of up-sampling kernels, by any whole factor.

Up-sampling by a factor s along an axis is zero insertion, which gives the
spectrum s times, and a kernel on the finer grid, which should leave one of
them. The base band is that one, `abs(f) < 1 / 2s` in cycles per output pixel;
what lies beyond are replicas. The kernel may be fixed, learned, or both in a
row; here it is an array `[height, width, ...]` whose further axes, channels
for instance, are all filters of their own: energies and squares are summed
over them.

The same kernel has s phases along each axis: output pixel m meets the taps
`m mod s`, `m mod s + s`, ... If their sums differ, a constant map comes out
with a pattern of period s: the checkerboard, which is the replica of frequency
0.

Everything is exact, in NumPy and float64; nothing is sampled.

Reference:
    Odena, Dumoulin & Olah, "Deconvolution and Checkerboard Artifacts",
    Distill 2016, for the phases. Slepian, "Prolate Spheroidal Wave Functions,
    Fourier Analysis, and Uncertainty - V", Bell System Technical Journal 57,
    1978, for the most that a kernel of a given size can do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def white_replica_attenuation(
    kernel: ArrayLike, factors: Sequence[int] = (2, 2)
) -> float:
    """How far the replicas of white noise lie below the base band, in dB.

    The mean power density in the base band of both axes, relative to that in
    the replicas along one axis (and the base band of the other). Of two
    axes that are up-sampled the worse counts. 0 dB for zero insertion, by any
    factor.

    Formula, for one axis, with abs(H(f))² integrated in closed form:
    `10 log10((s - 1) E(abs(f) < 1/2s) / E(1/2s < abs(f) < 1/2))`

    Args:
        kernel: Array `[height, width, ...]`.
        factors: Pair of positive integers, one above 1.

    Returns:
        Number in dB; NaN for a kernel of zeros.

    Example:
    >>> round(white_replica_attenuation(np.ones((2, 2))), 2)   # nearest
    6.54
    """
    kernel = np.asarray(kernel, dtype=np.float64)
    kernel = kernel.reshape(*kernel.shape[:2], -1)
    if not kernel.any():
        return float("nan")
    base = [
        _base_band(size, factor)
        for size, factor in zip(kernel.shape[:2], factors, strict=True)
    ]
    base_energy = _energy(kernel, base)
    attenuations = []
    for axis, factor in enumerate(factors):
        if factor > 1:
            bands = list(base)
            bands[axis] = np.eye(len(bands[axis])) - bands[axis]
            replicas = _energy(kernel, bands)
            attenuations.append(_decibels((factor - 1) * base_energy, replicas))
    return min(attenuations)


def attainable_attenuation(
    taps: ArrayLike, size: int, factor: int = 2
) -> float:
    """The most that `size` free taps can make of an up-sampling, in dB.

    No kernel of that size, after zero insertion and the fixed filter `taps`,
    brings the replicas of white noise further below the base band; nor does
    one in two dimensions, or with channels. Reaching it costs a droop of the
    base band, so good kernels stay some dB above it: it shows what is out of
    reach.

    Formula: the smallest share of the energy that the replicas can have is
    the least generalized eigenvalue of two quadratic forms in the free taps.

    Args:
        taps: Numbers; the fixed filter along one axis, (1,) for none.
        size: Positive integer; number of free taps.
        factor: Integer above 1. Defaults to 2.

    Returns:
        Number in dB. Beyond about 80 it is rounding.

    Example:
    >>> [round(attainable_attenuation([1], size), 1) for size in (1, 2, 3, 4)]
    [0.0, 6.5, 12.8, 19.4]
    """
    taps = np.asarray(taps, dtype=np.float64)
    filtered = np.stack([np.convolve(taps, row) for row in np.eye(size)], 1)
    band = _base_band(len(filtered), factor)
    total = filtered.T @ filtered
    replicas = total - filtered.T @ band @ filtered
    # Divided by the total, which becomes the identity. (The base's matrix, of
    # a kernel of 16 or more, cannot be distinguished from a singular one.)
    whitened = np.linalg.inv(np.linalg.cholesky(total))
    least = np.linalg.eigvalsh(whitened @ replicas @ whitened.T)[0]
    return _decibels((factor - 1) * (1 - least), least)


def taps_per_phase(size: int, factor: int) -> np.ndarray:
    """How many of a kernel's taps each of the phases meets, along one axis.

    Equal only if the size is a multiple of the factor.

    Example:
    >>> taps_per_phase(3, 2)
    array([2, 1])
    """
    return np.bincount(np.arange(size) % factor, minlength=factor)


def phase_gains(
    kernel: ArrayLike, factors: Sequence[int] = (2, 2)
) -> np.ndarray:
    """What each phase makes of a constant map: the sums of its taps.

    Args:
        kernel: Array `[height, width, ...]`.
        factors: Pair of positive integers.

    Returns:
        Array `[factors[0], factors[1], ...]`, one value for each output pixel
        of a period and each filter.

    Example:
    >>> phase_gains(np.ones((3, 3)))
    array([[4., 2.],
           [2., 1.]])
    """
    kernel = np.asarray(kernel, dtype=np.float64)
    rows, columns = (
        np.arange(size) % factor == np.arange(factor)[:, None]
        for size, factor in zip(kernel.shape[:2], factors, strict=True)
    )
    return np.einsum("pr,qc,rc...->pq...", rows, columns, kernel)


def phase_unevenness(
    kernel: ArrayLike, factors: Sequence[int] = (2, 2)
) -> float:
    """How much the gains of the phases differ: the checkerboard's strength.

    Formula:
    `rms(gain - mean of gain over the phases) / rms(gain)`, both over phases
    and filters.

    Returns:
        Number from 0 (even) to 1 (the phases cancel); with random independent
        phases it is `sqrt(1 - 1 / number of phases)`, 0.87 for a factor of 2
        along both axes. 0 for a kernel of zeros.

    Example:
    >>> round(phase_unevenness(np.ones((3, 3))), 3)
    0.436
    """
    gains = phase_gains(kernel, factors)
    deviations = gains - gains.mean(axis=(0, 1))
    power = np.mean(gains**2)
    return float(np.sqrt(np.mean(deviations**2) / power)) if power else 0.0


def channel_summary(kernel: ArrayLike) -> np.ndarray:
    """A kernel with few channels that measures the same as one with many.

    Every measure here is a quadratic form in the taps, summed over channels,
    so that only their products count: `kernel @ kernel.T`.

    Args:
        kernel: Array `[height, width, ...]`.

    Returns:
        Array `[height, width, channels]` with at most `height * width`
        channels.
    """
    kernel = np.asarray(kernel, dtype=np.float64)
    flat = kernel.reshape(kernel.shape[0] * kernel.shape[1], -1)
    summary: Any = np.linalg.qr(flat.T, mode="r")
    return summary.T.reshape(*kernel.shape[:2], -1)


def _base_band(size, factor):
    """Energy of taps within `abs(f) < 1 / (2 factor)`, as a matrix.

    `taps @ matrix @ taps` is the integral of `abs(H(f))²` over that band.
    """
    index = np.arange(size)
    return np.sinc((index[:, None] - index) / factor) / factor


def _energy(kernel, bands):
    filtered = np.einsum("rR,cC,RCn->rcn", *bands, kernel, optimize=True)
    return np.vdot(kernel, filtered)


def _decibels(base, replica):
    # Rounding can leave less than nothing of a replica.
    replica = max(replica, np.finfo(np.float64).eps * base)
    return float(10 * np.log10(base / replica)) if base > 0 else -np.inf
