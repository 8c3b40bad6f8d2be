"""What detectors make of pictures that are perturbed."""

import dataclasses
import warnings
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from specgan.data.reading import is_flat
from specgan.detection.estimate import Estimate
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbations import get
from specgan.detection.scores import area_estimate
from specgan.detection.scores import positive_scores
from specgan.detection.scores import share_estimate
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNSURE

LEAST_GROUPS = 4
"""Groups of each kind: the control needs two in each half of the real ones."""

_COLUMNS = {
    "balanced_accuracy": ("balanced", "accuracy"),
    "auc": ("", "AUC"),
    "real_accuracy": ("real", "correct"),
    "generated_accuracy": ("generated", "correct"),
    "control_auc": ("control", "AUC"),
    "unsure": ("", "unsure"),
    "false_positives": ("false", "positives"),
    "false_negatives": ("false", "negatives"),
}


@dataclasses.dataclass(frozen=True)
class Curve:
    """How a detector does as a perturbation grows.

    Args:
        unit: What a strength is, in words.
        strengths: Tuple of numbers.
        scores: Tuple of what `Robustness.scores` is, one for each strength.
    """

    unit: str
    strengths: tuple
    scores: tuple


@dataclasses.dataclass(frozen=True)
class Robustness:
    """How a detector does on pictures left alone, and on perturbed ones.

    The threshold is the same everywhere. Where it no longer suits perturbed
    pictures, one of the two accuracies falls while the other and the area
    under the curve do not.

    Args:
        pictures: How many there are of each kind: {"real": n, "fake": m}.
        groups: How many groups, likewise. Errors are those over groups.
        scores: Of the pictures as they are, a dictionary of `Estimate`s from
            0 to 1:

            - "real_accuracy", "generated_accuracy": shares of the real and of
              the generated pictures that are classified correctly; their mean
              is the "balanced_accuracy".
            - "auc": area under the receiver operating characteristic curve.
            - "control_auc": the same of one half of the real pictures against
              the other, where there is nothing to find. What is no further
              from 1/2 means nothing.
            - with verdicts, "unsure": the share of all pictures with this
              verdict; "false_positives": the share of the real ones with the
              verdict "generated"; "false_negatives": the share of the
              generated ones with the verdict "real".
        curves: Dictionary of a `Curve` for each perturbation.
    """

    pictures: dict
    groups: dict
    scores: dict
    curves: dict

    def as_dict(self) -> dict[str, Any]:
        """All of it, such that JSON can write it."""
        return dataclasses.asdict(self)

    def lines(self) -> list[str]:
        """A table, line by line, in percent, with standard errors."""
        columns = {name: _COLUMNS[name] for name in self.scores}
        rows = [("unperturbed", "", self.scores)]
        for name, curve in self.curves.items():
            label = f"{name} ({curve.unit})"
            rows += [
                (label, *row)
                for row in zip(curve.strengths, curve.scores, strict=True)
            ]
        width = max(len(row[0]) for row in rows)
        head = f"{'':{width}}  {'':8}"
        return [
            head + "".join(f"{upper:>12}" for upper, _ in columns.values()),
            f"{'':{width}}  {'strength':>8}"
            + "".join(f"{lower:>12}" for _, lower in columns.values()),
            *(
                f"{name:{width}}  {strength!s:>8}"
                + "".join(_cell(scores[column]) for column in columns)
                for name, strength, scores in rows
            ),
        ]


def robustness(
    classifier: Any,
    features: Callable[[list[np.ndarray]], np.ndarray],
    real: np.ndarray | Sequence[np.ndarray],
    fake: np.ndarray | Sequence[np.ndarray],
    strengths: Mapping[str, Sequence[float] | None] | None = None,
    verdicts: Callable[[np.ndarray], np.ndarray] | None = None,
    groups: Sequence[ArrayLike] | None = None,
) -> Robustness:
    """How a fitted classifier does on perturbed pictures.

    Pictures that a perturbation leaves flat have no spectrum: they are left
    out, which a warning says.

    Args:
        classifier: A fitted scikit-learn classifier of two classes, with
            `decision_function` or `predict_proba`; the second of its
            `classes_` is the generated one.
        features: Function of a list of uint8 [height, width, channels], which
            gives [pictures, features].
        real: Real pictures that the classifier was not fitted to: uint8
            [batch, height, width, channels], or a list of such pictures.
        fake: Generated ones, likewise.
        strengths: Dictionary from names of `PERTURBATIONS` to strengths, or to
            `None` for their own; by default all of them.
        verdicts: Function of [pictures, features] that gives "real",
            "generated" or "unsure" for each picture, whose shares are measured
            then. The other metrics are those of all pictures.
        groups: A pair of what names the group of each real and of each fake
            picture, as for `Protocol.evaluate`, since pictures of one group
            are not independent; by default each is a group of its own.

    Returns:
        A `Robustness`.

    Raises:
        ValueError: If a kind has fewer than 4 groups, a perturbation is not
            known, a strength is out of its range or leaves too little.

    Example:
    >>> robustness(detector, SpectralFeatures(), real, fake, {"jpeg": (90, 50)})
    >>> robustness(
    ...     detector, SpectralFeatures(), real, fake, verdicts=detector.verdict
    ... )
    """
    if strengths is None:
        strengths = dict.fromkeys(PERTURBATIONS)
    perturbations = {name: get(name) for name in strengths}
    pictures = [*real, *fake]
    labels = np.repeat([0, 1], [len(real), len(fake)])
    names = _group_names(groups, labels)
    counts = {
        kind: len(np.unique(names[labels == label]))
        for label, kind in enumerate(("real", "fake"))
    }
    _require_groups(counts, "Robustness is that of telling real from fake.")
    half = _halves(names)
    left_out = []

    def measured(pictures, perturbation):
        usable = np.array([not is_flat(picture) for picture in pictures])
        if not usable.all():
            left_out.append(f"{perturbation} ({np.sum(~usable)})")
            pictures = [pictures[place] for place in np.flatnonzero(usable)]
        kinds, known, halves = labels[usable], names[usable], half[usable]
        remaining = {
            "real": min(
                2 * len(np.unique(known[(kinds == 0) & (halves == one)]))
                for one in (0, 1)
            ),
            "fake": len(np.unique(known[kinds == 1])),
        }
        _require_groups(
            remaining,
            f"The perturbation {perturbation} leaves too few pictures that are "
            "not flat.",
        )
        return _measured(
            classifier, features(pictures), kinds, known, halves, verdicts
        )

    scores = measured(pictures, "none")
    curves = {}
    for name, perturbation in perturbations.items():
        chosen = strengths[name]
        chosen = perturbation.strengths if chosen is None else tuple(chosen)
        points = tuple(
            measured(
                perturbation.function(pictures, strength), f"{name} {strength}"
            )
            for strength in chosen
        )
        curves[name] = Curve(perturbation.unit, chosen, points)
    if left_out:
        warnings.warn(
            "Pictures that are flat once they are perturbed have no spectrum "
            f"and are left out: {', '.join(left_out)}.",
            stacklevel=2,
        )
    counted = {"real": len(real), "fake": len(fake)}
    return Robustness(counted, counts, scores, curves)


def _measured(classifier, rows, labels, groups, halves, verdicts):
    """The scores of some pictures; halves are those of the control."""
    right = (classifier.predict(rows) == classifier.classes_[1]) == labels
    ranks = positive_scores(classifier, rows)
    real = labels == 0

    def share(values, *weights):
        return share_estimate(values, labels, weights, groups)

    scores = {
        "balanced_accuracy": share(right, 0.5, 0.5),
        "auc": area_estimate(labels, ranks, groups),
        "real_accuracy": share(right, 1, 0),
        "generated_accuracy": share(right, 0, 1),
        "control_auc": area_estimate(halves[real], ranks[real], groups[real]),
    }
    if verdicts is not None:
        said = np.asarray(verdicts(rows))
        scores["unsure"] = share(said == UNSURE, np.mean(real), np.mean(~real))
        scores["false_positives"] = share(said == GENERATED, 1, 0)
        scores["false_negatives"] = share(said == REAL, 0, 1)
    return scores


def _group_names(groups, labels):
    if groups is None:
        return np.arange(len(labels))
    real, fake = map(np.asarray, groups)
    counts = np.sum(labels == 0), np.sum(labels == 1)
    if (real.shape, fake.shape) != ((counts[0],), (counts[1],)):
        raise ValueError(
            f"Each picture needs its group. Expected {counts[0]} groups of "
            f"real and {counts[1]} of fake pictures. Received: arrays of shape "
            f"{real.shape} and {fake.shape}."
        )
    return np.concatenate([real, fake])


def _require_groups(counts, subject):
    if min(counts.values()) < LEAST_GROUPS:
        raise ValueError(
            f"{subject} Expected at least {LEAST_GROUPS} groups of pictures of "
            "each kind, for standard errors and the control. Received: "
            f"{counts['real']} of real and {counts['fake']} of fake ones. Add "
            "pictures, or perturb them less."
        )


def _halves(groups):
    """0 or 1 for each picture: at random, groups stay together."""
    names, place = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    return (rng.permutation(len(names)) % 2)[place]


def _cell(estimate: Estimate):
    return f"{100 * estimate.mean:6.1f} ±{100 * estimate.error:4.1f}"
