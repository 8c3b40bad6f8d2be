"""The azimuthal integral of 8-bit pictures under a Hann window, in NumPy.

At the memory of what is given, and of 8 bytes a pixel: it takes rows after
rows of large pictures, and of the largest squares.
"""

import functools
import itertools

import numpy as np

from specgan.data.lazy_pixels import LazyPixels
from specgan.data.lazy_pixels import blocks
from specgan.signal import frequency_plane

LARGEST = 25_000_000
"""Pixels of a picture up to which it is transformed whole."""

SIDE = 512
"""Pixels of the squares that larger ones are cut into."""

# Pixels of a picture up to which tables of the plane are worth keeping: they
# have 16 bytes a pixel.
_SMALL = 2**20


def ring_powers(images: np.ndarray | LazyPixels) -> tuple[np.ndarray, int]:
    """Mean power of every ring, of luma in [-1, 1] without its mean.

    See `signal.azimuthal_integral`, here with window "hann", and of 8-bit
    pictures. Those of more than 25 million pixels are cut into as few squares
    of 512 px (rectangles, if they are narrower) as cover them, at equal
    distances, whose powers are averaged: Welch's method.

    Args:
        images: uint8 [batch, height, width, channels], 1 or 3 channels.

    Returns:
        (float64 [batch, M // 2 + 2], M): M is the shorter side of the picture,
        or of the squares.

    Reference:
    - Welch, 1967, The use of fast Fourier transform for the estimation of
      power spectra (https://doi.org/10.1109/TAU.1967.1161901)
    """
    height, width = images.shape[1:3]
    if height * width <= _SMALL:
        return _of_small(np.asarray(images)), min(height, width)
    if height * width <= LARGEST:
        function, sides = _of_large, (height, width)
    else:
        function, sides = _of_largest, (min(height, SIDE), min(width, SIDE))
    # One alone is not touched: it may be `LazyPixels`.
    single = [images]
    if len(images) > 1:
        single = [images[i : i + 1] for i in range(len(images))]
    return np.stack([function(one, *sides) for one in single]), min(sides)


def _of_small(images):
    height, width = images.shape[1:3]
    grey = _luma(images)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    window, order, shares, firsts = _tables(height, width)
    grey *= window
    transform = np.fft.rfft2(grey)
    power = transform.real**2 + transform.imag**2
    power = power.reshape(len(power), -1).take(order, axis=1)
    power *= shares
    return np.add.reduceat(power, firsts, axis=1)


# Few, since one takes 16 bytes a pixel.
@functools.lru_cache(maxsize=4)
def _tables(height, width):
    """The window, and how the half plane becomes rings.

    Returns:
        (window, places of the half plane sorted by ring, the share that each
        has in its ring, where each ring begins).
    """
    index, multiplicity, counts = frequency_plane.rings_of_rows(
        height, width, slice(None)
    )
    order = np.argsort(index, axis=None, kind="stable")
    shares = multiplicity / counts[index] / (height * width)
    # No ring is empty.
    firsts = np.searchsorted(index.ravel()[order], np.arange(len(counts)))
    window = frequency_plane.window_function("hann", height, width)
    return window / 127.5, order, shares.ravel()[order], firsts


def _of_large(image, height, width):
    """[M // 2 + 2] of a batch of one, rows after rows."""
    # Here, since its import takes longer than NumPy's. It works in place.
    import scipy.fft

    rows = [block[0] for block in blocks(height, width)]
    mean = sum(_luma(image[:, some]).sum() for some in rows) / height / width
    down = frequency_plane.hann(height) / 127.5
    across = frequency_plane.hann(width)
    transform = np.empty([height, width // 2 + 1], np.complex128)
    for some in rows:
        (grey,) = _luma(image[:, some])
        grey -= mean
        grey *= down[some, np.newaxis] * across
        transform[some] = scipy.fft.rfft(grey)
    transform = scipy.fft.fft(transform, axis=0, overwrite_x=True)
    sums = counts = 0.0
    for some in rows:
        rings = frequency_plane.rings_of_rows(height, width, some)
        part = transform[some]
        power = rings.multiplicity * (part.real**2 + part.imag**2)
        counts = counts + rings.counts
        sums = sums + np.bincount(
            rings.index.ravel(), power.ravel(), minlength=len(rings.counts)
        )
    return sums / counts / (height * width)


def _of_largest(image, height, width):
    """[M // 2 + 2], the mean over rectangles of a height and width."""
    tops, lefts = (
        np.rint(np.linspace(0, size - side, -(-size // side))).astype(int)
        for size, side in zip(image.shape[1:3], (height, width), strict=True)
    )
    powers = [
        _of_small(image[:, top : top + height, left : left + width])[0]
        for top, left in itertools.product(tops, lefts)
    ]
    return np.mean(powers, axis=0)


def _luma(images):
    """float64 [batch, height, width], 0..255."""
    if images.shape[-1] == 1:
        return images[..., 0].astype(np.float64)
    # Thousandths are whole numbers, which float32 has all of.
    weights = np.rint(1000 * np.array(frequency_plane.LUMINANCE_WEIGHTS))
    grey = images.astype(np.float32) @ weights.astype(np.float32)
    return grey / np.float64(1000)
