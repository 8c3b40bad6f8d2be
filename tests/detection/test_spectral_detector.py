"""Detectors: answers, probabilities and bounds, from feature rows."""

import contextlib
import unittest

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import estimator_checks_generator

from specgan.detection import PAPER_SVM
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection.calibration import fit_sigmoid
from specgan.detection.calibration import upper_bound
from specgan.detection.log_odds import log_odds

CLASSIFIERS = ["svm", "linear_svm", "logistic_regression", "k_means"]


def rows(count, distance=2.0, features=6, seed=0, generated=None):
    """Two kinds of rows, whose means lie some standard deviations apart."""
    draw = np.random.default_rng(seed)
    labels = np.repeat(
        [0, 1], [count, count if generated is None else generated]
    )
    X = draw.normal(size=[len(labels), features])
    X[:, 0] += distance * labels
    # Of unequal scales, as the features of a spectrum are.
    return 10 + X * np.linspace(1, 5, features), labels


# === The classifiers ===


def scikit_learn(name):
    return {
        "svm": SVC(C=2.0, gamma=0.1),
        "linear_svm": SVC(C=2.0, kernel="linear"),
        "logistic_regression": LogisticRegression(C=2.0, max_iter=1000),
    }[name]


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("name", CLASSIFIERS[:3])
def test_equals_scikit_learn(name, standardize):
    X, y = rows(60)
    detector = SpectralDetector(
        name, C=2.0, gamma=0.1, standardize=standardize, random_state=3
    ).fit(X, y)
    steps = [StandardScaler()] * standardize + [scikit_learn(name)]
    calibrated = CalibratedClassifierCV(
        make_pipeline(*steps),
        ensemble=False,
        cv=StratifiedKFold(5, shuffle=True, random_state=3),
    ).fit(X, y)
    new, _ = rows(50, seed=1)
    np.testing.assert_array_equal(
        detector.classifier_.predict(new),
        calibrated.calibrated_classifiers_[0].estimator.predict(new),
    )
    np.testing.assert_allclose(
        detector.predict_proba(new), calibrated.predict_proba(new), atol=1e-4
    )


def test_paper_svm():
    X, y = rows(40)
    X /= 100  # As small as the differences between its features.
    detector = SpectralDetector(**PAPER_SVM).fit(X, y)
    machine = SVC(C=6.37, gamma=0.86).fit(X, y)
    np.testing.assert_allclose(
        detector.classifier_.decision_function(X), machine.decision_function(X)
    )


@pytest.mark.parametrize("flipped", [False, True])
def test_k_means_names_its_clusters(flipped):
    X, y = rows(100, distance=6.0)
    y = 1 - y if flipped else y
    detector = SpectralDetector("k_means", standardize=False, folds=2).fit(
        X[:, :1], y
    )
    new, labels = rows(100, distance=6.0, seed=1)
    labels = 1 - labels if flipped else labels
    assert detector.score(new[:, :1], labels) > 0.98
    # Halfway between the centres that scikit-learn finds.
    centers = KMeans(2, n_init=10, random_state=0).fit(X[:, :1])
    grid = np.linspace(5, 25, 101)[:, None]
    nearest = centers.predict(grid)
    told = detector.classifier_.predict(grid)
    assert np.array_equal(told, nearest) or np.array_equal(told, 1 - nearest)


def test_k_means_names_both_kinds():
    """Even where most of both clusters are of the one kind."""
    X, y = rows(300, distance=4.0, generated=30)
    X[:150, 1] += 300  # The clusters are halves of the real images.
    detector = SpectralDetector("k_means", standardize=False, folds=2).fit(X, y)
    centers = detector.classifier_[-1].cluster_centers_
    assert centers[0, 1] > centers[1, 1] + 200


# === Probabilities ===


def test_probabilities_are_calibrated():
    X, y = rows(400, distance=1.5)
    detector = SpectralDetector("logistic_regression").fit(X, y)
    new, labels = rows(4000, distance=1.5, seed=1)
    probability = detector.predict_proba(new)[:, 1]
    bins = np.digitize(probability, [0.2, 0.4, 0.6, 0.8])
    for k in range(5):
        told, true = probability[bins == k], labels[bins == k]
        assert told.mean() == pytest.approx(true.mean(), abs=0.07)


def test_shares_of_the_training_images_do_not_matter():
    X, y = rows(600, distance=1.5, generated=60)
    detector = SpectralDetector("linear_svm").fit(X, y)
    new, labels = rows(1000, distance=1.5, seed=1)
    probability = detector.predict_proba(new)[:, 1]
    assert probability.mean() == pytest.approx(0.5, abs=0.05)


def test_sigmoid_equals_the_truth():
    draw = np.random.default_rng(0)
    scores = draw.normal(3, 20, 20000)
    labels = (draw.random(20000) < 1 / (1 + np.exp(-(0.1 * scores - 0.3)))) * 1
    slope, intercept = fit_sigmoid(scores, labels)
    # Of equal weights: less the log of the ratio of counts.
    prior = np.log(labels.mean() / (1 - labels.mean()))
    assert slope == pytest.approx(0.1, rel=0.05)
    assert intercept == pytest.approx(-0.3 - prior, abs=0.05)


def test_scores_worse_than_a_guess_say_nothing():
    assert fit_sigmoid(np.arange(10.0), np.repeat([1, 0], 5)) == (0, 0)
    assert fit_sigmoid(np.ones(10), np.repeat([1, 0], 5)) == (0, 0)


# === Bounds ===


@pytest.mark.parametrize(
    "count, rate, expected",
    [(19, 0.05, 19), (39, 0.05, 38), (99, 0.01, 99), (98, 0.01, np.inf)],
)
def test_upper_bound(count, rate, expected):
    scores = np.random.default_rng(0).permutation(count) + 1.0
    assert upper_bound(scores, rate) == expected


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_false_positive_rate(rate):
    X, y = rows(500, distance=2.0)
    detector = SpectralDetector(
        "logistic_regression", false_positive_rate=rate
    ).fit(X, y)
    new, labels = rows(5000, distance=2.0, seed=1)
    told = detector.predict(new)
    assert told[labels == 0].mean() == pytest.approx(rate, rel=0.4)
    np.testing.assert_array_equal(told, detector.decision_function(new) > 0)


@pytest.mark.parametrize("doubt", [0.02, 0.1])
def test_verdicts_err_rarely(doubt):
    X, y = rows(500, distance=1.5)
    detector = SpectralDetector("logistic_regression", doubt=doubt).fit(X, y)
    new, labels = rows(5000, distance=1.5, seed=1)
    verdict = detector.verdict(new)
    assert set(verdict) == {"real", "generated", "unsure"}
    for label, wrong in [(0, "generated"), (1, "real")]:
        share = np.mean(verdict[labels == label] == wrong)
        assert share == pytest.approx(doubt, rel=0.5)
    # Who is sure agrees with the answer.
    told = detector.predict(new)
    assert np.all(told[verdict == "generated"] == 1)
    assert np.all(told[verdict == "real"] == 0)


def test_nothing_is_unsure_where_all_is_plain():
    X, y = rows(100, distance=20.0)
    verdict = SpectralDetector("linear_svm").fit(X, y).verdict(X)
    np.testing.assert_array_equal(
        verdict, np.repeat(["real", "generated"], 100)
    )


def test_too_few_images_are_always_unsure():
    X, y = rows(15, distance=20.0)
    detector = SpectralDetector().fit(X, y)
    assert set(detector.verdict(X)) == {"unsure"}
    np.testing.assert_array_equal(detector.predict(X), y)


def test_images_of_one_kind_are_unsure():
    X, y = rows(300, distance=0.0)
    detector = SpectralDetector().fit(X, y)
    new, labels = rows(1000, distance=0.0, seed=1)
    assert abs(detector.score(new, labels) - 0.5) < 0.05
    assert np.mean(detector.verdict(new) == "unsure") > 0.8
    assert np.abs(detector.predict_proba(new) - 0.5).max() < 0.2


def test_groups_are_held_out_together():
    """Ten copies of each of 40 images, whose kind cannot be learned."""
    X, y = rows(20, distance=0.0)
    X, y, groups = (np.repeat(array, 10, axis=0) for array in (X, y, range(40)))
    X = X + np.random.default_rng(0).normal(size=X.shape) * 1e-3

    def accuracy(groups):
        detector = SpectralDetector(gamma=1.0, C=100.0).fit(X, y, groups)
        return np.mean((detector.held_out_log_odds_ > 0) == y)

    assert accuracy(None) == 1
    assert accuracy(groups) < 0.7


# === As an estimator ===


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_arrays_are_the_whole_detector(name):
    X, y = rows(40)
    detector = SpectralDetector(name, false_positive_rate=0.1).fit(X, y)
    new, _ = rows(20, seed=1)
    it = detector.arrays()
    z = (new - it["mean"]) / it["scale"]
    if name == "svm":
        distance = ((z[:, None] - it["support_vectors"]) ** 2).sum(axis=-1)
        kernel = np.exp(-it["gamma"] * distance)
        score = kernel @ it["dual_coefficients"] + it["bias"]
    else:
        score = z @ it["weights"] + it["bias"]
    log_odds = it["slope"] * score + it["intercept"]
    np.testing.assert_allclose(
        detector.predict_proba(new)[:, 1], 1 / (1 + np.exp(-log_odds))
    )
    np.testing.assert_allclose(
        detector.decision_function(new), log_odds - it["threshold"], atol=1e-9
    )
    assert all(array.dtype == np.float64 for array in it.values())


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_log_odds_are_those_of_scikit_learn(name, standardize, monkeypatch):
    monkeypatch.setattr("specgan.detection.log_odds._CHUNK", 1000)
    X, y = rows(200)
    detector = SpectralDetector(name, standardize=standardize).fit(X, y)
    new, _ = rows(100, seed=1)
    scores = detector.classifier_.decision_function(new)
    np.testing.assert_allclose(
        log_odds(new, detector.arrays()),
        detector.slope_ * scores + detector.intercept_,
        rtol=0,
        atol=1e-9,
    )
    np.testing.assert_allclose(
        detector.decision_function(new),
        log_odds(new, detector.arrays()) - detector.threshold_,
    )


def test_same_seed_same_detector():
    X, y = rows(30)
    first = SpectralDetector("k_means", random_state=5, folds=2).fit(X, y)
    second = clone(first).fit(X, y)
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[name])


def test_labels_may_be_words():
    X, y = rows(30, distance=9.0)
    names = np.array(["camera", "gan"])[y]
    detector = SpectralDetector().fit(X, names)
    np.testing.assert_array_equal(detector.predict(X), names)


@pytest.mark.parametrize("name", ["svm", "linear_svm"])
def test_is_a_scikit_learn_estimator(name):
    # Of 10 samples, as old releases of scikit-learn check with.
    detector = SpectralDetector(name, folds=2)
    for checked, check in estimator_checks_generator(detector, mark="skip"):
        with contextlib.suppress(unittest.SkipTest):  # Where pandas lacks.
            check(checked)


def test_from_pictures_to_verdicts():
    draw = np.random.default_rng(0)
    noise = draw.normal(0, 30, [60, 32, 32, 1])
    blurred = (noise + np.roll(noise, 1, axis=2)) / np.sqrt(2)
    images = np.rint(128 + np.concatenate([noise[:30], blurred[30:]]))
    images = images.clip(0, 255).astype(np.uint8)
    labels = np.repeat([0, 1], 30)
    detector = make_pipeline(SpectralFeatures(), SpectralDetector())
    detector.fit(images[::2], labels[::2])
    assert detector.score(images[1::2], labels[1::2]) > 0.9


# === What is refused ===


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"classifier": "svn"}, "Unknown classifier.*Did you mean 'svm'"),
        ({"classifier": 3}, "Unknown classifier"),
        ({"C": 0}, "argument `C`.*positive"),
        ({"C": np.nan}, "argument `C`"),
        ({"gamma": -1.0}, "argument `gamma`"),
        ({"gamma": "scale"}, "argument `gamma`"),
        ({"false_positive_rate": 1.0}, "argument `false_positive_rate`"),
        ({"doubt": 0}, "argument `doubt`"),
        ({"folds": 1}, "argument `folds`"),
        ({"folds": 31}, "too few images to calibrate.*Received: 30 and 30"),
        (
            {"false_positive_rate": 0.03},
            "rate of 0.03 cannot be estimated.*at least 33. Received: 30",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralDetector(**arguments).fit(*rows(30))


def test_bad_training_images():
    X, y = rows(30)
    detector = SpectralDetector()
    with pytest.raises(ValueError, match="one class only: 0. Add images"):
        detector.fit(X, 0 * y)
    with pytest.raises(ValueError, match="two classes.*Received 3: 0, 1, 2"):
        detector.fit(X, np.arange(60) % 3)
    with pytest.raises(ValueError, match="too few images.*30 and 4"):
        detector.fit(X[:34], y[:34])
    with pytest.raises(ValueError, match="Each image needs its group"):
        detector.fit(X, y, groups=range(3))
    with pytest.raises(ValueError, match="too few groups.*5 and 4"):
        detector.fit(X, y, groups=[*range(5)] * 6 + [*range(4)] * 7 + [0, 1])
    X[[7, 9], 2] = np.nan
    with pytest.raises(ValueError, match="finite.*2 of 60 rows.*row 7"):
        detector.fit(X, y)


def test_bad_rows():
    X, y = rows(30)
    detector = SpectralDetector().fit(X, y)
    with pytest.raises(ValueError, match="6 features"):
        detector.predict(X[:, :5])
    with pytest.raises(ValueError, match="finite.*row 0"):
        detector.predict_proba(X * np.inf)
    with pytest.raises(ValueError, match="finite"):
        detector.verdict(X * np.inf)


@pytest.mark.parametrize("names", [("real", "fake"), ("photo", "real")])
def test_labels_that_would_turn_verdicts_round_are_refused(names):
    X = np.random.default_rng(0).normal(size=[40, 3])
    with pytest.raises(ValueError, match="turn every verdict round"):
        SpectralDetector().fit(X, np.repeat(names, 20))
