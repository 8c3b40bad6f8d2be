"""The embedded images: two photographs that ship inside scikit-learn."""

import numpy as np
from PIL import Image

from specgan.data.framing import Framing

_STRIDE = 8
HEIGHT = 427


def patches(framing: Framing, limit: int | None = None) -> np.ndarray:
    """Overlapping patches of the two photographs, not resampled.

    A Chinese temple and a flower, 640x427 pixels each, with the spectrum of
    natural images (and of JPEG). Patches start at every 8th row and column,
    6716 of them at 64 px, so neighbours share most of their pixels: they serve
    to try things out without a download, not to judge how varied a generator
    is. Their order is shuffled once and for all, so that any first part of
    them stems from all over both photographs.

    Args:
        framing: A `Framing`; it says the `image_size` to cut, 427 at most,
            and the `channels`.
        limit: Number of images, the first ones; all by default.

    Returns:
        `uint8` [count, image_size, image_size, channels].

    Raises:
        ValueError: If the patches do not fit into the photographs, or a
            `crop` is asked for.
    """
    size = framing.image_size
    if size > HEIGHT:
        raise ValueError(
            "Patches of this size do not fit into the photographs. Expected "
            f"image_size at most {HEIGHT}. Received: image_size={size}. "
            "Load a folder of larger pictures instead."
        )
    if framing.crop is not None:
        raise ValueError(
            "The photographs are cut into patches of `image_size` pixels as "
            "they are. Expected no `crop`. Received: "
            f"crop={framing.crop!r}."
        )
    photographs = _photographs(framing.channels)
    corners = [
        (photograph, row, column)
        for photograph in photographs
        for row in range(0, photograph.shape[0] - size + 1, _STRIDE)
        for column in range(0, photograph.shape[1] - size + 1, _STRIDE)
    ]
    order = np.random.default_rng(0).permutation(len(corners))[:limit]
    result = np.empty((len(order), size, size, framing.channels), np.uint8)
    for patch, index in zip(result, order, strict=True):
        photograph, row, column = corners[index]
        patch[:] = photograph[row : row + size, column : column + size]
    return result


def _photographs(channels):
    # Takes a second to import, which folders and archives need not wait for.
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images().images  # [427, 640, 3]
    if channels == 1:
        grey = [Image.fromarray(image).convert("L") for image in photographs]
        photographs = [np.asarray(image)[..., None] for image in grey]
    return photographs
