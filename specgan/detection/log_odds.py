"""What a fitted detector computes from features, from plain arrays."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # Whose import takes a tenth of NumPy's.
    from numpy.typing import ArrayLike

# Kernel values in memory at once.
_CHUNK = 2**22


def log_odds(rows: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The log odds that pictures were generated, from their features.

    Formula:

    ```
    z = (row - mean) / scale
    score = z @ weights + bias
    score = sum_i dual_coefficients[i]
            * exp(-gamma * |z - support_vectors[i]|^2) + bias
    log_odds = slope * score + intercept
    ```

    The second score is that of a support vector machine with radial basis
    functions, if there are `support_vectors`.

    Args:
        rows: [n, features], finite.
        arrays: Dictionary of float64 as `SpectralDetector.arrays` gives it:
            `mean`, `scale` [features]; `weights` [features], or
            `support_vectors` [vectors, features], `dual_coefficients`
            [vectors] and `gamma`; `bias`, `slope` and `intercept`.

    Returns:
        float64 [n].
    """
    z = (rows - arrays["mean"]) / arrays["scale"]
    if "support_vectors" in arrays:
        score = _radial_basis_functions(z, arrays)
    else:
        score = z @ arrays["weights"]
    return arrays["slope"] * (score + arrays["bias"]) + arrays["intercept"]


def expit(odds: "ArrayLike") -> np.ndarray:
    """Probabilities of log odds: `1 / (1 + exp(-odds))`, of infinite ones too.

    `scipy.special` has it as well, and takes as long to import as NumPy.
    """
    with np.errstate(over="ignore"):  # Which gives 0.
        return 1 / (1 + np.exp(-np.asarray(odds)))


def _radial_basis_functions(z, arrays):
    vectors = arrays["support_vectors"]
    score = np.empty(len(z))
    chunk = max(1, _CHUNK // len(vectors))
    for start in range(0, len(z), chunk):
        some = slice(start, start + chunk)
        squares = -2 * z[some] @ vectors.T
        squares += np.sum(z[some] ** 2, axis=1, keepdims=True)
        squares += np.sum(vectors**2, axis=1)
        kernel = np.exp(-arrays["gamma"] * np.maximum(squares, 0))
        score[some] = kernel @ arrays["dual_coefficients"]
    return score
