"""Pictures of which pieces become arrays when they are asked for.

A large picture as an array beside the same picture as Pillow decoded it is
twice the memory; whoever needs some of it, or some of it at a time, takes
pieces.
"""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import Self

import numpy as np
from PIL import ExifTags
from PIL import Image

from specgan.data.framing import opaque_eight_bits
from specgan.data.framing import require_known_levels

PIECE = 2**18
"""Pixels that are turned into floats at once."""

_ALL = slice(None)

# EXIF's orientations: how the stored picture is turned upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXCHANGING = (5, 6, 7, 8)
_FROM_RIGHT = (2, 3, 7, 8)  # The stored columns run the other way,
_FROM_BOTTOM = (3, 4, 6, 7)  # the stored rows.


class LazyPixels:
    """Pixels of a picture, like a uint8 array [height, width, channels].

    Slices of rows, or of rows and columns, are arrays; `np.asarray` makes one
    of all. With `[np.newaxis]` it is a batch of one, whose first slice is all.

    Args:
        shape: (height, width, channels).
        part: Function of (top, left, bottom, right), which lie within the
            picture, that gives a `PIL.Image`: "L" or "RGB".

    Example:
    >>> pixels = LazyPixels.of(Image.open("landscape.png"))
    >>> pixels.shape
    (9400, 9400, 3)
    >>> pixels[:32, 100:132].mean()
    112.4
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        shape: tuple[int, ...],
        part: Callable[[int, int, int, int], Image.Image],
    ):
        self.shape = tuple(shape)
        self._part = part

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """A picture upright, opaque, of 8 bits, grey or RGB.

        Args:
            image: A `PIL.Image`, which is decoded, and kept.

        Raises:
            ValueError: For pixels of unknown meaning; others if it is corrupt.
        """
        image.load()
        require_known_levels(image)
        orientation = image.getexif().get(ExifTags.Base.Orientation)
        width, height = image.size
        mode = image.mode
        if mode not in ("L", "RGB"):
            mode = opaque_eight_bits(image.crop((0, 0, 1, 1))).mode
        mode = "L" if mode in ("1", "L") else "RGB"

        def part(top, left, bottom, right):
            if orientation in _EXCHANGING:
                top, left, bottom, right = left, top, right, bottom
            if orientation in _FROM_RIGHT:
                left, right = width - right, width - left
            if orientation in _FROM_BOTTOM:
                top, bottom = height - bottom, height - top
            one = image.crop((left, top, right, bottom))
            if orientation in _UPRIGHT:
                one = one.transpose(_UPRIGHT[orientation])
            one = opaque_eight_bits(one)
            return one if one.mode == mode else one.convert(mode)

        size = (height, width)
        if orientation in _EXCHANGING:
            size = (width, height)
        return cls((*size, len(mode)), part)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        if key is None:
            return type(self)((1, *self.shape), self._part)
        image = self.image(*self._slices(key))
        shape = (image.height, image.width, self.shape[-1])
        return np.asarray(image).reshape(*self.shape[:-3], *shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None):
        return np.asarray(self[:, :], dtype)

    def image(self, rows: slice = _ALL, columns: slice = _ALL) -> Image.Image:
        """A `PIL.Image` of some rows and columns."""
        top, bottom, _ = rows.indices(self.shape[-3])
        left, right, _ = columns.indices(self.shape[-2])
        return self._part(top, left, bottom, right)

    def _slices(self, key):
        slices = key if isinstance(key, tuple) else (key,)
        slices = slices[len(self.shape) - 3 :]
        if len(slices) > 2 or not all(isinstance(one, slice) for one in slices):
            raise IndexError(
                "Pieces of a picture are slices of rows, or of rows and "
                f"columns. Received: {key!r}. Index `np.asarray(...)`."
            )
        return slices


def blocks(
    height: int, width: int, multiple: int = 1, pixels: int = PIECE
) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the blocks that a picture is worked on by.

    Args:
        height, width: Of the picture.
        multiple: Of which the blocks' sides are, but for the last ones.
        pixels: That a block has at most, but for one square of `multiple`: as
            many whole rows as it can.

    Yields:
        Pairs of slices, in reading order.
    """
    columns = min(width, max(pixels // multiple**2, 1) * multiple)
    rows = max(pixels // columns // multiple, 1) * multiple
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield (
                slice(top, min(top + rows, height)),
                slice(left, min(left + columns, width)),
            )
