"""The queue with a quick program in place of trainings, and with real ones."""

import concurrent.futures
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

from specgan import source_version
from specgan.cli.main import main
from specgan.cli.queue import cell_process
from specgan.cli.queue import queue_checks
from specgan.cli.queue import queue_file
from specgan.cli.queue import queue_progress
from specgan.cli.queue import training_queue
from specgan.cli.queue.cell_folder import CellFolder
from specgan.cli.queue.lease import GUARD
from specgan.cli.queue.training_queue import TrainingQueue
from specgan.files import read_json
from specgan.runs import run_evaluation
from specgan.runs.run_folder import RunFolder

FAKE = (
    sys.executable,
    str(pathlib.Path(__file__).parent / "fake_cell_process.py"),
)


@pytest.fixture
def write(tmp_path):
    """Writes the queue file and reads it."""

    def written(cells="seed = [0, 1]", epochs=3, num=9):
        path = tmp_path / "queue.toml"
        path.write_text(
            f'folder = "grid"\n[train]\nepochs = {epochs}\n'
            f'[evaluate]\nnum = {num}\n[[cells]]\nmodel = "lsgan"\n{cells}\n'
        )
        return queue_file.read(path)

    return written


def run(queue, **arguments):
    return TrainingQueue(queue, program=FAKE, **arguments).run()


def starts(queue):
    path = queue.path.parent / "starts"
    return path.read_text().split() if path.exists() else []


def cells_of(queue):
    return [CellFolder(queue.folder, cell) for cell in queue.cells]


def states(queue):
    return [cell.state().name for cell in cells_of(queue)]


def record_of(queue, name):
    return json.loads((queue.folder / f"{name}.json").read_text())


def test_all_cells_are_computed_once(write, capsys):
    queue = write()
    assert states(queue) == ["waiting", "waiting"]
    assert run(queue) == 0
    assert starts(queue) == ["lsgan-0", "lsgan-1"]
    assert states(queue) == ["done", "done"]
    assert "2 cells: 2 done." in capsys.readouterr().out
    assert run(queue) == 0
    assert len(starts(queue)) == 2
    # Records and run folders; the lease and the attempts are gone.
    names = {"lsgan-0", "lsgan-1", "lsgan-0.json", "lsgan-1.json", "_queue"}
    assert {path.name for path in queue.folder.iterdir()} == names
    left = {path.name for path in (queue.folder / "_queue").iterdir()}
    assert {name for name in left if not name.endswith(".log")} == {GUARD}


def test_the_record(write):
    queue = write()
    run(queue)
    record = record_of(queue, "lsgan-1")
    (_, cell) = queue.cells
    assert record["recipe"] == cell.recipe
    assert record["recipe_sha256"] == cell.recipe_sha256
    assert record["axes"] == {"model": "lsgan", "seed": 1}
    assert record["commands"] == cell.commands(queue.folder / "lsgan-1")
    assert record["images_shown"] == 640
    assert record["evaluation"] == {"values": {"fid": 12.5}, "num": 9}
    assert record["specgan"]["version"]
    for what, least in (("cpu_seconds", 0.01), ("wall_seconds", 0.02)):
        assert record[what]["train"] >= least
        assert record[what]["evaluate"] >= least
        assert record[what]["all"] == pytest.approx(
            record[what]["train"] + record[what]["evaluate"]
        )


def test_without_evaluation(write):
    queue = write("evaluate = false")
    assert run(queue) == 0
    record = record_of(queue, "lsgan")
    assert record["evaluation"] is None
    assert set(record["cpu_seconds"]) == {"train", "all"}


def test_a_failed_cell_does_not_keep_the_others(write, capsys):
    queue = write("seed = [13, 0]")
    assert run(queue) == 1
    error = capsys.readouterr().err
    assert "lsgan-13: failed" in error and "this seed brings bad luck" in error
    assert states(queue) == ["failed", "done"]
    # It is tried again only if that is wanted.
    assert run(queue) == 1
    assert starts(queue) == ["lsgan-13", "lsgan-0"]
    assert "lsgan-13 is failed" in capsys.readouterr().err
    assert run(queue, retry_failed=True) == 1
    assert starts(queue).count("lsgan-13") == 2
    (cell, _) = cells_of(queue)
    assert [each["exit_code"] for each in cell.attempts()] == [2, 2]
    # With another recipe the failure is none of this one.
    assert states(write("seed = [13, 0]", num=10)) == ["interrupted", "stale"]


def test_stale_cells_are_shown_and_not_reused(write, capsys):
    queue = write(epochs=3)
    run(queue)
    queue = write(epochs=4)
    assert states(queue) == ["stale", "stale"]
    assert cells_of(queue)[0].state().detail == "train epochs: 3, now 4"
    assert run(queue) == 1
    assert len(starts(queue)) == 2
    assert "Give --redo-stale" in capsys.readouterr().err
    assert run(queue, redo_stale=True) == 0
    assert len(starts(queue)) == 4
    assert record_of(queue, "lsgan-0")["recipe"]["train"]["epochs"] == 4
    old = queue.folder / "_stale" / "lsgan-0-1"
    assert {path.name for path in old.iterdir()} == {
        "lsgan-0", "lsgan-0.json", "lsgan-0.log"
    }  # fmt: skip
    record = json.loads((old / "lsgan-0.json").read_text())
    assert record["recipe"]["train"]["epochs"] == 3


def test_another_evaluation_does_not_train_again(write):
    queue = write(num=9)
    run(queue)
    model = queue.folder / "lsgan-0" / "models" / "epoch-0001.keras"
    model.write_text("the old one")
    queue = write(num=10)
    assert states(queue) == ["stale", "stale"]
    assert run(queue, redo_stale=True) == 0
    assert record_of(queue, "lsgan-0")["evaluation"]["num"] == 10
    assert model.parent.parent.is_dir()
    old = queue.folder / "_stale" / "lsgan-0-1"
    assert [path.name for path in old.iterdir()] == ["lsgan-0.json"]


def test_a_run_folder_of_another_recipe_is_stale(write):
    """One that was interrupted, then its recipe changed."""
    queue = write("seed = [13]", epochs=3)
    run(queue)
    assert states(write("seed = [13]", epochs=4)) == ["stale"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"recipe_sha256": 1}'])
def test_a_damaged_record_is_stale(write, content):
    queue = write("seed = [0]")
    run(queue)
    record = queue.folder / "lsgan-0.json"
    record.write_text(content)
    (cell,) = cells_of(queue)
    assert cell.state().name == "stale" and "damaged" in cell.state().detail
    assert run(queue, redo_stale=True) == 0
    assert record_of(queue, "lsgan-0")["images_shown"] == 640
    assert states(queue) == ["done"]


@pytest.mark.parametrize(
    "damage",
    [
        {"evaluation": None},
        {"evaluation": {}},
        {"wall_seconds": {"all": np.nan}},
    ],
)
def test_a_record_without_what_was_measured_is_stale(write, damage):
    queue = write("seed = [0]")
    run(queue)
    record = queue.folder / "lsgan-0.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | damage))
    (cell,) = cells_of(queue)
    assert cell.state().name == "stale" and "damaged" in cell.state().detail


def test_damaged_notes_of_attempts_and_leases_stop_no_queue(write):
    queue = write("seed = [0, 1]")
    notes = queue.folder / "_queue"
    notes.mkdir(parents=True)
    attempt = {"attempts": [{"outcome": "failed"}]}
    (notes / "lsgan-0.attempts.json").write_text(json.dumps(attempt))
    (notes / "lsgan-1.lease").write_text('{"host": "elsewhere"}\n')
    assert states(queue) == ["waiting", "running"]


def test_an_evaluation_that_is_not_written_is_a_failure(write, monkeypatch):
    queue = write("seed = [0]")
    monkeypatch.setattr(CellFolder, "_evaluation", missing)
    assert run(queue) == 1
    assert states(queue) == ["failed"]
    assert not (queue.folder / "lsgan-0.json").exists()


def missing(self):
    raise ValueError("evaluate.json is missing")


def wait_for(condition):
    for _ in range(6000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_two_queues_compute_each_cell_once(write):
    queue = write("seed = [0, 1, 2, 3, 4, 5, 6, 7]")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        codes = list(pool.map(run, [queue, queue, queue]))
    assert codes == [0, 0, 0]
    assert sorted(starts(queue)) == [f"lsgan-{i}" for i in range(8)]
    assert states(queue) == ["done"] * 8


def test_what_runs_elsewhere_is_left_alone(write, capsys):
    queue = write("seed = [14, 0]")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        other = pool.submit(run, queue)
        assert wait_for(lambda: starts(queue) == ["lsgan-14"])
        assert states(queue) == ["running", "waiting"]
        capsys.readouterr()
        assert main(["queue", str(queue.path), "--dry-run"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].split()[:3] == ["lsgan-14", "running", "1/3"]
        assert f"process {os.getpid()}" in lines[1]
        assert lines[2].split() == ["lsgan-0", "waiting", "0/3"]
        assert lines[-1].startswith("2 cells: 1 running, 1 waiting.")
        assert run(queue) == 0, "what runs elsewhere is no failure"
        assert states(queue) == ["running", "done"]
        (queue.path.parent / "go").touch()
        assert other.result() == 0
    assert sorted(starts(queue)) == ["lsgan-0", "lsgan-14"]


def test_cells_may_be_added_meanwhile(write):
    queue = write("seed = [14]")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        other = pool.submit(run, queue)
        assert wait_for(lambda: starts(queue) == ["lsgan-14"])
        more = write("seed = [14, 0]")
        (queue.path.parent / "go").touch()
        assert other.result() == 0
    assert states(more) == ["done", "done"]


def test_a_lost_lease_stops_the_cell(write, capsys):
    queue = write("seed = [14]")
    (cell,) = cells_of(queue)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runner = TrainingQueue(queue, program=FAKE)
        runner._cells = lambda: [cell]
        cell.lease.heartbeat = 0.01
        other = pool.submit(runner.run)
        assert wait_for(lambda: starts(queue) == ["lsgan-14"])
        cell.lease.path.unlink()
        assert other.result() == 1
    assert "another process has taken it over" in capsys.readouterr().err
    assert cell.state().name == "interrupted"


# === Signals ===


def start(queue, *program):
    """A queue in a process of its own."""
    program = [str(queue.path), *program]
    code = (
        "import signal, sys\n"
        "from specgan.cli.queue import queue_file, training_queue\n"
        "from specgan.cli.terminal import exit_code_of\n"
        # Also where a shell in the background has had SIGINT ignored.
        "for number in (signal.SIGTERM, signal.SIGINT):\n"
        "    signal.signal(number, signal.default_int_handler)\n"
        "queue = training_queue.TrainingQueue(\n"
        "    queue_file.read(sys.argv[1]), program=sys.argv[2:])\n"
        "sys.exit(exit_code_of('specgan queue', queue.run))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *program],
        cwd=source_version.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_stops_the_child_and_is_resumed(write, number):
    queue = write("seed = [14, 0]")
    process = start(queue, *FAKE)
    assert wait_for(lambda: starts(queue) == ["lsgan-14"])
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in error and "Traceback" not in error
    assert states(queue) == ["interrupted", "waiting"]
    (queue.path.parent / "go").touch()
    assert run(queue) == 0
    attempts = record_of(queue, "lsgan-14")["attempts"]
    assert [each["outcome"] for each in attempts] == ["interrupted", "done"]
    assert [each["exit_code"] for each in attempts] == [130, 0]


def test_a_queue_that_is_killed_takes_its_child_along(write):
    """The child ends; the lease is free at once, not after a timeout."""
    queue = write("seed = [14]")
    program = "from specgan.cli import main as command_line\n"
    program += "from specgan.cli.queue import cell_process\n"
    program += "import sys, time, pathlib, os\n"
    program += "def wait(words):\n"
    program += "    pathlib.Path('child').write_text(str(os.getpid()))\n"
    program += "    time.sleep(60)\n"
    program += "command_line.main = wait\n"
    program += "sys.exit(cell_process.main())\n"
    process = start(queue, sys.executable, "-c", program)
    child = queue.path.parent / "child"
    assert wait_for(lambda: child.exists() and child.read_text())
    assert states(queue) == ["running"]
    process.kill()
    process.communicate()
    assert wait_for(lambda: states(queue) != ["running"])
    (queue.path.parent / "go").touch()
    assert run(queue) == 0
    assert states(queue) == ["done"]


# === Environment, time left ===


def test_threads_and_commit(write, monkeypatch, tmp_path):
    queue = write("seed = [0]")
    runner = TrainingQueue(queue, threads=3, program=("sh", "-c", "env >&2"))
    runner.run()
    (cell,) = cells_of(queue)
    lines = cell.log.read_text().splitlines()
    for name in training_queue.THREADS:
        assert f"{name}=3" in lines
    is_clone = (source_version.ROOT / ".git").exists()
    assert bool(source_version.commit()) == is_clone
    monkeypatch.setattr(source_version, "ROOT", tmp_path)
    assert source_version.commit() is None


def test_seconds_left():
    plain = {"model": "lsgan", "data": "x", "image_size": 32, "seed": 0}
    head = {**plain, "spectral_head": True}
    wgan = {**plain, "model": "wgangp"}
    other = {**plain, "data": "y"}
    finished = [
        ({**plain, "epochs": 10}, 100.0),
        ({**plain, "epochs": 30}, 500.0),
        ({**head, "epochs": 10}, 300.0),
    ]
    left = queue_progress.seconds_left
    assert left([], [(plain, 5)]) is None
    assert left(finished, []) == 0
    # The same, the same model on these data, the same data, anything.
    assert left(finished, [({**plain, "seed": 1}, 4)]) == 4 * 600 / 40
    assert left(finished, [(head, 4)]) == 4 * 300 / 10
    upsampling = {**plain, "upsampling": "nearest"}
    assert left(finished, [(upsampling, 5)]) == 5 * 900 / 50
    assert left(finished, [(wgan, 5), (other, 5)]) == 10 * 900 / 50


@pytest.mark.parametrize(
    "seconds, text",
    [(9.4, "9 s"), (250, "4 min 10 s"), (3599.6, "1 h 00 min")],
)
def test_duration(seconds, text):
    assert queue_progress.duration(seconds) == text


# === Names and places ===


@pytest.mark.parametrize(
    "cells, message",
    [
        ('model = "lsgn"', "Cell 'lsgn': .*mean 'lsgan'"),
        ('model = "vae"\nupsampling = "neares"', "Cell 'vae': .*'nearest'"),
        ('model = "vae"\nspectral-regularization = "decibl"', "'decibel'"),
        ('model = "vae"\nspectral-weight = 1', "spectral weight"),
        ('model = "vae"\ndata = "nowhere/"', "does not exist"),
        ('model = "vae"\nevaluate = {real = "nowhere/"}', "does not exist"),
        ('model = "vae"\nevaluate = {weights = "x.npz"}', "fetch-inception"),
        ('model = "dcgan"\ngamma = 3', "dcgan has no --gamma"),
        ('model = "vae"\ndevice = "gpu:9"', "Expected one of: cpu"),
        ('model = "vae"\ndtype-policy = "bfloat"', "mixed precision"),
        ('model = "dcgan"\nlabels = true', "labels"),
        (
            'model = "vae"\ncrop = 40\ncrop-offset = [9, 0]\nimage-size = 16\n'
            'evaluate = {real = "pictures/"}',
            "leaves its 48x48 pixels",
        ),
        ('model = "dcgan"\nstop-by = "fidd"', "mean 'fid'"),
        (
            'model = "vae"\nevaluate = {real = "mnist", data-dir = "no/"}',
            "does not exist.*'no'",
        ),
    ],
)
def test_names_and_places_are_checked(cells, message, tmp_path, monkeypatch):
    path = tmp_path / "queue.toml"
    path.write_text(f'folder = "grid"\n[evaluate]\n[[cells]]\n{cells}\n')
    (tmp_path / "pictures").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, [48, 48, 3], np.uint8)
    Image.fromarray(noise).save(tmp_path / "pictures" / "a.png")
    monkeypatch.chdir(tmp_path)  # Where the check goes, to come back after.
    with pytest.raises(ValueError, match=message):
        queue_checks.check(queue_file.read(path))


def test_a_dry_run_says_what_is_missing(write, capsys):
    queue = write('evaluate = {real = "nowhere/"}')
    assert main(["queue", str(queue.path), "--dry-run"]) == 2
    out, error = capsys.readouterr()
    assert "1 waiting" in out
    assert "Cell 'lsgan': The folder or archive does not exist" in error
    assert f"The head of {queue.path} may say how to get it." in error


def test_files_of_a_named_data_set_of_the_evaluation(write, monkeypatch):
    """Those that `data-dir` holds were looked for on the network."""
    from specgan.data import catalogue

    queue = write(
        'data = "mnist"\ndata-dir = "."\n'
        'evaluate = {real = "mnist", data-dir = ".", features = "none"}'
    )
    asked = []
    monkeypatch.chdir(queue.path.parent)
    monkeypatch.setattr(
        catalogue, "find", lambda source, data_dir: asked.append(data_dir)
    )
    monkeypatch.setattr(queue_checks, "_read_first", lambda *some: None)
    monkeypatch.setattr(run_evaluation, "framing", lambda *some: {})
    queue_checks.check(queue)
    assert asked == ["."]


def test_bad_input_on_the_command_line(tmp_path, capsys):
    assert main(["queue", str(tmp_path / "nowhere.toml")]) == 2
    error = capsys.readouterr().err
    assert "does not exist" in error and error.count("\n") == 1


# === Real trainings ===


def test_the_process_of_a_cell(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))
    run, reports = tmp_path / "run", io.StringIO()
    train = "--image-size 16 --width 4 --limit 64 --batch-size 32 --epochs 1"
    train += " --dtype-policy mixed_bfloat16"
    evaluate = ["evaluate", str(run), "--features", "none", "--num", "64"]
    commands = [
        ["train", "dcgan", "--run", str(run), *train.split()],
        evaluate,
        ["evaluate", str(tmp_path / "nowhere"), "--features", "none"],
        ["train", "never reached"],
    ]
    assert cell_process.run_commands(commands, reports) == 2
    trained, evaluated, failed = map(
        json.loads, reports.getvalue().splitlines()
    )
    assert [trained["exit_code"], evaluated["exit_code"]] == [0, 0]
    assert failed["exit_code"] == 2
    assert trained["cpu_seconds"] > 0 and evaluated["wall_seconds"] > 0
    assert trained["training"]["steps"] == 2
    assert trained["training"]["images_shown"] == 64
    assert (
        trained["training"]["versions"]
        == read_json(run / "run.json")["versions"]
    )
    # The evaluation is as in a process of its own.
    assert keras.config.dtype_policy().name == "float32"
    before = json.loads((run / "evaluate.json").read_text())
    assert main(evaluate) == 0
    assert json.loads((run / "evaluate.json").read_text()) == before


def state_of(run):
    gan = RunFolder(run).load()
    variables = [*gan.variables, *gan.optimizer.variables]
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize(
    "model, steps, images",
    [
        ("lsgan", None, 320),
        ("lsgan", 2, 640),
        ("wgangp", None, 1600),
        ("wgangp", ..., 1600),  # An older build had no such option.
        ("wgangp", 1, 320),
        ("alias-free", None, 320),
    ],
)
def test_images_shown(model, steps, images, tmp_path):
    """A step of WGAN-GP is five of its critic, with a batch each."""
    asked = {"model": model, "batch_size": 32, "discriminator_steps": steps}
    asked = {name: value for name, value in asked.items() if value is not ...}
    record = {"arguments": asked}
    record |= {"finished": "yes", "versions": {}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    words = ["train", model, "--run", str(tmp_path)]
    assert "images_shown" not in cell_process._training(words)
    (tmp_path / "spectrum.json").write_text('{"steps": [5, 10]}')
    assert cell_process._training(words)["images_shown"] == images


@pytest.mark.slow
def test_a_training_that_was_stopped_ends_as_if_it_had_not(
    tmp_path, monkeypatch
):
    """Stopped after its first epoch and resumed, beside one in a whole."""
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "queue.toml"
    cell = '[[cells]]\nmodel = "lsgan"\nname = "{}"\n'
    path.write_text(
        'folder = "grid"\n[train]\nimage-size = 16\nwidth = 4\nlimit = 64\n'
        "epochs = 3\nbatch-size = 32\n"
        '[evaluate]\nfeatures = "none"\nnum = 64\n'
        + cell.format("stopped")
        + cell.format("whole")
    )
    queue = queue_file.read(path)
    process = subprocess.Popen(
        [sys.executable, "-m", "specgan.cli.main", "queue", str(path)]
        + ["--threads", "1"],
        cwd=source_version.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    models = queue.folder / "stopped" / "models"
    assert wait_for(lambda: list(models.glob("*.keras")))
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 130, error
    assert states(queue) == ["interrupted", "waiting"]

    assert TrainingQueue(queue, threads=1).run() == 0
    stopped, whole = (record_of(queue, n) for n in ("stopped", "whole"))
    assert [a["outcome"] for a in stopped["attempts"]] == [
        "interrupted",
        "done",
    ]
    for mine, theirs in zip(
        state_of(queue.folder / "stopped"),
        state_of(queue.folder / "whole"),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert stopped["evaluation"]["values"] == whole["evaluation"]["values"]
    assert whole["steps"] == 6 and whole["images_shown"] == 192
    assert whole["versions"]["keras"]
