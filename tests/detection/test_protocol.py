"""A protocol finds what is planted, and nothing where nothing is."""

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from specgan.detection import protocol as module
from specgan.detection.protocol import Protocol


def normal(count, seed, mean=0.0, features=5):
    return np.random.default_rng(seed).normal(mean, 1, [count, features])


def copies(count, seed, each=5):
    """Pictures in groups of nearly the same, and their groups."""
    rows = np.repeat(normal(count // each, seed, features=30), each, axis=0)
    noise = np.random.default_rng(seed + 1).normal(0, 0.01, rows.shape)
    groups = np.arange(count) // each
    return rows + noise, [f"{seed}-{group}" for group in groups]


def accuracy(scores):
    return scores["balanced_accuracy"].mean


def test_separable_sets():
    report = Protocol().evaluate(
        LogisticRegression(), normal(600, 0), normal(600, 1, 4)
    )
    for name, estimate in report.scores.items():
        if name == "expected_calibration_error":
            assert estimate.mean < 0.02
        else:
            assert estimate.mean > 0.99, name
    assert set(report.controls) == {"real", "fake"}
    for control in report.controls.values():
        assert abs(accuracy(control) - 0.5) < 0.05
    assert report.majority_baseline == 0.5
    assert report.doubts == ()


def test_equal_sets():
    report = Protocol().evaluate(SVC(), normal(300, 0), normal(300, 1))
    estimate = report.scores["balanced_accuracy"]
    assert abs(estimate.mean - 0.5) < 3 * estimate.error
    assert 0.005 < estimate.error < 0.05
    assert "expected_calibration_error" not in report.scores  # No SVC's.


def test_means_and_errors_are_those_of_the_splits():
    protocol = Protocol(folds=4, splits=6, seed=3)
    real, fake = normal(30, 0), normal(20, 1, 0.5)
    report = protocol.evaluate(SVC(), real, fake)
    rows, labels = np.concatenate([real, fake]), np.repeat([0, 1], [30, 20])
    splits = protocol._splits(labels, None, np.random.default_rng(3))
    values = []
    for _, (_, fitted, held_out) in zip(range(6), splits, strict=False):
        told = SVC().fit(rows[fitted], labels[fitted]).predict(rows[held_out])
        values.append(balanced_accuracy_score(labels[held_out], told))
    estimate = report.scores["balanced_accuracy"]
    assert estimate.mean == pytest.approx(np.mean(values))
    # Nadeau and Bengio: 1/J + n_test / n_train.
    error = np.std(values, ddof=1) * np.sqrt(1 / 6 + 1 / 3)
    assert estimate.error == pytest.approx(error)


def test_splits_are_stratified_and_repeated():
    labels = np.repeat([0, 1], [23, 12])
    splits = Protocol(folds=5)._splits(labels, None, np.random.default_rng(0))
    held = []
    for _, (same, fitted, held_out) in zip(range(10), splits, strict=False):
        assert np.all(same == labels)
        assert sorted([*fitted, *held_out]) == list(range(35))
        counts = np.bincount(labels[held_out])
        assert counts[0] in (4, 5) and counts[1] in (2, 3)
        held.append(tuple(held_out))
    for repetition in (held[:5], held[5:]):
        assert sorted(sum(repetition, ())) == list(range(35))
    assert set(held[:5]) != set(held[5:])


def test_groups_stay_together_and_parts_are_even():
    draw = np.random.default_rng(0)
    sources = draw.integers(0, 40, 500)
    labels = draw.integers(0, 2, 500)  # Most groups are of both kinds.
    splits = Protocol()._splits(labels, sources, draw)
    for _, (_, fitted, held_out) in zip(range(10), splits, strict=False):
        assert not set(sources[fitted]) & set(sources[held_out])
        assert len(held_out) == pytest.approx(100, abs=12)
        assert np.mean(labels[held_out]) == pytest.approx(0.5, abs=0.15)


def test_the_seed_decides():
    real, fake = normal(50, 0), normal(50, 1, 0.5)
    first, same, other = (
        Protocol(seed=seed).evaluate(SVC(), real, fake) for seed in (1, 1, 2)
    )
    assert first == same
    assert first.scores != other.scores


@pytest.mark.slow
def test_only_groups_keep_copies_from_being_remembered():
    (real, real_groups), (fake, fake_groups) = copies(300, 0), copies(300, 10)
    nearest = KNeighborsClassifier(1)
    leaking = Protocol().evaluate(nearest, real, fake)
    grouped = Protocol().evaluate(
        nearest, real, fake, (real_groups, fake_groups)
    )
    assert accuracy(leaking.scores) > 0.99
    assert accuracy(grouped.scores) < 0.65
    assert grouped.groups == {"real": 60, "fake": 60}
    assert leaking.groups is None


def test_a_name_that_kinds_share_is_one_group():
    draw = np.random.default_rng(0)
    groups = [f"scene {number}" for number in range(20)] * 2
    labels = np.repeat([0, 1], 40)
    sources = Protocol()._sources((groups, groups), 40, 40)
    for _, (_, fitted, held_out) in zip(
        range(5), Protocol()._splits(labels, sources, draw), strict=False
    ):
        assert not set(sources[fitted]) & set(sources[held_out])
        assert np.bincount(labels[held_out]).tolist() == [8, 8]


def test_controls_of_few_groups_are_doubted():
    (real, real_groups), (fake, fake_groups) = copies(60, 0), copies(60, 10)
    report = Protocol().evaluate(SVC(), real, fake, (real_groups, fake_groups))
    for kind in ("real", "fake"):
        assert any(f"{kind} against {kind}" in text for text in report.doubts)


@pytest.mark.parametrize(
    "mean, error, text",
    [
        (0.51, 0.02, None),
        (0.46, 0.09, None),
        (0.58, 0.05, "not near 50%. Chance explains it"),
        (
            0.38,
            0.02,
            "38.0%, which is not near 50%. Chance does not explain it",
        ),
        (0.50, 0.12, r"too uncertain to say anything: 50.0% ± 12.0%"),
    ],
)
def test_doubts_about_controls(mean, error, text):
    estimate = module.Estimate(mean, error)
    scores = {"accuracy": module.Estimate(0.9, 0.01)}
    doubts = list(
        module._doubts(scores, {"fake": {"balanced_accuracy": estimate}}, 0.5)
    )
    assert len(doubts) == (text is not None)
    if text:
        assert "fake against fake" in doubts[0] and text in doubts[0]


def test_without_a_control_the_report_says_so():
    report = Protocol().evaluate(SVC(), normal(9, 0), normal(100, 1, 5))
    assert set(report.controls) == {"fake"}
    [doubt] = [text for text in report.doubts if "no control" in text]
    assert "real against real: There are too few pictures" in doubt
    assert "Expected at least 5" in doubt and "Received: 5 and 4" in doubt


def test_guessing_the_larger_kind_is_doubted():
    report = Protocol().evaluate(
        DummyClassifier(strategy="prior"), normal(40, 0), normal(160, 1)
    )
    assert report.majority_baseline == 0.8
    assert report.scores["accuracy"].mean == pytest.approx(0.8)
    assert accuracy(report.scores) == 0.5
    assert any("always naming the larger kind" in d for d in report.doubts)


def test_few_real_pictures_leave_rates_coarse():
    doubts = {
        count: " ".join(
            Protocol().evaluate(SVC(), normal(count, 0), normal(600, 1)).doubts
        )
        for count in (50, 300, 500)
    }
    assert "at 1% and 5% of false positives" in doubts[50]
    assert "at 1% of false positives" in doubts[300]
    assert "false positives" not in doubts[500]


def test_votes_judge_groups():
    # A frame tells little, forty of them tell the video.
    real, fake = normal(800, 0, features=2), normal(800, 1, 0.5, features=2)
    groups = (
        [f"r{n // 40}" for n in range(800)],
        [f"f{n // 40}" for n in range(800)],
    )
    frames = Protocol().evaluate(LogisticRegression(), real, fake, groups)
    videos = Protocol(vote=True).evaluate(
        LogisticRegression(), real, fake, groups
    )
    assert 0.55 < accuracy(frames.scores) < 0.8
    assert accuracy(videos.scores) > 0.9
    assert "judged by vote" in videos.lines()[0]


class Told(ClassifierMixin, BaseEstimator):
    """Answers with the first feature, scores with the second."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return X[:, 0].astype(int)

    def decision_function(self, X):
        return X[:, 1]


def test_vote_by_hand():
    # Frames: answer, score. Video 0 is a tie, 1 and 2 have majorities.
    rows = np.array([[1, 0], [0, 0], [1, 5], [1, 5], [0, -1], [0, 1], [0, 2]])
    labels = np.array([0, 0, 1, 1, 1, 1, 1])
    videos = np.array([0, 0, 3, 3, 3, 5, 5])
    values = module._evaluated(Told().fit(rows, labels), rows, labels, videos)
    assert values["accuracy"] == pytest.approx(2 / 3)
    assert values["balanced_accuracy"] == pytest.approx((1 + 1 / 2) / 2)
    assert values["auc"] == 1


class WithGroups(Told):
    def fit(self, X, y, groups=None):
        if groups is None or len(groups) != len(X):
            raise TypeError("no groups")
        if set(X[:, 1]) != set(groups):
            raise TypeError("other pictures' groups")
        return super().fit(X, y)


def test_groups_reach_classifiers_that_take_them():
    rows = np.stack([np.tile([0, 1], 50), np.arange(100) // 2], axis=1)
    groups = np.arange(100) // 2  # Sorted alike, hence numbered so.
    report = Protocol().evaluate(
        WithGroups(), rows[:50], rows[50:], (groups[:50], groups[50:])
    )
    assert report.groups == {"real": 25, "fake": 25}


def test_the_report_is_json_and_a_table():
    report = Protocol().evaluate(
        LogisticRegression(), normal(50, 0), normal(40, 1, 1)
    )
    about = json.loads(json.dumps(report.as_dict()))
    assert about["pictures"] == {"real": 50, "fake": 40}
    assert about["protocol"] == {
        "folds": 5,
        "splits": 10,
        "vote": False,
        "seed": 0,
    }
    estimate = report.scores["auc"]
    assert about["scores"]["auc"] == {
        "mean": estimate.mean,
        "error": estimate.error,
    }
    table = report.lines()
    assert table[0] == (
        "50 real and 40 fake pictures; 10 splits, 1/5 held out, seed 0"
    )
    assert table[1].split() == ["real/fake", "real/real", "fake/fake"]
    [row] = [line for line in table if line.startswith("auc")]
    assert f"{100 * estimate.mean:.1f}" in row.split()
    assert any(line.startswith("Doubt: ") for line in table)
    assert len({len(line) for line in table[1:9]}) == 1


@pytest.mark.parametrize(
    "real, fake, groups, message",
    [
        (np.zeros([0, 5]), normal(9, 0), None, "Received: no real ones"),
        (normal(9, 0), np.zeros([0, 5]), None, "Received: no fake ones"),
        (normal(4, 0), normal(9, 0), None, "too few pictures.*4 and 9"),
        (
            normal(9, 0),
            normal(9, 0),
            (range(9), np.arange(9) // 3),
            "too few groups.*Expected at least 5.*9 and 3",
        ),
        (normal(9, 0)[0], normal(9, 0), None, r"real features of shape \(5,\)"),
        (normal(9, 0), normal(9, 0, features=4), None, "5 features of real"),
        (
            normal(9, 0),
            np.where(np.arange(45).reshape(9, 5) == 12, np.nan, 0),
            None,
            "NaN or infinity in 1 of 9 fake rows, the first of them row 2",
        ),
        (
            normal(9, 0),
            normal(9, 0),
            (range(9), range(8)),
            r"Each picture needs its group.*\(9,\), \(8,\)",
        ),
    ],
)
def test_bad_input(real, fake, groups, message):
    with pytest.raises(ValueError, match=message):
        Protocol().evaluate(SVC(), real, fake, groups)


def test_groups_too_unequal():
    # Pictures of four groups, two numbers each: real and fake.
    contents = [(100, 0), (1, 50), (1, 50), (20, 1)]
    counts = np.transpose(contents)
    groups = [np.repeat(range(4), some) for some in counts]
    real, fake = (normal(len(some), 0) for some in groups)
    with pytest.raises(ValueError, match="too unequal.*3 folds.*one class"):
        Protocol(folds=3).evaluate(SVC(), real, fake, groups)


def test_a_vote_needs_groups():
    with pytest.raises(ValueError, match="vote is one of groups"):
        Protocol(vote=True).evaluate(SVC(), normal(9, 0), normal(9, 1))


@pytest.mark.parametrize(
    "name, value",
    [("folds", 1), ("folds", 2.0), ("splits", 1), ("seed", -1), ("seed", True)],
)
def test_bad_arguments(name, value):
    with pytest.raises(ValueError, match=f"`{name}`.*Received: {name}={value}"):
        Protocol(**{name: value})
