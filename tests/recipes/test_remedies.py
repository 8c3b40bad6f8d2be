import json

import numpy as np
import pytest
from PIL import Image

from recipes import page
from recipes.paper import remedies
from specgan.cli.queue import queue_file

QUEUE = """
folder = "cells"
[train]
data = "faces.zip"
epochs = 2
[variants.remedy]
plain = {}
decibel = { spectral-regularization = "decibel" }
[variants.unit]
transposed = {}
nearest = { upsampling = "nearest" }
[[cells]]
name = "{model}-{unit}-{remedy}-{seed}"
model = "lsgan"
unit = ["transposed", "nearest"]
remedy = ["plain", "decibel"]
seed = 0
[[cells]]
name = "{model}-{unit}-{remedy}-{seed}"
model = "lsgan"
unit = ["transposed", "nearest"]
remedy = ["plain", "decibel"]
seed = 1
evaluate-every = 1
"""

FID = {
    ("transposed", "plain"): (100, 120),
    ("transposed", "decibel"): (50, 60),
    ("nearest", "plain"): (80, 96),
    ("nearest", "decibel"): (80,),
}
"""By unit and remedy, one a seed; the last is not computed."""


@pytest.fixture
def queue(tmp_path):
    path = tmp_path / "queue.toml"
    path.write_text(QUEUE)
    queue = queue_file.read(path)
    queue.folder.mkdir()
    for cell in queue.cells:
        of_seeds = FID[cell.axes["unit"], cell.axes["remedy"]]
        seed = cell.axes["seed"]
        if seed >= len(of_seeds):
            continue
        values = {name: 1.0 for name, _, _ in remedies.COLUMNS.values()}
        found = 0.9 if cell.axes["remedy"] == "plain" else 0.6
        values |= {"fid": of_seeds[seed], "detection_luma_rbf": found}
        record = {
            "axes": cell.axes,
            "recipe": cell.recipe,
            "recipe_sha256": cell.recipe_sha256,
            "specgan": {"commit": "0" * 40},
            "steps": 10,
            "images_shown": 640,
            "cpu_seconds": {"all": 1.0},
            "wall_seconds": {"all": 1.0},
            "evaluation": {
                "values": values | {"recall": 0.1},
                "protocol": {"features": {"network": "inception-2015-12-05"}},
            },
        }
        (queue.folder / f"{cell.name}.json").write_text(json.dumps(record))
    run = queue.folder / "lsgan-transposed-plain-0"
    run.mkdir()
    (run / "guard.json").write_text('{"1": {"remaining": 2}}')
    error = {"steps": [5, 10], "spectral_error": [2.0, 1.0]}
    (run / "spectrum.json").write_text(json.dumps(error))
    seen = {"step": 10, "values": {"frechet_inception-bfloat16": 100.0}}
    (run / "evaluation.json").write_text(json.dumps({"history": [seen]}))
    return path


def test_the_page(queue, tmp_path, capsys):
    out = tmp_path / "out"
    assert page.run(remedies.main, [str(queue), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    table = (out / "remedies.md").read_text()
    assert printed.startswith(table)
    errors, arrives = "1.00, **1.50**, 2.00", "1 of 2"
    assert printed.removeprefix(table).splitlines()[-1] == (
        f"| lsgan | transposed | plain | 0 | {errors} | {arrives} | 100 (10) |"
    )
    record = json.loads((out / "remedies.json").read_text())
    missing = {"model": "lsgan", "unit": "nearest", "remedy": "decibel"}
    assert record["missing"] == [missing | {"seed": 1}]
    cell = record["cells"]["lsgan-transposed-plain-0"]
    assert cell["rollbacks"] == 1
    assert cell["curves"]["fid"] == [[10], [100.0]]
    assert "recall" not in cell["values"]
    for name in ("remedies.png", "training.png"):
        with Image.open(out / name) as image:
            assert np.asarray(image).std() > 0
    assert f"7 of 8 cells are computed; `specgan queue {queue}`" in printed
    assert "| lsgan | nearest | 2 of 2 | 1 of 2 |" in printed


def test_effects_are_over_pairs_that_differ_in_one_axis(queue):
    record = remedies.condensed(queue)
    # By hand: 100 -> 50, 120 -> 60, 80 -> 80.
    header, _, decibel = remedies.effects_table(record, "remedy")
    ratios = np.log([0.5, 0.5, 1.0])
    error = 100 * np.std(ratios, ddof=1) / np.sqrt(3)
    change = 100 * np.expm1(np.mean(ratios))
    cells = [cell.strip() for cell in decibel.strip("|").split("|")]
    assert cells[:3] == ["decibel", "3", f"{change:+.0f} % ± {error:.0f}"]
    assert cells[3] == "-30.0 ± 0.0"
    assert cells[-4:] == ["2", "3", "0", "0"]
    assert header.startswith("| remedy, beside plain | pairs | FID |")
    by_unit = remedies.effects_table(record, "remedy", within=("unit",))
    assert [row.split("|")[1:4] for row in by_unit[2:]] == [
        [" decibel ", " transposed ", " 2 "],
        [" decibel ", " nearest ", " 1 "],
    ]
    # By hand: 100 -> 80, 120 -> 96, 50 -> 80; as detectable.
    assert len(remedies.pairs(record, "unit")["nearest"]) == 3
    assert "disagree in 0" in remedies.disagreement(record)


def test_a_row_is_over_its_seeds(queue):
    record = remedies.condensed(queue)
    rows = remedies.cells_table(record, "lsgan")
    cells = [cell.strip() for cell in rows[2].strip("|").split("|")]
    assert cells[:4] == ["transposed", "plain", "2", "110.0 ± 14.1"]
    # The run folder of the second seed is elsewhere.
    assert cells[-1] == "1 of 1"


def test_cells_of_an_earlier_record_stay(queue, tmp_path, capsys):
    command = [str(queue), "--out", str(tmp_path / "out")]
    assert page.run(remedies.main, command) == 0
    printed = capsys.readouterr().out
    for path in (queue.parent / "cells").glob("*-0.json"):
        path.unlink()
    earlier = tmp_path / "out" / "remedies.json"
    command += ["--earlier", str(earlier)]
    assert page.run(remedies.main, command) == 0
    assert capsys.readouterr().out == printed
    # That of another recipe does not.
    record = json.loads(earlier.read_text())
    record["cells"]["lsgan-nearest-plain-0"]["recipe_sha256"] = "0"
    earlier.write_text(json.dumps(record))
    assert page.run(remedies.main, command) == 0
    assert "6 of 8 cells are computed" in capsys.readouterr().out


def test_how_many_trainings_collapse(queue):
    record = remedies.condensed(queue)
    # By hand: 0.025 of one that did, "3 %"; the others' folders are elsewhere.
    line = remedies.collapse_line(record)
    assert line.startswith("Collapsed: 1 of 1 plain trainings (between 3 and")
    assert "remedy" not in line
    for i, cell in enumerate(record["cells"].values()):
        cell["rollbacks"] = int(i == 0)
    # 1 - 0.025^(1 / 3) of three that did not.
    assert "0 of 3 trainings with a remedy (between 0 and 71 %" in (
        remedies.collapse_line(record)
    )


def test_bad_input_is_one_line(queue, capsys):
    folder = queue.parent / "cells"
    path = folder / "lsgan-nearest-plain-0.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"recipe_sha256": "0"}))
    assert page.run(remedies.main, [str(queue)]) == 2
    told = capsys.readouterr().err
    assert "another recipe" in told and "--redo-stale" in told
    for path in folder.glob("*.json"):
        path.unlink()
    assert page.run(remedies.main, [str(queue)]) == 2
    assert "No cell has been computed" in capsys.readouterr().err


CELL = "lsgan-transposed-plain-0"


def changed(record, *names, value=None):
    """A record with another value behind some names, or without it."""
    *names, last = names
    place = record
    for name in names:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value


def refused(capsys, *arguments):
    """The one line of a page that has written nothing."""
    assert page.run(remedies.main, list(map(str, arguments))) == 2
    printed, told = capsys.readouterr()
    assert not printed and told.count("\n") == 1
    return told


@pytest.mark.parametrize(
    "names, value, received",
    [
        (["values", "fid"], np.nan, "fid = nan"),
        (["values", "fid"], "109", "fid = '109'"),
        (["values", "checkerboard_half"], np.inf, "checkerboard_half = inf"),
        (["values", "fid"], None, "KeyError('fid')"),
        (["values", "detection_luma_rbf"], None, "KeyError('detection_luma"),
        (["values"], None, "KeyError('values')"),
    ],
)
def test_damaged_cells(names, value, received, queue, tmp_path, capsys):
    """Of the queue and of an earlier record alike."""
    out = tmp_path / "out"
    earlier = out / "remedies.json"
    page.run(remedies.main, [str(queue), "--out", str(out)])
    capsys.readouterr()
    cell = queue.parent / "cells" / f"{CELL}.json"
    for path, before in (
        (earlier, ["cells", CELL]),
        (cell, ["evaluation"]),
    ):
        record = json.loads(path.read_text())
        changed(record, *before, *names, value=value)
        path.write_text(json.dumps(record))
        told = refused(capsys, queue, "--earlier", earlier)
        assert f"{path} is damaged. Expected" in told and received in told
        path.unlink()
        earlier.write_text('{"cells": {}}')


@pytest.mark.parametrize(
    "text", ["{}", '{"cells": []}', '{"cells": {"a": {}}}', "["]
)
def test_damaged_earlier_records(text, queue, tmp_path, capsys):
    path = tmp_path / "earlier.json"
    path.write_text(text)
    told = refused(capsys, queue, "--earlier", path)
    assert f"{path} is damaged" in told


@pytest.mark.parametrize("option", ["--earlier", "--out"])
def test_places_that_are_not_there(option, queue, capsys):
    told = refused(capsys, queue, option, "/proc/nowhere")
    assert told.endswith(
        "nowhere: No such file or directory. Choose another path\n"
    )


@pytest.mark.parametrize(
    "name, text",
    [
        ("guard.json", "{}"),
        ("spectrum.json", '{"steps": [5, 10]}'),
        ("spectrum.json", '{"steps": [5, 10], "spectral_error": [2.0]}'),
        ("spectrum.json", '{"steps": [5], "spectral_error": ["2.0"]}'),
        ("evaluation.json", "{}"),
        ("evaluation.json", '{"history": [{"step": 1, "values": {}}]}'),
    ],
)
def test_damaged_files_of_a_run(name, text, queue, capsys):
    path = queue.parent / "cells" / CELL / name
    path.write_text(text)
    assert f"{path} is damaged" in refused(capsys, queue)


def test_axes_are_those_of_the_queue(queue):
    before = remedies.condensed(queue)
    path = queue.parent / "cells" / f"{CELL}.json"
    record = json.loads(path.read_text())
    changed(record, "axes", "unit", value="nearest")
    path.write_text(json.dumps(record))
    assert remedies.condensed(queue) == before


def test_a_queue_of_other_axes(queue, capsys):
    queue.write_text(queue.read_text().replace("unit", "upscaling"))
    told = refused(capsys, queue)
    assert "Expected the axes model, unit, remedy, seed" in told


def test_a_cell_that_diverged_has_collapsed(queue, tmp_path, capsys):
    folder = queue.parent / "cells"
    path = folder / "lsgan-nearest-decibel-1.attempts.json"
    cell = queue_file.read(queue).cells[-1]
    assert cell.name == path.name.split(".")[0]
    attempt = {
        "outcome": "failed",
        "recipe_sha256": cell.recipe_sha256,
        "error": "the training in runs/x diverged and was stopped",
    }
    (folder / "_queue").mkdir()
    text = json.dumps({"attempts": [attempt]})
    (folder / "_queue" / path.name).write_text(text)
    command = [str(queue), "--out", str(tmp_path / "out")]
    assert page.run(remedies.main, command) == 0
    printed = capsys.readouterr().out
    assert "with `--retry-failed` the 1 that failed" in printed
    assert "1 of 1 trainings with a remedy" in printed
