"""Frames of videos, through PyAV, FFmpeg's binding to Python.

PyAV is an extra: `pip install 'specgan[video]'`. Without it only videos cannot
be read.

A file's video is the first one that is not a picture attached to it, such as
the cover of a film. Its frames are turned as a player turns them, in steps of
90 degrees, and transparent pixels are laid on white, as those of pictures are.
"""

import bisect
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from specgan.data.framing import opaque_eight_bits
from specgan.data.reading import Header

EXTENSIONS = frozenset(
    ".avi .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ts .webm .wmv".split()
)

# FFmpeg's names of what such files hold. Its others include playlists, which
# lead to further files and to the network.
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,asf"

# FFmpeg's own decoders of these codecs leave their alpha channel out, which
# their files announce as a property of the stream.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}

# Frames to pass over from which it is worth it to decode from another place.
_FAR = 250


def is_video(path: Path) -> bool:
    """Whether a `Path` ends like that of a video."""
    return path.suffix.lower() in EXTENSIONS


def video_header(path: Path) -> Header:
    """The `Header` of a file, with the size after turning.

    Args:
        path: Its `Path`.

    Raises:
        ValueError: If it is not a readable video, or PyAV is missing.
    """
    with _opened(path) as (container, stream):
        width, height = stream.width, stream.height
        if _quarter_turns(container, stream) % 2:
            width, height = height, width
        codec = stream.codec_context
        mode = str(codec.pix_fmt)
        if _alpha_decoder(stream) and mode.startswith("yuv4"):
            mode = mode.replace("yuv", "yuva", 1)
        return Header(width, height, codec.name, mode)


def is_transparent(header: Header) -> bool:
    """Whether a video has an alpha channel, by its `Header`."""
    import av

    try:
        return _has_alpha(av.VideoFormat(header.mode))
    except ValueError:  # Damaged files have colours of no name.
        return False


def frames_missing(path: Path) -> tuple[int, int] | None:
    """How much of a video is there, if its header promises more.

    Headers of AVI and MP4 do; others say nothing of frames. Such as are shown
    twice, and written once, are not missing.

    Args:
        path: Its `Path`.

    Returns:
        (frames to the end of the file, frames by its header), or `None` if
        nothing is missing, or nothing was promised.

    Raises:
        ValueError: As `video_header`.
    """
    with _opened(path) as (container, stream):
        promised = stream.frames
        if not promised:
            return None
        times, _ = _times(container, stream)
        there = len(times)
        if times and times[-1] is not None and stream.average_rate:
            last = times[-1] * stream.time_base * stream.average_rate
            there = max(there, round(last) + 1)
    return (there, promised) if there < promised else None


def read_frames(path: Path, count: int) -> Iterator[np.ndarray]:
    """Frames of a video at equal distances, each in the middle of its part.

    The file is read twice: first to know of its frames, without decoding any;
    then what lies between a place where decoding can start and a frame that is
    wanted is decoded. One frame is in memory at once.

    Args:
        path: Its `Path`.
        count: How many; all, if there are less.

    Yields:
        uint8 [height, width, 3], RGB, upright and opaque; of deeper colours
        the upper 8 bits.

    Raises:
        ValueError: If it cannot be read, is broken or larger than
            `PIL.Image.MAX_IMAGE_PIXELS`, or if PyAV is missing.

    Example:
    >>> frames = list(read_frames(pathlib.Path("film.mp4"), 16))
    """
    with _opened(path) as (container, stream):
        times, starts = _times(container, stream)
    if not times:
        raise ValueError("no frames in this video")
    count = min(count, len(times))
    wanted = [(2 * i + 1) * len(times) // (2 * count) for i in range(count)]
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        decoded, place, is_broken = _decoded(container, stream), -1, True
        for goal in wanted:
            start = _start(goal, place, times, starts)
            if start is not None:
                container.seek(start, stream=stream)
                decoded, place = _decoded(container, stream), None
            for frame in decoded:
                if place is not None:
                    place += 1
                elif frame.pts is not None:
                    place = bisect.bisect_left(times, frame.pts)
                if place is not None and place >= goal:
                    _require_size(frame)
                    yield _upright_pixels(frame)
                    is_broken = False
                    break
    if is_broken:
        raise ValueError("none of its frames can be decoded")


def _times(container, stream) -> tuple[list, list]:
    """When each frame is shown, and such of them where decoding can start."""
    packets = [
        (packet.pts, packet.is_keyframe)
        for packet in container.demux(stream)
        if packet.size
    ]
    if any(time is None for time, _ in packets):
        return [None] * len(packets), []
    starts = sorted(time for time, is_start in packets if is_start)
    return sorted(time for time, _ in packets), starts


def _start(goal, place, times, starts):
    """Whence to decode to a goal, or `None` to go on."""
    if goal - place <= _FAR or not starts:
        return None
    # One earlier than needed: not all formats lead to the very place.
    start = bisect.bisect_right(starts, times[goal]) - 2
    if start < 0 or bisect.bisect_left(times, starts[start]) <= place:
        return None
    return starts[start]


@contextlib.contextmanager
def _opened(path):
    """A container and its video stream; FFmpeg's errors as a `ValueError`."""
    try:
        import av
        import av.error
    except ImportError as error:
        raise ValueError(
            "videos need PyAV: pip install 'specgan[video]'"
        ) from error
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    options = {"format_whitelist": _FORMATS}
    try:
        # As an open file: FFmpeg may take a name for something else.
        with (
            open(path, "rb") as file,
            av.open(file, "r", options=options) as container,
        ):
            stream = _film(container)
            _require_size(stream)
            yield container, stream
    except av.error.FFmpegError as error:
        raise ValueError(
            f"not a video that can be read ({error.strerror})"
        ) from error


def _film(container):
    """The first video stream that is not an attached picture."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise ValueError("nothing here decodes the video in this file")
            return stream
    raise ValueError("no video in this file")


def _alpha_decoder(stream):
    """The decoder that gives a stream's alpha channel, or `None`."""
    if stream.metadata.get("alpha_mode") != "1":
        return None
    return _ALPHA_DECODERS.get(stream.codec_context.name)


def _decoded(container, stream):
    """The frames from where a container stands."""
    import av

    name = _alpha_decoder(stream)
    if name is None:
        return container.decode(stream)
    context: Any = av.CodecContext.create(name, "r")
    return (
        frame
        for packet in container.demux(stream)
        for frame in context.decode(packet)
    )


def _quarter_turns(container, stream):
    """Of the first frame: PyAV gives the angle of frames, not of streams."""
    import av.error

    try:
        frame = next(container.decode(stream), None)
    except av.error.FFmpegError:
        return 0  # Reading the frames will say what is wrong.
    return 0 if frame is None else round(frame.rotation / 90)


def _has_alpha(video_format):
    return any(component.is_alpha for component in video_format.components)


def _upright_pixels(frame):
    """uint8 [height, width, 3] of a frame."""
    # The colours of a palette may be transparent, too.
    if _has_alpha(frame.format) or frame.format.has_palette:
        image = Image.fromarray(frame.to_ndarray(format="rgba"))
        pixels = np.asarray(opaque_eight_bits(image).convert("RGB"))
    else:
        pixels = frame.to_ndarray(format="rgb24")
    # The angle is counter-clockwise, like that of `rot90`.
    return np.rot90(pixels, round(frame.rotation / 90))


def _require_size(picture):
    if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
        raise ValueError(
            f"too large: {picture.width}x{picture.height}, of at most "
            f"{Image.MAX_IMAGE_PIXELS} pixels"
        )
