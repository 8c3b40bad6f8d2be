"""The pages of exports, at their smallest setting."""

import importlib.util
import json

import numpy as np
import pytest

from recipes import export_table
from recipes import int8_generator
from specgan.export_formats import FORMATS
from zoo import DCGAN
from zoo import MODELS

INSTALLED = all(
    importlib.util.find_spec(module)
    for format in FORMATS.values()
    for module in format.modules
)


def test_every_class_has_a_line():
    keys = {key for key, _ in export_table.cases().values()}
    assert keys == set(MODELS)


def test_a_table_of_formats():
    record = {
        "formats": ["onnx", "litert"],
        "models": {
            "DCGAN": {
                "onnx": {"difference": 2.3e-7},
                "litert": {"error": "cannot"},
            }
        },
    }
    assert export_table.table(record) == [
        "| largest difference from Keras | ONNX | LiteRT |",
        "|---|---:|---:|",
        "| DCGAN | 2e-07 | no |",
    ]


def test_differences_are_in_levels():
    whole = np.zeros([2, 4, 4, 1])
    small = whole.copy()
    small[0, 0, 0] = 2 / 255  # One level of 8 bits, of 32 pixels.
    found = int8_generator.differences(whole, small)
    assert found == pytest.approx(
        {"rms": 32**-0.5, "largest": 1.0, "mean": 1 / 32}
    )


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="extras are not installed")
def test_formats_are_measured(tmp_path):
    out = tmp_path / "formats.json"
    export_table.main(str(out), only="DCGAN, upsampling=nearest")
    [row] = json.loads(out.read_text())["models"].values()
    assert set(row) == set(FORMATS) - {"saved_model"}
    assert all(0 <= each["difference"] <= 1e-4 for each in row.values())


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="extras are not installed")
def test_an_int8_generator_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))
    DCGAN(image_size=16, width=8, latent_dim=4).save(tmp_path / "gan.keras")
    out = tmp_path / "int8.json"
    int8_generator.main(
        str(tmp_path / "gan.keras"), num=64, features="none", out=str(out)
    )
    record = json.loads(out.read_text())
    assert record["bytes"]["int8"] < record["bytes"]["float32"]
    assert set(record["values"]) == {"float32", "int8", "real"}
    assert 0 < record["levels"]["rms"] < 20
    assert len(int8_generator.table([record])) == 5
