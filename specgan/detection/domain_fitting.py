"""Fit the model of what a detector's training images are like."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA

from specgan.detection.calibration import upper_bound
from specgan.detection.domain import domain_distances
from specgan.detection.domain import projected
from specgan.detection.domain import squared_distances
from specgan.detection.log_odds import standardized
from specgan.detection.spectral_detector import SpectralDetector
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL

AXES = 64
"""Principal components that are looked at one by one, at most."""

TRIMMED = 0.05
"""Share of the images, the farthest, that the covariance does without."""

OUTSIDE = 0.02
"""Share of held-out images of the domain that count as outside."""


def domain_of(
    detector: SpectralDetector,
    arrays: Mapping[str, np.ndarray],
    rows: Sequence[np.ndarray],
    groups: Sequence[ArrayLike] | None = None,
    perturbed: Sequence[ArrayLike] | None = None,
) -> dict[str, np.ndarray]:
    """`fit_domain` of a fitted detector and its training images.

    Args:
        detector: A `SpectralDetector`, of whose folds the limit is.
        arrays: Its `arrays()`.
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
    return fit_domain(
        standardized(known, arrays),
        labels,
        detector.splits(known, labels, together),
        limited,
    )


def fit_domain(
    z: np.ndarray,
    labels: np.ndarray,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    limited: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """The arrays of `domain.domain_distances`, and the limit of distances.

    Principal components of all images; the mean and covariance of each kind
    without its farthest images (trimmed twice, which makes them robust). The
    limit is such that at most `OUTSIDE` of further images like them are
    beyond, by distances of images that a model was not fitted to.

    Args:
        z: float64 [n, features], standardized.
        labels: [n], 0 for real and 1 for generated, some of each.
        splits: Pairs of places: what a model is fitted to, what is held out.
        limited: bool [n], of which images the limit is; of all by default.

    Returns:
        Dictionary of float64 arrays.
    """
    held_out = np.full(len(z), np.nan)
    for fitted, others in splits:
        arrays = _fit(z[fitted], labels[fitted])
        held_out[others] = domain_distances(z[others], arrays)
    arrays = _fit(z, labels)
    known = held_out[slice(None) if limited is None else limited]
    known = known[~np.isnan(known)]
    # With too few images for the rate, it is the farthest one.
    limit = min(upper_bound(known, OUTSIDE), np.max(known))
    return {**arrays, "domain_limit": np.array(limit)}


def _fit(z, labels):
    least = min(np.bincount(labels, minlength=2))
    # Some images for each axis of the covariance.
    axes = max(1, min(AXES, z.shape[1], int(least) // 10))
    center = np.mean(z, axis=0)
    solver = "covariance_eigh" if len(z) > z.shape[1] else "full"
    model = PCA(axes, svd_solver=solver).fit(z - center)
    arrays = {"domain_axes": model.components_}
    y, r = projected(z, model.components_)
    for label, kind in enumerate((REAL, GENERATED)):
        mine = y[labels == label]
        gauss = EmpiricalCovariance().fit(mine)
        distances = squared_distances(mine, gauss.location_, gauss.precision_)
        for _ in range(2):
            near = distances <= np.quantile(distances, 1 - TRIMMED)
            gauss = EmpiricalCovariance().fit(mine[near])
            distances = squared_distances(
                mine, gauss.location_, gauss.precision_
            )
        arrays[f"domain_{kind}_center"] = gauss.location_
        arrays[f"domain_{kind}_precision"] = gauss.precision_
        arrays[f"domain_{kind}_scales"] = np.array(
            [np.median(distances), np.median(r[labels == label])]
        )
    return arrays
