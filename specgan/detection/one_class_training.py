"""From a folder of real pictures to a detector that knows these alone."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from specgan.detection import feature_sets
from specgan.detection.detector_training import PERTURBATIONS_OF_TRAINING
from specgan.detection.detector_training import warn_of_few
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.one_class_detector import OneClassDetector
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.training_pictures import Preparation
from specgan.detection.training_pictures import measure_pictures
from specgan.files import require_new_folder
from specgan.typing import PathLike


@dataclasses.dataclass(frozen=True)
class OneClassTraining:
    """What `train_one_class` returns.

    Args:
        detector: The `OneClassDetector`, of all pictures.
        groups: How many groups the pictures are of.
        unusual: Share of the pictures, each held out, that are "unusual".
        skipped: Sentences: which files could not be used, and why.
        paths: The files of the training pictures.
    """

    detector: OneClassDetector
    groups: int
    unusual: float
    skipped: list
    paths: list

    def lines(self) -> list[str]:
        """The same in words, line by line."""
        return [
            f"{len(self.paths)} real pictures in {self.groups} groups; "
            f"{self.unusual:.1%} of them, held out, are unusual",
            "Nothing is known of generated pictures: unusual is not generated.",
        ]


def train_one_class(
    real: PathLike,
    out: PathLike | None = None,
    *,
    features: Sequence[str | PictureFeatures] = feature_sets.DEFAULT,
    perturb: Callable | None = PERTURBATIONS_OF_TRAINING,
    num: int = 2000,
    frames: int = 16,
    group_folders: bool = False,
    match_size: int | None = None,
    match_jpeg: int | None = None,
    seed: int = 0,
) -> OneClassTraining:
    """Learn what real pictures are like, from these alone.

    The detector says "usual" or "unusual", and how unusual
    (`TrainedDetector.unusualness`); 5 % of further real pictures like these
    are unusual. What is unusual need not be generated.

    Args:
        real: Folder of real pictures or videos, searched with all folders
            below it.
        out, features, perturb, num, frames, group_folders, match_size,
            match_jpeg, seed: As for `train_detector`.

    Returns:
        A `OneClassTraining`.

    Raises:
        ValueError: If there is something at `out`, or the folder holds no
            pictures or fewer than 5 that are not nearly the same.

    Example:
    >>> training = train_one_class("photographs/", "detector")
    >>> for prediction in detect("pictures/", training.detector):
    ...     print(prediction.path, prediction.to_text())
    """
    if out is not None:
        require_new_folder(out)
    joined = feature_sets.get(features)
    files = sample_both_kinds(real, None, num, seed, frames)
    draw = np.random.default_rng(seed)
    preparation = Preparation(joined, perturb, draw, match_size, match_jpeg)
    pictures = measure_pictures(
        {"real": files["real"]}, preparation, frames, group_folders
    )
    groups, copies = pictures.groups["real"], pictures.perturbed
    count = len(np.unique(groups))
    warn_of_few([groups])
    about = {
        "description": f"what is usual of {real}",
        "real": str(real),
        "matched": {"size": match_size, "jpeg": match_jpeg},
        "frames": frames,
        "group_folders": group_folders,
        "seed": seed,
        "skipped": len(pictures.skipped),
        "pictures": len(groups),
        "groups": count,
    }
    detector = OneClassDetector.of_real(
        joined,
        about,
        pictures.rows["real"],
        "" if out is None else Path(out).resolve().name,
        groups,
        None if copies is None else copies["real"],
        seed,
    )
    if out is not None:
        detector.save(out)
    return OneClassTraining(
        detector,
        count,
        float(np.mean(detector.held_out_distances > detector.limit)),
        pictures.skipped,
        pictures.paths["real"],
    )
