"""Images side by side."""

import math

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from specgan.files import written_whole
from specgan.typing import PathLike


def image_grid(images: ArrayLike, columns: int | None = None) -> np.ndarray:
    """Images side by side.

    Args:
        images: `[count, height, width, channels]` in [-1, 1].
        columns: Images a row; None makes the grid nearly square.

    Returns:
        `[rows * height, columns * width, channels]` uint8; places left over
        are white.
    """
    from specgan.signal import to_uint8  # It imports TensorFlow.

    return tiled(to_uint8(images).numpy(), columns)


def tiled(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """The same of `[count, height, width, channels]` uint8 pixels."""
    count, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full([rows * columns, height, width, channels], 255, np.uint8)
    grid[:count] = pictures
    grid = grid.reshape(rows, columns, height, width, channels)
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def save(pixels: np.ndarray, path: PathLike) -> None:
    """Write `[height, width, 1 or 3]` uint8 pixels, whole or not at all."""
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    with written_whole(path) as temporary:
        Image.fromarray(pixels).save(temporary)
