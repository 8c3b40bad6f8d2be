"""Two worker processes on this machine: they train as one process does.

When one of them is killed, the other says so and stops; started again, both
go on. It takes about 4 minutes on two cores:

    python -m pytest tests/slow/test_workers.py -m slow -s
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from specgan.runs.run_folder import RunFolder

pytestmark = pytest.mark.slow

ARGUMENTS = (
    "train dcgan --data photos --image-size 16 --width 4 --limit 640 "
    "--epochs 4 --spectral-regularization --ema-decay 0.9 --seed 3"
).split()

ENVIRONMENT = {
    **os.environ,
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def start(run, *options, **variables):
    return subprocess.Popen(
        [sys.executable, "-m", "specgan.cli.main", *ARGUMENTS]
        + ["--run", str(run), *options],
        cwd=pathlib.Path(__file__).parents[2],
        env={**ENVIRONMENT, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_addresses(number):
    with contextlib.ExitStack() as stack:
        doors = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(number)
        ]
        return [f"127.0.0.1:{door.getsockname()[1]}" for door in doors]


@contextlib.contextmanager
def workers(run, addresses):
    """The processes of all workers of a training, none of which outlives it."""
    processes = [
        start(
            run,
            "--strategy",
            "multi-worker",
            TF_CONFIG=json.dumps(
                {
                    "cluster": {"worker": addresses},
                    "task": {"type": "worker", "index": index},
                }
            ),
        )
        for index in range(len(addresses))
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def finish(processes):
    for process in processes:
        _, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors
        assert errors == ""


def outcome(run):
    """The whole model: networks, average, both optimizers."""
    gan = RunFolder(run).load()
    variables = [
        *gan.variables, *gan.optimizer.variables, *gan.d_optimizer.variables
    ]  # fmt: skip
    return [variable.numpy() for variable in variables]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    with workers(run, free_addresses(2)) as processes:
        finish(processes)
    return run


def test_two_workers_train_as_one_process_does(undisturbed, tmp_path):
    finish(
        [start(tmp_path / "one", "--strategy", "mirrored", "--replicas", "2")]
    )
    both = undisturbed, tmp_path / "one"
    for mine, theirs in zip(*map(outcome, both), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    for run in both:
        record = json.loads((run / "spectrum.json").read_text())
        assert record["steps"] == [10, 20, 30, 40]


def wait_for(path, processes):
    while not path.exists():
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_is_told_and_both_go_on(
    how, victim, undisturbed, tmp_path
):
    run, addresses = tmp_path / "run", free_addresses(2)
    with workers(run, addresses) as processes:
        wait_for(run / "models" / "epoch-0001.keras", processes)
        processes[victim].send_signal(how)
        begin = time.monotonic()
        survivor = processes[1 - victim]
        _, errors = survivor.communicate(timeout=60)
        print(f"\nstopped after {time.monotonic() - begin:.0f} s: {errors}")
        assert survivor.returncode == 1
        assert errors.count("\n") == 1
        assert "another worker cannot be reached" in errors
    assert not json.loads((run / "run.json").read_text())["finished"]
    with workers(run, addresses) as processes:
        finish(processes)
    for mine, theirs in zip(outcome(run), outcome(undisturbed), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_worker_killed_while_they_connect(victim, tmp_path):
    with workers(tmp_path / "run", free_addresses(2)) as processes:
        while "Connecting" not in processes[victim].stdout.readline():
            assert processes[victim].poll() is None
        processes[victim].kill()
        begin = time.monotonic()
        survivor = processes[1 - victim]
        said, errors = survivor.communicate(timeout=60)
        print(f"\nstopped after {time.monotonic() - begin:.0f} s: {errors}")
        assert survivor.returncode == 1
        assert "for at most 50 seconds" in said or "another worker" in errors
        assert errors.count("\n") <= 1
