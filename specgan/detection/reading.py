"""Pictures as they are, however many, at the memory of some of them."""

import contextlib
import dataclasses
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from PIL import ImageOps
from PIL import UnidentifiedImageError

from specgan.data.files import EXTENSIONS
from specgan.data.framing import opaque_eight_bits
from specgan.data.videos import EXTENSIONS as VIDEO_EXTENSIONS
from specgan.data.videos import frames_missing
from specgan.data.videos import read_frames
from specgan.data.videos import video_header
from specgan.detection.matching import standard_quality

# At once in memory, twice: at most so many pictures, and no further one if
# they have so many pixels. Pillow's limit bounds the last.
_PICTURES = 64
_PIXELS = 2**24

LEAST_SIDE = 16
"""Pixels of height and width below which there is no spectrum to speak of."""

_ROUNDING = 1 / 12
"""Variance that rounding to whole grey levels adds."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """A picture, or a frame of a video, or why it could not be read.

    Args:
        path: As it was asked for.
        pixels: uint8 [height, width, channels], 1 (grey) or 3 (RGB) channels;
            `None` if it could not be read.
        format: Pillow's name of the codec; of a video FFmpeg's.
        mode: Pillow's name of the colours in the file; of a video FFmpeg's.
        quality: Of a JPEG file, if its tables are those that libjpeg has for
            one; else `None`.
        notes: Sentences in short: what of the file was not read, or altered.
        is_flat: Whether it varies less than rounding does: it has no spectrum.
        error: Why it could not be read, or `None`.
    """

    path: Path
    pixels: np.ndarray | None = None
    format: str = ""
    mode: str = ""
    quality: int | None = None
    notes: tuple = ()
    is_flat: bool = False
    error: str | None = None


def files(places, besides=None, passed_over=None):
    """The files among some places, one after the other, as they are found.

    Args:
        places: Files, which are given back whatever they are, and folders,
            searched for pictures and videos with all below them, sorted by
            name: all of such a name, though it be a link that leads nowhere.
            Hidden files are passed over.
        besides: A folder to pass over, or `None`.
        passed_over: A list that takes the links to folders, which are not
            followed: they may lead around in circles. Or `None`.

    Yields:
        Paths. A folder without any is given back itself, to be told of.
    """
    passed_over = [] if passed_over is None else passed_over
    besides = besides and os.path.realpath(besides)
    for place in places:
        if os.path.isdir(place):
            found = False
            for path in _below(place, besides, passed_over):
                found = True
                yield Path(path)
            if not found:
                yield Path(place)
        else:
            yield Path(place)


def _below(folder, besides, passed_over):
    if os.path.realpath(folder) == besides:
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name + "/" * entry.is_dir(follow_symlinks=False)
                for entry in entries
                if not entry.name.startswith((".", "__MACOSX"))
            )
    except OSError:  # Given back, so that opening it tells why.
        yield folder
        return
    wanted = EXTENSIONS | VIDEO_EXTENSIONS
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith("/"):
            yield from _below(path, besides, passed_over)
        elif os.path.isdir(path):
            passed_over.append(path)
        elif Path(name).suffix.lower() in wanted:
            yield path


def read(paths):
    """Read pictures in threads, in their order.

    They are not cut, and not resized. As in `data.Framing`, they are turned
    upright, 16 bits become their upper 8, transparent pixels are laid on
    white, CMYK and palettes become RGB, and of several pictures in a file the
    first counts. Refused are pictures larger than `PIL.Image.MAX_IMAGE_PIXELS`
    or smaller than 16 pixels, and formats which `data.load` does not read: some
    of those are programs.

    Args:
        paths: An iterable, of any length.

    Yields:
        Lists of `Reading`s, one for each path.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = None
        for chunk in _chunks(paths):
            # Decoded while the caller looks at the ones before.
            futures = [pool.submit(_decoded, *opened) for opened in chunk]
            if waiting:
                yield [future.result() for future in waiting]
            waiting = futures
        if waiting:
            yield [future.result() for future in waiting]


def read_video(path, count):
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
        _require_file(path)
        header = video_header(path)
        notes = tuple(_video_notes(path))
        for pixels in read_frames(path, count):
            image = Image.fromarray(pixels)
            _require_size(image)
            chunk.append(
                Reading(
                    path,
                    pixels,
                    header.codec,
                    header.colours,
                    notes=notes,
                    is_flat=_is_flat(image),
                )
            )
            enough = len(chunk) * image.width * image.height >= _PIXELS
            if len(chunk) == _PICTURES or enough:
                yield chunk
                chunk = []
    except Exception as error:  # Broken bytes lead decoders anywhere.
        chunk.append(Reading(path, error=_reason(error)))
    if chunk:
        yield chunk


@contextlib.contextmanager
def without_remarks():
    """Keep Pillow's remarks on odd files off the terminal.

    To be entered outside of `read`, since warnings are the process's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _chunks(paths):
    chunk, pixels = [], 0
    for path in paths:
        image, error = _opened(path)
        chunk.append((path, image, error))
        pixels += 0 if image is None else image.width * image.height
        if len(chunk) == _PICTURES or pixels >= _PIXELS:
            yield chunk
            chunk, pixels = [], 0
    if chunk:
        yield chunk


def _opened(path):
    """A `PIL.Image` of which but the header is read, or the reason why not."""
    try:
        if path.is_dir():
            next(path.iterdir(), None)  # Raises if it may not be read.
            raise ValueError(
                "no pictures in this folder; expected files that end in "
                f"{', '.join(sorted(EXTENSIONS | VIDEO_EXTENSIONS))}"
            )
        _require_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(path, formats=_formats()), None
    except Exception as error:  # Broken bytes lead decoders anywhere.
        return None, _reason(error)


def _require_file(path):
    if not path.is_file():
        if path.exists():
            raise ValueError("this is no regular file")
        if path.is_symlink():
            raise ValueError("a link that leads nowhere")
        raise ValueError("there is no such file")
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")


def _require_size(image):
    if min(image.size) < LEAST_SIDE:
        raise ValueError(
            f"too small: {image.width}x{image.height} pixels, of at least "
            f"{LEAST_SIDE}x{LEAST_SIDE} needed"
        )


def _formats():
    """Of the extensions that count as pictures."""
    known = Image.registered_extensions()
    return sorted({known[name] for name in EXTENSIONS & set(known)})


def _reason(error):
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that Pillow can read"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _decoded(path, image, error):
    if image is None:
        return Reading(path, error=error)
    try:
        with image:
            return _picture(path, image)
    except Exception as error:  # Broken bytes lead decoders anywhere.
        return Reading(path, error=_reason(error))


def _picture(path, image):
    _require_size(image)
    codec, mode = image.format, image.mode
    # Only pictures by JPEG have the attribute.
    tables = getattr(image, "quantization", None)
    quality = standard_quality(tables) if tables else None
    notes = tuple(_notes(image))
    ImageOps.exif_transpose(image, in_place=True)
    image = opaque_eight_bits(image)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    return Reading(path, pixels, codec, mode, quality, notes, _is_flat(image))


def _notes(image):
    # Pillow hands RGB of 16 bits out as 8; only the decoder's name tells.
    if image.mode.startswith("I") or ";16" in str(image.tile):
        yield "16 bits, upper 8 read"
    if image.has_transparency_data:
        yield "alpha laid on white"
    # Only formats that can hold several pictures have the attribute.
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        yield f"first of {frames} frames"


def _video_notes(path):
    missing = frames_missing(path)
    if missing is not None:
        yield "truncated: {} of {} frames".format(*missing)


def _is_flat(image):
    counts = np.array(image.convert("L").histogram())
    levels = np.arange(256)
    mean = counts @ levels / counts.sum()
    return bool(counts @ (levels - mean) ** 2 / counts.sum() <= _ROUNDING)
