"""From scores of held-out images to probabilities and bounds."""

import math
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression


def fit_sigmoid(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The sigmoid that turns scores into probabilities (Platt scaling).

    Formula:

    ```
    p(score) = 1 / (1 + exp(-(slope * score + intercept)))
    ```

    of least cross-entropy with the labels, which Platt smooths so that perfect
    scores do not make it a step. Both classes weigh alike, however many images
    there are of each: the probability is that of a picture which was as likely
    of the one kind as of the other.

    Args:
        scores: [n], of images that the classifier was not fitted to.
        labels: [n], 0 or 1, some of each.

    Returns:
        (slope, intercept). The slope is not negative: scores that are worse
        than a guess mean nothing, and give (0, 0), which is 1/2 for all.

    Reference:
    - Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """
    counts = np.bincount(labels, minlength=2)
    probability = np.where(
        labels == 1, (counts[1] + 1) / (counts[1] + 2), 1 / (counts[0] + 2)
    )
    weights = 1 / counts[labels]
    center = np.mean(scores)
    spread = np.std(scores) or 1.0
    standard = np.tile((scores - center) / spread, 2)[:, None]
    # Each image twice, as either kind, by the share of its probability.
    regression = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(
        standard,
        np.repeat([1, 0], len(scores)),
        np.concatenate([probability * weights, (1 - probability) * weights]),
    )
    slope = regression.coef_[0, 0] / spread
    if slope <= 0:
        return 0.0, 0.0
    return float(slope), float(regression.intercept_[0] - slope * center)


def upper_bound(scores: Sequence[float] | np.ndarray, rate: float) -> float:
    """What a further score of the same kind exceeds at most at a rate.

    The (n + 1)(1 - rate)-th smallest of n scores: if the next one is drawn as
    they were, it is larger with a probability of at most `rate`, on average
    over such draws, however they are distributed (conformal prediction).

    Args:
        scores: [n].
        rate: Between 0 and 1.

    Returns:
        A score, or infinity if there are too few: less than 1 / rate - 1.
    """
    # Rounded, since e.g. 20 * 0.05 must be 1.
    rank = len(scores) + 1 - math.floor(round((len(scores) + 1) * rate, 9))
    if rank > len(scores):
        return math.inf
    return float(np.sort(scores)[rank - 1])
