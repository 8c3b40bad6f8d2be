"""Which pictures are nearly the same, so that they are held out together."""

from collections.abc import Iterable

import numpy as np
import scipy.fft
import scipy.sparse
import scipy.sparse.csgraph
from numpy.typing import ArrayLike
from PIL import Image
from PIL import ImageOps

from specgan.data.box_resizing import box_resized
from specgan.data.lazy_pixels import LazyPixels
from specgan.errors import require_positive_integer

DISTANCE = 40
"""Of 255 bits, up to which two pictures count as near-duplicates."""

_SIDE = 32  # Of the picture that is hashed.
_FREQUENCIES = 16
_ROWS = 1024  # Pictures compared at once with all others.


def perceptual_hash(
    image: np.ndarray | LazyPixels | Image.Image,
) -> np.ndarray:
    """255 bits that hardly change when a picture is compressed or resized.

    The signs of the 16x16 lowest coefficients, but DC, of the cosine transform
    of the grey picture, averaged to 32x32 pixels. Brightness and contrast
    cancel.

    Args:
        image: uint8 [height, width, channels], 1 or 3 channels, or a
            `PIL.Image`.

    Returns:
        bool [255].
    """
    if isinstance(image, Image.Image):
        image = ImageOps.exif_transpose(image).convert("L")  # Upright.
        small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    else:
        small = box_resized(image, (_SIDE, _SIDE), "L")
    coefficients = scipy.fft.dctn(np.asarray(small, np.float64))
    return coefficients[:_FREQUENCIES, :_FREQUENCIES].ravel()[1:] > 0


def near_duplicate_groups(
    pictures: Iterable[np.ndarray | LazyPixels | Image.Image],
    sources: ArrayLike | None = None,
    distance: int = DISTANCE,
) -> np.ndarray:
    """The number of each picture's group.

    Two pictures are of one group if they have the same source, or hashes that
    differ in at most `distance` bits, or if others connect them so.

    Among the first 10,000 faces of CelebA, at 89x109 pixels, it finds 9 pairs,
    all of them the same photograph; the nearest two that are not differ in 47
    bits. Of 1000 such faces it finds all again that were compressed by JPEG at
    quality 30, halved in size, made noisier by 10 grey levels or darkened, or
    lost a pixel at each border; 58 % of those that lost two, and none that
    lost five. Nor does it find what is mirrored or rotated, or the real
    picture from which a generated one was made. Pictures of little content,
    such as digits on a flat ground, may be taken for each other: look at the
    largest group. Memory is that of 1024 rows of distances at once.

    Args:
        pictures: Those of both kinds, one after the other: as for
            `perceptual_hash`. An iterable; each is seen once.
        sources: [pictures], whatever names where each comes from: a video, a
            camera, a person. By default each is a source of its own.
        distance: Bits of 255, from 1.

    Returns:
        int [pictures], from 0 in the order of appearance.

    Raises:
        ValueError: If there are not as many sources as pictures, or `distance`
            is not a positive integer.

    Example:
    >>> near_duplicate_groups([face, landscape, compressed_face])
    array([0, 1, 0])
    """
    require_positive_integer("distance", distance)
    # By `map`, which lets go of a picture before it takes the next.
    bits = np.array(list(map(perceptual_hash, pictures)))
    bits = bits.reshape(len(bits), _FREQUENCIES**2 - 1)
    if sources is None:
        sources = np.arange(len(bits))
    sources = np.asarray(sources)
    if sources.shape != (len(bits),):
        raise ValueError(
            f"Each picture needs its source. Expected {len(bits)} sources. "
            f"Received: an array of shape {sources.shape}."
        )
    # A graph of pictures and, after them, sources.
    first, second = _near_pairs(bits, distance)
    _, source = np.unique(sources, return_inverse=True)
    first = np.concatenate([first, np.arange(len(bits))])
    second = np.concatenate([second, len(bits) + source])
    nodes = 2 * len(bits)
    edges = scipy.sparse.coo_array(
        (np.ones(len(first)), (first, second)), shape=(nodes, nodes)
    )
    _, group = scipy.sparse.csgraph.connected_components(edges, directed=False)
    _, places, group = np.unique(
        group[: len(bits)], return_index=True, return_inverse=True
    )
    return np.argsort(np.argsort(places))[group]


def _near_pairs(bits, distance):
    signs = np.where(bits, 1, -1).astype(np.float32)
    firsts, seconds = [], []
    for start in range(0, len(signs), _ROWS):
        # The product of two signs is -1 where the bits differ.
        differing = (bits.shape[1] - signs[start : start + _ROWS] @ signs.T) / 2
        first, second = np.nonzero(differing <= distance)
        firsts.append(first + start)
        seconds.append(second)
    return (
        np.concatenate(firsts or [np.empty(0, int)]),
        np.concatenate(seconds or [np.empty(0, int)]),
    )
