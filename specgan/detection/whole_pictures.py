"""Pictures and frames of videos, neither cut nor resized."""

import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from specgan.data import reading
from specgan.data.lazy_pixels import LazyPixels
from specgan.data.reading import EXTENSIONS
from specgan.data.reading import Reading
from specgan.data.videos import EXTENSIONS as VIDEO_EXTENSIONS
from specgan.data.videos import frames_missing
from specgan.data.videos import is_transparent
from specgan.data.videos import read_frames
from specgan.data.videos import video_header

LEAST_SIDE = 16
"""Pixels of height and width below which there is no spectrum to speak of."""


def read(
    paths: Iterable[Path],
    finish: Callable[[Reading, Image.Image], Reading] | None = None,
) -> Iterator[list[Reading]]:
    """Read pictures in threads, in their order.

    They are not cut, and not resized. As in `data.Framing`, they are turned
    upright, 16 bits become their upper 8, transparent pixels are laid on
    white, CMYK and palettes become RGB, and of several pictures in a file the
    first counts. Refused are pictures larger than `PIL.Image.MAX_IMAGE_PIXELS`
    or smaller than 16 pixels.

    Args:
        paths: An iterable, of any length.
        finish: As for `read_pictures`.

    Yields:
        Lists of `Reading`s, one for each path; let go of one before you ask
        for the next.
    """
    pictures = ((path, functools.partial(_open, path)) for path in paths)
    return reading.read_pictures(pictures, _whole, finish)


def read_video(path: Path, count: int) -> Iterator[list[Reading]]:
    """Read frames of a video at equal distances.

    Args:
        path: Its `Path`.
        count: How many frames; all, if there are less.

    Yields:
        Lists of `Reading`s, one for each frame, all of that path. If something
        is wrong, the last one of all has an error.
    """
    chunk = []
    try:
        reading.require_file(path)
        header = video_header(path)
        remarks = tuple(_video_remarks(path, header))
        for pixels in read_frames(path, count):
            height, width, _ = pixels.shape
            _require_size(width, height)
            chunk.append(Reading(path, pixels, header, remarks))
            if reading.is_full(len(chunk), len(chunk) * width * height):
                yield chunk
                chunk = []
    except Exception as error:  # Corrupt files raise arbitrary exceptions.
        chunk.append(Reading(path, error=reading.error_text(error)))
    if chunk:
        yield chunk


def _open(path):
    try:
        return reading.open_file(path)
    except ValueError:
        if not path.is_dir():
            raise
    next(path.iterdir(), None)  # Raises if it may not be read.
    raise ValueError(
        "no pictures in this folder; expected files that end in "
        f"{', '.join(sorted(EXTENSIONS | VIDEO_EXTENSIONS))}"
    )


def _whole(image):
    """Pixels of a picture: upright, opaque, of 8 bits, grey or RGB."""
    _require_size(*image.size)
    return LazyPixels.of(image)


def _require_size(width, height):
    if min(width, height) < LEAST_SIDE:
        raise ValueError(
            f"too small: {width}x{height} pixels, of at least "
            f"{LEAST_SIDE}x{LEAST_SIDE} needed"
        )


def _video_remarks(path, header):
    if is_transparent(header):
        yield "alpha laid on white"
    missing = frames_missing(path)
    if missing is not None:
        yield "truncated: {} of {} frames".format(*missing)
