"""Presets of format version 1 become SavedModels: `specgan upgrade-preset`."""

import json
import os

import numpy as np
import pytest

import zoo
from specgan.checksums import folder_sums
from specgan.cli.main import main
from zoo import pretrained

CARD = """# mine

- Trained by `specgan train dcgan`, 1234 generator steps. Arguments:

```json
{
  "model": "dcgan",
  "data": "faces.zip"
}
```
"""


@pytest.fixture(params=["dictionary", "string"])
def older(request, tmp_path, monkeypatch):
    """A folder as `specgan publish` has written it, and its model."""
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path))
    gan = zoo.DCGAN(16, 1, width=4, latent_dim=8)
    path = tmp_path / "mine"
    path.mkdir()
    gan.save_weights(path / "model.weights.h5")
    (path / "README.md").write_text(CARD)
    sums = folder_sums(path, "model.json")
    if request.param == "string":  # As the first ones were.
        sums = sums["model.weights.h5"]
    config = {"image_size": 16, "channels": 1, "width": 4, "latent_dim": 8}
    record = {
        "description": "A line.", "class": "dcgan", "config": config,
        "sha256": sums,
    }  # fmt: skip
    (path / "model.json").write_text(json.dumps(record))
    return path, gan


def test_the_model_stays_the_same(older, capsys):
    path, gan = older
    assert main(["upgrade-preset", str(path), "--license", "mit"]) == 0
    again = zoo.load("mine")
    for mine, theirs in zip(gan.weights, again.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert os.listdir(path.parent) == ["mine"]
    assert not (path / "model.weights.h5").exists()
    assert (path / "README.md").read_text().endswith("---\n\n" + CARD)
    assert pretrained.names()["mine"] == "A line."
    assert "faces.zip, 1234 steps, FID not" in pretrained.figures("mine")
    assert main(["upgrade-preset", str(path), "--license", "mit"]) == 2
    assert "not a preset of format version 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda path, record: record.update({"class": "no"}), "class of a"),
        (lambda path, record: record.update({"sha256": "0"}), "was altered"),
        (
            lambda path, record: record["config"].update({"width": 8}),
            "cannot be made",
        ),
        (
            lambda path, record: record["config"].update(
                {"augment": {"class_name": "system", "module": "os"}}
            ),
            "a class of the module 'os'",
        ),
    ],
)
def test_a_damaged_one_stays_as_it_is(damage, message, older, capsys):
    path, _ = older
    record = json.loads((path / "model.json").read_text())
    damage(path, record)
    (path / "model.json").write_text(json.dumps(record))
    before = folder_sums(path, "")
    assert main(["upgrade-preset", str(path), "--license", "mit"]) == 2
    assert message in capsys.readouterr().err
    assert folder_sums(path, "") == before
    assert os.listdir(path.parent) == ["mine"]
