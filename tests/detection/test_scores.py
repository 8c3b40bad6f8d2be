"""Measures of answers, against hand-computed ones and scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from specgan.detection.scores import area_estimate
from specgan.detection.scores import classification_metrics
from specgan.detection.scores import expected_calibration_error
from specgan.detection.scores import positive_probabilities
from specgan.detection.scores import positive_scores
from specgan.detection.scores import share_estimate
from specgan.detection.scores import true_positive_rate


def test_true_positive_rate_by_hand():
    # Of 20 real ones, 5% is one: 0.95 may be above the threshold, 0.9 not.
    real = np.arange(20) / 20
    fake = np.array([0.1, 0.9, 0.91, 2.0])
    labels = np.repeat([0, 1], [20, 4])
    scores = np.concatenate([real, fake])
    assert true_positive_rate(labels, scores, 0.05) == 0.5
    assert true_positive_rate(labels, scores, 0.01) == 0.25
    assert true_positive_rate(labels, scores, 0.5) == 0.75


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.29])
def test_true_positive_rate_equals_the_curve(rate):
    draw = np.random.default_rng(0)
    labels = draw.permutation(np.repeat([0, 1], [100, 70]))
    scores = np.round(draw.normal(labels, 1), 1)  # With ties.
    false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert true_positive_rate(labels, scores, rate) == pytest.approx(
        true[false <= rate + 1e-12].max()
    )


def test_calibration_error_by_hand():
    labels = np.array([0, 1, 0, 1])
    probabilities = np.array([0.12, 0.18, 0.91, 1.0])
    # Two of four in either bin: means 0.15 and 0.955, half of them fake.
    assert expected_calibration_error(labels, probabilities) == pytest.approx(
        0.5 * 0.35 + 0.5 * 0.455
    )


def test_calibration_error_weighs_both_kinds_alike():
    labels = np.array([0, 0, 0, 1])
    halves = np.full(4, 0.5)
    assert expected_calibration_error(labels, halves) == pytest.approx(0)
    assert expected_calibration_error(labels, np.full(4, 0.25)) > 0.2


def test_true_probabilities_are_calibrated():
    draw = np.random.default_rng(0)
    probabilities = draw.uniform(size=20000)
    labels = (draw.uniform(size=20000) < probabilities).astype(int)
    assert expected_calibration_error(labels, probabilities) < 0.01
    assert expected_calibration_error(labels, probabilities**4) > 0.1


def test_measures_by_hand():
    labels = np.array([0, 0, 0, 0, 1, 1])
    told = np.array([0, 0, 0, 1, 1, 0])
    scores = np.array([0, 1, 2, 5, 4, 6])
    values = classification_metrics(labels, told, scores)
    assert values == pytest.approx(
        {
            "accuracy": 4 / 6,
            "real_accuracy": 3 / 4,
            "generated_accuracy": 1 / 2,
            "balanced_accuracy": (3 / 4 + 1 / 2) / 2,
            "auc": 7 / 8,
            # As many of each kind: 2 of 2; then, at 2 of 2 fakes, 1/4 of the
            # real ones are before the second.
            "average_precision": (1 + 1 / (1 + 1 / 4)) / 2,
            "tpr_at_1_percent_fpr": 1 / 2,
            "tpr_at_5_percent_fpr": 1 / 2,
        }
    )


def test_only_the_accuracy_depends_on_the_shares():
    draw = np.random.default_rng(0)
    labels = np.repeat([0, 1], [40, 40])
    scores = draw.normal(labels, 1)
    one = classification_metrics(
        labels, scores > 0.3, scores, 1 / (1 + np.exp(-scores))
    )
    many = np.concatenate([np.arange(80), np.tile(np.arange(40), 9)])
    other = classification_metrics(
        labels[many],
        scores[many] > 0.3,
        scores[many],
        1 / (1 + np.exp(-scores[many])),
    )
    assert one.pop("accuracy") != pytest.approx(other.pop("accuracy"))
    assert one == pytest.approx(other)


def test_scores_of_all_classifiers():
    rows, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
    svm = SVC().fit(rows, labels)
    assert np.all(positive_scores(svm, rows) == svm.decision_function(rows))
    assert positive_probabilities(svm, rows) is None
    for classifier in (LogisticRegression(), KNeighborsClassifier(1)):
        classifier.fit(rows, labels)
        scores = positive_scores(classifier, rows)
        assert scores[-1] > scores[0]
        probabilities = positive_probabilities(classifier, rows)
        assert np.all(probabilities == classifier.predict_proba(rows)[:, 1])


def test_a_classifier_must_rank():
    with pytest.raises(ValueError, match="must rank.*Received: object"):
        positive_scores(object(), np.zeros([2, 2]))


def test_error_of_an_area_is_delongs():
    draw = np.random.default_rng(0)
    labels = draw.permutation(np.repeat([0, 1], [30, 20]))
    scores = np.round(draw.normal(labels, 1), 1)  # With ties.
    real, fake = scores[labels == 0], scores[labels == 1]
    above = fake[:, None] > real
    above = above + (fake[:, None] == real) / 2  # [fake, real]
    variance = np.var(above.mean(axis=1), ddof=1) / 20
    variance += np.var(above.mean(axis=0), ddof=1) / 30
    found = area_estimate(labels, scores, np.arange(50))
    assert found.mean == pytest.approx(roc_auc_score(labels, scores))
    assert found.error == pytest.approx(np.sqrt(variance))


def test_errors_are_the_spread_over_samples():
    # Groups of 5 pictures that share half of their variance.
    draw = np.random.default_rng(0)
    labels, groups = np.repeat([0, 1], 100), np.arange(200) // 5
    found = []
    for _ in range(400):
        shared = draw.normal(size=40)[groups] + draw.normal(size=200)
        scores = shared / np.sqrt(2) + labels
        found.append(
            [
                area_estimate(labels, scores, groups),
                share_estimate(scores > 0, labels, (0.5, 0.5), groups),
                share_estimate(scores > 0, labels, (1, 0), groups),
            ]
        )
    for estimates in zip(*found, strict=True):
        spread = np.std([one.mean for one in estimates])
        errors = [one.error for one in estimates]
        assert np.mean(errors) == pytest.approx(spread, rel=0.12)


def test_error_of_a_group_of_both_kinds():
    # The kinds differ from each other by the same in every group.
    level = np.random.default_rng(0).normal(size=10)
    labels, groups = np.repeat([0, 1], 10), np.tile(np.arange(10), 2)
    values = np.concatenate([level, level + 3])
    difference = share_estimate(values, labels, (-1, 1), groups)
    assert difference.mean == pytest.approx(3)
    assert difference.error == pytest.approx(0, abs=1e-12)


def test_one_group_has_no_error():
    labels = np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match="at least 2 groups.*1 of generated"):
        share_estimate(labels, labels, (0, 1), np.array([0, 1, 2, 2]))
