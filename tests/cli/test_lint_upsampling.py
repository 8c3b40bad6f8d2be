"""`specgan lint-upsampling`: its table, its JSON, its exit codes."""

import json

import keras
import pytest

from specgan.cli.main import main


@pytest.fixture
def saved(tmp_path):
    """Saves a model of these layers and gives its path."""

    def save(*layers):
        path = tmp_path / "model.keras"
        keras.Sequential([keras.Input((8, 8, 4)), *layers]).save(path)
        return str(path)

    return save


@pytest.fixture
def risky(saved):
    return saved(
        keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
        keras.layers.Resizing(40, 40),
    )


def test_prints_an_aligned_table(risky, capsys):
    assert main(["lint-upsampling", risky]) == 0
    header, first, advice, second, _, last = (
        capsys.readouterr().out.splitlines()
    )
    verdict, kernel = header.index("verdict"), header.index("kernel")
    assert first[verdict:].startswith("risk: checkerboard")
    assert second[verdict:] == "unknown"
    assert first[kernel:].startswith("3x3 ")
    assert second[kernel:].startswith("- ")
    assert advice.startswith("    kernel 3 is not a multiple of stride 2")
    assert last.endswith("up-sampling layers: 2, at risk: 1")


def test_prints_json(risky, capsys):
    assert main(["lint-upsampling", risky, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["layers_at_risk"] == 1
    transposed, resizing = record["layers"]
    assert transposed["risks"][0] == "checkerboard"
    assert transposed["factors"] == [2, 2]
    assert resizing["factors"] == [2.5, 2.5]
    assert resizing["verdict"] == "unknown"


def test_strict_fails_at_risks_only(risky, saved, capsys):
    assert main(["lint-upsampling", risky, "--strict"]) == 1
    fine = saved(
        keras.layers.UpSampling2D(),
        keras.layers.Conv2D(4, 3, padding="same"),
    )
    assert main(["lint-upsampling", fine, "--strict"]) == 0


def test_without_up_sampling(saved, capsys):
    plain = saved(keras.layers.Conv2D(4, 3))
    assert main(["lint-upsampling", plain, "--strict"]) == 0
    assert capsys.readouterr().out == f"{plain}: no up-sampling layers\n"
    assert main(["lint-upsampling", plain, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == []


@pytest.mark.parametrize(
    "content, message", [(None, "no trained model"), (b"?", "not a readable")]
)
def test_bad_input_is_one_line(content, message, tmp_path, capsys):
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    assert main(["lint-upsampling", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error


def test_code_in_the_file_is_not_run(saved, capsys):
    unsafe = saved(keras.layers.Lambda(lambda x: x))
    assert main(["lint-upsampling", unsafe]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "lambda" in error


def test_what_is_not_looked_at_is_told(tmp_path, capsys):
    path = str(tmp_path / "model.keras")
    keras.Sequential(
        [
            keras.Input((8, 8, 8, 1)),
            keras.layers.Conv3DTranspose(1, 3, strides=2),
        ]
    ).save(path)
    assert main(["lint-upsampling", path, "--strict"]) == 0
    printed = capsys.readouterr().out
    assert "Conv3DTranspose  2x2x2" in printed
    assert "not looked at" in printed
    assert main(["lint-upsampling", path, "--json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert (layer["factors"], layer["verdict"]) == ([2, 2, 2], "unknown")
