"""Images side by side."""

import math

import numpy as np
from numpy.typing import ArrayLike

from specgan.signal import to_uint8


def image_grid(images: ArrayLike, columns: int | None = None) -> np.ndarray:
    """Images side by side.

    Args:
        images: `[count, height, width, channels]` in [-1, 1].
        columns: Images a row; None makes the grid nearly square.

    Returns:
        `[rows * height, columns * width, channels]` uint8; places left over
        are white.
    """
    pictures = to_uint8(images).numpy()
    count, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full([rows * columns, height, width, channels], 255, np.uint8)
    grid[:count] = pictures
    grid = grid.reshape(rows, columns, height, width, channels)
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
