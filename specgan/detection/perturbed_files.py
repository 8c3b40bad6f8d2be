"""How a detector does on files of two folders that are perturbed."""

import dataclasses
import warnings

import numpy as np

from specgan.data.progress import progress_bar
from specgan.detection.detector_training import warn_of_skipped
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.matching import differences
from specgan.detection.matching import matched_pixels
from specgan.detection.matching import qualities_of
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbations import Robustness
from specgan.detection.perturbations import robustness
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.verdicts import UNSURE
from specgan.detection.whole_pictures import LEAST_SIDE
from specgan.detection.whole_pictures import read
from specgan.files import printable
from specgan.typing import PathLike

# Resizing and cropping leave half of it.
_LEAST_SIDE = 2 * LEAST_SIDE


@dataclasses.dataclass(frozen=True)
class FileRobustness:
    """What `file_robustness` returns.

    Args:
        robustness: The `Robustness`.
        pictures: {"real": how many, "fake": how many}.
        differences: Sentences: how real and fake files differ other than by
            what they show.
    """

    robustness: Robustness
    pictures: dict
    differences: list


def file_robustness(
    detector: TrainedDetector,
    real: PathLike,
    fake: PathLike,
    num: int = 200,
    seed: int = 0,
) -> FileRobustness:
    """Measure a trained detector on perturbed pictures.

    Pictures are cut and compressed as those were that it was trained on, and
    perturbed after that. Above a probability of 1/2, they count as generated.
    What cannot be used, and how the kinds differ, is warned of.

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
        ValueError: If a folder is missing or holds no pictures that can be
            used.

    Example:
    >>> result = file_robustness(detector, "photographs/", "samples/")
    >>> print("\\n".join(result.robustness.lines()))
    """
    files = sample_both_kinds(real, fake, num, seed)
    found = differences(files["real"], files["fake"])
    for sentence in found:
        warnings.warn(sentence, stacklevel=2)
    images = _images(files, detector, seed)
    steps = 1 + sum(len(one.strengths) for one in PERTURBATIONS.values())
    with progress_bar("Perturbing and detecting", total=steps) as progress:

        def probabilities(images):
            answers = detector.probabilities(images)
            progress.update()
            return answers[:, None]

        result = robustness(
            ByProbability(),
            probabilities,
            images["real"],
            images["fake"],
            unsure=lambda rows: detector.verdicts(rows[:, 0]) == UNSURE,
        )
    counts = {kind: len(some) for kind, some in images.items()}
    return FileRobustness(result, counts, found)


class ByProbability:
    """A classifier, as scikit-learn has them, of one feature: the answer."""

    classes_ = (0, 1)

    def decision_function(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (rows[:, 0] > 0.5).astype(int)


def _images(files, detector, seed):
    """{kind: images, as the detector was trained on}."""
    size, qualities = detector.matched["size"], qualities_of(detector.matched)
    rng = np.random.default_rng(seed)
    images, skipped = {kind: [] for kind in files}, []
    progress = progress_bar("Reading", total=sum(map(len, files.values())))
    with progress:
        for kind, paths in files.items():
            for readings in read(paths):
                for reading in readings:
                    quality = int(rng.choice(qualities)) if qualities else None
                    pixels, error = matched_pixels(reading, size, quality)
                    if (
                        pixels is not None
                        and min(pixels.shape[:2]) < _LEAST_SIDE
                    ):
                        error = (
                            f"too small to be halved: of at least "
                            f"{_LEAST_SIDE}x{_LEAST_SIDE} pixels needed"
                        )
                    if error is None:
                        images[kind].append(np.asarray(pixels))
                    else:
                        skipped.append(f"{printable(reading.name)} ({error})")
                progress.update(len(readings))
    warn_of_skipped(skipped)
    return images
