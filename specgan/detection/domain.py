"""How far pictures are from those that a detector was trained on."""

from collections.abc import Mapping

import numpy as np

from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL


def domain_distances(
    z: np.ndarray, arrays: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Distance of standardized features from the training images'.

    Formula, for real and for generated training images; the nearer counts:

    ```
    y = axes @ z
    d = (y - center)^T precision (y - center)    (Mahalanobis, squared)
    r = |z|^2 - |y|^2                            (what the axes do not see)
    distance = max(d / scales[0], r / scales[1])
    ```

    The scales are the medians of d and r over the training images of the
    kind: 1 is a usual image.

    Args:
        z: float64 [n, features], standardized as for the classifier.
        arrays: Dictionary of float64: `domain_axes` [axes, features],
            orthonormal; `domain_real_center` [axes], `domain_real_precision`
            [axes, axes] and `domain_real_scales` [2]; likewise of
            "generated". `domain_limit` is not used here.

    Returns:
        float64 [n].

    Reference:
    - Jackson and Mudholkar, Control Procedures for Residuals Associated with
      Principal Component Analysis, Technometrics 21 (1979): d and r.
    """
    y, r = projected(z, arrays["domain_axes"])
    distances = []
    for kind in (REAL, GENERATED):
        d = squared_distances(
            y,
            arrays[f"domain_{kind}_center"],
            arrays[f"domain_{kind}_precision"],
        )
        ratios = [
            part / scale
            for part, scale in zip(
                (d, r), arrays[f"domain_{kind}_scales"], strict=True
            )
            if scale > 0  # What never varied says nothing of distance.
        ]
        distances.append(np.max([np.zeros(len(z)), *ratios], axis=0))
    return np.min(distances, axis=0)


def projected(z: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """y [n, axes] and r [n] of `domain_distances`."""
    y = z @ axes.T
    if len(axes) == z.shape[1]:
        return y, np.zeros(len(z))
    return y, np.maximum(np.sum(z**2, axis=1) - np.sum(y**2, axis=1), 0)


def squared_distances(
    y: np.ndarray, center: np.ndarray, precision: np.ndarray
) -> np.ndarray:
    """d [n] of `domain_distances`."""
    deviation = y - center
    return np.sum(deviation @ precision * deviation, axis=1)
