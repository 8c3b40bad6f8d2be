"""Images of 8 bits, on their way into a feature network."""

from collections.abc import Callable
from typing import Any

import numpy as np

from specgan.signal.image_values import require_finite


def require_pictures(pictures: Any) -> None:
    """Raise a `ValueError` unless an argument is a batch of 8-bit images.

    Args:
        pictures: What was received.
    """
    if not isinstance(pictures, np.ndarray) or pictures.dtype != np.uint8:
        kind = type(pictures).__name__
        if isinstance(pictures, np.ndarray):
            kind = f"an array of {pictures.dtype}"
        raise ValueError(
            "Features are taken of images of 8 bits. Expected a NumPy array of "
            f"uint8, 0..255. Received: {kind}. Round images in [-1, 1] with "
            "signal.to_uint8(images).numpy()."
        )
    if pictures.ndim != 4 or pictures.shape[-1] not in (1, 3):
        raise ValueError(
            "Features are taken of batches of images. Expected [batch, height, "
            "width, channels] with 1 or 3 channels. Received: shape "
            f"{pictures.shape}. Add missing axes; leave out an alpha channel."
        )


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Repeat the channel of grey images; those of colour images stay.

    Args:
        images: Array `[batch, height, width, 1 or channels]`.
        channels: Channels to come.

    Returns:
        A new array `[batch, height, width, channels]`.
    """
    return np.repeat(images, channels // images.shape[-1], axis=-1)


def features_in_batches(
    network: Callable[[np.ndarray], Any],
    pictures: np.ndarray,
    batch_size: int,
    dimension: int,
) -> np.ndarray:
    """Put any number of images through a network.

    Args:
        network: Function of uint8 `[at most batch_size, height, width,
            channels]`, which returns `[batch, dimension]`.
        pictures: uint8 `[count, height, width, channels]`.
        batch_size: Images at a time.
        dimension: Number of features of an image.

    Returns:
        float32 NumPy array `[count, dimension]`.

    Raises:
        ValueError: If some are not finite.
    """
    features = np.empty([len(pictures), dimension], np.float32)
    for start in range(0, len(pictures), batch_size):
        batch = slice(start, start + batch_size)
        features[batch] = network(pictures[batch])
    require_finite(features, "features")
    return features
