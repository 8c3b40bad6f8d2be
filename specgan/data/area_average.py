"""Shrinking by true area averages, as a product with two sparse matrices."""

import functools

import numpy as np


def area_average(pixels: np.ndarray, size: int) -> np.ndarray:
    """A square image shrunk by area averages, rounded once.

    Each new pixel is the mean over the square that it covers, in which pixels
    on the border count by the part that lies inside. Lengths are counted in
    units of which old and new pixels are integer multiples, so that the sums
    are exact in float32 for up to 256 of these units a new pixel.

    Formula, with n / m the reduced fraction of both sides:
    `y[i, j] = sum_kl w[i, k] w[j, l] x[k, l] / n^2`, where `w[i, k]` is the
    overlap of the intervals `[i n, (i + 1) n]` and `[k m, (k + 1) m]`.

    Args:
        pixels: uint8 `[side, side, channels]`.
        size: Integer, at most the side.

    Returns:
        uint8 `[size, size, channels]`.
    """
    side, _, channels = pixels.shape
    rows, columns, area = _weights(side, size, channels)
    # Columns are the last axis with the channels; a sparse matrix is quickest
    # from the left.
    sums = rows @ pixels.reshape(side, -1).astype(np.float32)
    sums = columns @ np.ascontiguousarray(sums.T)
    means = np.rint(sums * np.float32(1 / area)).astype(np.uint8)
    return np.ascontiguousarray(means.T).reshape(size, size, channels)


@functools.lru_cache(maxsize=64)
def _weights(side, size, channels):
    """Overlaps of rows, those of columns and channels, and a pixel's area."""
    # Here, since its import takes longer than NumPy's.
    from scipy import sparse

    unit = np.gcd(side, size)
    new, old = side // unit, size // unit  # Lengths of pixels.
    starts = new * np.arange(size)[:, np.newaxis]
    places = old * np.arange(side)
    ends = np.minimum(starts + new, places + old)
    overlaps = np.maximum(ends - np.maximum(starts, places), 0)
    overlaps = sparse.csr_array(overlaps.astype(np.float32))
    each_channel = sparse.eye_array(channels, dtype=np.float32)
    return overlaps, sparse.kron(overlaps, each_channel, "csr"), new * new
