"""All metrics at once: streamed, repeatable, with their protocol."""

import json

import numpy as np
import pytest

from specgan.metrics import CachedFeatures
from specgan.metrics import DetectionScore
from specgan.metrics import Evaluation
from specgan.metrics import FrechetInceptionDistance
from specgan.metrics.evaluation import to_minimize
from tests.metrics.feature_sets import MeanColours
from tests.metrics.feature_sets import pictures

pytestmark = pytest.mark.filterwarnings("ignore:.*is biased upwards")

SIZE = 16


def images(count, seed, level=0):
    return pictures(count, seed, SIZE, level=level)


def batches(of, size):
    return (of[i : i + size] for i in range(0, len(of), size))


def test_batches_do_not_matter():
    results = []
    for size in (7, 100):
        evaluation = Evaluation(MeanColours())
        evaluation.add(real=batches(images(60, 1), size))
        evaluation.add(fake=batches(images(60, 2, 40), size))
        results.append((evaluation.result(), evaluation.protocol()))
    assert results[0][0] == pytest.approx(results[1][0])
    assert results[0][1] == results[1][1]


def test_it_measures_features_and_spectra():
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(60, 1), fake=images(60, 2, 40))
    values = evaluation.result()
    for name in (
        "fid", "kid", "kid_std", "precision", "recall", "density", "coverage",
        "spectral_distance", "spectral_distance_high", "detection_score",
        "detection_control", "detection_map_linear", "detection_chroma_rbf",
    ):  # fmt: skip
        assert np.isfinite(values[name]), name
    for name, (low, high) in evaluation.intervals().items():
        assert low <= high, name
        assert name in values


def test_without_a_network_only_spectra():
    evaluation = Evaluation()
    evaluation.add(real=images(60, 1), fake=images(60, 2))
    assert "spectral_distance" in evaluation.result()
    assert not {"fid", "kid", "precision"} & set(evaluation.result())
    assert evaluation.protocol()["features"] is None


def test_another_network_is_never_called_fid():
    evaluation = Evaluation(MeanColours("mean-colours"))
    evaluation.add(real=images(60, 1), fake=images(60, 2))
    values = evaluation.result()
    assert "frechet_mean-colours" in values
    assert "fid" not in values
    assert evaluation.protocol()["features"]["name"] == "mean-colours"


def test_the_protocol_can_be_written_and_tells_the_data():
    evaluation = Evaluation(MeanColours(), seed=5)
    evaluation.add(real=images(60, 1), fake=images(50, 2))
    protocol = json.loads(json.dumps(evaluation.protocol()))
    assert protocol["images"]["real"]["count"] == 60
    assert protocol["images"]["fake"]["size"] == [SIZE, SIZE, 3]
    assert protocol["seed"] == 5
    other = Evaluation(MeanColours())
    other.add(real=images(60, 9), fake=images(50, 2))
    digests = [
        one["images"]["real"]["sha256"] for one in (protocol, other.protocol())
    ]
    assert digests[0] != digests[1]


def test_it_stops_at_the_number_asked_for():
    evaluation = Evaluation(MeanColours(), num_images=30)
    evaluation.add(real=batches(images(60, 1), 16))
    assert evaluation.seen["real"].count == 30


def test_fid_alone_takes_all_real_images():
    real, fake = images(300, 1), images(30, 2)
    few = Evaluation(MeanColours(), num_images=30)
    few.add(real=real, fake=fake)
    many = Evaluation(MeanColours(), num_images=30, all_real=True)
    many.add(real=batches(real, 16), fake=images(60, 2))
    fid = FrechetInceptionDistance(MeanColours())
    fid.update_state(real=real, fake=fake)
    assert many.protocol()["images"]["real"]["count"] == 300
    assert many.protocol()["images"]["fake"]["count"] == 30
    assert many.protocol()["real_images_of_fid_alone"] == 270
    result, other = many.result(), few.result()
    assert result.pop("fid") == pytest.approx(float(fid.result()))
    assert result == {k: v for k, v in other.items() if k != "fid"}


def test_forgetting_generated_images_keeps_the_real_ones():
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(60, 1), fake=images(60, 2, 40))
    first = evaluation.result()
    evaluation.reset_fake()
    evaluation.add(fake=images(60, 3))
    assert evaluation.result() != first
    evaluation.reset_fake()
    evaluation.add(fake=images(60, 2, 40))
    assert evaluation.result() == pytest.approx(first, rel=1e-6, abs=1e-9)


def test_the_same_images_are_told():
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(60, 1), fake=images(60, 1))
    with pytest.warns(UserWarning, match="are the same"):
        values = evaluation.result()
    assert values["fid"] == pytest.approx(0, abs=1e-9)
    assert values["spectral_distance"] == 0


def test_what_was_broken_off_is_found_again(tmp_path):
    real = images(600, 1)
    first = Evaluation(CachedFeatures(MeanColours(), tmp_path))

    def broken_off():
        yield real[:550]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.add(real=broken_off())
    again = CachedFeatures(MeanColours(), tmp_path)
    Evaluation(again).add(real=real)
    # Whole pieces of 256 were kept.
    assert (again.found, again.computed) == (512, 88)


@pytest.mark.parametrize(
    "wrong",
    [images(9, 1).astype(np.float32) / 255, pictures(9, 1, 8)],
    ids=["floats", "another size"],
)
def test_wrong_images(wrong):
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(9, 1))
    with pytest.raises(ValueError, match="uint8 and all of one size"):
        evaluation.add(real=wrong)


def test_mixed_sizes_and_types_among_images_that_are_measured_at_once():
    two_sizes = [images(9, 1), pictures(9, 1, 8)]
    two_types = [images(9, 1), np.float32(images(9, 1))]
    for batches in (two_sizes, two_types, [[*two_sizes[0], *two_sizes[1]]]):
        evaluation = Evaluation(MeanColours())
        with pytest.raises(ValueError, match="of one size.*, after 9 of"):
            evaluation.add(real=batches)


def test_measures_that_need_more_images_are_left_out():
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(9, 1), fake=images(6, 2))
    with pytest.warns(UserWarning, match="Left out: detectability"):
        values = evaluation.result()
    assert {"fid", "kid", "spectral_distance"} <= set(values)
    assert "detection_score" not in values
    assert evaluation.evidence() is None


def test_the_detection_score_is_a_row_of_the_profile():
    evaluation = Evaluation()
    evaluation.add(real=images(60, 1), fake=images(60, 2, 40))
    values = evaluation.result()
    score = DetectionScore(splits=evaluation.profile.splits)
    score.update_state(real=images(60, 1), fake=images(60, 2, 40))
    for name, value in score.result().items():
        assert values[name] == value
    assert values["detection_score"] == values["detection_luma_rbf"]
    json.dumps(evaluation.evidence(), allow_nan=False)


@pytest.mark.parametrize(
    "name, better, worse",
    [
        ("fid", 3.0, 4.0),
        ("kid", -0.001, 0.002),
        ("coverage", 0.9, 0.1),
        ("precision_mean-colours", 0.9, 0.1),
        ("detection_score", 0.45, 0.9),
        ("detection_map_linear_jpeg75", 0.5, 0.4),
        ("nyquist_spike", -0.1, 0.5),
        ("high_band_energy", 0.1, -0.5),
        ("spectral_distance", 0.1, 0.5),
    ],
)
def test_what_is_better(name, better, worse):
    assert to_minimize(name, better) < to_minimize(name, worse)
    assert to_minimize(name, worse) < to_minimize(name, float("nan"))


@pytest.mark.parametrize(
    "name", ["kid_std", "detection_control", "detection_luma_rbf_control_std"]
)
def test_what_does_not_measure_quality(name):
    with pytest.raises(ValueError, match=f"Received: '{name}'"):
        to_minimize(name, 0.5)


def test_too_few_images():
    evaluation = Evaluation(MeanColours())
    evaluation.add(real=images(60, 1), fake=images(1, 2))
    with pytest.raises(ValueError, match="1 fake"):
        evaluation.result()
