"""From any picture to a square of 8-bit pixels, without harm to its spectrum.

Resizing is where data sets lose their natural spectrum: without a low-pass
filter (nearest, plain bilinear) all that lies beyond the new Nyquist frequency
folds back into the picture. Hence true area averages for shrinking
(`specgan.data.area_average`). Pillow's `BOX` takes whole pixels only: one or
two in turn from 178 to 128, with five times the spurious power under a 1/f^2
spectrum. It also rounds to 8 bits twice: from 128 to 64, that doubles the
rounding error, 6 dB more noise where the spectrum is lowest.
"""

import dataclasses
from collections.abc import Sequence
from typing import cast

import numpy as np
from PIL import Image
from PIL import ImageOps

from specgan.data.area_average import area_average
from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.errors import require_positive_integer
from specgan.errors import unknown_name

_MODES = {1: "L", 3: "RGB"}

RESIZE = ("shrink", "pad", "enlarge")
"""What happens to pictures that are not of the images' size."""


TOO_FEW = "pixels are too few for"
"""By which `decode`, which gets messages only, knows a `TooSmall`."""


class TooSmall(ValueError):
    """A picture would have to be enlarged."""


@dataclasses.dataclass(frozen=True)
class Framing:
    """Turns a `PIL.Image` into `uint8` [image_size, image_size, channels].

    1. The picture is turned upright, as its EXIF orientation says.
    2. A square is cut out: with `crop`, one of that side around the centre,
       moved by `crop_offset`; else the largest one, at the centre.
    3. Its colours become grey (Rec. 601 luma) or RGB. 16-bit grey keeps its
       upper 8 bits, rounded; transparent pixels are laid on white, as a viewer
       shows them; CMYK and palettes go through Pillow; colour profiles are
       ignored. Of an animation the first picture counts.
    4. It is shrunk by area averages. Where the square has `image_size`
       already, no pixel is altered. A smaller one is refused, since every way
       to enlarge it invents high frequencies, or leaves them empty: from 28 to
       32 px a bicubic filter takes 5 dB at 0.35 to 0.40 cycles per pixel.
       `resize="pad"` surrounds it with black instead, as is usual for MNIST
       at 32 px, and `resize="enlarge"` applies Pillow's bicubic filter.

    Args:
        image_size: Height and width of the result, in pixels.
        channels: 1 (grey) or 3 (RGB).
        crop: Side in pixels of the square that is cut from the picture before
            anything is resized; `None` takes the largest one.
        crop_offset: (rows down, columns right) by which that square is moved
            from the centre. Needs `crop`.
        resize: What happens to smaller squares: "shrink" refuses them, "pad"
            and "enlarge" as above.

    Raises:
        TooSmall: On a call for a picture that would have to be enlarged.
        ValueError: On construction for an invalid argument; on a call for a
            picture that `crop` does not fit into, or with pixels of unknown
            meaning.

    Example:
    >>> Framing(64, crop=64, crop_offset=(5, 0))(Image.open("face.jpg")).shape
    (64, 64, 3)
    """

    image_size: int
    channels: int = 3
    crop: int | None = None
    crop_offset: Sequence[int] = (0, 0)
    resize: str = "shrink"

    def __post_init__(self):
        require_positive_integer("image_size", self.image_size)
        if self.channels not in _MODES:
            raise ValueError(
                "Invalid value for argument `channels`. Expected 1 (grey) or "
                f"3 (RGB). Received: channels={self.channels!r}."
            )
        if self.crop is not None:
            require_positive_integer("crop", self.crop)
        if self.resize not in RESIZE:
            raise unknown_name("way to resize", self.resize, RESIZE)
        offset = _checked_offset(self.crop_offset)
        if self.crop is None and offset != (0, 0):
            raise ValueError(
                "A `crop_offset` moves the square that `crop` cuts. Expected "
                "`crop`, the side of the square, beside it. Received: "
                f"crop=None, crop_offset={offset}."
            )

    def __call__(self, image: Image.Image) -> np.ndarray:
        ImageOps.exif_transpose(image, in_place=True)
        image = image.crop(self._square(*image.size))
        image = opaque_eight_bits(image)
        if image.mode != _MODES[self.channels]:  # Else it would be copied.
            image = image.convert(_MODES[self.channels])
        return self._resized(image)

    def _resized(self, image):
        size = self.image_size
        if image.width < size and self.resize == "shrink":
            raise TooSmall(
                f"its {image.width}x{image.height} {TOO_FEW} {size}x{size}"
            )
        if image.width < size and self.resize == "enlarge":
            image = image.resize((size, size), Image.Resampling.BICUBIC)
        pixels = np.asarray(image)
        pixels = pixels.reshape(*pixels.shape[:2], -1)  # With channels.
        if image.width > size:
            pixels = area_average(pixels, size)
        before = (size - len(pixels)) // 2
        after = size - len(pixels) - before
        if after:
            margin = before, after
            pixels = np.pad(pixels, (margin, margin, (0, 0)))
        return pixels

    def _square(self, width, height):
        down, right = self.crop_offset
        side = min(width, height) if self.crop is None else self.crop
        top = (height - side) // 2 + down
        left = (width - side) // 2 + right
        if min(top, left) < 0 or top + side > height or left + side > width:
            raise ValueError(
                f"a crop of {side} moved by {tuple(self.crop_offset)} leaves "
                f"its {width}x{height} pixels"
            )
        return left, top, left + side, top + side


def opaque_eight_bits(image: Image.Image) -> Image.Image:
    """A `PIL.Image` without transparency and more than 8 bits: see `Framing`.

    Raises:
        ValueError: For pixels of unknown meaning.
    """
    require_known_levels(image)
    if image.mode.startswith("I"):
        levels = np.asarray(image) / 257
        return Image.fromarray(np.rint(levels).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image)
    return image


def require_known_levels(image: Image.Image) -> None:
    """A `ValueError` for a `PIL.Image` of pixels of unknown meaning."""
    if image.mode == "F":
        raise ValueError("its pixels are floats of unknown range")
    if image.mode == "I":  # The other modes of integers have 16 bits.
        least, most = cast(tuple[int, int], image.getextrema())
        if least < 0 or most > 65535:
            raise ValueError("its pixels exceed 16 bits")


def _checked_offset(value):
    """`crop_offset` as a tuple."""
    if (
        not isinstance(value, tuple | list)
        or len(value) != 2
        or not all(map(is_integer, value))
    ):
        expected = "two integers, (rows down, columns right)"
        raise invalid_argument("crop_offset", expected, value)
    return int(value[0]), int(value[1])
