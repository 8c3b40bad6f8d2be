"""`specgan interpolate`: a film of images on a walk through latent values."""

import argparse
import math
import pathlib

import numpy as np
from PIL import Image

from specgan import plots
from specgan.data.progress import progress_bar
from specgan.files import written_whole
from specgan.models.sampling import latent_walk
from specgan.models.sampling import sample_latents
from specgan.runs.named_models import class_number
from specgan.runs.named_models import model_of


def interpolate(settings: argparse.Namespace) -> None:
    """Write the film that the command line describes.

    Args:
        settings: The arguments of `specgan interpolate`.

    Raises:
        ValueError: If the model is not a GAN.
    """
    out = pathlib.Path(settings.out)
    write = {".gif": _write_gif, ".mp4": _write_mp4}[out.suffix]
    gan = model_of(settings.run)
    if not hasattr(gan, "generate"):
        raise ValueError(
            "A walk leads through the latent values of a GAN. Received: "
            f"{settings.run}, a model of class {type(gan).__name__}."
        )
    images = _images(gan, settings)
    rows = progress_bar("Writing", images)
    grids = [
        plots.image_grid(frame, math.ceil(math.sqrt(settings.num)))
        for frame in rows
    ]
    with written_whole(out) as temporary:
        write(temporary, _enlarged(np.stack(grids)), settings.rate)
    print(
        f"{out}: {len(images)} frames of {settings.num} walks through "
        f"{settings.points} points each, {settings.rate} frames a second"
    )


def _images(gan, settings):
    """`[frames, walks, height, width, channels]` in [-1, 1]."""
    points = sample_latents(
        settings.num * settings.points, settings.seed, gan.latent_dim
    ).numpy()
    points = points.reshape(settings.num, settings.points, gan.latent_dim)
    frames = math.ceil(settings.frames / settings.points)
    walks = np.stack([latent_walk(one, frames) for one in points], axis=1)
    labels = class_number(settings.run, gan, settings.label)
    if labels is None and gan.num_classes is not None:
        # A class for each walk.
        labels = np.tile(np.arange(settings.num) % gan.num_classes, len(walks))
    images = gan.generate(
        walks.reshape(-1, gan.latent_dim),
        labels,
        truncation=settings.truncation,
    )
    return images.reshape(*walks.shape[:2], *images.shape[1:])


def _enlarged(frames):
    """Each pixel as a square, up to some 256 pixels: players blur small films.

    The sides become even, as H.264 needs them.
    """
    factor = max(1, 256 // max(frames.shape[1:3]))
    frames = frames.repeat(factor, axis=1).repeat(factor, axis=2)
    height, width = (size % 2 for size in frames.shape[1:3])
    return np.pad(frames, [(0, 0), (0, height), (0, width), (0, 0)], "edge")


def _write_gif(path, frames, rate):
    films = [Image.fromarray(np.squeeze(frame)) for frame in frames]
    # One palette for each frame, without dithering, which would flicker.
    films = [
        film.convert(
            "P", palette=Image.Palette.ADAPTIVE, dither=Image.Dither.NONE
        )
        for film in films
    ]
    films[0].save(
        path,
        save_all=True,
        append_images=films[1:],
        duration=round(1000 / rate),
        loop=0,
    )


def _write_mp4(path, frames, rate):
    try:
        import av
    except ImportError as error:
        raise ValueError(
            "A film in MP4 needs PyAV. Expected: pip install "
            f"'specgan[video]', or --out {path.stem}.gif. Received: {error}."
        ) from error
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    frames = np.broadcast_to(frames, [*frames.shape[:3], 3])
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
