"""The lectures at their smallest setting, and the figures of the guide.

In both the two sides of each theorem agree.
"""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from recipes import fourier
from recipes import page
from tests.slow_cases import quick_first


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("fourier")
    command = ["--image-size", "32", "--out", str(out)]
    assert page.run(fourier.main, command) == 0
    return out


GUIDE = pathlib.Path(__file__).parents[2] / "docs/results/fourier"


@pytest.fixture(params=quick_first("guide", "written"))
def record(request):
    folder = GUIDE
    if request.param == "written":
        folder = request.getfixturevalue("written")
    return json.loads((folder / "fourier.json").read_text("utf-8"))


@pytest.mark.slow
def test_a_picture_each(written):
    for name in fourier.LECTURES:
        with Image.open(written / f"{name}.webp") as picture:
            assert picture.width >= 860
    assert len(list(written.iterdir())) == len(fourier.LECTURES) + 1


def test_tables_are_tables(record):
    assert list(record) == list(fourier.LECTURES) == list(fourier.TABLES)
    for name, numbers in record.items():
        lines = list(fourier.TABLES[name](numbers))
        assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|")


def test_theorem(record):
    numbers = record["theorem"]
    for name in ("circular", "linear", "product", "inside"):
        assert numbers[name] < 1e-12
    assert numbers["wrapped"] > 0.01


def test_gibbs_at_every_cutoff_and_none_of_the_gaussian(record):
    for cutoff, one in record["filtering"]["ideal"].items():
        # Si(pi) / pi - 1/2, between pixels.
        assert one["overshoot"] == pytest.approx(0.0895, abs=0.002), cutoff
    for one in record["filtering"]["gaussian"].values():
        assert abs(one["overshoot"]) < 1e-6


def test_steps_add_up(record):
    for one in record["propagator"]["diffusion"].values():
        np.testing.assert_allclose(one["drift"], one["predicted_drift"])
        np.testing.assert_allclose(one["deviation"], one["predicted_deviation"])
        assert one["power"] < 1e-12
    assert one["gaussian"] < 0.02
    for one in record["propagator"]["sharpening"].values():
        assert 1 < one["contrast"] < one["bound"]


def test_replicas_are_those_of_theory(record):
    for one in record["unpooling"]["replicas"].values():
        for what in ("constant", "wave"):
            measured, theory = one[what], one[f"{what}_theory"]
            assert (measured is None) == (theory is None)
            if theory is not None:
                assert measured == pytest.approx(theory, abs=0.01)
    for one in record["unpooling"]["noise"].values():
        assert one["measured"] == pytest.approx(one["theory"], abs=0.5)


def test_only_regularized_estimates_come_nearer(record):
    numbers = record["deconvolution"]
    levels = list(numbers["psnr"].values())
    observed, transposed, exact, inverse, tikhonov, wiener = levels
    assert inverse < observed and exact > 100
    if observed < 30:  # A patch of sky has no detail to restore.
        assert transposed < observed < tikhonov < wiener
    pair = numbers["transposed"]
    assert pair["forwards"] == pytest.approx(pair["backwards"])
    assert pair["returned"] < 0.9


def test_aliases_are_those_of_theory(record):
    for one in record["aliasing"].values():
        if one["theory"] is not None:
            assert one["amplitude"] == pytest.approx(one["theory"], abs=1e-3)
    errors = [one["moved"] for one in record["aliasing"].values()]
    assert errors[0] > max(errors[1:]) and errors[-1] == min(errors)


def test_without_aliases_moving_is_exact():
    rows, columns = np.indices((32, 32))
    smooth = np.cos(2 * np.pi * (3 * rows + 4 * columns) / 32)
    error = fourier.moved_error(lambda images: images[:, ::2, ::2], smooth)
    assert error < -100


@pytest.mark.parametrize(
    "arguments, match",
    [
        (["theorems"], "Received: theorems"),
        (["--image-size", "16"], "at least 32 pixels"),
        (["--image-size", "34"], "multiple of 4"),
    ],
)
def test_bad_input_in_one_line(tmp_path, capsys, arguments, match):
    out = tmp_path / "out"
    assert page.run(fourier.main, [*arguments, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert match in error and error.count("\n") == 1
    assert not out.exists()


def test_some_lectures_alone(tmp_path):
    fourier.main("theorem", out=str(tmp_path), image_size=32)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"theorem.webp", "fourier.json"}
