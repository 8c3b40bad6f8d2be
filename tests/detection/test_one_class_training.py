"""Detectors that know real pictures alone."""

import json

import numpy as np
import pytest
from PIL import Image

from specgan import detection
from specgan.cli import main
from specgan.detection import OneClassDetector
from specgan.detection import SpectralFeatures
from specgan.detection import TrainedDetector
from specgan.detection.domain import kind_distances

OPTIONS = {"features": ["spectrum", "dct"], "num": 30}


def save(folder, number, scale, seed):
    folder.mkdir()
    draw = np.random.default_rng(seed)
    for i in range(number):
        pixels = 128 + scale * draw.normal(size=[24, 24, 3])
        pixels = (pixels + np.roll(pixels, 1, axis=0)) / 2
        pixels = pixels.clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures")
    save(path / "real", 30, 30, seed=0)
    save(path / "further", 10, 30, seed=1)
    save(path / "others", 10, 1, seed=2)
    Image.new("RGB", (24, 24)).save(path / "flat.png")
    return path


@pytest.fixture(scope="module")
def training(folder):
    return detection.train_one_class(
        folder / "real", folder / "detector", perturb=None, **OPTIONS
    )


def test_usual_and_unusual(folder, training):
    def shares(place):
        return [
            one.verdict
            for one in detection.detect(folder / place, training.detector)
        ]

    assert shares("further").count("usual") >= 7
    assert set(shares("others")) == {"unusual"}
    (flat,) = detection.detect(folder / "flat.png", training.detector)
    assert (flat.verdict, flat.unusual) == (None, None)
    (one, *_) = detection.detect(folder / "others", training.detector)
    assert one.to_text().startswith("unusual, more unusual than all of 30 ")
    answer = json.loads(json.dumps(one.as_dict()))
    assert answer["verdict"] == "unusual"
    assert answer["unusual"]["share"] == 1 and "probability" not in answer


def test_what_it_says_of_itself(training):
    assert training.groups == 30 and len(training.paths) == 30
    held_out = training.detector.held_out_distances
    assert training.unusual == np.mean(held_out > training.detector.limit)
    assert training.lines()[0].startswith("30 real pictures in 30 groups; ")


def test_it_is_the_same_from_disk(folder, training):
    loaded = TrainedDetector.load(folder / "detector")
    assert loaded.is_one_class and loaded.kinds == ("real",)
    draw = np.random.default_rng(0)
    rows = loaded.features(draw.integers(0, 256, [4, 24, 24, 3], np.uint8))
    for ours, theirs in zip(
        loaded.judge(rows), training.detector.judge(rows), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    expected = kind_distances(rows, loaded._arrays, "real")
    np.testing.assert_array_equal(loaded.distances(rows), expected)


def test_what_it_does_not_know(folder, training, tmp_path):
    rows = training.detector.features(
        np.eye(24, dtype=np.uint8)[None, ..., None]
    )
    with pytest.raises(ValueError, match="knows real images alone"):
        training.detector.probabilities_of_features(rows)
    with pytest.raises(ValueError, match="knows real images alone"):
        training.detector.export(tmp_path / "exported")
    assert not (tmp_path / "exported").exists()
    with pytest.raises(ValueError, match="knows real pictures alone"):
        detection.file_robustness(
            training.detector, folder / "real", folder / "others"
        )


def test_few_or_wrong_pictures(folder, tmp_path):
    save(tmp_path / "few", 4, 30, seed=0)
    with (
        pytest.warns(UserWarning, match="Received: 4 of real pictures"),
        pytest.raises(ValueError, match="at least 5 different ones"),
    ):
        detection.train_one_class(tmp_path / "few", perturb=None, **OPTIONS)
    features = SpectralFeatures(length=8)
    rows = np.random.default_rng(0).normal(size=[10, 8])
    with pytest.raises(ValueError, match="`real_rows`"):
        OneClassDetector.of_real(features, {}, rows[:, :7])
    with pytest.raises(ValueError, match="a row for each"):
        OneClassDetector.of_real(features, {}, rows, perturbed=rows[:5])
    with pytest.raises(ValueError, match="Expected 10 names of groups"):
        OneClassDetector.of_real(features, {}, rows, groups=np.arange(9))


def test_perturbed_copies_are_usual():
    draw = np.random.default_rng(0)
    features = SpectralFeatures(length=8)
    rows = draw.normal(0, 1, [80, 8])
    without, knows = (
        OneClassDetector.of_real(features, {}, rows, perturbed=copies)
        for copies in (None, rows + 5)
    )
    assert np.mean(without.judge(rows + 5)[0] == "unusual") > 0.5
    assert np.mean(knows.judge(rows + 5)[0] == "unusual") < 0.3


def test_command(folder, tmp_path, capsys):
    command = ["train-detector", "--real", str(folder / "real")]
    place = str(tmp_path / "detector")
    options = ["--features", "dct", "--no-perturb", "--out", place]
    assert main.main([*command, *options]) == 0
    assert "30 real pictures in 30 groups" in capsys.readouterr().out
    assert main.main(
        ["detect", "--detector", place, str(folder / "others" / "0.png")]
    ) == 0  # fmt: skip
    assert "0.png: unusual, more unusual than all" in capsys.readouterr().out
    page = str(tmp_path / "page.html")
    for wrong in (
        ["detect", "--detector", place, "--html", page, str(folder)],
        [*command, "--out", f"{place}2", "--html", page],
        [*command, "--out", f"{place}2", "--false-positive-rate", "0.1"],
    ):
        try:
            assert main.main(wrong) == 2
        except SystemExit as end:
            assert end.code == 2
        assert "alone" in capsys.readouterr().err
