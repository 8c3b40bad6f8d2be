"""The classifiers that a detector may hold, by name.

Each is a rule that a person can write down in two lines, so that a detector
can be exported as plain arrays.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from specgan.detection.named_clusters import NamedClusters
from specgan.errors import unknown_name


class Classifier(NamedTuple):
    """How to make a classifier, and what it comes to once it is fitted."""

    build: Callable  # (C, gamma, random_state) -> scikit-learn estimator
    arrays: Callable  # fitted estimator -> {name: array}


def get(identifier: str) -> Classifier:
    """A classifier by its name.

    Args:
        identifier: "svm" (radial basis functions), "linear_svm",
            "logistic_regression" or "k_means".

    Raises:
        ValueError: For another name.
    """
    if not isinstance(identifier, str) or identifier not in _CLASSIFIERS:
        raise unknown_name("classifier", identifier, _CLASSIFIERS)
    return _CLASSIFIERS[identifier]


def linear_classifier(C: float = 0.01) -> Pipeline:
    """Logistic regression of standardized features, not fitted.

    Args:
        C: Inverse strength of regularization; weak, since there are as many
            features as images.
    """
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=C, max_iter=1000)
    )


def _svm(C, gamma, random_state):
    return SVC(C=C, gamma=gamma)


def _svm_arrays(svm):
    return {
        "support_vectors": svm.support_vectors_,
        "dual_coefficients": svm.dual_coef_[0],
        "gamma": np.float64(svm.gamma),
        "bias": svm.intercept_[0],
    }


def _linear_svm(C, gamma, random_state):
    return SVC(C=C, kernel="linear")


def _logistic_regression(C, gamma, random_state):
    return LogisticRegression(C=C, max_iter=1000)


def _linear_arrays(classifier):
    return {"weights": classifier.coef_[0], "bias": classifier.intercept_[0]}


def _k_means(C, gamma, random_state):
    return NamedClusters(random_state)


def _k_means_arrays(clusters):
    weights, bias = clusters.hyperplane()
    return {"weights": weights, "bias": bias}


_CLASSIFIERS = {
    "svm": Classifier(_svm, _svm_arrays),
    "linear_svm": Classifier(_linear_svm, _linear_arrays),
    "logistic_regression": Classifier(_logistic_regression, _linear_arrays),
    "k_means": Classifier(_k_means, _k_means_arrays),
}
