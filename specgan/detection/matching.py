"""What makes two sets of pictures incomparable, and how to make them alike.

A detector learns whatever separates two sets. If the one is JPEG and the
other PNG, or if they differ in size, it learns that.
"""

import collections
import functools
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from specgan.data.framing import Framing
from specgan.data.jpeg import compressed
from specgan.data.jpeg import compressed_image
from specgan.data.jpeg import part_image
from specgan.data.jpeg import standard_quality
from specgan.data.lazy_pixels import LazyPixels
from specgan.data.reading import Reading
from specgan.data.reading import open_file
from specgan.data.reading import read_header
from specgan.data.videos import is_video
from specgan.data.videos import video_header
from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.errors import require_positive_integer
from specgan.typing import PathLike

_LEAST_SHARE = 3 / 4  # Of the size that a detector was trained on.
_LARGEST_STEP = 1.5  # Of JPEG, relative to that.

TELLING = 0.55
"""Balanced accuracy from which on a property is said to separate two sets."""


def differences(
    real_files: Sequence[PathLike], fake_files: Sequence[PathLike]
) -> list[str]:
    """How two sets of files differ, other than by what they show.

    It reads headers only. A property is reported if by it alone the two kinds
    can be separated with a balanced accuracy of at least 0.55:

    ```
    (1 + 1/2 sum_v |share of v in real - share of v in fake|) / 2
    ```

    With less than some hundred files of varied properties, chance does that.

    Args:
        real_files: Paths of real pictures, or videos.
        fake_files: Paths of generated ones.

    Returns:
        A list of sentences, on sizes, modes, codecs and, of the JPEG files of
        both, quality tables; and on unreadable files. Empty if nothing was
        found.

    Raises:
        ValueError: If nothing in a set can be read.

    Example:
    >>> differences(["photograph.jpg"], ["generated.png"])
    ['The codecs differ, which alone separates real from fake with a balanced
    accuracy of 100%: real JPEG (1), fake PNG (1).']
    """
    real, fake = headers(real_files, "real"), headers(fake_files, "fake")
    messages = [
        f"{header['unreadable']} {kind} files are not readable pictures."
        for kind, header in (("real", real), ("fake", fake))
        if header["unreadable"]
    ]
    for name in ("sizes", "modes", "codecs", "quality tables"):
        if not real[name] or not fake[name]:
            continue  # No JPEG among them, which the codecs show.
        accuracy = _best_accuracy(real[name], fake[name])
        if accuracy >= TELLING:
            messages.append(
                f"The {name} differ, which alone separates real from fake with "
                f"a balanced accuracy of {accuracy:.0%}: real "
                f"{_commonest(real[name])}, fake {_commonest(fake[name])}."
            )
    return messages


def headers(files: Iterable[PathLike], kind: str) -> dict[str, Any]:
    """What the headers of files say.

    Args:
        files: Paths.
        kind: What to call them in the error.

    Returns:
        A dictionary of `Counter`s of words: "sizes" ("178x218", width first),
        "modes" (Pillow's: "RGB", "L"), "codecs" ("JPEG", "PNG") and "quality
        tables" (of the JPEG files: "quality 75", if they are those that
        libjpeg has for it); and of "unreadable", an integer. Of videos modes
        and codecs are FFmpeg's: "yuv420p", "h264".

    Raises:
        ValueError: If none can be read.
    """
    counters = {
        name: collections.Counter()
        for name in ("sizes", "modes", "codecs", "quality tables")
    }
    unreadable = 0
    for file in files:
        try:
            header = _header(Path(file))
        except Exception:  # Corrupt files raise arbitrary exceptions.
            unreadable += 1
            continue
        counters["sizes"][f"{header.width}x{header.height}"] += 1
        counters["modes"][header.mode] += 1
        counters["codecs"][header.format] += 1
        if header.tables:
            counters["quality tables"][table_name(header.tables)] += 1
    if not counters["sizes"]:
        raise ValueError(
            f"There are no {kind} pictures. Expected files that can be read. "
            f"Received: {unreadable} that cannot."
        )
    return {**counters, "unreadable": unreadable}


def _header(file):
    if is_video(file):
        return video_header(file)
    return read_header(functools.partial(open_file, file))


def match(
    pictures: Iterable[np.ndarray | LazyPixels | Image.Image],
    size: int,
    jpeg_quality: int | None = None,
    channels: int = 3,
) -> list[np.ndarray]:
    """Pictures of equal size, channels and compression.

    To be used on both kinds with the same arguments. The centre is cut out;
    no pixel is resampled. With `jpeg_quality` the cut is encoded and decoded
    in memory, with colours at half resolution (4:2:0).

    It makes sets more alike, not equal: what was compressed before was
    compressed twice then, at worst at a higher quality or on another grid of
    8x8 blocks, and what was resized or framed otherwise remains so.

    Args:
        pictures: Iterable of uint8 [height, width, channels], 1 or 3 channels,
            or of `PIL.Image`s.
        size: Height and width of the cut, in pixels.
        jpeg_quality: 1..100, or `None` for no compression.
        channels: 1 (grey) or 3 (RGB).

    Returns:
        A list of uint8 [size, size, channels].

    Raises:
        ValueError: If a picture is smaller, or an argument is out of its range.

    Example:
    >>> real = match(photographs, size=64, jpeg_quality=75)
    >>> fake = match(generated, size=64, jpeg_quality=75)
    """
    require_positive_integer("size", size)
    if jpeg_quality is not None:
        require_quality("jpeg_quality", jpeg_quality)
    framing = Framing(size, channels, crop=size)
    matched = []
    for place, picture in enumerate(pictures):
        if isinstance(picture, Image.Image):
            width, height = picture.size
        else:
            height, width, _ = picture.shape
        if min(height, width) < size:
            raise ValueError(
                "A picture is smaller than what is to be cut from it. Expected "
                f"at least {size}x{size} pixels. Received: {width}x{height} "
                f"at place {place}. Lower `size`, or leave it out."
            )
        if isinstance(picture, Image.Image):
            picture = picture.copy()  # The framing turns it upright in place.
        else:
            picture = _centre(picture, size)
        pixels = framing(picture)
        if jpeg_quality is not None:
            pixels = compressed(pixels, jpeg_quality)
        matched.append(pixels)
    return matched


def _centre(pixels, size):
    """A `PIL.Image` of a square out of the middle, as `Framing` cuts it."""
    height, width, _ = pixels.shape
    top, left = (height - size) // 2, (width - size) // 2
    return part_image(pixels, slice(top, top + size), slice(left, left + size))


def as_trained(
    pixels: np.ndarray | LazyPixels,
    matched: Mapping[str, Any],
    quality: int | None = None,
) -> tuple[np.ndarray | LazyPixels, list[str]]:
    """A picture made as a detector's training pictures were, by `match`.

    The centre of a larger one is cut out. What was cut, never compressed, or
    compressed less, is compressed at the highest quality of those.

    Args:
        pixels: uint8 [height, width, channels], 1 or 3 channels.
        matched: Dictionary of "size", in pixels, and "jpeg", a quality or a
            list of them; `None` of either, or nothing, leaves that alone.
        quality: Of the JPEG file that the picture comes from, if it is known.

    Returns:
        (pixels, a list of remarks: what was done, and what still differs).
    """
    size, qualities = matched.get("size"), qualities_of(matched)
    remarks, cut = [], None
    if size is not None and min(pixels.shape[:2]) < size:
        remarks.append(f"trained on {size}x{size}")
    elif size is not None and pixels.shape[:2] != (size, size):
        cut = _centre(pixels, size)
        remarks.append(f"cut to {size}x{size}")
    if qualities and quality is not None and quality < min(qualities):
        remarks.append(
            f"trained on JPEG of quality {min(qualities)} and more, not "
            f"{quality}"
        )
    elif qualities and (
        cut is not None or quality is None or quality > max(qualities)
    ):
        remarks.append(f"compressed at quality {max(qualities)}")
        if cut is None:
            return compressed(pixels, max(qualities)), remarks
        cut = compressed_image(cut, max(qualities))
    if cut is None:
        return pixels, remarks
    array = np.asarray(cut)
    return array.reshape(*array.shape[:2], -1), remarks


def far_from_training(
    shape: Sequence[int], matched: Mapping[str, Any], quality: int | None = None
) -> list[str]:
    """Why a detector should not decide on a picture, by size and codec.

    Below 3/4 of the size that it was trained on, and where JPEG's steps are
    more than 1.5 times as large as in training, it takes generated pictures
    for real ones: of 150 by two GANs of the zoo, a detector of the 1-D spectra
    of faces of 64 px said so of 5 % at 64 px, 8 % at 48 px, 26 % at 32 px and
    57 % at 20 px, of 13 % at quality 30 and of 25 % at quality 20 (trained down
    to 45).

    Args:
        shape: (height, width, channels) of the picture.
        matched, quality: As for `as_trained`.

    Returns:
        A list of reasons in short; empty if there are none.
    """
    size, qualities = matched.get("size"), qualities_of(matched)
    reasons = []
    if size is not None and min(shape[:2]) < _LEAST_SHARE * size:
        reasons.append("far smaller than in training")
    if quality is not None and qualities:
        if _step(quality) > _LARGEST_STEP * _step(min(qualities)):
            reasons.append("compressed far more than in training")
    return reasons


def _step(quality):
    """JPEG's quantization steps by libjpeg, relative to those at 50."""
    return 50 / quality if quality < 50 else 2 - quality / 50


def matched_pixels(
    reading: Reading, size: int | None = None, quality: int | None = None
) -> tuple[np.ndarray | LazyPixels | None, str | None]:
    """A picture as it is measured: cut and compressed by `match`.

    Args:
        reading: A `Reading`.
        size: Side of the square to cut, or `None`.
        quality: Of JPEG, or `None`.

    Returns:
        (pixels, `None`), or (`None`, why the picture is left out).
    """
    pixels = reading.pixels
    if pixels is None:
        return None, reading.error
    if reading.is_flat:
        return None, "flat, without a spectrum"
    if size is not None:
        height, width, channels = pixels.shape
        if min(height, width) < size:
            return None, f"{width}x{height}, smaller than {size}x{size}"
        (pixels,) = match([pixels], size, quality, channels)
    elif quality is not None:
        pixels = compressed(pixels, quality)
    return pixels, None


def qualities_of(matched: Mapping[str, Any]) -> list[int]:
    """The JPEG qualities of `as_trained`'s dictionary, a list."""
    qualities = matched.get("jpeg")
    if qualities is None:
        return []
    return list(qualities) if isinstance(qualities, list) else [qualities]


def require_quality(name: str, value: Any) -> None:
    """A `ValueError` unless a value is a quality that JPEG knows."""
    if not is_integer(value) or not 1 <= value <= 100:
        raise invalid_argument(name, "a JPEG quality from 1 to 100", value)


def _best_accuracy(real, fake):
    """Balanced accuracy of who knows a property of a picture, no more."""
    values = set(real) | set(fake)
    apart = sum(
        abs(real[value] / real.total() - fake[value] / fake.total())
        for value in values
    )
    return (1 + apart / 2) / 2


def _commonest(counter):
    words = [f"{value} ({count})" for value, count in counter.most_common(3)]
    if len(counter) > 3:
        words.append(f"{len(counter) - 3} others")
    return ", ".join(words)


def table_name(tables: Mapping[int, Sequence[int]]) -> str:
    """What to call the tables of a JPEG file: "quality 75" or their numbers."""
    quality = standard_quality(tables)
    if quality is not None:
        return f"quality {quality}"
    luma = tables[0]
    return f"a table of its own ({luma[0]}, {luma[1]}, {luma[2]}, ...)"
