"""What detectors make of perturbed pictures: metrics, errors, controls."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import roc_auc_score

from specgan.detection import robustness
from specgan.detection.perturbations import PERTURBATIONS


def pictures(count, seed=0, deviation=30.0, size=16, channels=3):
    """Noise around grey."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(128, deviation, [count, size, size, channels])
    return np.clip(noise, 0, 255).astype(np.uint8)


def blurred(images, deviation):
    return PERTURBATIONS["blur"].function(images, deviation)


def differences_of_neighbours(images):
    """Features: log power of the differences of neighbours, and of all."""
    return np.array(
        [
            [
                np.log(np.var(np.diff(image.astype(float), axis=1)) + 1e-3),
                np.log(np.var(image) + 1e-3),
            ]
            for image in images
        ]
    )


def fitted(real, fake, features=differences_of_neighbours):
    rows = np.concatenate([features(real), features(fake)])
    labels = np.repeat([0, 1], [len(real), len(fake)])
    return LogisticRegression(C=100, max_iter=1000).fit(rows, labels)


def test_robustness_falls_with_what_hides_the_difference():
    # Fakes are smoother: JPEG, blur and noise hide that, a gain does not.
    real = pictures(80, 0)
    fake = np.stack(blurred(pictures(80, 1), 0.5))
    result = robustness(
        fitted(real[:40], fake[:40]),
        differences_of_neighbours,
        real[40:],
        list(fake[40:]),
        {"blur": (0.2, 2.0), "noise": None, "crop": [0.9]},
    )
    assert result.pictures == result.groups == {"real": 40, "fake": 40}
    assert result.scores["balanced_accuracy"].mean > 0.95
    assert result.scores["auc"].mean > 0.95
    assert list(result.curves) == ["blur", "noise", "crop"]
    blur = result.curves["blur"]
    assert blur.strengths == (0.2, 2.0)
    weak, strong = blur.scores
    assert weak["balanced_accuracy"].mean > 0.9
    # All are called generated: one threshold, of which two rates tell.
    assert strong["balanced_accuracy"].mean == 0.5
    assert strong["real_accuracy"].mean == 0
    assert strong["generated_accuracy"].mean == 1
    noise = result.curves["noise"]
    assert noise.strengths == PERTURBATIONS["noise"].strengths
    assert len(noise.scores) == len(noise.strengths)
    assert result.curves["crop"].scores[0]["auc"].mean > 0.95
    about = json.loads(json.dumps(result.as_dict()))
    assert about["curves"]["blur"]["strengths"] == [0.2, 2.0]
    [first, _] = about["curves"]["blur"]["scores"]
    assert first["auc"] == {
        "mean": weak["auc"].mean,
        "error": weak["auc"].error,
    }
    table = result.lines()
    assert len(table) == 3 + 2 + len(noise.strengths) + 1
    assert len({len(line) for line in table}) == 1


def test_metrics_are_those_of_scikit_learn():
    real, fake = pictures(40, 0), pictures(30, 1, 33)
    classifier = fitted(real[:10], fake[:10])
    scores = robustness(
        classifier, differences_of_neighbours, real, fake, {}
    ).scores
    labels = np.repeat([0, 1], [40, 30])
    rows = differences_of_neighbours([*real, *fake])
    predictions = classifier.predict(rows)
    assert scores["balanced_accuracy"].mean == pytest.approx(
        balanced_accuracy_score(labels, predictions)
    )
    assert scores["auc"].mean == pytest.approx(
        roc_auc_score(labels, classifier.decision_function(rows))
    )
    found = np.mean(predictions[40:])
    assert scores["generated_accuracy"].mean == pytest.approx(found)
    # That of a share of independent pictures.
    assert scores["generated_accuracy"].error == pytest.approx(
        np.sqrt(found * (1 - found) / 29)
    )
    assert scores["balanced_accuracy"].error == pytest.approx(
        np.hypot(
            scores["real_accuracy"].error, scores["generated_accuracy"].error
        )
        / 2
    )


def test_errors_of_copies_are_those_of_their_groups():
    real, fake = pictures(40, 0), pictures(40, 1, 33)
    classifier = fitted(real[:10], fake[:10])

    def scores(times):
        groups = np.tile(np.arange(40), times)
        return robustness(
            classifier,
            differences_of_neighbours,
            np.tile(real, (times, 1, 1, 1)),
            np.tile(fake, (times, 1, 1, 1)),
            {},
            groups=(groups, groups + 40),
        )

    once, thrice = scores(1), scores(3)
    assert once.groups == thrice.groups == {"real": 40, "fake": 40}
    assert thrice.pictures == {"real": 120, "fake": 120}
    for name, estimate in once.scores.items():
        assert thrice.scores[name].mean == pytest.approx(estimate.mean)
        assert thrice.scores[name].error == pytest.approx(estimate.error)


def test_the_control_finds_nothing():
    real, fake = pictures(200, 0), pictures(20, 1, 50)
    result = robustness(
        fitted(real[:20], fake),
        differences_of_neighbours,
        real,
        fake,
        {"noise": [5.0]},
    )
    for scores in (result.scores, *result.curves["noise"].scores):
        control = scores["control_auc"]
        assert abs(control.mean - 0.5) < 3 * control.error < 0.15
        assert scores["auc"].mean > 0.95


def test_the_second_class_is_the_fake_one():
    real, fake = pictures(20, 0, 10), pictures(20, 1, 50)
    features = differences_of_neighbours
    classifier = LogisticRegression().fit(
        np.concatenate([features(real), features(fake)]),
        np.repeat(["photograph", "sample"], 20),
    )
    result = robustness(classifier, features, real, fake, {})
    assert result.scores["balanced_accuracy"].mean == 1
    assert result.scores["auc"].mean == 1
    assert result.curves == {} and "unsure" not in result.scores


def test_shares_of_the_verdicts():
    features = differences_of_neighbours
    real, fake = pictures(20, 0, 10), pictures(10, 1, 50)

    def verdicts(rows):
        """Of dark pictures "generated", else of bright ones "unsure"."""
        said = np.where(rows[:, 1] < np.log(20.0**2), "unsure", "real")
        return np.where(rows[:, 1] < np.log(5.0**2), "generated", said)

    result = robustness(
        fitted(real, fake),
        features,
        real,
        fake,
        {"gain": (1.0, 0.2), "crop": ()},
        verdicts=verdicts,
    )
    names = ("unsure", "false_positives", "false_negatives")
    whole, (same, dark) = result.scores, result.curves["gain"].scores
    for scores, shares in (
        (whole, [2 / 3, 0, 1]), (same, [2 / 3, 0, 1]), (dark, [1 / 3, 1, 0])
    ):  # fmt: skip
        found = [scores[name].mean for name in names]
        assert found == pytest.approx(shares)
    assert result.curves["crop"].scores == ()
    table = result.lines()
    assert table[0].split()[-2:] == ["false", "false"]
    assert table[1].split()[-3:] == ["unsure", "positives", "negatives"]
    assert len({len(line) for line in table}) == 1


def test_what_is_flat_once_perturbed_is_left_out():
    # Four pictures of little contrast, which a gain takes from them.
    real, fake = pictures(20, 0), pictures(20, 1, 50)
    real[:4] = pictures(4, 2, 1.0)
    classifier = fitted(real, fake)

    def run(gain):
        return robustness(
            classifier, differences_of_neighbours, real, fake, {"gain": [gain]}
        )

    with pytest.warns(UserWarning, match=r"left out: gain 0.1 \(4\)"):
        found = run(0.1).curves["gain"].scores[0]
    expected = robustness(
        classifier, differences_of_neighbours, real[4:], fake, {"gain": [0.1]}
    ).curves["gain"].scores[0]  # fmt: skip
    for name in ("auc", "real_accuracy", "generated_accuracy"):
        assert found[name] == expected[name]
    with pytest.raises(ValueError, match="gain 0.001 leaves too few.*less"):
        run(0.001)


def test_unknown_name():
    with pytest.raises(ValueError, match="perturbation.*Did you mean 'noise'"):
        robustness(None, None, pictures(1), pictures(1), {"nois": None})


@pytest.mark.parametrize("counts", [(4, 0), (3, 4), (4, 3)])
def test_too_few_pictures(counts):
    real, fake = (pictures(count) for count in counts)
    received = f"Received: {counts[0]} of real and {counts[1]} of fake"
    with pytest.raises(ValueError, match=f"at least 4 groups.*{received}"):
        robustness(None, None, real, fake)


def test_too_few_groups():
    some = pictures(8)
    groups = np.arange(8) % 3
    with pytest.raises(ValueError, match="Received: 3 of real and 3 of fake"):
        robustness(None, None, some, some, groups=(groups, groups))
    with pytest.raises(ValueError, match="needs its group.*8 groups of real"):
        robustness(None, None, some, some, groups=(groups[1:], groups))
