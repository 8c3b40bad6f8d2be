"""From folders of pictures to a detector and how well it does."""

import dataclasses
import warnings
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from sklearn.base import clone

from specgan.detection import feature_sets
from specgan.detection.aligned_pictures import measure_aligned_pictures
from specgan.detection.aligned_pictures import require_one_codec
from specgan.detection.aligned_pictures import shape_of
from specgan.detection.file_sampling import fake_folders
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.matching import differences
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.protocol import Protocol
from specgan.detection.random_perturbations import RandomPerturbations
from specgan.detection.report import Report
from specgan.detection.scores import classification_metrics
from specgan.detection.scores import positive_probabilities
from specgan.detection.scores import positive_scores
from specgan.detection.spectral_detector import SpectralDetector
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.training_pictures import Preparation
from specgan.detection.training_pictures import TrainingPictures
from specgan.detection.training_pictures import measure_pictures
from specgan.files import require_new_folder
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.models.reconstruction import Reconstruction

PERTURBATIONS_OF_TRAINING = RandomPerturbations(unperturbed=0)
"""Of the copies that `train_detector` learns from."""


LEAST_GROUPS = 20
"""Of each kind, below which 5 % of doubt cannot be estimated."""


@dataclasses.dataclass(frozen=True)
class Training:
    """What `train_detector` returns.

    Args:
        detector: The `TrainedDetector`, of all pictures.
        report: The `Report` of the protocol: how it does on held-out ones.
        left_out: {generator: metrics}: how a detector does that was trained
            without it, see `generators_left_out`. Empty with one folder.
        differences: Sentences: how real and fake files differ other than by
            what they show.
        skipped: Sentences: which files could not be used, and why.
        paths: The files of the training pictures, real ones first.
        labels: [pictures], 0 for real and 1 for generated.
        probabilities: [pictures], of being generated, by detectors that were
            not fitted to them.
    """

    detector: TrainedDetector
    report: Report
    left_out: dict
    differences: list
    skipped: list
    paths: list
    labels: np.ndarray
    probabilities: np.ndarray

    def lines(self) -> list[str]:
        """The report, and the generators left out, line by line."""
        lines = self.report.lines()
        if self.left_out:
            names = ["real_accuracy", "generated_accuracy", "auc"]
            titles = [name.replace("_", " ") for name in names]
            lines += [
                "",
                f"{'trained without':28}"
                + "".join(f"{title:>20}" for title in titles),
            ]
            for generator, metrics in self.left_out.items():
                cells = [f"{100 * metrics[name]:.1f}" for name in names]
                lines.append(
                    f"{generator[-28:]:28}"
                    + "".join(f"{cell:>20}" for cell in cells)
                )
        return lines


def train_detector(
    real: PathLike,
    fake: PathLike | Sequence[PathLike] | None = None,
    out: PathLike | None = None,
    *,
    aligned: "Reconstruction | None" = None,
    features: Sequence[str | PictureFeatures] = feature_sets.DEFAULT,
    classifier: str = "logistic_regression",
    C: float | None = None,
    perturb: Callable | None = PERTURBATIONS_OF_TRAINING,
    num: int = 2000,
    frames: int = 16,
    group_folders: bool = False,
    match_size: int | None = None,
    match_jpeg: int | None = None,
    false_positive_rate: float | None = None,
    seed: int = 0,
) -> Training:
    """Train a detector on folders, and measure it on held-out pictures.

    Pictures that are nearly the same are held out together, as are the frames
    of a video. What could separate the files besides what they show is
    refused or, if it was matched, warned of.

    The detector learns from each picture as it is and from a perturbed copy,
    so that it finds what was compressed or resized on its way, and its bounds
    hold for either. It keeps what real and generated training pictures are
    like: of others it is unsure.

    With an auto-encoder it learns from real pictures and their reconstructions
    alone, which differ in nothing else: `aligned_pictures`. Generated pictures
    are then only judged.

    Args:
        real: Folder of real pictures or videos, searched with all folders
            below it.
        fake: Folder of generated ones, likewise; or several, one for each
            generator, of which each is left out once to see how well the
            detector finds a generator that it does not know. With `aligned`,
            `None` for none.
        out: Folder for the detector that does not exist yet, or is empty;
            `None` writes nothing.
        aligned: An auto-encoder or VAE of the zoo, which reconstructs real
            pictures: the square of its size that is cut out of each. `None`
            for the generated pictures of `fake`.
        features: Names or objects of kinds of features, see
            `feature_sets.FEATURES`.
        classifier: "svm", "linear_svm" or "logistic_regression".
        C: Inverse strength of the classifier's regularization, positive;
            `None` for 0.01 of logistic regression and 1 of the others.
        perturb: `RandomPerturbations`, or another function of (list of uint8
            pictures, `numpy.random.Generator`) that gives as many of the same
            sizes; `None` for none.
        num: Maximum number of pictures of each kind, drawn from all.
        frames: How many to read of a video, at equal distances.
        group_folders: Whether pictures of one folder are held out together.
        match_size: Side in pixels of a square that is cut out of each picture,
            at least 16; `None` leaves sizes alone.
        match_jpeg: Quality of JPEG at which each is compressed; `None` leaves
            them as they are.
        false_positive_rate: As for `SpectralDetector`.
        seed: Integer from 0, of the drawing, perturbations and splits.

    Returns:
        A `Training`.

    Raises:
        ValueError: If there is something at `out`, the folders hold no
            pictures or too few, something other than the generator separates
            them, or `aligned` does not fit the pictures.

    Example:
    >>> training = train_detector("photographs/", "samples/", "detector")
    >>> print("\\n".join(training.lines()))
    >>> for prediction in detect("pictures/", training.detector):
    ...     print(prediction.path, prediction.to_text())
    """
    if out is not None:
        require_new_folder(out)
    joined = feature_sets.get(features)
    folders = _folders(fake, aligned)
    channels = None
    if aligned is not None:
        match_size, channels = shape_of(aligned, match_size)
    files = sample_both_kinds(real, fake, num, seed, frames)
    if aligned is not None:
        require_one_codec(files["real"], match_jpeg)
    found = _check_comparable(files, match_size, match_jpeg) if folders else []
    if C is None:
        C = 0.01 if classifier == "logistic_regression" else 1.0
    draw = np.random.default_rng(seed)
    preparation = Preparation(
        joined, perturb, draw, match_size, match_jpeg, channels
    )
    if aligned is None:
        pictures = measure_pictures(
            files, preparation, frames, group_folders, folders
        )
    else:
        pictures = measure_aligned_pictures(
            files, preparation, aligned, frames, group_folders, folders
        )
    detector = SpectralDetector(
        classifier,
        C=C,
        false_positive_rate=false_positive_rate,
        random_state=seed,
    )
    real_rows, fake_rows = pictures.pair("rows")
    groups = pictures.pair("groups")
    warn_of_few(groups)
    copies = None if perturb is None else pictures.pair("perturbed")
    report = Protocol(splits=5, seed=seed).evaluate(
        detector, real_rows, fake_rows, groups, copies
    )
    left_out = generators_left_out(detector, pictures)
    fit_to(detector, pictures)
    about = {
        "description": f"{classifier}, trained on {real} against "
        + _counterpart(folders, aligned),
        "real": str(real),
        "fake": [str(one) for one in folders],
        "aligned": None if aligned is None else aligned.name,
        "matched": {"size": match_size, "jpeg": match_jpeg},
        "frames": frames,
        "group_folders": group_folders,
        "seed": seed,
        "false_positive_rate": false_positive_rate,
        "differences": found,
        "skipped": len(pictures.skipped),
        "protocol": report.as_dict(),
        "left_out": left_out,
    }
    trained = TrainedDetector.of(
        detector,
        joined,
        about,
        real_rows,
        fake_rows,
        "" if out is None else Path(out).resolve().name,
        groups,
        copies,
    )
    if out is not None:
        trained.save(out)
    paths = [path for some in pictures.pair("paths") for path in some]
    return Training(
        trained,
        report,
        left_out,
        found,
        pictures.skipped,
        paths,
        np.repeat([0, 1], [len(real_rows), len(fake_rows)]),
        expit(detector.held_out_log_odds_[: len(paths)]),
    )


def fit_to(
    detector: SpectralDetector,
    pictures: TrainingPictures,
    chosen: Sequence[np.ndarray | slice] = (slice(None), slice(None)),
) -> SpectralDetector:
    """Fit a detector to pictures and to their perturbed copies.

    Args:
        detector: A `SpectralDetector`, which is fitted.
        pictures: `TrainingPictures`.
        chosen: Places of the real and of the fake ones; all by default.
    """

    def joined(name):
        return np.concatenate(
            [
                some[places]
                for some, places in zip(
                    pictures.pair(name), chosen, strict=True
                )
            ]
        )

    counts = [
        len(some[places])
        for some, places in zip(pictures.pair("groups"), chosen, strict=True)
    ]
    rows, labels = joined("rows"), np.repeat([0, 1], counts)
    groups, perturbed = joined("groups"), None
    if pictures.perturbed is not None:
        rows = np.concatenate([rows, joined("perturbed")])
        perturbed = np.repeat([False, True], len(labels))
        labels, groups = np.tile(labels, 2), np.tile(groups, 2)
    return detector.fit(rows, labels, groups, perturbed)


def generators_left_out(
    detector: SpectralDetector,
    pictures: TrainingPictures,
    sets: Mapping[str, Collection[str]] | None = None,
) -> dict[str, dict[str, float]]:
    """How a detector does on each generator if trained on the others.

    It is fitted to half of the real pictures and to all of the other
    generators', and judged on the other half and on all of this one's. Groups
    stay together. If pictures are only judged, it is fitted to half of the
    pairs instead.

    Args:
        detector: A `SpectralDetector`, which is cloned.
        pictures: `TrainingPictures`.
        sets: {what to call it: generators that are left out together}; `None`
            leaves out each by itself.

    Returns:
        {generator or set: `scores.classification_metrics`}; empty if there is
        one generator.
    """
    generators = np.array(pictures.generators)
    names = list(dict.fromkeys(pictures.generators))
    real_groups, fake_groups = pictures.pair("groups")
    real_rows, fake_rows = pictures.pair("rows")
    _, order = np.unique(real_groups, return_inverse=True)
    first = order % 2 == 0

    def metrics(known, rows):
        places = [np.flatnonzero(first), np.flatnonzero(known)]
        fitted = fit_to(clone(detector), pictures, places)
        return {
            name: _metrics(fitted, real_rows[~first], some)
            for name, some in rows.items()
        }

    if pictures.judged:
        return metrics(
            np.isin(fake_groups, real_groups[first]), pictures.judged
        )
    if sets is None:
        sets = {name: [name] for name in names}
    results = {}
    for name, left_out in sets.items() if len(names) > 1 else []:
        mine = np.isin(generators, list(left_out))
        known = ~mine & ~np.isin(fake_groups, fake_groups[mine])
        results |= metrics(known, {name: fake_rows[mine]})
    return results


def warn_of_few(groups: Sequence[np.ndarray]) -> None:
    """A warning of kinds with too few groups for the bounds of verdicts.

    Args:
        groups: Those of the real pictures and, if there are, of the fake ones.
    """
    counts = [len(np.unique(some)) for some in groups]
    received = " and ".join(
        f"{count} of {kind}"
        for count, kind in zip(counts, ("real", "fake"), strict=False)
    )
    if min(counts) < LEAST_GROUPS:
        warnings.warn(
            "There are few pictures that are not nearly the same, of one video "
            "or of one folder. Expected at least "
            f"{LEAST_GROUPS} groups of each kind. Received: {received} "
            "pictures. The detector's bounds are worth little; add others.",
            stacklevel=3,
        )


def _metrics(fitted, real, fake):
    judged = np.concatenate([real, fake])
    return classification_metrics(
        np.repeat([0, 1], [len(real), len(fake)]),
        fitted.predict(judged),
        positive_scores(fitted, judged),
        positive_probabilities(fitted, judged),
    )


def _folders(fake, aligned):
    """The folders of generated pictures, which a detector may do without."""
    if fake is not None:
        return fake_folders(fake)
    if aligned is None:
        raise ValueError(
            "A detector learns from real and from generated pictures. Expected "
            "`fake`, folders of generated ones, or `aligned`, an auto-encoder "
            "that reconstructs the real ones. Received: neither."
        )
    return []


def _counterpart(folders, aligned):
    if aligned is None:
        return ", ".join(map(str, folders))
    return f"their reconstructions by {aligned.name}"


def _check_comparable(files, match_size, match_jpeg):
    """How the files differ; refused unless it is matched, else warned of."""
    found = differences(files["real"], files["fake"])
    remedies = {
        "The sizes differ": ("match_size", "--match-size", match_size),
        "The codecs differ": ("match_jpeg", "--match-jpeg", match_jpeg),
        "The quality tables differ": ("match_jpeg", "--match-jpeg", match_jpeg),
    }
    for sentence in found:
        for start, (argument, option, value) in remedies.items():
            if sentence.startswith(start) and value is None:
                raise ValueError(
                    "A detector would learn to separate the files, not the "
                    f"generator. {sentence} Give `{argument}` ({option}), or "
                    "prepare both kinds alike."
                )
        warnings.warn(sentence, stacklevel=3)
    return found
