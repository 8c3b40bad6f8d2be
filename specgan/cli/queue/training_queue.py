"""Many trainings with their evaluations: `specgan queue FILE`.

See `queue_file` for the file and `cell_folder` for what comes of it. This
process stays small: each cell is computed by a child process, `cell_process`.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from specgan import source_version
from specgan.cli.queue import queue_checks
from specgan.cli.queue import queue_file
from specgan.cli.queue.cell_folder import DONE
from specgan.cli.queue.cell_folder import FAILED
from specgan.cli.queue.cell_folder import INTERRUPTED
from specgan.cli.queue.cell_folder import RUNNING
from specgan.cli.queue.cell_folder import STALE
from specgan.cli.queue.cell_folder import WAITING
from specgan.cli.queue.cell_folder import CellFolder
from specgan.cli.queue.queue_progress import duration
from specgan.cli.queue.queue_progress import listing
from specgan.cli.queue.queue_progress import progress

if TYPE_CHECKING:
    from specgan.cli.queue.queue_file import QueueFile

THREADS = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def main(settings: argparse.Namespace) -> int:
    """Compute what is missing, or list all cells.

    Args:
        settings: The arguments of `specgan queue`.

    Returns:
        The exit code: 0, or 1 if a cell is not done and no other process
        works at it.

    Raises:
        ValueError: If the file is invalid.
    """
    queue = queue_file.read(settings.file)
    if settings.dry_run:
        print("\n".join(listing(queue)))
        queue_checks.check_quickly(queue)
        return 0
    _check_in_process(queue)
    # A queue is stopped like an interruption from the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return TrainingQueue(
        queue,
        redo_stale=settings.redo_stale,
        retry_failed=settings.retry_failed,
        threads=settings.threads,
        nice=settings.nice,
    ).run()


def _check_in_process(queue):
    # TensorFlow takes 0.7 GB, which this process shall not keep.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        1, context, initializer=_ignore_interrupts
    ) as pool:
        pool.submit(queue_checks.check, queue).result()


def _ignore_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# === The queue ===


class TrainingQueue:
    """Computes the cells of a file, one after the other.

    Each cell is tried once. The file is read again before each, so that cells
    may be added meanwhile.

    Args:
        queue: A `queue_file.QueueFile`.
        redo_stale: Whether to compute cells of another recipe anew; their old
            results are moved aside.
        retry_failed: Whether to try cells again that have failed.
        threads: Of each child process; `None` leaves it to the environment.
        nice: How much lower the priority of the child processes is.
        program: Words of the command that computes a cell.
    """

    def __init__(
        self,
        queue: "QueueFile",
        redo_stale: bool = False,
        retry_failed: bool = False,
        threads: int | None = None,
        nice: int = 0,
        program: Sequence[str] = (
            sys.executable,
            "-m",
            "specgan.cli.queue.cell_process",
        ),
    ):
        self.queue = queue
        self.wanted = {WAITING, INTERRUPTED}
        if redo_stale:
            self.wanted.add(STALE)
        if retry_failed:
            self.wanted.add(FAILED)
        self.threads = threads
        self.nice = nice
        self.program = program
        self._tried = set()

    def run(self) -> int:
        """Compute what is missing and is not computed elsewhere.

        Returns:
            The exit code, as of `main`.
        """
        while (cell := self._next()) is not None:
            try:
                self._print_progress()
                self._compute(cell)
            finally:
                cell.lease.release()
        return self._end()

    def _cells(self):
        return [
            CellFolder(self.queue.folder, cell) for cell in self.queue.cells
        ]

    def _next(self):
        """The next cell to compute, its lease taken; `None` at the end."""
        self._read_again()
        for cell in self._cells():
            if (
                cell.cell.name not in self._tried
                and cell.state().name in self.wanted
                and cell.lease.acquire()
            ):
                # Another process may have computed it just before.
                if cell.state(own=True).name in self.wanted:
                    self._tried.add(cell.cell.name)
                    return cell
                cell.lease.release()
        return None

    def _read_again(self):
        try:
            self.queue = queue_file.read(self.queue.path)
        except (ValueError, OSError) as error:
            _warn(f"{error} The queue continues with the file as it was.")

    def _print_progress(self):
        cells = self._cells()
        names = [cell.state().name for cell in cells]
        print(progress(cells, names), flush=True)

    def _end(self):
        left = [
            (cell, state)
            for cell in self._cells()
            if (state := cell.state()).name not in (DONE, RUNNING)
        ]
        for cell, state in left:
            _warn(f"{cell.cell.name} is {state.name}. {_REMEDIES[state.name]}")
        self._print_progress()
        return int(bool(left))

    # === One cell ===

    def _compute(self, cell):
        name = cell.cell.name
        if cell.state(own=True).name == STALE:
            print(f"{name}: old results are moved to {cell.move_aside()}")
        done, whole = cell.epochs()
        begins = f"resumes after epoch {done}" if done else "begins"
        print(f"{name}: {begins}, {whole} epochs", flush=True)
        attempt, training = self._attempt(cell)
        if cell.lease.lost:
            _warn(
                f"{name}: another process has taken it over, since this one "
                "was suspended."
            )
            return
        if attempt["outcome"] == DONE:
            try:
                cell.write_record(training, attempt)
            except ValueError as error:
                attempt |= {"outcome": FAILED, "error": str(error)}
        took = duration(sum(attempt["wall_seconds"].values()))
        if attempt["outcome"] == DONE:
            print(f"{name}: done in {took}")
        else:
            cell.add_attempt(attempt)
            _warn(
                f"{name}: {attempt['outcome']} after {took}, exit code "
                f"{attempt['exit_code']}: {attempt['error']} (all of it: "
                f"{cell.log})"
            )

    def _attempt(self, cell):
        """Run the child process; what came of it.

        Returns:
            (the attempt, a dictionary for JSON; what the training was).

        Raises:
            KeyboardInterrupt: After the child has ended, and has been noted.
        """
        commands = cell.cell.commands(cell.run)
        cell.forget_evaluation()
        attempt = {
            "began": time.strftime("%Y-%m-%d %H:%M:%S"),
            "host": socket.gethostname(),
            "specgan": {
                "version": source_version.version(),
                "commit": source_version.commit(),
            },
            "recipe_sha256": cell.cell.recipe_sha256,
        }
        cell.log.parent.mkdir(parents=True, exist_ok=True)
        cpu, wall = _children_cpu(), time.monotonic()
        interruption = None
        with cell.log.open("a") as log:
            print(f"=== {attempt['began']}, {attempt['host']}", file=log)
            for words in commands.values():
                print("specgan", *words, file=log)
            log.flush()
            child = self._start(log, list(commands.values()))
            try:
                cell.lease.add_process(child.pid)
                _wait(child, cell.lease)
            except BaseException as error:
                interruption = error
                _stop(child)
            reports = [json.loads(line) for line in child.stdout]
            child.stdout.close()
            child.stdin.close()
        spent = {
            "cpu_seconds": _children_cpu() - cpu,
            "wall_seconds": time.monotonic() - wall,
        }
        for what, seconds in spent.items():
            attempt[what] = _shares(reports, list(commands), what, seconds)
        attempt |= _outcome(child.returncode, cell.log)
        if interruption is not None:
            if not cell.lease.lost:
                cell.add_attempt({**attempt, "outcome": INTERRUPTED})
            raise interruption
        training = reports[0].get("training", {}) if reports else {}
        return attempt, training

    def _start(self, log, commands) -> Any:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(
            [
                str(source_version.ROOT),
                *filter(None, [os.environ.get("PYTHONPATH")]),
            ]
        )
        if self.threads is not None:
            environment |= dict.fromkeys(THREADS, str(self.threads))
        child: Any = subprocess.Popen(
            self.program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=self.queue.path.parent,
            env=environment,
            # Ctrl-C reaches this process alone, which stops the child.
            start_new_session=True,
        )
        order = {"commands": commands, "nice": self.nice}
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        return child


_REMEDIES = {
    STALE: "Give --redo-stale to compute it anew.",
    FAILED: "Fix the cause and give --retry-failed; remove the cell's folder "
    "first to train anew.",
    INTERRUPTED: "Start the queue again to resume it.",
    WAITING: "Start the queue again.",
}


def _wait(child, lease):
    while True:
        try:
            child.wait(timeout=1.0)
            return
        except subprocess.TimeoutExpired:
            if lease.lost:
                _stop(child)
                return


def _stop(child):
    """Let a child end gently; the next interruption kills it."""
    try:
        child.terminate()
        child.wait()
    except BaseException:
        child.kill()
        child.wait()


def _children_cpu():
    times = os.times()
    return times.children_user + times.children_system


def _shares(reports, commands, what, whole):
    """Seconds of each command; what nobody reported is the running one's."""
    shares = {report["command"]: report[what] for report in reports}
    # The last of those that began also has the end of the process.
    running = commands[min(len(reports), len(commands) - 1)]
    rest = max(whole - sum(shares.values()), 0.0)
    shares[running] = shares.get(running, 0.0) + rest
    return shares


def _outcome(code, log):
    """What the end of a child process means, a part of its attempt."""
    if code == 0:
        return {"outcome": DONE, "exit_code": code}
    is_interrupted = code in (130, -signal.SIGINT, -signal.SIGTERM)
    error = _last_line(log)
    if code < 0:
        error = f"ended by signal {-code}; its last line: {error}"
    outcome = INTERRUPTED if is_interrupted else FAILED
    return {"outcome": outcome, "exit_code": code, "error": error}


def _last_line(path):
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 4000, 0))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")


def _warn(message):
    print(f"specgan queue: {message}", file=sys.stderr, flush=True)
