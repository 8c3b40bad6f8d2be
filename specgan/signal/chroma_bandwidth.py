"""Whether images hold chroma at all frequencies, or only at the lower ones."""

import numpy as np
from numpy.typing import ArrayLike

from specgan.signal import spectrum
from specgan.signal.chroma import DIFFERENCES
from specgan.signal.image_values import require_in_range

# Chroma is missing where it is that much weaker, relative to luma, than over
# all frequencies.
MISSING = 0.1  # -10 dB

# What rounding leaves of power, in JPEG files: of chroma and of RGB to 8
# bits, and of what was clipped in between.
ROUNDING_NOISE = 10 * spectrum.QUANTIZATION_NOISE  # -43 dB

HIGHEST = 0.375  # cycles per pixel


def chroma_cutoff(images: ArrayLike) -> float | None:
    """The frequency above which images have next to no chroma, if any.

    Criterion: on every ring from there to the Nyquist frequency, the mean
    power of (R - Y, B - Y) relative to that of luma Y is at most a tenth of
    what it is over all rings. Both are taken with the Hann window, and less
    -43 dB, the noise of JPEG's rounding: what is too smooth for either does
    not count as missing.

    Of decoded JPEG files with 4:2:0 chroma, cut and not resized, it is 0.15 to
    0.3; none is found with full chroma resolution, in grey images, nor where
    enlarging has made luma as smooth as chroma.

    Args:
        images: `[count, height, width, channels]` floats in [-1, 1], 1 or 3
            channels. A few dozen images are enough.

    Returns:
        Cycles per pixel, 0.375 at most; None where chroma goes further, or
        there is none at all.

    Raises:
        ValueError: If there are no images, they have not 4 dimensions or 1 or
            3 channels, are not finite, or not in [-1, 1].

    Example:
    >>> noise = tf.random.uniform([64, 32, 32, 3], -1, 1)
    >>> chroma_cutoff(noise) is None
    True
    >>> 0.2 < chroma_cutoff(subsample_chroma(noise)) < 0.375
    True
    """
    images = np.asarray(images, np.float32)
    spectrum.require_image_shape(images.shape)
    if not len(images):
        raise ValueError(
            "Chroma is measured on images. Expected at least one. Received: "
            "none."
        )
    require_in_range(images)
    if images.shape[-1] == 1:
        return None
    _, height, width, _ = images.shape
    frequencies = spectrum.ring_frequencies(height, width)
    counts = spectrum.rings(height, width).counts[1 : len(frequencies)]
    luma, *differences = (
        np.maximum(_ring_powers(images @ weights) - ROUNDING_NOISE, 0)
        for weights in np.array([spectrum.LUMINANCE_WEIGHTS, *DIFFERENCES])
    )
    chroma = np.mean(differences, axis=0)
    over_all = np.sum(counts * chroma) / max(np.sum(counts * luma), 1e-12)
    present = np.flatnonzero(chroma >= MISSING * over_all * luma)
    highest = frequencies[1:][present[-1]] if len(present) else 0.0
    if over_all == 0 or highest > HIGHEST:
        return None
    return float(highest)


def _ring_powers(planes):
    """Mean power of planes `[count, height, width]`, on rings from 1."""
    planes = planes.astype(np.float32)[..., None]
    # Which the window would let leak into the first ring.
    planes -= planes.mean(axis=(1, 2), keepdims=True)
    power = [
        spectrum.azimuthal_integral(planes[i : i + 64], "hann").numpy()
        for i in range(0, len(planes), 64)
    ]
    return np.concatenate(power).mean(axis=0, dtype=np.float64)[1:-1]
