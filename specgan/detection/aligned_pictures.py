"""Real pictures and their reconstructions: pairs for a detector to learn from.

What differs within a pair is what the auto-encoder does, and nothing else:
both show the same, at the same size, compressed and perturbed alike.

Reference:
- Rajan et al., Aligned Datasets Improve Detection of Latent
  Diffusion-Generated Images, 2024 (https://arxiv.org/abs/2410.11835), there
  of the auto-encoders of latent diffusion.
"""

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from specgan.data.progress import progress_bar
from specgan.data.reading import is_flat
from specgan.detection.matching import headers
from specgan.detection.measured_pictures import MeasuredPictures
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.training_pictures import Preparation
from specgan.detection.training_pictures import TrainingPictures
from specgan.detection.training_pictures import generator_of
from specgan.detection.training_pictures import require_some
from specgan.detection.training_pictures import source_of
from specgan.detection.training_pictures import warn_of_skipped

if TYPE_CHECKING:
    from specgan.models.reconstruction import Reconstruction

_LOSSLESS = {"BMP", "GIF", "PNG", "PPM", "TIFF"}  # As Pillow calls them.


def shape_of(model: Any, match_size: int | None) -> tuple[int, int]:
    """Which pictures an auto-encoder reconstructs.

    Args:
        model: A `Reconstruction`.
        match_size: As for `train_detector`.

    Returns:
        (side in pixels, channels).

    Raises:
        ValueError: If the model is none, or of another size than that.
    """
    # Here, since it imports TensorFlow, which the model has imported.
    from specgan.models.reconstruction import Reconstruction

    if not isinstance(model, Reconstruction):
        raise ValueError(
            "Aligned pictures are reconstructions of the real ones. Expected "
            "an auto-encoder or a VAE of the zoo. Received: "
            f"{type(model).__name__}. Train one on such pictures: `specgan "
            "train autoencoder`."
        )
    height, width, channels = model.image_shape
    if height != width or match_size not in (None, height):
        raise ValueError(
            "The auto-encoder is made for another size than that of the "
            f"pictures. Expected squares of {match_size or height} pixels. "
            f"Received: a model of {width}x{height} pixels. Train one of that "
            "size, or leave `match_size` out."
        )
    return height, channels


def require_one_codec(files: Sequence[Path], match_jpeg: int | None) -> None:
    """A `ValueError` if compression would separate the two of a pair."""
    codecs = headers(files, "real")["codecs"]
    if match_jpeg is None and not set(codecs) <= _LOSSLESS:
        raise ValueError(
            "The real pictures are compressed, their reconstructions would "
            "not be: a detector would learn the difference. Expected files of "
            f"{', '.join(sorted(_LOSSLESS))}, or a quality for both kinds. "
            f"Received: {', '.join(sorted(codecs))}. Give `match_jpeg` "
            "(--match-jpeg)."
        )


def measure_aligned_pictures(
    files: Mapping[str, Sequence[Path]],
    preparation: Preparation,
    model: "Reconstruction",
    frames: int,
    group_folders: bool = False,
    folders: Sequence[Path] = (),
) -> TrainingPictures:
    """Read real pictures once, reconstruct them, and measure both.

    A picture and its reconstruction are of one group, and perturbed alike.

    Args:
        files: {"real": paths, "fake": paths of pictures to judge}.
        preparation: What is done to each. Size and channels are the model's.
        model: A `Reconstruction`.
        frames: As for `train_detector`.
        group_folders: Likewise.
        folders: Those of the pictures to judge, one for each generator.

    Raises:
        ValueError: If nothing of a kind can be used.
    """
    real, fake = MeasuredPictures(preparation), MeasuredPictures(preparation)
    judged = MeasuredPictures(dataclasses.replace(preparation, perturb=None))
    sources = []

    def real_pictures():
        for usable in real.read(files["real"], frames, progress):
            pictures = [np.asarray(pixels) for pixels in usable]
            seed = preparation.draw.integers(2**32)
            for measured, some in (
                (real, pictures),
                (fake, reconstructions(model, pictures)),
            ):
                measured.measure(some, np.random.default_rng(seed))
            places = real.paths[-len(usable) :]
            sources.extend(source_of(path, group_folders) for path in places)
            yield from preparation.compressed(pictures)

    progress = progress_bar("Measuring", total=sum(map(len, files.values())))
    with progress:
        # The sources are complete once the pictures are read.
        group = near_duplicate_groups(real_pictures(), sources)
        for usable in judged.read(files["fake"], frames, progress):
            judged.measure(usable, preparation.draw)
    skipped = [*real.skipped, *judged.skipped]
    warn_of_skipped(skipped)
    require_some("real", real)
    if files["fake"]:
        require_some("fake", judged)
    generators = np.array(
        [generator_of(path, folders) for path in judged.paths]
    )
    perturbed = {"real": real.perturbed, "fake": fake.perturbed}
    return TrainingPictures(
        {"real": real.rows, "fake": fake.rows},
        None if preparation.perturb is None else perturbed,
        {"real": group, "fake": group},
        {"real": real.paths, "fake": real.paths},
        [""] * len(group),
        skipped,
        {
            name: judged.rows[generators == name]
            for name in dict.fromkeys(generators.tolist())
        },
    )


def reconstructions(
    model: "Reconstruction", pictures: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """What an auto-encoder makes of pictures.

    Args:
        model: A `Reconstruction`.
        pictures: uint8 [height, width, channels], as it takes them.

    Returns:
        A list of the same shapes.

    Raises:
        ValueError: If the pictures have another shape, or a reconstruction is
            flat.
    """
    # Here, since it imports TensorFlow, which the model has imported.
    from specgan.signal import from_uint8
    from specgan.signal import to_uint8

    images = np.asarray(from_uint8(np.stack(pictures)))
    made = list(np.asarray(to_uint8(model.reconstruct(images))))
    flat = sum(map(is_flat, made))
    if flat:
        raise ValueError(
            f"{flat} of {len(made)} reconstructions are flat, without a "
            "spectrum. Expected an auto-encoder that reconstructs pictures. "
            "Train it longer."
        )
    return made
