"""JPEG: compression in memory, and the quality of files."""

import functools
import io
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
from PIL import Image

from specgan.data.lazy_pixels import LazyPixels

_UNIT = 16
"""Pixels of the squares that are encoded by themselves at 4:2:0."""

_WHOLE = 2**22
"""Pixels up to which a picture is compressed at once."""


def compressed(
    pixels: np.ndarray | LazyPixels, quality: int
) -> np.ndarray | LazyPixels:
    """A picture as JPEG brings it back, with chroma at half resolution.

    Args:
        pixels: uint8 [height, width, channels], 1 or 3 channels.
        quality: 1..100.

    Returns:
        uint8 of the same shape; of large `LazyPixels` such again, with the
        same values.
    """
    height, width, _ = pixels.shape
    if isinstance(pixels, LazyPixels) and height * width > _WHOLE:
        return _compressed_by_pieces(pixels, quality)
    image = compressed_image(to_image(pixels), quality)
    return np.asarray(image).reshape(pixels.shape)


def compressed_image(image: Image.Image, quality: int) -> Image.Image:
    """The same of a `PIL.Image`, "L" or "RGB"."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling="4:2:0")
    # Its header has nothing to say, and parsing it takes as long as decoding.
    return Image.frombytes(
        image.mode, image.size, file.getvalue(), "jpeg", image.mode, ""
    )


def _compressed_by_pieces(pixels, quality):
    def part(top, left, bottom, right):
        # One unit around it, from which decoders interpolate the chroma.
        first_row = max(top // _UNIT - 1, 0) * _UNIT
        first_column = max(left // _UNIT - 1, 0) * _UNIT
        around = pixels.image(
            slice(first_row, (bottom // _UNIT + 2) * _UNIT),
            slice(first_column, (right // _UNIT + 2) * _UNIT),
        )
        return compressed_image(around, quality).crop(
            (
                left - first_column,
                top - first_row,
                right - first_column,
                bottom - first_row,
            )
        )

    return LazyPixels(pixels.shape, part)


def to_image(pixels: np.ndarray | LazyPixels) -> Image.Image:
    """A `PIL.Image` of uint8 [height, width, channels], 1 or 3 channels."""
    if isinstance(pixels, LazyPixels):
        return pixels.image()
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def part_image(
    pixels: np.ndarray | LazyPixels, rows: slice, columns: slice = slice(None)
) -> Image.Image:
    """The same of some rows and columns."""
    if isinstance(pixels, LazyPixels):
        return pixels.image(rows, columns)
    return to_image(pixels[rows, columns])


def standard_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality for which libjpeg has a file's tables, or `None`.

    Args:
        tables: {number: 64 integers}, as Pillow gives them.
    """
    return _standard_qualities().get(tuple(tables[0]))


@functools.cache
def _standard_qualities():
    """{luma table as libjpeg has it: its quality}."""
    qualities = {}
    pixel = Image.new("L", (1, 1))
    for quality in range(1, 101):
        file = io.BytesIO()
        pixel.save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            # Which images have that come from JPEG files.
            tables = image.quantization  # pyright: ignore
            qualities[tuple(tables[0])] = quality
    return qualities
