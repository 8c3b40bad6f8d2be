from typing import Self

import numpy as np
import threadpoolctl
from sklearn.base import BaseEstimator
from sklearn.base import ClassifierMixin
from sklearn.cluster import KMeans


class NamedClusters(ClassifierMixin, BaseEstimator):
    """k-means with two clusters, each named after one of the two classes.

    The clusters are found without labels. These but name them: of the two ways
    to do so, the one that fits more of the training data, each class counting
    alike. (The paper's code clusters the data that it tests on, and takes
    the clusters in the order in which they come.)

    Args:
        random_state: Seed of the 10 starts, of which the best is kept.

    Attributes:
        cluster_centers_: [2, features], in the order of `classes_`.

    Reference:
    - Durall et al., 2020, Section 4.1.
    """

    def __init__(self, random_state: int = 0):
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        self.classes_, labels = np.unique(y, return_inverse=True)
        clusters = KMeans(2, n_init=10, random_state=self.random_state)
        # Its threads wait for each other at each of hundreds of short steps:
        # on a busy machine it takes a hundred times as long with two.
        with threadpoolctl.threadpool_limits(1):
            clusters.fit(X)
        second = clusters.labels_[labels == 1].mean()
        swapped = second < clusters.labels_[labels == 0].mean()
        centers = clusters.cluster_centers_
        self.cluster_centers_ = centers[::-1] if swapped else centers
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """How much nearer the second centre is: difference of squares."""
        weights, bias = self.hyperplane()
        return X @ weights + bias

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.classes_[(self.decision_function(X) > 0).astype(int)]

    def hyperplane(self) -> tuple[np.ndarray, float]:
        """(weights, bias) of the plane halfway between the two centres."""
        first, second = self.cluster_centers_
        return 2 * (second - first), first @ first - second @ second
