"""How well a classifier detects generated images, and whether to believe it."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from specgan.detection.estimate import Estimate
from specgan.detection.report import KINDS
from specgan.detection.report import Report
from specgan.detection.scores import classification_metrics
from specgan.detection.scores import positive_probabilities
from specgan.detection.scores import positive_scores
from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.metrics.standard_error import standard_error

TOLERANCE = 0.05
"""How far a control may be from a balanced accuracy of 1/2."""


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How a classifier is evaluated: splits, groups, controls.

    The pictures are split at random into `folds` parts of as equal composition
    as can be, and again as often as need be. A clone of the classifier is
    fitted to all parts but one, and scored on that one.

    Pictures of one group are held out together. Without groups for frames of
    one video, for copies or for pictures of one camera, a classifier is
    rewarded for what it remembers.

    The controls do the same with the pictures of one kind only, whose groups
    are split at random into two classes, anew for every split. Nothing can be
    found there, so they must be near 1/2. They are not where pictures or
    groups are too few: then the scores mean as little. That groups are missing
    they cannot show: copies come into either class by chance.

    Args:
        folds: Integer from 2: 1 / folds of the pictures are held out. Each
            kind needs as many pictures, or groups.
        splits: Integer from 2; a multiple of `folds` holds every picture out
            equally often.
        vote: Whether all pictures of a group and kind, such as the frames of a
            video, are judged as one: by majority, where a tie means real. Such
            a thing is ranked by the mean of its pictures' scores; the mean of
            their probabilities is too cautious for it, as the calibration
            error shows.
        seed: Integer from 0, of the splits.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
    >>> report = Protocol().evaluate(SVC(), real_rows, fake_rows)
    >>> report.scores["balanced_accuracy"]
    Estimate(mean=0.93, error=0.01)
    >>> report.doubts
    ('The control, real against real, has a balanced accuracy of 58.1% ...',)
    >>> print("\\n".join(report.lines()))

    Reference:
    - Nadeau and Bengio, Inference for the Generalization Error, Machine
      Learning 52 (2003), for the error.
    """

    folds: int = 5
    splits: int = 10
    vote: bool = False
    seed: int = 0

    def __post_init__(self):
        _require_integer("folds", self.folds, 2)
        _require_integer("splits", self.splits, 2)
        _require_integer("seed", self.seed, 0)

    def evaluate(
        self,
        classifier: Any,
        real: ArrayLike,
        fake: ArrayLike,
        groups: Sequence[ArrayLike] | None = None,
        perturbed: Sequence[ArrayLike] | None = None,
    ) -> Report:
        """Evaluate a classifier by features of real and of generated pictures.

        Args:
            classifier: A scikit-learn classifier with `decision_function` or
                `predict_proba`. It is cloned and fitted to labels 0 (real) and
                1 (fake). If its `fit` takes `groups`, it gets those of its
                pictures.
            real: [pictures, features], finite.
            fake: [pictures, features], finite.
            groups: A pair of what names the group of each real and of each
                fake picture, integers or strings: a video, a source, the
                results of `near_duplicate_groups`. A name that both kinds
                share is one group.
            perturbed: A pair of features, as `real` and `fake`, of perturbed
                copies of the same pictures. The classifier is fitted to them
                as well, and judged on either apart. If its `fit` takes
                `perturbed`, it is told which they are.

        Returns:
            A `Report`.

        Raises:
            ValueError: If a kind has no pictures, or fewer pictures or groups
                than folds; if features are not finite.
        """
        real, fake = _rows("real", real), _rows("fake", fake)
        if real.shape[1] != fake.shape[1]:
            raise ValueError(
                "Real and fake pictures need the same features. Received: "
                f"{real.shape[1]} features of real and {fake.shape[1]} of fake "
                "pictures. Use features of a fixed length."
            )
        rows = np.concatenate([real, fake])
        labels = np.repeat([0, 1], [len(real), len(fake)])
        sources = self._sources(groups, len(real), len(fake))
        copies = _copies(perturbed, rows, len(real))

        draw = np.random.default_rng(self.seed)
        scores, perturbed_scores = self._estimates(
            classifier,
            rows,
            copies,
            sources,
            self._splits(labels, sources, draw),
        )
        controls, doubts = {}, []
        for label, kind in enumerate(KINDS):
            mine = labels == label
            some = None if sources is None else sources[mine]
            splits = self._control_splits(np.sum(mine), some, draw)
            try:
                controls[kind], _ = self._estimates(
                    classifier,
                    rows[mine],
                    None if copies is None else copies[mine],
                    some,
                    splits,
                )
            except ValueError as error:
                doubts.append(
                    f"There is no control, {kind} against {kind}: {error}"
                )
        counts = [np.sum(labels == label) for label in (0, 1)]
        number = [_group_count(sources, labels == label) for label in (0, 1)]
        judged = number if self.vote else counts
        baseline = max(judged) / sum(judged)
        return Report(
            protocol=self,
            pictures=_by_kind(counts),
            groups=None if sources is None else _by_kind(number),
            scores=scores,
            perturbed_scores=perturbed_scores,
            controls=controls,
            majority_baseline=float(baseline),
            doubts=(
                *_doubts(scores, controls, baseline),
                *doubts,
                *_coarse_rates(judged[0] / self.folds),
            ),
        )

    def _sources(self, groups, real, fake):
        """[real + fake] numbers of groups, or `None`."""
        if groups is None:
            if self.vote:
                raise ValueError(
                    "A vote is one of groups. Expected `groups`, the videos of "
                    "the pictures. Received: groups=None."
                )
            return None
        names = [np.asarray(some) for some in groups]
        shapes = [some.shape for some in names]
        if shapes != [(real,), (fake,)]:
            raise ValueError(
                "Each picture needs its group. Expected groups of shapes "
                f"({real},) for real and ({fake},) for fake pictures. "
                f"Received: {', '.join(map(str, shapes))}."
            )
        _, sources = np.unique(np.concatenate(names), return_inverse=True)
        return sources

    def _splits(self, labels, sources, draw):
        """Yields labels, what is fitted and what is held out, endlessly."""
        counts = [_group_count(sources, labels == label) for label in (0, 1)]
        if min(counts) < self.folds:
            things = "pictures" if sources is None else "groups"
            raise ValueError(
                f"There are too few {things} to hold some out in each fold. "
                f"Expected at least {self.folds} of each of the two classes. "
                f"Received: {counts[0]} and {counts[1]}. Add {things}."
            )
        while True:
            part = _parts(labels, sources, self.folds, draw)
            for fold in range(self.folds):
                fitted = np.flatnonzero(part != fold)
                held_out = np.flatnonzero(part == fold)
                if any(
                    len(np.unique(labels[chosen])) < 2
                    for chosen in (fitted, held_out)
                ):
                    raise ValueError(
                        "The groups are too unequal to be split. Expected "
                        f"{self.folds} folds with pictures of both classes in "
                        "each. Received: one with one class only. Lower "
                        "`folds`, or give smaller groups."
                    )
                yield labels, fitted, held_out

    def _control_splits(self, count, sources, draw):
        groups = np.arange(count) if sources is None else sources
        names, place = np.unique(groups, return_inverse=True)
        while True:
            labels = (draw.permutation(len(names)) % 2)[place]
            yield next(self._splits(labels, sources, draw))

    def _estimates(self, classifier, rows, copies, sources, splits):
        """Estimates on held-out pictures, and on their perturbed copies."""
        takes_groups = has_fit_parameter(classifier, "groups")
        takes_perturbed = has_fit_parameter(classifier, "perturbed")
        if copies is not None and sources is None:
            sources = np.arange(len(rows))
        values, perturbed_values = [], []
        for labels, fitted, held_out in itertools.islice(splits, self.splits):
            extra, units = {}, None
            known = rows[fitted]
            repeats = 1
            if copies is not None:
                known = np.concatenate([known, copies[fitted]])
                repeats = 2
            if sources is not None and takes_groups:
                extra["groups"] = np.tile(sources[fitted], repeats)
            if copies is not None and takes_perturbed:
                extra["perturbed"] = np.repeat([False, True], len(fitted))
            if sources is not None and self.vote:
                units = 2 * sources[held_out] + labels[held_out]
            fresh = clone(classifier)
            fresh.fit(known, np.tile(labels[fitted], repeats), **extra)
            for results, some in (values, rows), (perturbed_values, copies):
                if some is not None:
                    results.append(
                        _evaluated(
                            fresh, some[held_out], labels[held_out], units
                        )
                    )
        return (
            self._over_splits(values),
            None if copies is None else self._over_splits(perturbed_values),
        )

    def _over_splits(self, values):
        return {
            name: self._estimate([value[name] for value in values])
            for name in values[0]
        }

    def _estimate(self, values):
        error = standard_error(values, held_out=1 / self.folds)
        return Estimate(float(np.mean(values)), error)


def _parts(labels, sources, folds, draw):
    """The fold in which each picture is held out: [n].

    The largest groups first, each goes where there is least of its kinds.
    (scikit-learn's `StratifiedGroupKFold` takes seconds for some thousand
    groups, and every split of a control needs new ones.)
    """
    if sources is None:
        sources = np.arange(len(labels))
    names, group = np.unique(sources, return_inverse=True)
    counts = np.zeros([len(names), 2])
    np.add.at(counts, (group, labels), 1)
    shares = counts / counts.sum(axis=0)
    order = draw.permutation(len(names))
    order = order[np.argsort(-counts.sum(axis=1)[order], kind="stable")]
    filled = np.zeros([folds, 2])
    fold = np.zeros(len(names), int)
    for place in order:
        fold[place] = np.argmin(filled @ shares[place])
        filled[fold[place]] += shares[place]
    return fold[group]


def _evaluated(classifier, rows, labels, units):
    """The metrics of a fitted classifier, for each unit if there are any."""
    predictions = classifier.predict(rows)
    scores = positive_scores(classifier, rows)
    probabilities = positive_probabilities(classifier, rows)
    if units is not None:
        _, first, unit = np.unique(
            units, return_index=True, return_inverse=True
        )
        counts = np.bincount(unit)
        labels = labels[first]
        votes = 2 * np.bincount(unit, predictions)
        predictions = (votes > counts).astype(int)
        scores = np.bincount(unit, scores) / counts
        if probabilities is not None:
            probabilities = np.bincount(unit, probabilities) / counts
    return classification_metrics(labels, predictions, scores, probabilities)


def _doubts(scores, controls, baseline):
    for kind, control in controls.items():
        estimate = control["balanced_accuracy"]
        distance = abs(estimate.mean - 0.5)
        if distance > TOLERANCE:
            chance = (
                "Chance explains it: there are too few pictures or groups"
                if distance <= 2 * estimate.error
                else "Chance does not explain it: look for few groups, each of "
                "very similar pictures, and for what features and classifier "
                "know beyond the pictures"
            )
            yield (
                f"The control, {kind} against {kind}, has a balanced accuracy "
                f"of {estimate.mean:.1%}, which is not near 50%. {chance}. "
                "Scores that are no further from 50% mean nothing."
            )
        # This error is nearly twice too large for controls.
        elif estimate.error > 2 * TOLERANCE:
            yield (
                f"The control, {kind} against {kind}, is too uncertain to say "
                f"anything: {estimate.mean:.1%} ± {estimate.error:.1%}. There "
                "are too few pictures or groups."
            )
    accuracy = scores["accuracy"].mean
    if accuracy <= baseline:
        yield (
            f"The accuracy, {accuracy:.1%}, is not above that of always naming "
            f"the larger kind, {baseline:.1%}."
        )


def _coarse_rates(held_out):
    rates = [rate for rate in (1, 5) if held_out * rate < 100]
    if rates:
        percents = " and ".join(f"{rate}%" for rate in rates)
        yield (
            f"Each split holds out {held_out:.0f} real ones: the true-positive "
            f"rate at {percents} of false positives is that at none."
        )


def _rows(kind, rows):
    rows = np.asarray(rows, np.float64)
    if rows.ndim != 2:
        raise ValueError(
            f"Expected features [pictures, features]. Received: {kind} "
            f"features of shape {rows.shape}."
        )
    if not len(rows):
        raise ValueError(
            "A detector separates real from fake pictures. Expected some of "
            f"both kinds. Received: no {kind} ones."
        )
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise ValueError(
            "Features must be finite. Received: NaN or infinity in "
            f"{len(wrong)} of {len(rows)} {kind} rows, the first of them row "
            f"{wrong[0]}. Leave these pictures out."
        )
    return rows


def _copies(perturbed, rows, real):
    """[real + fake, features] of perturbed copies, or `None`."""
    if perturbed is None:
        return None
    copies = [
        _rows(f"perturbed {kind}", some)
        for kind, some in zip(KINDS, perturbed, strict=True)
    ]
    expected = [rows[:real].shape, rows[real:].shape]
    if [some.shape for some in copies] != expected:
        raise ValueError(
            "Each picture has its perturbed copy. Expected features of shapes "
            f"{expected[0]} and {expected[1]}. Received: "
            f"{', '.join(str(some.shape) for some in copies)}."
        )
    return np.concatenate(copies)


def _group_count(sources, chosen):
    if sources is None:
        return int(np.sum(chosen))
    return len(np.unique(sources[chosen]))


def _by_kind(counts):
    return dict(zip(KINDS, map(int, counts), strict=True))


def _require_integer(name, value, least):
    if not is_integer(value) or value < least:
        expected = f"an integer of at least {least}"
        raise invalid_argument(name, expected, value)
