"""The 1-D spectrum as evidence: of equal meaning at every size and gain.

The paper's features reveal the mere size of a picture, its cropping
and its gain. These compare what is the same in all of them: how the power at
one frequency, in cycles per pixel, stands to that at another.
"""

import functools

import numpy as np

from specgan.data.lazy_pixels import LazyPixels
from specgan.detection.equal_shapes import Images
from specgan.detection.equal_shapes import map_by_shape
from specgan.detection.equal_shapes import places_by_shape
from specgan.detection.ring_powers import ring_powers
from specgan.signal import frequency_plane

LOWEST_FREQUENCY = 1 / 16
"""Below it a spectrum depends on the scene and its framing; in cycles/pixel."""

LEAST_SIZE = round(1 / LOWEST_FREQUENCY)
"""Pixels of height and width of a picture, at least."""

REFERENCE_BAND = (1 / 8, 1 / 4)
"""The octave below half Nyquist, beyond which the last doubling of a generator
leaves its traces; in cycles/pixel."""


def bin_frequencies(length: int) -> np.ndarray:
    """The centres of the bins of `relative_spectrum`, without its corner.

    Args:
        length: As in `relative_spectrum`.

    Returns:
        [length - 1] cycles per pixel.
    """
    edges = _bin_edges(length)
    return (edges[1:] + edges[:-1]) / 2


def relative_spectrum(
    images: np.ndarray | LazyPixels, length: int, normalize: bool = True
) -> np.ndarray:
    """Power over frequency in dB, relative to that of a reference band.

    1. Luma in [-1, 1], less its mean, under a Hann window: no leakage from
       the jump between opposite borders, which hides the high frequencies.
    2. Its azimuthal integral as `signal.azimuthal_integral` gives it: the mean
       power of rings around the exact centre, and of the pooled corner.
    3. In dB, but never less than the noise of rounding to 8 bits: what lies
       below is not a property of the picture.
    4. The means over `length - 1` equal bins from 1/16 to 1/2 cycles per
       pixel, of the line through the values of the rings: averages where a
       picture has more rings than bins, interpolation where it has fewer. The
       corner, all beyond 1/2, follows.
    5. Less the mean of that line over the reference band, 1/8 to 1/4: a gain
       cancels, but where rounding to 8 bits adds its noise anew.

    The size is no evidence from 32 px on: on average over pictures of 1/f
    noise, squares cut from them have the values of the whole up to less than
    0.5 dB. Below, the mean and the window leave less than there is to the
    lowest rings: the first value is about 1 dB too low at 24 px, 2.5 dB at 16.

    Pictures of more than 25 million pixels are not transformed whole: step 2
    averages over squares of 512 px that cover them (see `ring_powers`).

    Args:
        images: uint8 [batch, height, width, channels], 1 or 3 channels, at
            least 16 pixels high and wide.
        length: How many values, from 2.
        normalize: Whether to take step 5.

    Returns:
        float64 [batch, length], in dB. A flat picture gives zeros, or the
        floor itself if not normalized.

    Example:
    >>> noise = np.random.default_rng(0).integers(0, 256, [1, 64, 48, 1])
    >>> relative_spectrum(noise.astype("uint8"), 12).shape
    (1, 12)
    """
    powers, size = ring_powers(images)
    decibels = 10 * np.log10(
        np.maximum(powers, frequency_plane.QUANTIZATION_NOISE)
    )
    return decibels @ _bins(size, length, normalize).T


def relative_spectra(
    images: Images,
    length: int,
    normalize: bool = True,
) -> np.ndarray:
    """`relative_spectrum` of pictures of any sizes, in their order.

    Args:
        images: uint8 [batch, height, width, channels], or a list of uint8
            [height, width, channels] of any sizes; 1 or 3 channels; at least
            16 pixels high and wide.
        length, normalize: As `relative_spectrum` takes them.

    Returns:
        float64 [batch, length], in dB.

    Raises:
        ValueError: If the images are others, too small, or there are none.
    """
    places = places_by_shape(images)
    for height, width, _ in places:
        require_size(height, width)

    def spectra(batch):
        return relative_spectrum(batch, length, normalize)

    return map_by_shape(spectra, images, places, length)


def require_size(height: int, width: int) -> None:
    """A `ValueError` unless images of a size have a `relative_spectrum`."""
    if min(height, width) < LEAST_SIZE:
        expected = f"at least {LEAST_SIZE} pixels of height and width"
        raise too_small(expected, height, width)


def too_small(expected: str, height: int, width: int) -> ValueError:
    """A `ValueError`, to be raised by the caller, for images too small."""
    return ValueError(
        f"A picture is too small for its spectrum. Expected {expected}. "
        f"Received: {height}x{width} pixels. Leave such pictures out."
    )


@functools.lru_cache(maxsize=64)
def _bins(size, length, normalize):
    """The matrix from rings 0..M // 2 and the corner to the features."""
    bins = np.zeros([length, size // 2 + 2])
    bins[:-1, 1:-1] = _means(size, _bin_edges(length))  # DC is none of them.
    bins[-1, -1] = 1
    if normalize:
        bins[:, 1:-1] -= _means(size, np.array(REFERENCE_BAND))
    return bins


def _means(size, edges):
    """The matrix from rings 1..M // 2 to means of the line through them."""
    knots = np.arange(1, size // 2 + 1) / size
    if size % 2:  # No ring is at 1/2 itself: there the line is level.
        knots = np.append(knots, 0.5)
    spacings = np.diff(knots)
    # How much of each interval lies below each edge.
    below = (edges[:, np.newaxis] - knots[:-1]).clip(0, spacings)
    right = below**2 / (2 * spacings)
    integrals = np.zeros([len(edges), len(knots)])
    integrals[:, :-1] = below - right
    integrals[:, 1:] += right
    if size % 2:
        integrals[:, -2] += integrals[:, -1]
        integrals = integrals[:, :-1]
    return np.diff(integrals, axis=0) / np.diff(edges)[:, np.newaxis]


def _bin_edges(length):
    return np.linspace(LOWEST_FREQUENCY, 0.5, length)
