"""Trainings killed at any moment end as if they had not been.

It takes about 12 minutes on two cores:

    python -m pytest tests/slow/test_kill_and_resume.py -m slow -s
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from specgan.runs.run_folder import RunFolder

pytestmark = pytest.mark.slow

ARGUMENTS = (
    "train dcgan --data photos --image-size 16 --width 4 --limit 1280 "
    "--epochs 8 --spectral-regularization --ema-decay 0.9 --seed 3"
).split()

# One CPU: with several threads sums are not always taken in one order.
ENVIRONMENT = {
    **os.environ,
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def start(run):
    return subprocess.Popen(
        [sys.executable, "-m", "specgan.cli.main", *ARGUMENTS]
        + ["--run", str(run)],
        cwd=pathlib.Path(__file__).parents[2],
        # A cache of its own: its making may be broken off, too.
        env={**ENVIRONMENT, "SPECGAN_CACHE": f"{run}-cache"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run):
    process = start(run)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


def kill_after(run, seconds):
    """Kill a training after some seconds; whether it was still running."""
    process = start(run)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True


def outcome(run):
    """All that a training leaves, to the bit."""
    gan = RunFolder(run).load()
    variables = [
        *gan.variables, *gan.optimizer.variables, *gan.d_optimizer.variables
    ]  # fmt: skip
    record = json.loads((run / "spectrum.json").read_text())
    return [variable.numpy() for variable in variables], record


def same(one, other):
    return one[1] == other[1] and all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(one[0], other[0], strict=True)
    )


def test_twenty_of_twenty(tmp_path):
    begin = time.monotonic()
    finish(tmp_path / "undisturbed")
    duration = time.monotonic() - begin
    expected = outcome(tmp_path / "undisturbed")
    moments = random.Random(0)
    epochs, exact = [], 0
    for i in range(60):
        run = tmp_path / str(i)
        # One that was done before its moment had come does not count.
        if not kill_after(run, moments.uniform(0.0, 1.0) * duration):
            continue
        # How many models had been saved when it was killed.
        epochs.append(
            max(map(epoch_of, run.glob("models/epoch-*.keras")), default=0)
        )
        finish(run)
        exact += same(outcome(run), expected)
        if len(epochs) == 20:
            break
    print(f"\n{exact} of {len(epochs)} killed ones ended exactly")
    print(f"killed after the epochs {sorted(epochs)}")
    assert exact == len(epochs) == 20


def epoch_of(path):
    return int(path.stem.split("-")[1])


def test_killed_again_and_again(tmp_path):
    finish(tmp_path / "undisturbed")
    for seconds in (4, 7, 9, 6, 10):
        kill_after(tmp_path / "killed", seconds)
    finish(tmp_path / "killed")
    assert same(outcome(tmp_path / "killed"), outcome(tmp_path / "undisturbed"))
