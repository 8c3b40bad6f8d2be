"""JPEG compression of pictures in memory."""

import io

import numpy as np
from PIL import Image


def compressed(pixels, quality):
    """A picture as JPEG brings it back, with chroma at half resolution.

    Args:
        pixels: uint8 [height, width, channels], 1 or 3 channels.
        quality: 1..100.

    Returns:
        uint8 of the same shape.
    """
    file = io.BytesIO()
    to_image(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as image:
        return np.asarray(image).reshape(pixels.shape)


def to_image(pixels):
    """A `PIL.Image` of uint8 [height, width, channels], 1 or 3 channels."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
