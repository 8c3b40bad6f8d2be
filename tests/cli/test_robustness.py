"""`specgan robustness`: an exported detector on altered pictures."""

import json

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image

from specgan.cli.main import main
from specgan.data import reading
from specgan.detection import PERTURBATIONS
from specgan.detection import SpectralFeatures
from specgan.detection import file_robustness
from specgan.detection import robustness
from specgan.detection.estimate import Estimate
from specgan.detection.figures import robustness_curves
from specgan.detection.matching import as_trained
from specgan.detection.perturbed_files import ByProbability
from specgan.detection.perturbed_pictures import Curve
from specgan.detection.perturbed_pictures import Robustness
from tests.parsed_page import ParsedPage
from zoo import detectors

pytestmark = pytest.mark.filterwarnings("default")

SIZE = 48


class Stub:
    """Calls what has little power at high frequencies generated."""

    name = "stub"
    is_one_class = False

    def __init__(self, matched):
        self.matched = matched
        self.features = SpectralFeatures(length=12)
        self.shapes = set()

    def prepared(self, image):
        image, remarks = as_trained(image, self.matched)
        self.shapes.add(image.shape)
        return image, remarks

    def probabilities_of_features(self, rows):
        return 1 / (1 + np.exp(rows[:, -2] + 5))

    def judge(self, rows):
        probabilities = self.probabilities_of_features(rows)
        doubtful = np.abs(probabilities - 0.5) < 0.4
        told = np.where(probabilities > 0.5, "generated", "real")
        return np.where(doubtful, "unsure", told), np.ones(len(rows))


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
    assert told["groups"] == {"real": 10, "fake": 10}
    assert told["scores"]["balanced_accuracy"] == {"mean": 1, "error": 0}
    assert 0 < told["scores"]["control_auc"]["mean"] < 1
    assert list(told["curves"]) == list(PERTURBATIONS)
    strongest = told["curves"]["blur"]["scores"][-1]
    # All are called generated.
    assert strongest["balanced_accuracy"]["mean"] == 0.5
    assert strongest["real_accuracy"]["mean"] == 0
    assert strongest["false_positives"]["mean"] > 0.5
    for one in told["curves"]["gain"]["scores"]:
        assert all(0 <= each["mean"] <= 1 for each in one.values())
    title, *lines = capsys.readouterr().out.splitlines()
    assert "10 real and 10 generated pictures in 10 and 10 groups" in title
    assert "unsure" in lines[1] and lines[2].startswith("unperturbed")
    assert len(lines) == 3 + sum(
        len(one.strengths) for one in PERTURBATIONS.values()
    )
    assert len({len(line) for line in lines}) == 1
    with Image.open(folders / "curves.png") as picture:
        assert picture.width > 600


def test_a_page_shows_what_is_most_surely_wrong(stub, folders):
    # A picture of the other kind, whose name says more than HTML may.
    odd = folders / "real" / "<b>odd&.png"
    odd.write_bytes((folders / "fake" / "3.png").read_bytes())
    out = folders / "page.html"
    assert run(folders, "--html", out) == 0
    page = ParsedPage(out.read_text("utf-8"))
    assert not page.open
    kinds = [source.partition(";")[0] for source in page.sources]
    assert kinds == ["data:image/png", "data:image/jpeg"]
    assert "1 of 13, at a probability of 1/2" in page.text
    assert "None of 12, at a probability of 1/2" in page.text
    assert "<b>odd&.png" in page.text and "control" in page.text


def test_pictures_are_made_alike_as_for_the_training(stub, folders):
    stub.matched = {"size": 40, "jpeg": [75, 60]}
    assert run(folders) == 0
    assert (40, 40, 3) in stub.shapes and (20, 20, 3) in stub.shapes
    assert (SIZE, SIZE, 3) not in stub.shapes


def test_what_cannot_be_used_is_left_out(stub, folders, capsys):
    (folders / "real" / "broken.png").write_bytes(b"broken")
    Image.new("RGB", (20, 90), "red").save(folders / "real" / "flat.png")
    noise = np.random.default_rng(0).integers(0, 256, [15, 90, 3], np.uint8)
    Image.fromarray(noise).save(folders / "real" / "small.png")
    assert run(folders) == 0
    told = capsys.readouterr().err
    assert "3 pictures are left out" in told
    for reason in ("not a picture", "flat", "too small"):
        assert reason in told
    assert "The sizes differ" in told


def test_bad_input(stub, folders, capsys):
    assert run(folders, out="curves.svg") == 2
    assert "Expected .png. Received: --out" in capsys.readouterr().err
    assert run(folders, "--html", "page.htm") == 2
    assert "Expected .html. Received: --html" in capsys.readouterr().err
    for path in (folders / "fake").iterdir():
        path.write_bytes(b"broken")
    assert run(folders) == 2
    assert "no fake pictures" in capsys.readouterr().err


def test_copies_are_one_group(stub, folders, capsys):
    """The paper's 1000 fakes, for example, are fewer."""
    for i in range(6):
        copy = (folders / "fake" / f"{i}.png").read_bytes()
        (folders / "fake" / f"copy-{i}.png").write_bytes(copy)
    assert run(folders) == 0
    title = capsys.readouterr().out.splitlines()[0]
    assert "12 real and 18 generated pictures in 12 and 12 groups" in title


def test_what_a_page_needs(stub, folders):
    result = file_robustness(stub, folders / "real", folders / "fake", 100)
    assert [path.parent.name for path in result.paths] == (
        ["real"] * 12 + ["fake"] * 12
    )
    np.testing.assert_array_equal(result.labels, np.repeat([0, 1], 12))
    for path, probability in zip(
        result.paths, result.probabilities, strict=True
    ):
        pixels = np.asarray(Image.open(path))
        rows = stub.features([pixels])
        assert stub.probabilities_of_features(rows)[0] == pytest.approx(
            probability
        )


def test_more_pictures_than_are_read_at_once(stub, folders, monkeypatch):
    monkeypatch.setattr(reading, "_PICTURES", 5)
    result = file_robustness(stub, folders / "real", folders / "fake", 100)
    assert result.robustness.pictures == {"real": 12, "fake": 12}


def test_each_panel_shows_curves_errors_and_the_control():
    draw = np.random.default_rng(0)
    real = draw.integers(0, 256, [12, 32, 32, 1], np.uint8)
    stub = Stub({})
    result = robustness(
        ByProbability(),
        lambda images: stub.probabilities_of_features(stub.features(images))[
            :, None
        ],
        real,
        real // 2,
        verdicts=lambda rows: np.where(rows[:, 0] > 0.5, "generated", "real"),
    )
    figure = robustness_curves(result, "title")
    panels = figure.axes
    titles = [panel.get_title() for panel in panels]
    assert titles == [*PERTURBATIONS, ""]  # Of the legend.
    points = [result.scores, *result.curves["jpeg"].scores]
    shown = {
        container.get_label(): container for container in panels[0].containers
    }
    for label, metric in (
        ("AUC", "auc"),
        ("real correct", "real_accuracy"),
        ("generated correct", "generated_accuracy"),
        ("control: AUC, real against real", "control_auc"),
        ("unsure", "unsure"),
    ):
        line, _, (bars,) = shown[label].lines
        means = [100 * scores[metric].mean for scores in points]
        np.testing.assert_allclose(line.get_ydata(), means)
        errors = [100 * scores[metric].error for scores in points]
        heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
        np.testing.assert_allclose(heights, 4 * np.array(errors), atol=1e-9)


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
        key: Curve(
            one.unit,
            one.strengths,
            tuple({"auc": Estimate(strength, 0)} for strength in one.strengths),
        )
        for key, one in PERTURBATIONS.items()
    }
    scores = {"auc": Estimate(7, 0)}
    panels = robustness_curves(Robustness({}, {}, scores, curves), "").axes
    (panel,) = [panel for panel in panels if panel.get_title() == name]
    told = " ".join(label.get_text() for label in panel.get_xticklabels())
    assert told == words
    np.testing.assert_allclose(
        panel.lines[0].get_ydata(),
        100 * np.array([7, *PERTURBATIONS[name].strengths])[order],
    )
