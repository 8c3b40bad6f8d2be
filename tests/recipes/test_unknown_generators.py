"""Generators that a detector does not know, on noise and blurred noise."""

import functools
import json

import numpy as np
import pytest
from PIL import Image

import zoo
from recipes import unknown_generators
from specgan import detection
from specgan.detection import detector_training
from specgan.detection.protocol import Protocol

pytestmark = pytest.mark.filterwarnings("default")


def fill(folder, share, first):
    """20 pictures of noise, mixed with their right neighbours."""
    folder.mkdir()
    for i in range(first, first + 20):
        noise = np.random.default_rng(i).uniform(0, 255, [16, 16, 3])
        noise = (1 - share) * noise + share * np.roll(noise, 1, axis=1)
        Image.fromarray(noise.astype(np.uint8)).save(folder / f"{i}.png")
    return str(folder)


@pytest.fixture
def folders(tmp_path):
    return [
        fill(tmp_path / name, share, first)
        for name, share, first in [
            ("real", 0, 0), ("held", 0, 100), ("soft", 0.5, 200),
            ("softer", 0.45, 300),
        ]
    ]  # fmt: skip


def test_all_ways_and_generators(folders, tmp_path, monkeypatch, capsys):
    model = zoo.AutoEncoder(image_size=16, width=2, depth=0)
    monkeypatch.setattr(
        model, "reconstruct", lambda x: (x + np.roll(x, 1, axis=-2)) / 2
    )
    monkeypatch.setattr(unknown_generators, "model_of", {"a/run": model}.get)
    monkeypatch.setattr(
        detector_training,
        "Protocol",
        lambda splits, seed: Protocol(splits=2, seed=seed),
    )
    quick = functools.partial(
        detection.train_detector, features="spectrum", perturb=None
    )
    monkeypatch.setattr(detection, "train_detector", quick)
    out = tmp_path / "out.json"
    unknown_generators.main(*folders, aligned=("a/run",), out=str(out))
    results = json.loads(out.read_text())
    assert (results["real"], results["held"]) == (20, 20)
    ways = [
        "trained on the other generators", "aligned, run",
        "real pictures alone",
    ]  # fmt: skip
    assert list(results["ways"]) == ways
    for by_generator in results["ways"].values():
        assert list(by_generator) == ["soft", "softer"]
        assert min(one["auc"] for one in by_generator.values()) > 0.65
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| | soft | softer |"
    assert [line.split(" | ")[0] for line in lines[2:5]] == [
        f"| {way}" for way in ways
    ]
    assert all(line.count(" / ") == 4 for line in lines[2:5])
    perturbed, photographs = results["other_real_pictures"].values()
    assert 0 <= perturbed <= 1
    assert photographs > 0.5  # Little like noise.
    share = f"{100 * photographs:.1f}"
    assert lines[-1] == f"| patches of two photographs | {share} |"


def test_one_class_metrics_by_hand():
    values = unknown_generators.one_class_metrics(
        np.array([0.1, 0.5, 0.99, 0.2]), np.array([1.0, 0.3])
    )
    assert values["real_accuracy"] == 3 / 4
    assert values["generated_accuracy"] == 1 / 2
    assert values["auc"] == 6 / 8  # Pairs in order: 4 and 2 of 4.


def test_one_generator_cannot_be_left_out(folders):
    with pytest.raises(ValueError, match="at least two of them. Received: 1"):
        unknown_generators.main(*folders[:3])
