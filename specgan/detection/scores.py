"""How good the answers of a detector are, on pictures it was not fitted to.

In all metrics except the accuracy both kinds have equal weight, so that they
do not depend on the number of pictures of each. For equal numbers of both
kinds they are the usual ones.
"""

import math
from typing import Any

import numpy as np
import scipy.stats
from sklearn.metrics import average_precision_score
from sklearn.metrics import roc_auc_score

from specgan.detection.estimate import Estimate

BINS = 10
"""Of equal width, in which probabilities are compared with frequencies."""


def positive_scores(classifier: Any, rows: np.ndarray) -> np.ndarray:
    """What ranks pictures: higher is more likely of the second class.

    Args:
        classifier: Fitted, of two classes, with `decision_function` or else
            `predict_proba`.
        rows: [n, features].

    Returns:
        [n].

    Raises:
        ValueError: If the classifier has neither.
    """
    # Optional methods are how scikit-learn shows what a classifier can do.
    decide = getattr(classifier, "decision_function", None)
    if decide is not None:
        return decide(rows)
    probabilities = positive_probabilities(classifier, rows)
    if probabilities is None:
        raise ValueError(
            "A classifier must rank pictures. Expected one with "
            "`decision_function` or `predict_proba`. Received: "
            f"{type(classifier).__name__}."
        )
    return probabilities


def positive_probabilities(
    classifier: Any, rows: np.ndarray
) -> np.ndarray | None:
    """[n] probabilities of the second class, or `None` if it gives none."""
    predict = getattr(classifier, "predict_proba", None)
    return None if predict is None else predict(rows)[:, 1]


def classification_metrics(
    labels: np.ndarray,
    predictions: np.ndarray,
    scores: np.ndarray,
    probabilities: np.ndarray | None = None,
) -> dict[str, float]:
    """All metrics of a set of predictions.

    Args:
        labels: [n], 1 for generated and 0 for real, some of each.
        predictions: [n], 1 or 0 likewise.
        scores: [n], higher for what is more likely generated.
        probabilities: [n], of being generated; or `None`.

    Returns:
        A dictionary of floats from 0 to 1: "accuracy", "real_accuracy" and
        "generated_accuracy" (of either kind alone), "balanced_accuracy",
        "auc", "average_precision", "tpr_at_1_percent_fpr",
        "tpr_at_5_percent_fpr", and with probabilities
        "expected_calibration_error".
    """
    weights = _equal_weights(labels)
    right = predictions == labels
    values = {
        "accuracy": np.mean(right),
        "real_accuracy": np.mean(right[labels == 0]),
        "generated_accuracy": np.mean(right[labels == 1]),
        "balanced_accuracy": np.average(right, weights=weights),
        "auc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(
            labels, scores, sample_weight=weights
        ),
        "tpr_at_1_percent_fpr": true_positive_rate(labels, scores, 0.01),
        "tpr_at_5_percent_fpr": true_positive_rate(labels, scores, 0.05),
    }
    if probabilities is not None:
        values["expected_calibration_error"] = expected_calibration_error(
            labels, probabilities
        )
    return {name: float(value) for name, value in values.items()}


def true_positive_rate(
    labels: np.ndarray, scores: np.ndarray, false_positive_rate: float
) -> float:
    """Share of the generated pictures found, at a rate of false alarms.

    The best that a threshold does at which at most that share of *these* real
    pictures lies above it: with less than 1 / rate of them, that is none.

    Args:
        labels: [n], 1 for generated and 0 for real, some of each.
        scores: [n].
        false_positive_rate: From 0, below 1.

    Returns:
        A float from 0 to 1.

    Example:
    >>> true_positive_rate([0, 0, 1, 1], np.array([1, 4, 3, 5]), 0.01)
    0.5
    """
    labels = np.asarray(labels)
    real = np.sort(scores[labels == 0])
    # Rounded, since e.g. 100 * 0.29 must be 29.
    allowed = math.floor(round(len(real) * false_positive_rate, 9))
    threshold = real[len(real) - 1 - allowed]
    return float(np.mean(scores[labels == 1] > threshold))


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS
) -> float:
    """How far probabilities are from frequencies, on average.

    Formula, over bins b of equal width, with weights w that sum to 1, half of
    it for each kind:

    ```
    ECE = sum_b | sum_{i in b} w_i (y_i - p_i) |
    ```

    For as many of one kind as of the other it is the usual one. It is never 0
    for few pictures, however well calibrated.

    Args:
        labels: [n], 1 for generated and 0 for real, some of each.
        probabilities: [n], of being generated.
        bins: How many.

    Returns:
        A float from 0 to 1.

    Reference:
    - Guo et al., On Calibration of Modern Neural Networks, 2017, Equation 3,
      here of the probability of one class.
    """
    labels = np.asarray(labels)
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = _equal_weights(labels) * (labels - probabilities)
    return float(np.abs(np.bincount(place, gaps)).sum())


def share_estimate(
    values: np.ndarray,
    labels: np.ndarray,
    weights: tuple[float, float],
    groups: np.ndarray,
) -> Estimate:
    """A mean over pictures of a kind, or of both, and its standard error.

    Formula, with weights w_k of the kinds, the mean m_k, the number n_k of
    pictures and G_k of groups of each:

    ```
    mean = sum_k w_k m_k
    d_i = w_k (v_i - m_k) / n_k * sqrt(G_k / (G_k - 1))
    error^2 = sum_g (sum_{i in g} d_i)^2
    ```

    If every picture is a group of its own, that is the usual standard error of
    a mean or of a difference of means. Pictures of one group are counted as
    if they all agreed, as far as they do.

    Args:
        values: [n], e.g. whether each picture was classified correctly.
        labels: [n], 1 for generated and 0 for real.
        weights: Of real and of generated pictures.
        groups: [n], the name of each picture's group.

    Returns:
        An `Estimate`.

    Raises:
        ValueError: If a kind of some weight has fewer than 2 groups.

    Reference:
    - Liang and Zeger, Longitudinal data analysis using generalized linear
      models, Biometrika 73 (1986), for sums over groups.
    """
    values = np.asarray(values, np.float64)
    mean = sum(
        weight * np.mean(values[labels == label])
        for label, weight in enumerate(weights)
        if weight
    )
    return Estimate(float(mean), _group_error(values, labels, weights, groups))


def area_estimate(
    labels: np.ndarray, scores: np.ndarray, groups: np.ndarray
) -> Estimate:
    """The area under the ROC curve and its standard error.

    The area is the mean over generated pictures of the share of real ones
    below each, and the mean over real pictures of the share of generated ones
    above each. The error is that of both means together, as of
    `share_estimate`; if every picture is a group of its own, DeLong's.

    Args:
        labels: [n], 1 for generated and 0 for real.
        scores: [n], higher for what is more likely generated.
        groups: [n], the name of each picture's group.

    Returns:
        An `Estimate`.

    Raises:
        ValueError: If a kind has fewer than 2 groups.

    Reference:
    - DeLong et al., Comparing the areas under two or more correlated receiver
      operating characteristic curves, Biometrics 44 (1988), Equation 5.
    - Obuchowski, Nonparametric analysis of clustered ROC curve data,
      Biometrics 53 (1997), for groups.
    """
    ranks = scipy.stats.rankdata(scores)
    shares = np.empty(len(scores))
    for label in (0, 1):
        mine = labels == label
        below = ranks[mine] - scipy.stats.rankdata(scores[mine])
        below /= np.sum(~mine)
        shares[mine] = below if label else 1 - below
    area = float(np.mean(shares[labels == 1]))
    return Estimate(area, _group_error(shares, labels, (1, 1), groups))


def _group_error(values, labels, weights, groups):
    parts = np.zeros(len(values))
    for label, weight in enumerate(weights):
        if not weight:
            continue
        mine = labels == label
        number = len(np.unique(groups[mine]))
        if number < 2:
            raise ValueError(
                "A standard error needs pictures that are independent. "
                f"Expected at least 2 groups of each kind. Received: {number} "
                f"of {'generated' if label else 'real'} pictures. Add pictures."
            )
        parts[mine] = values[mine] - np.mean(values[mine])
        parts[mine] *= weight / np.sum(mine) * np.sqrt(number / (number - 1))
    _, place = np.unique(groups, return_inverse=True)
    return float(np.sqrt(np.sum(np.bincount(place, parts) ** 2)))


def _equal_weights(labels):
    counts = np.bincount(labels, minlength=2)
    return 1 / (2 * counts[labels])
