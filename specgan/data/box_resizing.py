"""Small versions of pictures of any size, at the memory of some rows."""

import numpy as np
from PIL import Image

from specgan.data.jpeg import part_image
from specgan.data.lazy_pixels import PIECE
from specgan.data.lazy_pixels import LazyPixels


def box_resized(
    pixels: np.ndarray | LazyPixels, size: tuple[int, int], mode: str
) -> Image.Image:
    """What Pillow's `resize` gives with its box filter, rows after rows.

    Args:
        pixels: uint8 [height, width, channels], 1 or 3 channels.
        size: (width, height).
        mode: "L" or "RGB".

    Returns:
        A `PIL.Image`.
    """
    height, width, _ = pixels.shape
    box = Image.Resampling.BOX
    # Pillow, too, makes pictures narrow first, and then low.
    narrow = Image.new(mode, (size[0], height))
    step = max(PIECE // width, 1)
    for top in range(0, height, step):
        rows = part_image(pixels, slice(top, top + step)).convert(mode)
        narrow.paste(rows.resize((size[0], rows.height), box), (0, top))
    return narrow.resize(size, box)
