import functools
import itertools

import numpy as np

from specgan.detection.patch_spectra import PATCH
from specgan.detection.patch_spectra import patch_transforms
from specgan.detection.picture_features import PictureFeatures
from specgan.signal.frequency_plane import QUANTIZATION_NOISE
from specgan.signal.frequency_plane import rings


class ColourCoherenceFeatures(PictureFeatures):
    """How far the fine detail of two colours is the same, by frequency.

    Magnitude-squared coherence `S_ab^2 / ((S_aa + q) (S_bb + q))` of two
    channels. S are the real parts of cross spectra, averaged over 32 x 32
    patches under a Hann window and over rings, q is the power of rounding to 8
    bits. 1 means that one channel is a filtered version of the other. A camera
    makes the fine detail of all channels of one mosaic; a generator makes
    three.

    Features: channels R and G, R and B, G and B, each on the rings of k / 32
    cycles per pixel, k = 1..16. Grey pictures have a coherence near 1, flat
    ones of 0.

    Example:
    >>> ColourCoherenceFeatures()([face, landscape]).shape  # uint8 arrays
    (2, 48)

    Reference:
    - Bendat & Piersol, Random Data, 2010, Section 5.2: coherence functions.
    """

    name = "colour"
    title = "coherence of colours"
    least_size = PATCH

    @property
    def length(self) -> int:
        return 3 * (PATCH // 2)

    def _rows(self, images):
        pairs = list(itertools.combinations_with_replacement(range(3), 2))
        sums, count = dict.fromkeys(pairs, 0.0), 0
        for strip in patch_transforms(images, _channels):
            count += strip.shape[2]
            parts = strip.view(np.float32).reshape(*strip.shape, 2)
            for a, b in pairs:
                # The imaginary parts cancel over a ring of the whole plane.
                cross = (parts[a] * parts[b]).sum(axis=1)
                sums[a, b] = sums[a, b] + cross.sum(axis=-1)
        means = {pair: _ring_means(one / count) for pair, one in sums.items()}
        return np.concatenate(
            [
                means[a, b] ** 2
                / (means[a, a] + QUANTIZATION_NOISE)
                / (means[b, b] + QUANTIZATION_NOISE)
                for a, b in pairs
                if a != b
            ],
            axis=1,
        )


def _channels(images):
    """float32 [3, n, height, width]; grey pictures have three alike."""
    three = np.broadcast_to(images, (*images.shape[:-1], 3))
    return np.moveaxis(three, -1, 0).astype(np.float32, order="C")


@functools.cache
def ring_shares() -> np.ndarray:
    """[16, frequencies]: means over rings, DC and corners left out."""
    index, multiplicity, counts = rings(PATCH, PATCH)
    shares = np.zeros([len(counts), index.size])
    shares[index.ravel(), np.arange(index.size)] = (
        multiplicity / counts[index]
    ).ravel()
    return shares[1:-1]


def _ring_means(plane):
    return plane.reshape(len(plane), -1) @ ring_shares().T
