"""Fit the model of what a detector's training images are like."""

from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from specgan.detection.calibration import upper_bound
from specgan.detection.domain import LEAST_SPREAD
from specgan.detection.domain import kind_parts
from specgan.detection.domain import residuals
from specgan.detection.domain import standardized
from specgan.detection.spectral_detector import SpectralDetector
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL

AXES = 64
"""Principal components that are looked at one by one, at most."""

TRIMMED = 0.05
"""Share of the images, the farthest, that the model does without."""

OUTSIDE = 0.05
"""Share of held-out images of the domain that count as outside."""

FOLDS = 5
"""Of real images alone, to hold out."""

LEAST = 1e-12
"""Of variances and scales, so that images all alike have a distance."""


def domain_of(
    detector: SpectralDetector,
    rows: Sequence[np.ndarray],
    groups: Sequence[ArrayLike] | None = None,
    perturbed: Sequence[ArrayLike] | None = None,
) -> dict[str, np.ndarray]:
    """`fit_domain` of a fitted detector and its training images.

    Args:
        detector: A `SpectralDetector`, of whose folds the limit is.
        rows: Features of real and of generated training images.
        groups, perturbed: As `TrainedDetector.of` takes them.

    Returns:
        Dictionary of float64 arrays.
    """
    labels = np.repeat([0, 1], [len(some) for some in rows])
    together = None if groups is None else np.concatenate(list(groups))
    known = np.concatenate(list(rows))
    if perturbed is not None:
        some = [np.asarray(one, np.float64) for one in perturbed]
        if [one.shape for one in some] != [one.shape for one in rows]:
            raise ValueError(
                "Invalid value for argument `perturbed`. Expected a row for "
                f"each of {[one.shape for one in rows]}. Received: shapes "
                f"{[one.shape for one in some]}."
            )
        if together is None:
            together = np.arange(len(known))
        known = np.concatenate([known, *some])
        labels, together = np.tile(labels, 2), np.tile(together, 2)
    limited = np.arange(len(known)) < sum(map(len, rows))
    splits = detector.splits(known, labels, together)
    return fit_domain(known, labels, splits, limited)


def domain_of_real(
    rows: np.ndarray,
    groups: ArrayLike | None = None,
    perturbed: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """`fit_domain` of real training images alone.

    Args:
        rows, groups, perturbed, seed: As `OneClassDetector.of_real` takes them.

    Returns:
        Dictionary of float64 arrays.
    """
    together = np.arange(len(rows)) if groups is None else np.asarray(groups)
    known = rows
    if perturbed is not None:
        if perturbed.shape != rows.shape:
            raise ValueError(
                "Invalid value for argument `perturbed`. Expected a row for "
                f"each of {rows.shape}. Received: shape {perturbed.shape}."
            )
        known, together = (
            np.concatenate([rows, perturbed]),
            np.tile(together, 2),
        )
    count = len(np.unique(together))
    if together.shape != (len(known),) or count < FOLDS:
        raise ValueError(
            "How unusual real pictures are is measured on some that are held "
            f"out. Expected {len(rows)} names of groups, at least {FOLDS} "
            f"different ones. Received: {together.shape}, {count} different "
            "ones. Add pictures that are not nearly the same."
        )
    splits = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(
        known, groups=together
    )
    limited = np.arange(len(known)) < len(rows)
    return fit_domain(known, np.zeros(len(known), int), splits, limited)


def fit_domain(
    rows: np.ndarray,
    labels: np.ndarray,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    limited: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """The arrays of `domain.domain_distances`, and held-out distances.

    Of each kind mean, standard deviation and principal components, without its
    farthest images: fitted three times, which makes them robust. The scales
    are bounds of usual images, the limit is such that at most `OUTSIDE` of
    further images are beyond, both by images that a model was not fitted to.
    The distances of such real ones from the model of the real ones are kept,
    sorted: how unusual real images are among real ones.

    Args:
        rows: float64 [n, features].
        labels: [n], 0 for real and 1 for generated, some of each; or 0 alone.
        splits: Pairs of places: what a model is fitted to, what is held out.
        limited: bool [n], of which images mean, standard deviation, scales,
            limit and the distances that are kept are; of all by default. The
            others, perturbed copies, widen what is near.

    Returns:
        Dictionary of float64 arrays: those of `domain.domain_distances`,
        `domain_limit` and `domain_real_distances` [held-out real images].
    """
    if limited is None:
        limited = np.ones(len(rows), bool)
    kinds = (REAL, GENERATED)[: 1 + int(np.any(labels == 1))]
    held_out = np.full([len(kinds), len(rows), 2], np.nan)  # Parts, by kind.
    units = rows.std(axis=0)
    for fitted, others in splits:
        arrays = _fit(
            rows[fitted], labels[fitted], limited[fitted], units, kinds
        )
        for parts, kind in zip(held_out, kinds, strict=True):
            parts[others] = kind_parts(rows[others], arrays, kind)
    known = limited & ~np.isnan(held_out[0, :, 0])
    arrays = _fit(rows, labels, limited, units, kinds)
    distances = []
    for label, (parts, kind) in enumerate(zip(held_out, kinds, strict=True)):
        own = parts[known & (labels == label)]
        scales = np.array([_usual_bound(part) for part in own.T])
        arrays[f"domain_{kind}_scales"] = scales
        distances.append(np.max(parts / scales, axis=1))
    nearest = np.min(distances, axis=0)[known]
    # With too few images for the rate, it is the farthest one.
    limit = min(upper_bound(nearest, OUTSIDE), np.max(nearest))
    return {
        **arrays,
        "domain_limit": np.array(limit),
        "domain_real_distances": np.sort(distances[0][known & (labels == 0)]),
    }


def _usual_bound(values):
    """What hardly any usual value exceeds, whatever a few strange ones are.

    Of logarithms the median and two standard deviations, by the median
    deviation.
    """
    logs = np.log(np.maximum(values, LEAST))
    median = np.median(logs)
    return np.exp(median + 2 * 1.4826 * np.median(np.abs(logs - median)))


def _fit(rows, labels, limited, units, kinds):
    arrays = {}
    for label, kind in enumerate(kinds):
        mine = labels == label
        mean, spread, domain = _kind(rows[mine], limited[mine], units)
        arrays |= {f"{kind}_mean": mean, f"{kind}_spread": spread}
        arrays |= {
            f"domain_{kind}_{name}": value for name, value in domain.items()
        }
    return arrays


def _principal_components(count, z):
    # All of some thousand, to keep 64 of them, would take most of the time.
    is_small = z.shape[1] < 4 * count
    solver = "covariance_eigh" if is_small else "randomized"
    return PCA(count, svd_solver=solver, iterated_power=2, random_state=0).fit(
        z
    )


def _kind(rows, limited, units):
    # Some images for each axis.
    count = max(1, min(AXES, rows.shape[1], len(rows) // 10))
    near = np.ones(len(rows), bool)
    for _ in range(3):
        known = rows[near & limited]
        mean, spread = known.mean(axis=0), known.std(axis=0)
        # What hardly any training image has, such as a rare co-occurrence, may
        # not vary in these. In units of nothing, the usual image that has it
        # would be so far that whatever is nearer would count as usual.
        spread = np.where(spread < LEAST_SPREAD, units, spread)
        z = standardized(rows, mean, spread)
        model = _principal_components(count, z[near])
        axes = model.components_
        y, center = z @ axes.T, model.mean_ @ axes.T
        variances = np.maximum(model.explained_variance_, LEAST)
        parts = np.stack(
            [np.sum((y - center) ** 2 / variances, axis=1), residuals(z, y)]
        )
        scales = np.maximum(np.median(parts, axis=1), LEAST)
        distances = np.max(parts / scales[:, None], axis=0)
        near = distances <= np.quantile(distances, 1 - TRIMMED)
        # The copies of what is known may all be far.
        near |= limited & (np.sum(near & limited) < 2)
    domain = {"axes": axes, "center": center, "variances": variances}
    return mean, spread, domain
