import numbers
from collections.abc import Sequence
from typing import Any
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.base import ClassifierMixin
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.model_selection import StratifiedKFold
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted
from sklearn.utils.validation import validate_data

from specgan.detection import classifiers
from specgan.detection import feature_sets
from specgan.detection.calibration import fit_sigmoid
from specgan.detection.calibration import upper_bound
from specgan.detection.log_odds import log_odds
from specgan.detection.verdicts import verdicts
from specgan.errors import invalid_argument
from specgan.errors import is_number


class SpectralDetector(ClassifierMixin, BaseEstimator):
    """Tells generated from real images by their spectral features.

    A scikit-learn classifier of two classes: 0 is real and 1 is generated. (Of
    any two other labels, the one that comes first when sorted is the real
    one.) Its rows are pictures, if it is given `features`, or else those of
    `SpectralFeatures` or other `PictureFeatures`.

    Everything but the classifier itself rests on images that it was not fitted
    to: the training images are split in folds, and those of each are scored by
    a classifier that was fitted to the others. From these scores come

    - the probability, by a sigmoid (see `fit_sigmoid`): for a picture that is
      as likely real as generated, whatever the shares among the training
      images;
    - the threshold of `predict`: where that probability is 1/2, or where at
      most `false_positive_rate` of real images are called generated;
    - the third answer of `verdict`, "unsure": for a picture which would not be
      called generated if at most `doubt` of the real ones were to be, nor real
      if at most `doubt` of the generated ones were to be.

    Both rates hold for pictures that come from where the training images come
    from, and for no others: another camera, codec or size may do anything. If
    some training images are perturbed copies, they hold for either.

    Args:
        classifier: "svm" (radial basis functions), "linear_svm",
            "logistic_regression" or "k_means", whose clusters are named by the
            training images.
        C: Inverse strength of regularization, positive. Not for k-means.
        gamma: Width of the radial basis functions, `exp(-gamma * distance^2)`;
            by default 1 / features, which suits standardized ones.
        standardize: Whether features are shifted and scaled to mean 0 and
            variance 1 of the training images. The paper's are not.
        false_positive_rate: Between 0 and 1, or `None` for the threshold at
            which both kinds are equally probable.
        doubt: Between 0 and 1. With less than 1 / doubt - 1 training images of
            a kind, the verdict on the other is always "unsure".
        folds: Integer from 2; there must be as many images of each kind.
        random_state: Seed of the folds and of k-means.
        features: Names or objects of the kinds of features that are measured
            on pictures, see `feature_sets.get`; `None` if they were measured
            before.

    Attributes:
        classes_: The two labels.
        classifier_: Scaler and classifier, fitted to all training images; its
            `predict` is the bare answer of the classifier, as in the paper.
        slope_, intercept_: Of the sigmoid.
        threshold_: Log odds above which a picture is called generated.
        lower_, upper_: Log odds between which the verdict is "unsure".
        held_out_log_odds_: Of each training image by a classifier that was not
            fitted to it, in their order.

    Raises:
        ValueError: On `fit`, if an argument is out of its range, if there are
            not two classes, too few images of one, or features that are not
            finite.

    Example:
    >>> detector = SpectralDetector(false_positive_rate=0.01)
    >>> detector.fit(SpectralFeatures()(images), labels)
    >>> rows = SpectralFeatures()([picture, other])
    >>> detector.predict_proba(rows)[:, 1]
    array([0.98, 0.31])
    >>> detector.verdict(rows)
    array(['generated', 'unsure'], dtype='<U9')
    >>> detector = SpectralDetector(
    ...     "logistic_regression", C=0.01, features=["spectrum", "patches"]
    ... ).fit(images, labels)
    >>> detector.verdict([picture, other])
    >>> SpectralDetector(**PAPER_SVM).fit(reference_rows, labels)

    Reference:
    - Durall et al., 2020, Section 4.1.
    """

    def __init__(
        self,
        classifier: str = "svm",
        C: float = 1.0,
        gamma: float | None = None,
        standardize: bool = True,
        false_positive_rate: float | None = None,
        doubt: float = 0.05,
        folds: int = 5,
        random_state: int = 0,
        features: Any = None,
    ):
        self.classifier = classifier
        self.C = C
        self.gamma = gamma
        self.standardize = standardize
        self.false_positive_rate = false_positive_rate
        self.doubt = doubt
        self.folds = folds
        self.random_state = random_state
        self.features = features

    def fit(
        self,
        X: ArrayLike | Sequence[np.ndarray],
        y: ArrayLike,
        groups: ArrayLike | None = None,
        perturbed: ArrayLike | None = None,
    ) -> Self:
        """Fit the classifier, its probabilities and its bounds.

        Args:
            X: [images, features], finite; or pictures, as `features` take
                them: uint8 [height, width, channels] each.
            y: [images], two different labels.
            groups: [images], the source of each: images of one source (frames
                of a video, near-duplicates) are held out together. Without it
                such images make the probabilities too sure.
            perturbed: bool [images], whether the image was compressed, resized
                or so after it was made. The bounds are those of perturbed or
                of other images, whichever are wider.

        Returns:
            The detector.
        """
        self._require_arguments()
        X, y = validate_data(
            self,
            self._measured(X),
            y,
            dtype=np.float64,
            ensure_all_finite=False,
        )
        _require_finite(X)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self._require_order()
        self._require_enough(labels)
        pipeline = self._pipeline()
        scores = cross_val_predict(
            pipeline,
            X,
            labels,
            cv=self.splits(X, labels, groups),
            method="decision_function",
        )
        self.slope_, self.intercept_ = fit_sigmoid(scores, labels)
        self.held_out_log_odds_ = self.slope_ * scores + self.intercept_
        self._set_bounds(labels, _checked_perturbed(perturbed, labels))
        self.classifier_ = pipeline.fit(X, labels)
        return self

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Log odds of being generated, less those of the threshold: [n]."""
        return self._log_odds(X) - self.threshold_

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The label of each row: the second where the decision is above 0."""
        generated = self.decision_function(X) > 0
        return self.classes_[generated.astype(int)]

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Probabilities of both classes, [n, 2], each in `classes_`' order.

        With a `false_positive_rate` the more probable class need not be the
        predicted one.
        """
        odds = self._log_odds(X)
        return np.stack([expit(-odds), expit(odds)], axis=-1)

    def verdict(self, X: ArrayLike) -> np.ndarray:
        """The strings "real", "generated" or "unsure" for each row: [n]."""
        return verdicts(self._log_odds(X), self.lower_, self.upper_)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that the detector has learned, as plain arrays by name.

        See `log_odds.log_odds` for what is computed from them.

        Returns:
            A dictionary of float64: `mean`, `scale`; `weights` and `bias`, or
            of "svm" `support_vectors`, `dual_coefficients`, `gamma` and
            `bias`; `slope`, `intercept`; `threshold`, `lower` and `upper`,
            which are log odds.
        """
        check_is_fitted(self)
        arrays = {
            "mean": np.zeros(self.n_features_in_),
            "scale": np.ones(self.n_features_in_),
        }
        if self.standardize:
            scaler = self.classifier_[0]
            arrays = {"mean": scaler.mean_, "scale": scaler.scale_}
        arrays |= classifiers.get(self.classifier).arrays(self.classifier_[-1])
        for name in ("slope", "intercept", "threshold", "lower", "upper"):
            arrays[name] = getattr(self, f"{name}_")
        return {name: np.array(array) for name, array in arrays.items()}

    def _pipeline(self):
        gamma = 1 / self.n_features_in_ if self.gamma is None else self.gamma
        classifier = classifiers.get(self.classifier).build(
            self.C, gamma, self.random_state
        )
        if self.standardize:
            return make_pipeline(StandardScaler(), classifier)
        return make_pipeline(classifier)

    def splits(
        self,
        X: ArrayLike,
        labels: np.ndarray,
        groups: ArrayLike | None = None,
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Places of what a classifier is fitted to, and of what is held out.

        Args:
            X: [images, features].
            labels: [images], 0 or 1.
            groups: As for `fit`.

        Returns:
            A list of pairs, one for each fold.
        """
        if groups is None:
            folds = StratifiedKFold(
                self.folds, shuffle=True, random_state=self.random_state
            )
            return list(folds.split(X, labels))
        _require_groups(labels, groups, self.folds)
        folds = StratifiedGroupKFold(
            self.folds, shuffle=True, random_state=self.random_state
        )
        return list(folds.split(X, labels, groups))

    def _set_bounds(self, labels, perturbed):
        def widest(label, sign, rate):
            """What both perturbed and other images of a kind need."""
            return max(
                upper_bound(sign * self.held_out_log_odds_[mine], rate)
                for mine in (
                    (labels == label) & ~perturbed,
                    (labels == label) & perturbed,
                )
                if mine.any()
            )

        self.threshold_ = 0.0
        if self.false_positive_rate is not None:
            self.threshold_ = widest(0, 1, self.false_positive_rate)
        # Where the kinds lie far apart, only the threshold is between them.
        self.upper_ = max(self.threshold_, widest(0, 1, self.doubt))
        self.lower_ = min(self.threshold_, -widest(1, -1, self.doubt))

    def _measured(self, X):
        if self.features is None:
            return X
        return feature_sets.get(self.features).transform(X)

    def _log_odds(self, X):
        check_is_fitted(self)
        X = validate_data(
            self,
            self._measured(X),
            reset=False,
            dtype=np.float64,
            ensure_all_finite=False,
        )
        _require_finite(X)
        return log_odds(X, self.arrays())

    def _require_arguments(self):
        classifiers.get(self.classifier)
        if not is_number(self.C) or not 0 < self.C < np.inf:
            raise invalid_argument("C", "a positive number", self.C)
        if self.gamma is not None and (
            not is_number(self.gamma) or not 0 < self.gamma < np.inf
        ):
            raise invalid_argument(
                "gamma", "a positive number or None", self.gamma
            )
        rate = self.false_positive_rate
        if rate is not None and (not is_number(rate) or not 0 < rate < 1):
            raise invalid_argument(
                "false_positive_rate", "a number between 0 and 1 or None", rate
            )
        if not is_number(self.doubt) or not 0 < self.doubt < 1:
            raise invalid_argument(
                "doubt", "a number between 0 and 1", self.doubt
            )
        if not isinstance(self.folds, numbers.Integral) or self.folds < 2:
            raise invalid_argument(
                "folds", "an integer of at least 2", self.folds
            )

    def _require_order(self):
        first, *others = (str(label).lower() for label in self.classes_)
        if first in ("fake", "generated") or "real" in others:
            raise ValueError(
                "The label that comes first when sorted is that of the real "
                "images. Expected for example 0 for real and 1 for generated. "
                f"Received: {', '.join(map(str, self.classes_))}, which would "
                "turn every verdict round. Use 0 and 1."
            )

    def _require_enough(self, labels):
        names = ", ".join(str(label) for label in self.classes_[:4])
        if len(self.classes_) > 2:
            # In scikit-learn's own words, which its checks look for.
            raise ValueError(
                "Only binary classification is supported. Expected two "
                f"classes, real and generated. Received {len(self.classes_)}: "
                f"{names} ..."
            )
        if len(self.classes_) < 2:
            raise ValueError(
                "A detector learns from real and from generated images. "
                f"Expected two classes. Received one class only: {names}. Add "
                "images of the other kind."
            )
        counts = np.bincount(labels)
        if min(counts) < self.folds:
            raise ValueError(
                "There are too few images to calibrate probabilities on. "
                f"Expected at least {self.folds} of each class, one for each "
                f"fold. Received: {counts[0]} and {counts[1]}, of "
                f"{self.n_features_in_} feature(s). Add images, or lower "
                "`folds`."
            )
        rate = self.false_positive_rate
        if rate is not None and np.isinf(
            upper_bound(labels[labels == 0], rate)
        ):
            raise ValueError(
                f"A false-positive rate of {rate} cannot be estimated from so "
                "few real images. Expected at least "
                f"{int(np.ceil(1 / rate - 1))}. Received: {counts[0]}. Add "
                "real images, or raise `false_positive_rate`."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _require_finite(X):
    wrong = np.flatnonzero(~np.isfinite(X).all(axis=1))
    if len(wrong):
        raise ValueError(
            "Features must be finite. Received: NaN or infinity in "
            f"{len(wrong)} of {len(X)} rows, the first of them row {wrong[0]}. "
            "Leave these images out."
        )


def _checked_perturbed(perturbed, labels):
    if perturbed is None:
        return np.zeros(len(labels), bool)
    perturbed = np.asarray(perturbed)
    if perturbed.shape != labels.shape or perturbed.dtype != bool:
        raise ValueError(
            "Each image is perturbed or not. Expected truth values of shape "
            f"{labels.shape}. Received: {perturbed.dtype} of shape "
            f"{perturbed.shape}."
        )
    return perturbed


def _require_groups(labels, groups, folds):
    groups = np.asarray(groups)
    if groups.shape != labels.shape:
        raise ValueError(
            "Each image needs its group. Expected groups of shape "
            f"{labels.shape}. Received: {groups.shape}."
        )
    counts = [len(np.unique(groups[labels == label])) for label in (0, 1)]
    if min(counts) < folds:
        raise ValueError(
            "There are too few groups to hold one out in each fold. Expected "
            f"at least {folds} of each class. Received: {counts[0]} and "
            f"{counts[1]}. Add sources."
        )
