"""How a detector does on files of two folders that are perturbed."""

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np

from specgan.data.progress import progress_bar
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.matching import differences
from specgan.detection.matching import matched_pixels
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbed_pictures import Robustness
from specgan.detection.perturbed_pictures import robustness
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.training_pictures import warn_of_skipped
from specgan.detection.whole_pictures import read
from specgan.files import printable
from specgan.typing import PathLike


@dataclasses.dataclass(frozen=True)
class FileRobustness:
    """What `file_robustness` returns.

    Args:
        robustness: The `Robustness`.
        differences: Sentences: how real and fake files differ other than by
            what they show.
        paths: The pictures' `Path`s, real ones first.
        labels: [pictures], 0 for real and 1 for generated.
        probabilities: [pictures], of being generated, before they are
            perturbed.
    """

    robustness: Robustness
    differences: list
    paths: list
    labels: np.ndarray
    probabilities: np.ndarray


def file_robustness(
    detector: TrainedDetector,
    real: PathLike,
    fake: PathLike,
    num: int = 200,
    seed: int = 0,
) -> FileRobustness:
    """Measure a trained detector on perturbed pictures.

    Pictures are cut as those were that it was trained on, perturbed, and then
    prepared as `detect` prepares them. Above a probability of 1/2, they count
    as generated; "false positives" and "negatives" are those of the verdicts.
    Pictures that are nearly the same are one group (`near_duplicate_groups`),
    over which the standard errors are. What cannot be used, and how the kinds
    differ, is warned of.

    Args:
        detector: A `TrainedDetector`.
        real: Folder of real pictures that it was not trained on, searched with
            all folders below it.
        fake: Folder of generated ones, likewise.
        num: Maximum number of pictures of each kind, drawn from all, which are
            all in memory.
        seed: Integer from 0, of the drawing.

    Returns:
        A `FileRobustness`.

    Raises:
        ValueError: If a folder is missing or holds fewer than 4 groups of
            pictures that can be used.

    Example:
    >>> result = file_robustness(detector, "photographs/", "samples/")
    >>> print("\\n".join(result.robustness.lines()))
    """
    files = sample_both_kinds(real, fake, num, seed)
    if detector.is_one_class:
        raise ValueError(
            "Robustness is that of telling real from fake. Expected a detector "
            f"that was trained on both. Received: {detector.name}, which knows "
            "real pictures alone."
        )
    found = differences(files["real"], files["fake"])
    for sentence in found:
        warnings.warn(sentence, stacklevel=2)
    images, paths = _images(files, detector)
    strengths = usable_strengths(
        [*images["real"], *images["fake"]], detector.features.least_size
    )
    pictures = [*images["real"], *images["fake"]]
    labels = np.repeat([0, 1], [len(some) for some in images.values()])
    groups = near_duplicate_groups(pictures, list(map(str, paths)))
    steps = 2 + sum(map(len, strengths.values()))
    with progress_bar("Perturbing and detecting", total=steps) as progress:

        def answers(images):
            """[images, 2]: probabilities and verdicts."""
            prepared = [detector.prepared(image)[0] for image in images]
            rows = detector.features(prepared)
            progress.update()
            verdicts, _ = detector.judge(rows)
            probabilities = detector.probabilities_of_features(rows)
            return np.stack([probabilities, verdicts], axis=1, dtype=object)

        result = robustness(
            ByProbability(),
            answers,
            images["real"],
            images["fake"],
            strengths,
            verdicts=lambda rows: rows[:, 1].astype(str),
            groups=(groups[labels == 0], groups[labels == 1]),
        )
        unperturbed = answers(pictures)[:, 0].astype(np.float64)
    return FileRobustness(result, found, paths, labels, unperturbed)


def usable_strengths(
    pictures: Sequence[np.ndarray], least: int
) -> dict[str, tuple[float, ...]]:
    """Strengths of `PERTURBATIONS` that leave pictures large enough.

    The others are warned of.

    Args:
        pictures: Sequence of uint8 [height, width, channels].
        least: Pixels of height and width.

    Returns:
        {name: strengths}, without perturbations of which none is usable.
    """
    smallest = min(pictures, key=lambda picture: min(picture.shape[:2]))
    usable, others = {}, []
    for name, one in PERTURBATIONS.items():
        left = {
            strength: min(one.function([smallest], strength)[0].shape[:2])
            for strength in one.strengths
        }
        others += [
            f"{name} {strength:g}"
            for strength, side in left.items()
            if side < least
        ]
        kept = [strength for strength, side in left.items() if side >= least]
        if kept:
            usable[name] = tuple(kept)
    if others:
        height, width, _ = smallest.shape
        warnings.warn(
            f"Not looked at: {', '.join(others)}, which leave less than the "
            f"{least} pixels that the detector measures of {width}x{height}.",
            stacklevel=2,
        )
    return usable


class ByProbability:
    """A classifier, as scikit-learn has them, by the first feature."""

    classes_ = (0, 1)

    def decision_function(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0].astype(np.float64)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (self.decision_function(rows) > 0.5).astype(int)


def _images(files, detector):
    """{kind: images, cut as for the training}, and all their paths."""
    size, least = detector.matched["size"], detector.features.least_size
    images, used, skipped = {kind: [] for kind in files}, [], []
    progress = progress_bar("Reading", total=sum(map(len, files.values())))
    with progress:
        for kind, paths in files.items():
            for readings in read(paths):
                for reading in readings:
                    pixels, error = matched_pixels(reading, size)
                    if pixels is not None and min(pixels.shape[:2]) < least:
                        error = f"smaller than {least}x{least} pixels"
                    if error is None:
                        images[kind].append(np.asarray(pixels))
                        used.append(reading.name)
                    else:
                        skipped.append(f"{printable(reading.name)} ({error})")
                progress.update(len(readings))
    warn_of_skipped(skipped)
    return images, used
