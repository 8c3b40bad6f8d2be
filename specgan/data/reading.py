"""Pictures as files hold them: pixels, header and remarks, each read once.

Whatever reads pictures does it here: data sets, their headers, detectors, the
paper's protocols.
"""

import contextlib
import dataclasses
import importlib.util
import itertools
import os
import stat
import warnings
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO
from typing import Any
from typing import NamedTuple
from typing import cast

import numpy as np
from PIL import Image
from PIL import UnidentifiedImageError

from specgan.data.jpeg import part_image
from specgan.data.jpeg import standard_quality
from specgan.data.lazy_pixels import PIECE
from specgan.data.lazy_pixels import LazyPixels
from specgan.data.orientation import upright_size
from specgan.typing import PathLike

EXTENSIONS = frozenset(
    ".avif .bmp .gif .j2k .jfif .jp2 .jpe .jpeg .jpg .pbm .pgm .png .pnm .ppm "
    ".tga .tif .tiff .webp".split()
)
"""Endings, in small letters, of the files that count as pictures."""

# Those first that Pillow knows before it loads all of its plug-ins, which
# takes longer than to read a picture.
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "PPM"]
"""Pillow's names of the formats of these endings."""
FORMATS += ["JPEG2000", "TGA", "TIFF", "WEBP"]
if importlib.util.find_spec("PIL.AvifImagePlugin"):  # From Pillow 11.3 on.
    FORMATS.append("AVIF")

# Pictures in memory at once, and their pixels, if they are more than one.
# Pillow's limit bounds that one.
_PICTURES = 64
_PIXELS = 2**25

# Pictures that a thread takes at once: to hand over each costs a tenth of its
# time.
_AT_ONCE = 16

_TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_ROUNDING = 1 / 12
"""Variance that rounding to whole grey levels adds."""

_FIRST_LOOK = 2**10
"""Pixels that mostly show that a picture is not flat."""

# Several JPEG files in one, as cameras write them, of which the first is read.
_CODECS = {"MPO": "JPEG"}


class Header(NamedTuple):
    """What a file says of its picture or video."""

    width: int  # After turning upright.
    height: int
    format: str  # Pillow's name of the codec; of a video FFmpeg's
    mode: str  # Pillow's name of the colours; of a video FFmpeg's
    tables: dict | None = None  # JPEG's quantization tables

    @property
    def quality(self) -> int | None:
        """Of a JPEG file with the tables of libjpeg for one; else `None`."""
        return standard_quality(self.tables) if self.tables else None


@dataclasses.dataclass(frozen=True)
class Reading:
    """A picture, or a frame of a video, or why it could not be read.

    Args:
        name: What it is called: a `Path`, or its name within an archive.
        pixels: uint8 [height, width, channels], 1 (grey) or 3 (RGB) channels,
            an array or `LazyPixels`; `None` if it could not be read.
        header: The `Header`; `None` if it could not be read.
        remarks: Sentences in short: what of the file was not read, or altered.
        error: Why it could not be read, or `None`.
        annotation: What `finish` of `read_pictures` has to say of it.
    """

    name: Any
    pixels: np.ndarray | LazyPixels | None = None
    header: Header | None = None
    remarks: tuple = ()
    error: str | None = None
    annotation: Any = None

    @property
    def is_flat(self) -> bool:
        """Whether it varies less than rounding does: it has no spectrum."""
        # Of what could be read.
        return is_flat(cast(np.ndarray | LazyPixels, self.pixels))


def is_flat(pixels: np.ndarray | LazyPixels) -> bool:
    """Whether a picture varies less than rounding does: it has no spectrum.

    Args:
        pixels: uint8 [height, width, channels], 1 or 3 channels.
    """
    height, width, _ = pixels.shape
    # In whole numbers: levels, and their squares.
    total = squares = 0
    top, rows = 0, max(_FIRST_LOOK // width, 1)
    while top < height:
        part = part_image(pixels, slice(top, top + rows))
        levels = np.frombuffer(part.convert("L").tobytes(), np.uint8)
        total += int(levels.sum(dtype=np.int64))
        squares += int((levels.astype(np.uint16) ** 2).sum(dtype=np.int64))
        top += part.height
        # What is still to come only adds to the deviations.
        deviations = squares - total**2 / (top * width)
        if deviations > _ROUNDING * height * width:
            return False
        rows = max(min(4 * rows, PIECE // width), 1)
    return True


def open_file(path: Path) -> Image.Image:
    """A `PIL.Image` of a file, of which only the header is read.

    Formats whose endings are not in `EXTENSIONS` are refused: some of them are
    programs.

    Args:
        path: Its `Path`.

    Raises:
        ValueError: If it is not a regular file, or empty; `OSError` and others
            if Pillow cannot read it.
    """
    require_file(path)
    return open_image(path)


def open_image(file: PathLike | IO[bytes]) -> Image.Image:
    """The same of an open binary file or a path, without a look at it."""
    return Image.open(file, formats=FORMATS)


def require_file(path: Path) -> None:
    """A `ValueError` unless a path leads to a file that holds something."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        if path.is_symlink():
            raise ValueError("a link that leads nowhere") from None
        if not path.is_file():
            raise ValueError("there is no such file") from None
        raise
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("this is not a regular file")
    if status.st_size == 0:
        raise ValueError("the file is empty")


def read_header(open_picture: Callable[[], Image.Image]) -> Header:
    """The `Header` of a picture, without its pixels.

    Args:
        open_picture: Function without arguments that gives a `PIL.Image`, such
            as `open_file` of a path.

    Raises:
        Exception: Whatever corrupt files raise; `error_text` says it shortly.
    """
    with _pillow_warnings(), open_picture() as image:
        return _header(image)


def read_picture(
    name: Any,
    open_picture: Callable[[], Image.Image],
    convert: Callable[[Image.Image], Any],
) -> Reading:
    """Read one picture.

    Args:
        name: What it is called.
        open_picture: As for `read_header`.
        convert: Function of a `PIL.Image`, which it may alter, that gives
            pixels; a `ValueError` of it becomes the error of the reading.

    Returns:
        A `Reading`.
    """
    with _pillow_warnings():
        return _converted(name, *_opened(open_picture), convert)


def read_pictures(
    pictures: Iterable[tuple[Any, Callable[[], Image.Image]]],
    convert: Callable[[Image.Image], Any],
    finish: Callable[[Reading, Image.Image], Reading] | None = None,
) -> Iterator[list[Reading]]:
    """Read pictures in threads, in their order, at the memory of some.

    A large one is read by itself. Let go of what was yielded before the next
    is asked for, or both are in memory.

    Args:
        pictures: Iterable of any length of pairs: a name, and a function that
            opens the picture, as for `read_picture`.
        convert: As for `read_picture`.
        finish: Function of a reading without error and its converted
            `PIL.Image` that gives what is kept of it. It runs in the threads,
            while the picture is in the processor's cache.

    Yields:
        Lists of `Reading`s, one for each picture.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for chunk in _chunks(pictures):
            lots = [
                chunk[start : start + _AT_ONCE]
                for start in range(0, len(chunk), _AT_ONCE)
            ]
            chunk.clear()
            # Entered here and not in the threads, whose filters are the same.
            with _pillow_warnings():
                readings = list(
                    itertools.chain.from_iterable(
                        pool.map(
                            lambda lot: _convert_all(lot, convert, finish),
                            lots,
                        )
                    )
                )
            yield readings
            del readings


def _convert_all(lot, convert, finish):
    """`Reading`s, in place of what they were made of."""
    for place, (name, image, error) in enumerate(lot):
        lot[place] = _converted(name, image, error, convert, finish)
    return lot


def error_text(error: Exception) -> str:
    """An exception of a decoder in a line."""
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that Pillow can read"
    if isinstance(error, _TOO_LARGE):
        return (
            f"too large: more than {Image.MAX_IMAGE_PIXELS} pixels; cut it "
            "into smaller pictures"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def is_full(count: int, pixels: int) -> bool:
    """Whether a number of pictures with a total of pixels is enough."""
    return count >= _PICTURES or pixels >= _PIXELS


def _chunks(pictures):
    """Lists of (name, image or `None`, error or `None`)."""
    pictures = iter(pictures)
    while some := list(itertools.islice(pictures, _PICTURES)):
        # Once for all of them, since it takes longer than to find a picture.
        with _pillow_warnings():
            opened: list[Any] = [
                (name, *_opened(function)) for name, function in some
            ]
        chunk, pixels = [], 0
        opened.reverse()
        while opened:  # Let go of those that were yielded.
            name, image, error = opened.pop()
            size = 0 if image is None else image.width * image.height
            if chunk and pixels + size > _PIXELS:
                yield chunk
                chunk, pixels = [], 0
            chunk.append((name, image, error))
            pixels += size
        yield chunk


def _opened(open_picture):
    """A `PIL.Image` of which only the header is read, or the reason why not."""
    try:
        return open_picture(), None
    except Exception as error:  # Corrupt files raise arbitrary exceptions.
        return None, error_text(error)


def _converted(name, image, error, convert, finish=None):
    if image is None:
        return Reading(name, error=error)
    try:
        with image:
            header, remarks = _header(image), tuple(_remarks(image))
            reading = Reading(name, convert(image), header, remarks)
            return reading if finish is None else finish(reading, image)
    except Exception as error:  # Corrupt files raise arbitrary exceptions.
        return Reading(name, error=error_text(error))


def _header(image):
    # Only pictures by JPEG have the attribute.
    tables = getattr(image, "quantization", None)
    codec = _CODECS.get(image.format, image.format or "unknown")
    return Header(*upright_size(image), codec, image.mode, tables or None)


def _remarks(image):
    # Pillow hands RGB of 16 bits out as 8; only the decoder's name shows it,
    # which pictures that are made of arrays have not.
    # JPEG has 8 bits.
    if image.mode.startswith("I") or (
        image.format != "JPEG" and ";16" in str(getattr(image, "tile", ""))
    ):
        yield "16 bits, upper 8 read"
    if image.has_transparency_data:
        yield "alpha laid on white"
    # Only formats that can hold several pictures have the attribute.
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        yield f"first of {frames} frames"


@contextlib.contextmanager
def _pillow_warnings():
    """Of all that Pillow has to say, only too many pixels are an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
