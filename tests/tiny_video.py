"""Videos of a few frames, written by PyAV."""


def write_video(
    path, frames, codec="mpeg4", colours="yuv420p", angle=0, **options
):
    """Write uint8 [frames, height, width, 3 or 4] as a video of 25 frames/s.

    A player turns it counter-clockwise by an angle in degrees.
    """
    import av

    pixels = "rgb24" if frames.shape[-1] == 3 else "rgba"

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = colours
        if angle:
            stream.set_display_rotation(angle)
        stream.options = {name: str(value) for name, value in options.items()}
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format=pixels)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def write_video_with_cover(path, frames, cover):
    """Write an MP4 of which FFmpeg takes the cover for the first stream.

    Args:
        path: Ends in .mp4.
        frames: uint8 [frames, height, width, 3]; none for a cover alone.
        cover: uint8 [height, width, 3].
    """
    import av
    from av.stream import Disposition

    with av.open(str(path), "w") as container:
        attached = container.add_stream("png")
        attached.height, attached.width = cover.shape[:2]
        attached.pix_fmt = "rgb24"
        attached.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(cover, format="rgb24")
        packets = [*attached.encode(picture), *attached.encode()]
        film = container.add_stream("mpeg4", rate=25)
        film.height, film.width = frames.shape[1:3]
        film.pix_fmt = "yuv420p"
        container.mux(packets)
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(film.encode(picture))
        container.mux(film.encode())
    path.write_bytes(_cover_first(path.read_bytes()))
    return path


def _cover_first(content):
    """The bytes of an MP4 with the cover before the tracks."""
    start = content.index(b"moov") - 4
    atoms = dict(_atoms(content, start + 8, len(content)))
    ordered = [atoms.pop(name) for name in (b"mvhd", b"udta")]
    return content[: start + 8] + b"".join([*ordered, *atoms.values()])


def _atoms(content, start, end):
    while start < end:
        size = int.from_bytes(content[start : start + 4], "big")
        yield content[start + 4 : start + 8], content[start : start + size]
        start += size
