"""How far pictures are from those that a detector was trained on."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL

LEAST_SPREAD = 1e-6
"""Standard deviation of a feature that never varied."""


class Reference(NamedTuple):
    """The 1-D spectra of one kind of training images."""

    mean: np.ndarray  # As `TrainedDetector.frequencies`.
    spread: np.ndarray  # Likewise, standard deviation.


def domain_distances(
    rows: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Distance from the training images of a detector; the nearer kind counts.

    Args:
        rows: float64 [n, features].
        arrays: As for `kind_distances`, of both kinds or of the real one.

    Returns:
        float64 [n].
    """
    return np.min(
        [kind_distances(rows, arrays, kind) for kind in kinds_of(arrays)],
        axis=0,
    )


def kinds_of(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Which kinds of training images a detector has: both, or "real"."""
    return tuple(kind for kind in (REAL, GENERATED) if f"{kind}_mean" in arrays)


def kind_distances(
    rows: np.ndarray, arrays: Mapping[str, np.ndarray], kind: str
) -> np.ndarray:
    """Distance from the training images of one kind: hardly any is beyond 1.

    Formula:

    ```
    z = (row - mean) / spread
    y = axes @ z
    d = sum_k (y_k - center_k)^2 / variances_k   (Mahalanobis, squared)
    r = |z|^2 - |y|^2                            (what the axes do not see)
    distance = max(d / scales[0], r / scales[1])
    ```

    The scales are such that hardly any further image of the kind is beyond,
    see `domain_fitting.fit_domain`.

    Args:
        rows: float64 [n, features].
        arrays: Dictionary of float64: `real_mean`, `real_spread` [features];
            `domain_real_axes` [axes, features], orthonormal;
            `domain_real_center`, `domain_real_variances` [axes];
            `domain_real_scales` [2]; or likewise of "generated".
        kind: "real" or "generated".

    Returns:
        float64 [n].

    Reference:
    - Jackson and Mudholkar, Control Procedures for Residuals Associated with
      Principal Component Analysis, Technometrics 21 (1979): d and r.
    """
    parts = kind_parts(rows, arrays, kind)
    return np.max(parts / arrays[f"domain_{kind}_scales"], axis=1)


def kind_parts(
    rows: np.ndarray, arrays: Mapping[str, np.ndarray], kind: str
) -> np.ndarray:
    """d and r of `kind_distances`: [n, 2]; r is 0 where all axes are there."""
    z = standardized(rows, arrays[f"{kind}_mean"], arrays[f"{kind}_spread"])
    axes = arrays[f"domain_{kind}_axes"]
    y = z @ axes.T
    deviations = (y - arrays[f"domain_{kind}_center"]) ** 2
    squared = np.sum(deviations / arrays[f"domain_{kind}_variances"], axis=1)
    rest = np.zeros(len(z))
    if len(axes) < z.shape[1]:
        rest = residuals(z, y)
    return np.stack([squared, rest], axis=1)


def nearest_deviations(
    rows: np.ndarray, arrays: Mapping[str, np.ndarray], kinds: Sequence[str]
) -> np.ndarray:
    """How far each feature is from the nearer mean, in standard deviations.

    Args:
        rows: float64 [n, features].
        arrays: As for `kind_distances`.
        kinds: Those of whose training images the means are.

    Returns:
        float64 [n, features], from 0.
    """
    nearest = np.full(np.shape(rows), np.inf)
    for kind in kinds:
        z = standardized(rows, arrays[f"{kind}_mean"], arrays[f"{kind}_spread"])
        np.minimum(nearest, np.abs(z, out=z), out=nearest)
    return nearest


def part_medians(
    deviations: np.ndarray, columns: Mapping[str, slice]
) -> list[np.ndarray]:
    """The median over the features of each part, of each image.

    The median, since rare features may deviate without end.

    Args:
        deviations: As `nearest_deviations` gives them.
        columns: {name of a part: its columns}.

    Returns:
        A list of float64 [n], one for each part.
    """
    medians = []
    for some in columns.values():
        # `np.median` takes four times as long.
        rows = np.sort(deviations[:, some], axis=1)
        count = rows.shape[1]
        middle = rows[:, (count - 1) // 2 : count // 2 + 1]
        medians.append(middle.mean(axis=1))
    return medians


def standardized(
    rows: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """z of `kind_distances`."""
    z = rows - mean
    z /= np.maximum(spread, LEAST_SPREAD)
    return z


def residuals(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """r of `kind_distances`."""
    squares = np.einsum("nf,nf->n", z, z)
    return np.maximum(squares - np.sum(y**2, axis=1), 0)
