"""How far a queue is, and the time that is left."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from specgan.cli.queue.cell_folder import DONE
from specgan.cli.queue.cell_folder import FAILED
from specgan.cli.queue.cell_folder import INTERRUPTED
from specgan.cli.queue.cell_folder import RUNNING
from specgan.cli.queue.cell_folder import STALE
from specgan.cli.queue.cell_folder import WAITING
from specgan.cli.queue.cell_folder import CellFolder
from specgan.files import read_json

if TYPE_CHECKING:
    from specgan.cli.queue.cell_folder import CellFolder
    from specgan.cli.queue.queue_file import QueueFile

# How similar trainings are of which one predicts the time of the other:
# settings that must be equal; the first that any finished cell fulfils.
_LIKENESS = (
    ("model", "data", "limit", "image_size", "width", "upsampling",
     "spectral_regularization", "spectral_head", "dtype_policy"),
    ("model", "data", "limit", "image_size", "width"),
    ("data", "limit", "image_size"),
    (),
)  # fmt: skip


def listing(queue: "QueueFile") -> list[str]:
    """The lines of `specgan queue FILE --dry-run`.

    Args:
        queue: A `queue_file.QueueFile`.
    """
    cells = [CellFolder(queue.folder, cell) for cell in queue.cells]
    states = [cell.state() for cell in cells]
    rows = [("cell", "state", "epochs", "")]
    for cell, state in zip(cells, states, strict=True):
        done, whole = cell.epochs()
        detail = state.detail
        rows.append((cell.cell.name, state.name, f"{done}/{whole}", detail))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    names = [state.name for state in states]
    return [*lines, "", progress(cells, names)]


def progress(cells: Sequence[CellFolder], names: Sequence[str]) -> str:
    """A line: how many cells are in which state, how much time is left.

    Args:
        cells: List of `CellFolder`s.
        names: List of the names of their states.
    """
    counts = [
        f"{names.count(name)} {name}"
        for name in (DONE, RUNNING, INTERRUPTED, WAITING, STALE, FAILED)
        if name in names
    ]
    noun = "cell" if len(names) == 1 else "cells"
    line = f"{len(names)} {noun}: {', '.join(counts)}."
    finished, remaining = [], []
    for cell, name in zip(cells, names, strict=True):
        recipe = cell.cell.recipe["train"]
        if name == DONE:
            seconds = read_json(cell.record)["wall_seconds"]["all"]
            finished.append((recipe, seconds))
        elif name in (RUNNING, INTERRUPTED, WAITING):
            done, whole = cell.epochs()
            remaining.append((recipe, whole - done))
    seconds = seconds_left(finished, remaining)
    if not remaining or seconds is None:
        return line
    queues = max(names.count(RUNNING), 1)
    shared = f" for {queues} queues" if queues > 1 else ""
    return f"{line} About {duration(seconds / queues)} left{shared}."


def seconds_left(
    finished: Sequence[tuple[Any, float]], remaining: Sequence[tuple[Any, int]]
) -> float | None:
    """Seconds that trainings will take, by those of finished ones an epoch.

    Args:
        finished: List of (recipe of a training, seconds).
        remaining: List of (recipe of a training, epochs left).

    Returns:
        Seconds of one process, or `None` if nothing is finished.
    """
    if not finished:
        return None
    total = 0.0
    for recipe, epochs in remaining:
        for names in _LIKENESS:
            alike = [
                (seconds, other["epochs"])
                for other, seconds in finished
                if all(other.get(name) == recipe.get(name) for name in names)
            ]
            if alike:
                seconds, trained = map(sum, zip(*alike, strict=True))
                total += epochs * seconds / trained
                break
    return total


def duration(seconds: float) -> str:
    """A duration in two units: "3 h 05 min", "4 min 10 s", "9 s"."""
    seconds = round(seconds)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    if seconds >= 60:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds} s"
