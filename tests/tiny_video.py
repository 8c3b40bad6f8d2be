"""Videos of a few frames, written by PyAV."""


def write_video(path, frames, codec="mpeg4", colours="yuv420p", **options):
    """Write uint8 [frames, height, width, 3] as a video of 25 frames/s."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = colours
        stream.options = {name: str(value) for name, value in options.items()}
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path
