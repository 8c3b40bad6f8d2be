"""Design of low-pass filters, in NumPy and float64.

Conventions, the same for every function:

- A canvas is the unit square: frequencies are in cycles per canvas width,
  sampling rates in pixels per canvas width. With the sampling rate 1 these are
  cycles per pixel, as elsewhere in specgan.
- Taps stand at `x_i = (i - (num_taps - 1) / 2) / sampling_rate`, symmetric
  about 0; with an even number no tap is at 0, and the filter's centre lies
  between two pixels.
- Taps sum to 1.

Reference:
- Karras et al., 2021, Section 3.1 and Appendices C.1, C.5
  (https://arxiv.org/abs/2106.12423).
"""

import numpy as np
from scipy import signal
from scipy import special

from specgan.errors import require_positive_integer


def kaiser_lowpass(
    num_taps: int, cutoff: float, width: float, sampling_rate: float
) -> np.ndarray:
    """A low-pass filter by Kaiser's window.

    Formula:
    `h[i] ~ 2 f_c sinc(2 f_c x_i) w(x_i)`, w the window of `kaiser_window`.

    Args:
        num_taps: Positive integer.
        cutoff: f_c, in cycles per canvas width, between 0 and half the
            sampling rate.
        width: Full width of the transition band, 2 f_h, in cycles per canvas
            width.
        sampling_rate: Pixels per canvas width.

    Returns:
        Array `[num_taps]`; it sums to 1.

    Raises:
        ValueError: If the number of taps is not positive, or the cutoff or the
            width is out of range.

    Example:
    >>> kaiser_lowpass(12, cutoff=2, width=12, sampling_rate=32).round(3)[:6]
    array([0.001, 0.01 , 0.039, 0.092, 0.157, 0.201])

    Reference:
    - Karras et al., 2021, Appendix C.1, Eq. 6 to 8.
    """
    _require_cutoff(cutoff, sampling_rate)
    window = kaiser_window(num_taps, width, sampling_rate)
    positions = _positions(num_taps, sampling_rate)
    return _normalized(np.sinc(2 * cutoff * positions) * window)


def radial_lowpass(
    num_taps: int, cutoff: float, width: float, sampling_rate: float
) -> np.ndarray:
    """A low-pass filter whose pass band is a disc: a jinc, windowed.

    The window stays separable, so that the filter is symmetric under quarter
    turns and mirroring, not under every rotation.

    Formula:
    `h[i, j] ~ J1(2 pi f_c r) / (pi r) w(x_i) w(x_j)`, r = |(x_i, x_j)|, with
    the limit f_c where r is 0.

    Args:
        num_taps: Positive integer.
        cutoff: f_c, the radius of the pass band, in cycles per canvas width.
        width: Full width of the transition band, 2 f_h.
        sampling_rate: Pixels per canvas width.

    Returns:
        Array `[num_taps, num_taps]`; it sums to 1.

    Raises:
        ValueError: If the number of taps is not positive, or the cutoff or the
            width is out of range.

    Example:
    >>> radial_lowpass(12, cutoff=2, width=12, sampling_rate=32).shape
    (12, 12)

    Reference:
    - Karras et al., 2021, Section 3.2 and Appendix C.1, Eq. 10.
    """
    _require_cutoff(cutoff, sampling_rate)
    window = kaiser_window(num_taps, width, sampling_rate)
    positions = _positions(num_taps, sampling_rate)
    radius = np.hypot(positions[:, None], positions)
    safe = np.where(radius == 0, 1, radius)
    jinc = special.j1(2 * np.pi * cutoff * safe) / (np.pi * safe)
    jinc = np.where(radius == 0, cutoff, jinc)
    return _normalized(jinc * np.outer(window, window))


def lanczos_lowpass(
    cutoff: float, sampling_rate: float, lobes: int = 2
) -> np.ndarray:
    """A low-pass filter by Lanczos' kernel.

    Formula:
    `h[i] ~ k(2 f_c x_i)`, `k(u) = sinc(u) sinc(u / lobes)` for |u| < lobes.

    Args:
        cutoff: f_c, in cycles per canvas width.
        sampling_rate: Pixels per canvas width.
        lobes: Positive integer, a: the kernel's radius in its zero crossings.

    Returns:
        Array of an even number of taps, as many as lie within the kernel; it
        sums to 1.

    Raises:
        ValueError: If the cutoff is out of range or `lobes` not positive.

    Example:
    >>> lanczos_lowpass(cutoff=8, sampling_rate=32).round(3)
    array([-0.009, -0.042,  0.117,  0.434,  0.434,  0.117, -0.042, -0.009])

    Reference:
    - Karras et al., 2021, Appendix C.5.
    """
    _require_cutoff(cutoff, sampling_rate)
    require_positive_integer("lobes", lobes)
    radius = lobes * sampling_rate / (2 * cutoff)  # In pixels.
    positions = _positions(2 * int(np.ceil(radius - 0.5)), sampling_rate)
    scaled = 2 * cutoff * positions
    return _normalized(np.sinc(scaled) * np.sinc(scaled / lobes))


def gaussian_lowpass(
    cutoff: float, sampling_rate: float, deviation: float = 0.4
) -> np.ndarray:
    """A low-pass filter by a Gaussian.

    Formula:
    `h[i] ~ exp(-(2 f_c x_i / deviation)^2 / 2)` for |x_i| <= 8 / sampling_rate.

    Args:
        cutoff: f_c, in cycles per canvas width.
        sampling_rate: Pixels per canvas width.
        deviation: Positive number, the Gaussian's standard deviation, in units
            of `1 / (2 f_c)`.

    Returns:
        Array of 16 taps; it sums to 1.

    Raises:
        ValueError: If the cutoff is out of range or the deviation not positive.

    Example:
    >>> len(gaussian_lowpass(cutoff=8, sampling_rate=32))
    16

    Reference:
    - Karras et al., 2021, Appendix C.5.
    """
    _require_cutoff(cutoff, sampling_rate)
    if not deviation > 0:
        raise ValueError(
            "Invalid value for argument `deviation`. Expected a positive "
            f"number. Received: deviation={deviation!r}."
        )
    scaled = 2 * cutoff * _positions(16, sampling_rate)
    return _normalized(np.exp(-((scaled / deviation) ** 2) / 2))


def binomial(num_taps: int) -> np.ndarray:
    """A row of Pascal's triangle: the taps of a repeated mean of two.

    Args:
        num_taps: Positive integer.

    Returns:
        Array `[num_taps]`; it sums to 1.

    Raises:
        ValueError: If the number of taps is not positive.

    Example:
    >>> binomial(4)
    array([0.125, 0.375, 0.375, 0.125])

    Reference:
    - Zhang, 2019, Section 3.3 (https://arxiv.org/abs/1904.11486).
    """
    require_positive_integer("num_taps", num_taps)
    index = np.arange(num_taps)
    return special.binom(num_taps - 1, index) / 2.0 ** (num_taps - 1)


def kaiser_window(
    num_taps: int, width: float, sampling_rate: float
) -> np.ndarray:
    """Kaiser's window for a transition band.

    Formula:
    `w[i] = I0(beta sqrt(1 - (2 i / (num_taps - 1) - 1)^2)) / I0(beta)`, beta
    by `scipy.signal.kaiser_beta` from the attenuation of the stop band in dB,
    `A = 2.285 (num_taps - 1) pi width / (s / 2) + 7.95`.

    Args:
        num_taps: Positive integer.
        width: Full width of the transition band, in cycles per canvas width.
        sampling_rate: s, pixels per canvas width.

    Returns:
        Array `[num_taps]`, at most 1.

    Raises:
        ValueError: If the number of taps or the width is not positive.

    Example:
    >>> kaiser_window(5, width=0.5, sampling_rate=1).round(2)
    array([0.21, 0.73, 1.  , 0.73, 0.21])

    Reference:
    - Karras et al., 2021, Appendix C.1, Eq. 7 and 8.
    """
    require_positive_integer("num_taps", num_taps)
    if not width > 0:
        raise ValueError(
            "Invalid value for argument `width`. Expected a positive width of "
            f"the transition band. Received: width={width!r}."
        )
    relative_width = width / (sampling_rate / 2)  # Delta f
    attenuation = signal.kaiser_atten(num_taps, relative_width)
    return signal.windows.kaiser(num_taps, signal.kaiser_beta(attenuation))


def frequency_response(
    taps: np.ndarray, frequencies: np.ndarray, sampling_rate: float
) -> np.ndarray:
    """The response of a symmetric filter about its centre: a real number.

    Formula:
    `H(f) = sum_i h[i] cos(2 pi f . x_i)`

    Args:
        taps: Array `[num_taps]`, or `[num_taps, num_taps]` for images.
        frequencies: Array in cycles per canvas width, of any shape; for taps
            of two dimensions its last axis holds the pairs (rows, columns).
        sampling_rate: Pixels per canvas width.

    Returns:
        Array of the amplitudes, one for each frequency; 1 at frequency 0.

    Example:
    >>> frequency_response(binomial(2), [0.0, 0.25, 0.5], 1).round(3)
    array([1.   , 0.707, 0.   ])
    """
    taps = np.asarray(taps, np.float64)
    frequencies = np.asarray(frequencies, np.float64)
    if taps.ndim == 1:
        frequencies = frequencies[..., None]
    axes = [_positions(length, sampling_rate) for length in taps.shape]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    phases = np.tensordot(frequencies, grid, axes=(-1, -1))  # [..., *taps]
    return np.tensordot(np.cos(2 * np.pi * phases), taps, axes=taps.ndim)


def _positions(num_taps, sampling_rate):
    """x_i of every tap, in canvas widths."""
    return (np.arange(num_taps) - (num_taps - 1) / 2) / sampling_rate


def _normalized(taps):
    return taps / np.sum(taps)


def _require_cutoff(cutoff, sampling_rate):
    if not 0 < cutoff <= sampling_rate / 2:
        raise ValueError(
            "Invalid value for argument `cutoff`. Expected a frequency above 0 "
            "and at most half the sampling rate, in cycles per canvas width. "
            f"Received: cutoff={cutoff!r}, sampling_rate={sampling_rate!r}."
        )
