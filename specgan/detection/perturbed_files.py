"""How a detector does on files of two folders that are perturbed."""

import dataclasses
import warnings

import numpy as np

from specgan.data.progress import progress_bar
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.matching import differences
from specgan.detection.matching import matched_pixels
from specgan.detection.matching import qualities_of
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbed_pictures import Robustness
from specgan.detection.perturbed_pictures import robustness
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.training_pictures import warn_of_skipped
from specgan.detection.verdicts import UNSURE
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

    Pictures are cut and compressed as those were that it was trained on, and
    perturbed after that. Above a probability of 1/2, they count as generated;
    "false positives" and "negatives" are those of the verdicts. Pictures that
    are nearly the same are one group (`near_duplicate_groups`), over which the
    standard errors are. What cannot be used, and how the kinds differ, is
    warned of.

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
    found = differences(files["real"], files["fake"])
    for sentence in found:
        warnings.warn(sentence, stacklevel=2)
    images, paths = _images(files, detector, seed)
    pictures = [*images["real"], *images["fake"]]
    labels = np.repeat([0, 1], [len(some) for some in images.values()])
    groups = near_duplicate_groups(pictures, list(map(str, paths)))
    steps = 2 + sum(len(one.strengths) for one in PERTURBATIONS.values())
    with progress_bar("Perturbing and detecting", total=steps) as progress:

        def answers(images):
            """[images, 2]: probabilities and distances."""
            rows = detector.features(images)
            progress.update()
            return np.stack(
                [
                    detector.probabilities_of_features(rows),
                    detector.distances(rows),
                ],
                axis=1,
            )

        def verdicts(answers):
            probabilities, distances = answers.T
            return np.where(
                distances > detector.limit,
                UNSURE,
                detector.verdicts(probabilities),
            )

        result = robustness(
            ByProbability(),
            answers,
            images["real"],
            images["fake"],
            verdicts=verdicts,
            groups=(groups[labels == 0], groups[labels == 1]),
        )
        unperturbed = answers(pictures)[:, 0]
    return FileRobustness(result, found, paths, labels, unperturbed)


class ByProbability:
    """A classifier, as scikit-learn has them, by the first feature."""

    classes_ = (0, 1)

    def decision_function(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (rows[:, 0] > 0.5).astype(int)


def _images(files, detector, seed):
    """{kind: images, as the detector was trained on}, and all their paths."""
    size, qualities = detector.matched["size"], qualities_of(detector.matched)
    # Resizing, cropping and reposts leave half of it.
    least = 2 * detector.features.least_size
    rng = np.random.default_rng(seed)
    images, used, skipped = {kind: [] for kind in files}, [], []
    progress = progress_bar("Reading", total=sum(map(len, files.values())))
    with progress:
        for kind, paths in files.items():
            for readings in read(paths):
                for reading in readings:
                    quality = int(rng.choice(qualities)) if qualities else None
                    pixels, error = matched_pixels(reading, size, quality)
                    if pixels is not None and min(pixels.shape[:2]) < least:
                        error = (
                            "too small to be halved: of at least "
                            f"{least}x{least} pixels needed"
                        )
                    if error is None:
                        images[kind].append(pixels)
                        used.append(reading.name)
                    else:
                        skipped.append(f"{printable(reading.name)} ({error})")
                progress.update(len(readings))
    warn_of_skipped(skipped)
    return images, used
