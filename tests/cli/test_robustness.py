"""`specgan robustness`: an exported detector on altered pictures."""

import json

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image

from specgan.cli.main import main
from specgan.detection import PERTURBATIONS
from specgan.detection import SpectralFeatures
from specgan.detection import robustness
from specgan.detection.figures import robustness_curves
from specgan.detection.perturbations import Curve
from specgan.detection.perturbations import Robustness
from specgan.detection.perturbed_files import ByProbability
from zoo import detectors

pytestmark = pytest.mark.filterwarnings("default")

SIZE = 48


class Stub:
    """Calls what has little power at high frequencies generated."""

    name = "stub"

    def __init__(self, matched):
        self.matched = matched
        self.features = SpectralFeatures(length=12)
        self.shapes = set()

    def probabilities(self, images):
        self.shapes |= {image.shape for image in images}
        powers = self.features(images)[:, -2]
        return (1 / (1 + np.exp(powers + 5))).astype(np.float32)

    def verdicts(self, probabilities):
        doubtful = np.abs(probabilities - 0.5) < 0.4
        told = np.where(probabilities > 0.5, "generated", "real")
        return np.where(doubtful, "unsure", told)


@pytest.fixture
def stub(monkeypatch):
    stub = Stub({"size": None, "jpeg": None})
    monkeypatch.setattr(detectors, "load_detector", lambda name: stub)
    return stub


@pytest.fixture
def folders(tmp_path):
    draw = np.random.default_rng(0)
    for kind, deviation in (("real", 0.1), ("fake", 0.8)):
        (tmp_path / kind).mkdir()
        for i in range(12):
            noise = draw.normal(0, 1, [SIZE, SIZE, 3])
            soft = scipy.ndimage.gaussian_filter(
                noise, (deviation, deviation, 0)
            )
            pixels = np.clip(128 + 40 * soft / soft.std(), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(
                tmp_path / kind / f"{i}.png"
            )
    return tmp_path


def run(folders, *options, out="curves.png"):
    return main(
        ["robustness", "--detector", "stub"]
        + ["--real", str(folders / "real"), "--fake", str(folders / "fake")]
        + ["--out", str(folders / out), *map(str, options)]
    )


def test_curves_are_plotted_written_and_printed(stub, folders, capsys):
    assert run(folders, "--num", 10) == 0
    told = json.loads((folders / "curves.json").read_text())
    assert told["detector"] == "stub"
    assert told["pictures"] == {"real": 10, "fake": 10}
    assert told["balanced_accuracy"] == told["auc"] == 1
    assert list(told["curves"]) == list(PERTURBATIONS)
    blur = told["curves"]["blur"]
    assert blur["balanced_accuracy"][-1] == 0.5  # All are called generated.
    shares = [blur["unsure"], told["curves"]["gain"]["unsure"]]
    assert all(0 <= share <= 1 for some in shares for share in some)
    lines = capsys.readouterr().out.splitlines()
    assert "unsure" in lines[0] and lines[1].startswith("unperturbed")
    assert len(lines) == 2 + sum(
        len(one.strengths) for one in PERTURBATIONS.values()
    )
    assert len({len(line) for line in lines}) == 1
    with Image.open(folders / "curves.png") as picture:
        assert picture.width > 600


def test_pictures_are_made_alike_as_for_the_training(stub, folders):
    stub.matched = {"size": 40, "jpeg": [75, 60]}
    assert run(folders) == 0
    assert (40, 40, 3) in stub.shapes and (20, 20, 3) in stub.shapes
    assert (SIZE, SIZE, 3) not in stub.shapes


def test_what_cannot_be_used_is_left_out(stub, folders, capsys):
    (folders / "real" / "broken.png").write_bytes(b"broken")
    Image.new("RGB", (20, 90), "red").save(folders / "real" / "flat.png")
    noise = np.random.default_rng(0).integers(0, 256, [31, 90, 3], np.uint8)
    Image.fromarray(noise).save(folders / "real" / "small.png")
    assert run(folders) == 0
    told = capsys.readouterr().err
    assert "3 pictures are left out" in told
    for reason in ("not a picture", "flat", "too small to be halved"):
        assert reason in told
    assert "The sizes differ" in told


def test_bad_input(stub, folders, capsys):
    assert run(folders, out="curves.svg") == 2
    assert "Expected .png. Received: --out" in capsys.readouterr().err
    for path in (folders / "fake").iterdir():
        path.write_bytes(b"broken")
    assert run(folders) == 2
    assert "no fake pictures" in capsys.readouterr().err


def test_each_panel_shows_a_curve_and_where_it_starts():
    draw = np.random.default_rng(0)
    real = draw.integers(0, 256, [4, 32, 32, 1], np.uint8)
    stub = Stub({})
    result = robustness(
        ByProbability(),
        lambda images: stub.probabilities(images)[:, None],
        real,
        real // 2,
        unsure=lambda rows: rows[:, 0] > 0.5,
    )
    panels = robustness_curves(result, "title").axes
    assert [panel.get_title() for panel in panels] == list(PERTURBATIONS)
    lines = {line.get_label(): line for line in panels[0].lines}
    jpeg = result.curves["jpeg"]
    np.testing.assert_allclose(
        lines["AUC"].get_ydata(), 100 * np.array([result.auc, *jpeg.auc])
    )
    np.testing.assert_allclose(
        lines["unsure"].get_ydata(),
        100 * np.array([result.unsure, *jpeg.unsure]),
    )


@pytest.mark.parametrize(
    "name, words, order",
    [
        ("jpeg", "as is 95 90 75 50 30", [0, 1, 2, 3, 4, 5]),
        ("gain", "1.25 as is 0.9 0.75 0.5", [4, 0, 1, 2, 3]),
        ("resize", "1.25 as is 0.9 0.75 0.5", [4, 0, 1, 2, 3]),
        ("noise", "as is 1.0 2.0 5.0 10.0", [0, 1, 2, 3, 4]),
    ],
)
def test_what_goes_the_other_way_stands_on_the_other_side(name, words, order):
    curves = {
        key: Curve(one.unit, one.strengths, *3 * [one.strengths])
        for key, one in PERTURBATIONS.items()
    }
    panels = robustness_curves(Robustness(7, 7, curves, 7), "").axes
    (panel,) = [panel for panel in panels if panel.get_title() == name]
    told = " ".join(label.get_text() for label in panel.get_xticklabels())
    assert told == words
    np.testing.assert_allclose(
        panel.lines[0].get_ydata(),
        100 * np.array([7, *PERTURBATIONS[name].strengths])[order],
    )
