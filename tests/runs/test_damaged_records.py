"""Run folders of which a file is damaged: one error that names it."""

import json

import numpy as np
import pytest
from PIL import Image

from specgan.errors import DamagedFile
from specgan.runs import html_report
from specgan.runs import run_table
from specgan.runs.run_folder import RunFolder

RECORD = {
    "command": "train",
    "arguments": {
        "model": "dcgan",
        "data": "photos",
        "image_size": 16,
        "spectral_regularization": None,
    },
    "started": "2026-01-01 00:00:00",
    "finished": None,
}
SPECTRUM = {
    "epochs": [1, 2],
    "steps": [2, 4],
    "frequencies": [0.0, 0.25, 0.5],
    "ring_errors": [[1.0, 2.0, 3.0]] * 2,
    "spectral_error": [2.0, 1.0],
    "spectral_error_high": [2.0, 1.0],
}


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "run"
    (path / "samples").mkdir(parents=True)
    (path / "run.json").write_text(json.dumps(RECORD))
    (path / "spectrum.json").write_text(json.dumps(SPECTRUM))
    pixels = Image.fromarray(np.zeros([16, 16, 3], np.uint8))
    pixels.save(path / "samples" / "step-00000002.png")
    pixels.save(path / "spectrum-1-d.png")
    return path


def test_a_whole_run(run, capsys):
    run_table.print_table([run])
    assert "1.00 (1.00)" in capsys.readouterr().out
    assert html_report.write(run).is_file()


def without(content, *names):
    return {name: content[name] for name in content if name not in names}


DAMAGES = [
    ("run.json", ""),
    ("run.json", "[" * 100_000),
    ("run.json", json.dumps(without(RECORD, "arguments"))),
    ("run.json", json.dumps({**RECORD, "arguments": [1]})),
    ("run.json", json.dumps({**RECORD, "arguments": {}})),
    ("spectrum.json", "{"),
    ("spectrum.json", json.dumps(without(SPECTRUM, "steps"))),
    ("spectrum.json", json.dumps({**SPECTRUM, "steps": []})),
    ("spectrum.json", json.dumps({**SPECTRUM, "spectral_error": [None, "a"]})),
    ("spectrum.json", json.dumps({**SPECTRUM, "spectral_error": 3})),
]


@pytest.mark.parametrize("function", [
    lambda run: run_table.print_table([run]), html_report.write,
], ids=["table", "report"])  # fmt: skip
@pytest.mark.parametrize("name, content", DAMAGES)
def test_damaged_records(function, name, content, run):
    (run / name).write_text(content)
    with pytest.raises(DamagedFile, match=f"{run}.* is damaged. Expected"):
        function(run)


@pytest.mark.parametrize(
    "name, content",
    [
        (
            "spectrum.json",
            json.dumps({**SPECTRUM, "ring_errors": [[1.0], [1.0, 2.0]]}),
        ),
        ("spectrum.json", json.dumps({**SPECTRUM, "frequencies": ["a"] * 3})),
        ("spectrum.json", json.dumps({**SPECTRUM, "frequencies": [0.1]})),
        ("samples/step-00000002.png", "no picture"),
        ("spectrum-1-d.png", "no picture"),
        ("evaluation.json", "{}"),
        ("evaluate.json", "{}"),
    ],
)
def test_a_report_of_damaged_files(name, content, run):
    (run / name).write_text(content)
    with pytest.raises(DamagedFile, match=f"{run}.* is damaged. Expected"):
        html_report.write(run)
    assert not (run / "report.html").exists()


@pytest.mark.parametrize("name, content", DAMAGES[:4])
def test_going_on_with_a_damaged_run(name, content, run):
    (run / name).write_text(content)
    folder = RunFolder(run)
    for function in (lambda: folder.open("train", {}), folder.arguments):
        with pytest.raises(DamagedFile, match="run.json is damaged"):
            function()
