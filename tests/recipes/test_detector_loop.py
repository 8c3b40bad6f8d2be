"""The closed loop and the shipped detectors' recipe, on tiny data."""

import json

import numpy as np
import pytest
from PIL import Image

import zoo
from recipes import detector
from recipes import detector_pictures
from recipes import page
from recipes import pretrained_detectors
from recipes.paper import table_1
from specgan.cli.main import main
from specgan.detection import SpectralDetector
from specgan.detection import TrainedDetector
from specgan.detection.protocol import Protocol
from specgan.metrics.detectability_profile import ROWS
from zoo import pretrained

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Noise: nothing that an untrained generator makes."""
    folder = tmp_path_factory.mktemp("folders") / "real"
    folder.mkdir()
    draw = np.random.default_rng(1)
    for i in range(80):
        pixels = draw.integers(0, 256, [32, 32, 3], np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03}.png")
    return folder


@pytest.fixture(scope="module")
def runs(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in ("plain", "spectral"):
        command = ["train", "dcgan", "--data", str(real), "--image-size", "32"]
        command += ["--width", "4", "--batch-size", "16", "--epochs", "1"]
        if name == "spectral":
            command.append("--spectral-regularization")
        assert main([*command, "--run", str(folder / name)]) == 0
    return str(folder / "plain"), str(folder / "spectral")


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--jpeg", "75"], ["--paper"]])
def test_stale_and_fresh_detectors_on_both_gans(
    options, runs, tmp_path, capsys
):
    out = tmp_path / "loop"
    command = [*runs, "--num", "80", "--splits", "2", "--out", str(out)]
    command += options
    assert page.run(detector.main, command) == 0
    told = capsys.readouterr().out
    record = json.loads((out / "loop.json").read_text())
    names = {"detector"}
    if "--paper" not in options:
        names |= {*ROWS, *detector.kinds()}
    assert set(record["reports"]) == names
    for reports in record["reports"].values():
        assert set(reports) == {
            f"{age} on {gan}"
            for age in ("stale", "fresh")
            for gan in ("plain", "regularized")
        }
        for report in reports.values():
            # Noise against what is hardly trained: either detector sees it.
            assert report["scores"]["balanced_accuracy"]["mean"] > 0.7
            assert report["pictures"] == {"real": 40, "fake": 40}
    assert "real/real" in told and "stale on regularized" in told
    with Image.open(out / "loop.png") as picture:
        assert picture.width == 800


@pytest.mark.slow
def test_table_1(runs, tmp_path, capsys, monkeypatch):
    several = table_1.experiments()
    shown = {name: several[name] for name in ("the paper's", "DCT modes")}
    monkeypatch.setattr(table_1, "experiments", lambda: shown)
    out = tmp_path / "table.json"
    command = [*runs, "--num", "40", "--out", str(out)]
    assert page.run(table_1.main, command) == 0
    results = json.loads(out.read_text())
    assert list(results) == ["plain", "regularized"]
    report = results["plain"]["DCT modes"]["logistic regression"]
    assert report["pictures"] == {"real": 40, "fake": 40}
    assert report["scores"]["balanced_accuracy"]["mean"] > 0.9
    lines = capsys.readouterr().out.splitlines()
    assert "| DCT modes | logistic regression | 100" in "\n".join(lines)
    assert sum(line.startswith("| the paper's |") for line in lines) == 5


def test_a_stale_detector_knows_nothing_of_what_comes_later():
    draw = np.random.default_rng(0)
    rows = {
        "real": draw.normal(0, 1, [400, 3]),
        "plain": draw.normal([4, 0, 0], 1, [400, 3]),
        "regularized": draw.normal([0, 4, 0], 1, [400, 3]),
    }
    reports = detector.judged(rows, SpectralDetector(), Protocol())
    accuracy = {
        names: report.scores["balanced_accuracy"].mean
        for names, report in reports.items()
    }
    assert accuracy["stale on plain"] > 0.95
    assert accuracy["stale on regularized"] < 0.6
    assert accuracy["fresh on regularized"] > 0.95


def one_line(capsys):
    """The last line on the error stream; those before tell the progress."""
    lines = capsys.readouterr().err.splitlines()
    assert not any("Traceback" in line for line in lines)
    return lines[-1]


@pytest.mark.slow
def test_what_cannot_be_compared(runs, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "something").write_text("")
    out = ["--out", str(tmp_path / "new")]
    assert page.run(detector.main, [str(tmp_path), runs[1], *out]) == 2
    line = one_line(capsys)
    assert line.startswith("python -m recipes.detector: error: ")
    assert "no trained model" in line
    assert not (tmp_path / "new").exists()
    assert (
        page.run(detector.main, [*runs, "--out", str(tmp_path / "there")]) == 2
    )
    assert "there" in one_line(capsys)


@pytest.mark.parametrize(
    "recipe, arguments",
    [
        (detector, "a b --num 0"),
        (detector, "a b --num many"),
        (detector, "a b --seed -1"),
        (detector, "a b --jpeg 101"),
        (detector, "a"),
        (pretrained_detectors, "detector-celeba64 a --num 0"),
        (pretrained_detectors, "detector-celeba64 a --seed -1"),
        (pretrained_detectors, "detector-celebA a"),
    ],
)
def test_arguments_out_of_range(recipe, arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        page.run(recipe.main, arguments.split())
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "error: " in error


def test_data_that_are_not_there(tmp_path, capsys):
    command = ["detector-celeba64", str(tmp_path / "nothing")]
    assert page.run(pretrained_detectors.main, command) == 2
    assert "does not exist" in one_line(capsys)


@pytest.mark.slow
def test_a_shipped_detector_is_made_whole_with_its_card(
    real, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    for name in ("one-a", "one-b", "two", "three"):
        gan = zoo.DCGAN(32, width=4, latent_dim=8)
        gan.set_weights([10 * weight for weight in gan.get_weights()])
        pretrained.publish(gan, name, "mit")
    plan = detector_pictures.Plan(
        "noise",
        ("one-a", "one-b", "two"),
        {"image_size": 32},
        ("spectrum", "dct"),
        True,
        (75, 50),
        "None.",
        "Free.",
        "cc0-1.0",
    )
    other = detector_pictures.Plan(
        "other",
        ("three",),
        {"image_size": 32},
        ("spectrum",),
        False,
        (75,),
        "None.",
        "Free.",
        "cc0-1.0",
    )
    plans = {"detector-a": plan, "b": other}
    monkeypatch.setattr(detector_pictures, "PLANS", plans)
    monkeypatch.setattr(pretrained_detectors, "PLANS", plans)
    out = tmp_path / "out"
    pretrained_detectors.main("detector-a", str(real), num=40, out=str(out))
    made = TrainedDetector.load(out / "detector-a")
    assert made.matched == {"size": 32, "jpeg": [75, 50]}
    assert set(made.about["generators left out"]) == {
        "one-a", "one-b", "two", "all of one",
    }  # fmt: skip
    card = (out / "detector-a" / "README.md").read_text()
    for said in (
        "detector-a", "real/real", "perturbed", "| two |", "by three",
        "zoomed in by 2", "Free.", 'license: "cc0-1.0"', "all of one",
    ):  # fmt: skip
        assert said in card
    with pytest.raises(ValueError, match="Lower --num"):
        pretrained_detectors.main("detector-a", str(real), num=400)
