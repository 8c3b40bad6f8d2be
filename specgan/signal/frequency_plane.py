"""The frequency plane of images: rings, windows, constants; NumPy alone.

Conventions and reference: see `specgan.signal.spectrum`.
"""

import functools
from typing import NamedTuple

import numpy as np

# Rec. 601 luma, the weights of the paper's code and of Pillow's mode "L".
LUMINANCE_WEIGHTS = (0.299, 0.587, 0.114)

# Power of rounding to 8 bits: step^2 / 12, with 255 steps from -1 to 1. No
# 8-bit picture has a meaningful power below it (-53 dB).
QUANTIZATION_NOISE = (2 / 255) ** 2 / 12


class Rings(NamedTuple):
    """The rings that partition the half plane of `tf.signal.rfft2d`.

    Ring k = 0..M//2, M = min(height, width), holds the frequencies nearest to
    k/M cycles per pixel; one further entry pools all beyond: the corners.
    """

    index: np.ndarray  # [height, width // 2 + 1], ring of each frequency
    multiplicity: np.ndarray  # same shape: 2 where the conjugate is left out
    counts: np.ndarray  # [M // 2 + 2], frequencies of the full plane per ring


@functools.lru_cache(maxsize=32)
def rings(height: int, width: int) -> Rings:
    """The partition of the frequency plane into rings.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        A `Rings`; `counts` sums to `height * width`.

    Example:
    >>> rings(4, 4).counts
    array([1., 8., 6., 1.])
    """
    return rings_of_rows(height, width, slice(None))


def rings_of_rows(height: int, width: int, rows: slice) -> Rings:
    """The same of some rows of the half plane, without keeping it.

    Args:
        height, width: Of the image.
        rows: Of the plane.

    Returns:
        A `Rings` of these rows alone; all have the same number of rings.
    """
    size = min(height, width)  # M
    vertical = np.fft.fftfreq(height)[rows, None]
    horizontal = np.fft.rfftfreq(width)[None, :]
    radius = np.hypot(vertical, horizontal) * size
    index = np.minimum(np.floor(radius + 0.5), size // 2 + 1).astype(np.int32)
    multiplicity = np.full(index.shape, 2.0)
    multiplicity[:, 0] = 1.0
    if width % 2 == 0:
        multiplicity[:, -1] = 1.0
    counts = np.bincount(
        index.ravel(), multiplicity.ravel(), minlength=size // 2 + 2
    )
    return Rings(index, multiplicity, counts)


def ring_frequencies(height: int, width: int) -> np.ndarray:
    """Frequencies of rings k = 0..M//2, without the pooled corner.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        `[M // 2 + 1]` cycles per pixel, M = min(height, width).

    Example:
    >>> ring_frequencies(8, 8)
    array([0.   , 0.125, 0.25 , 0.375, 0.5  ])
    """
    size = min(height, width)
    return np.arange(size // 2 + 1) / size


def _no_window(height, width):
    return np.ones((height, width))


def hann(size: int) -> np.ndarray:
    """The periodic Hann window of mean square 1, float64 [size]."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return window / np.sqrt(np.mean(window**2))


def _hann(height, width):
    return np.outer(hann(height), hann(width))


_WINDOWS = {None: _no_window, "hann": _hann}


def window_function(name: str | None, height: int, width: int) -> np.ndarray:
    """The values by which an image is multiplied before its transform.

    Without a window, the jump between opposite borders leaks power into the
    high frequencies of the axes: +1.7 dB at 3/4 of Nyquist, +3.0 dB at 15/16,
    on faces of 128 px. The Hann window removes that leakage, and lets each
    frequency leak into its neighbours instead (the mean into ring 1).

    Args:
        name: None or "hann".
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        `[height, width]` in float64, of mean square 1: it keeps the expected
        power of noise.

    Raises:
        ValueError: For another name.
    """
    if not isinstance(name, str | None) or name not in _WINDOWS:
        raise ValueError(
            "Unknown window. Expected None or 'hann'. "
            f"Received: window={name!r}."
        )
    return _WINDOWS[name](height, width)
