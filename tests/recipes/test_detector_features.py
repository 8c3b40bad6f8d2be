"""The comparison of features, on noise that is smoothed or not."""

import json

import numpy as np
import pytest

import zoo
from recipes import detector_features


class Smooth:
    """A generator of noise that is smooth along the rows."""

    def __init__(self, share):
        self.share = share

    def sample(self, num, seed):
        noise = np.random.default_rng(seed).uniform(-0.5, 0.5, [num, 32, 32, 3])
        smooth = self.share * np.roll(noise, 1, axis=2)
        return (noise + smooth).astype(np.float32)


@pytest.fixture
def models(monkeypatch):
    found = {"weak": Smooth(0.5), "strong": Smooth(1.0)}
    monkeypatch.setattr(zoo, "load", found.__getitem__)
    shown = {
        title: detector_features.SETS[title]
        for title in ("1-D spectrum", "2-D spectrum of patches")
    }
    monkeypatch.setattr(detector_features, "SETS", shown)
    return list(found)


def test_each_feature_and_each_generator(models, tmp_path, capsys):
    out = tmp_path / "features.json"
    detector_features.main(
        *models, image_size=32, num=40, splits=5, out=str(out)
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| | weak | strong | control | left out | ms")
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| 1-D spectrum", "| 2-D spectrum of patches"
    ]  # fmt: skip
    results = json.loads(out.read_text())
    for result in results.values():
        assert list(result["known"]) == list(result["left_out"]) == models
        assert result["milliseconds"] > 0
        strong = result["known"]["strong"]
        assert strong["scores"]["balanced_accuracy"]["mean"] > 0.9
        assert strong["pictures"] == {"real": 40, "fake": 40}
    assert results["2-D spectrum of patches"]["left_out"]["strong"] > 0.9


def test_without_models():
    with pytest.raises(ValueError, match="at least one model. Received: none"):
        detector_features.main()
