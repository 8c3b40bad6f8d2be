"""The pictures of two folders as rows of features, with their groups."""

import dataclasses
import warnings
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from specgan.data.jpeg import compressed
from specgan.data.lazy_pixels import LazyPixels
from specgan.data.progress import progress_bar
from specgan.data.reading import Reading
from specgan.data.videos import is_video
from specgan.detection.joined_features import JoinedFeatures
from specgan.detection.matching import match
from specgan.detection.matching import matched_pixels
from specgan.detection.measured_pictures import MeasuredPictures
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.report import KINDS

_PERTURBED = 1024
"""Pixels of the sides of what is perturbed of a large picture."""


@dataclasses.dataclass(frozen=True)
class Preparation:
    """What is done to each picture before it is measured.

    Args:
        features: `JoinedFeatures`.
        perturb: As for `train_detector`.
        draw: The random generator of perturbations.
        size: Side in pixels of the square that is cut out, or `None`.
        jpeg: Quality of JPEG at which it is compressed at last, or `None`.
        channels: That a picture must have, or `None`.
    """

    features: JoinedFeatures
    perturb: Callable | None
    draw: np.random.Generator
    size: int | None
    jpeg: int | None
    channels: int | None = None

    def pixels(
        self, reading: Reading
    ) -> tuple[np.ndarray | LazyPixels | None, str | None]:
        """(pixels, `None`), or (`None`, why the picture is left out)."""
        pixels, error = matched_pixels(reading, self.size)
        if pixels is None:
            return None, error
        least = self.features.least_size
        height, width, channels = pixels.shape
        if self.channels not in (None, channels):
            return None, f"{channels} channel(s), not {self.channels}"
        if min(height, width) < least:
            return None, (
                f"{width}x{height}, smaller than the {least} pixels that are "
                "measured"
            )
        return pixels, None

    def compressed(
        self, pictures: Sequence[np.ndarray | LazyPixels]
    ) -> Sequence[np.ndarray | LazyPixels]:
        """Pictures compressed as all are."""
        if self.jpeg is None:
            return pictures
        return [compressed(pixels, self.jpeg) for pixels in pictures]

    def measured(
        self,
        pictures: Sequence[np.ndarray | LazyPixels],
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Features of compressed pictures, and of perturbed copies if any.

        Of large pictures, the copies are of a square of 1024 px out of the
        middle.
        """
        rows = self.features.transform(self.compressed(pictures))
        if self.perturb is None:
            return rows, None
        copies = self.perturb(list(map(_perturbable, pictures)), rng)
        perturbed = self.compressed(copies)
        return rows, self.features.transform(perturbed)


def _perturbable(pixels):
    """A picture as an array, which has many copies while it is perturbed."""
    height, width, channels = pixels.shape
    if height * width <= _PERTURBED**2:
        return np.asarray(pixels)
    return match([pixels], min(height, width, _PERTURBED), channels=channels)[0]


@dataclasses.dataclass(frozen=True)
class TrainingPictures:
    """Features of the pictures that a detector learns from.

    Args:
        rows: {"real": float64 [n, features], "fake": [m, features]}.
        perturbed: The same of perturbed copies, or `None`.
        groups: {kind: integers [n]}: equal ones are held out together.
        paths: {kind: list of the n files}.
        generators: Of each fake picture the name of its folder.
        skipped: Sentences: which files could not be used, and why.
        judged: {name of a folder: rows} of generated pictures that a detector
            is judged on and does not learn from.
    """

    rows: dict
    perturbed: dict | None
    groups: dict
    paths: dict
    generators: list
    skipped: list
    judged: dict = dataclasses.field(default_factory=dict)

    def pair(self, name: str) -> list:
        """Real and fake of "rows", "perturbed" or "groups"."""
        return [getattr(self, name)[kind] for kind in KINDS]


def measure_pictures(
    files: Mapping[str, Sequence[Path]],
    preparation: Preparation,
    frames: int,
    group_folders: bool = False,
    folders: Sequence[Path] = (),
) -> TrainingPictures:
    """Read pictures once; measure them and find what is nearly the same.

    Args:
        files: {"real": paths, "fake": paths}, or those of real ones alone.
        preparation: What is done to each.
        frames: As for `train_detector`.
        group_folders: Likewise.
        folders: Those of the fake pictures, one for each generator.

    Raises:
        ValueError: If nothing of a kind can be used.
    """
    kinds = [kind for kind in KINDS if kind in files]
    measured = {kind: MeasuredPictures(preparation) for kind in kinds}
    sources = []

    def all_pictures():
        """Each picture, once its features are kept: it is read only once."""
        for kind, some in measured.items():
            for usable in some.read(files[kind], frames, progress):
                some.measure(usable, preparation.draw)
                places = some.paths[-len(usable) :]
                sources.extend(
                    source_of(path, group_folders) for path in places
                )
                yield from preparation.compressed(usable)
                del usable  # Before the next are read.

    progress = progress_bar("Measuring", total=sum(map(len, files.values())))
    with progress:
        # The sources are complete once the pictures are read.
        group = near_duplicate_groups(all_pictures(), sources)
    all_skipped = [one for some in measured.values() for one in some.skipped]
    warn_of_skipped(all_skipped)
    for kind, some in measured.items():
        require_some(kind, some)
    paths = {kind: some.paths for kind, some in measured.items()}
    count = len(paths["real"])
    return TrainingPictures(
        {kind: some.rows for kind, some in measured.items()},
        None
        if preparation.perturb is None
        else {kind: some.perturbed for kind, some in measured.items()},
        {"real": group[:count], "fake": group[count:]},
        paths,
        [generator_of(path, folders) for path in paths.get("fake", [])],
        all_skipped,
    )


def require_some(kind: str, measured: MeasuredPictures) -> None:
    """A `ValueError` unless some of the pictures that were read are usable."""
    if not measured.paths:
        raise ValueError(
            f"No {kind} picture could be used. Expected some of both kinds. "
            f"Received: {len(measured.skipped)} that are left out, e.g. "
            f"{measured.skipped[0]}."
        )


def source_of(path: Path, group_folders: bool) -> str:
    """What is held out together with a picture."""
    together = group_folders and not is_video(path)
    return str(path.parent if together else path)


def generator_of(path: Path, folders: Sequence[Path]) -> str:
    """The name of the folder that holds a picture."""
    names = [folder.name for folder in folders]
    for folder in folders:
        if path.is_relative_to(folder):
            return folder.name if names.count(folder.name) < 2 else str(folder)
    return ""


def warn_of_skipped(skipped: Sequence[str]) -> None:
    """A warning of pictures that are left out: sentences with their paths."""
    if skipped:
        more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        warnings.warn(
            f"{len(skipped)} pictures are left out: "
            f"{'; '.join(skipped[:5])}{more}.",
            stacklevel=4,
        )
