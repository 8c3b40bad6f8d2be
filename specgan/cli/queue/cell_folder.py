import dataclasses
import json
import math
import pathlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan.cli.queue import queue_file
from specgan.cli.queue.lease import Lease
from specgan.files import finished
from specgan.files import read_json
from specgan.files import written_whole
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.cli.queue.queue_file import Cell

DONE = "done"
RUNNING = "running"
STALE = "stale"
FAILED = "failed"
INTERRUPTED = "interrupted"
WAITING = "waiting"


@dataclasses.dataclass(frozen=True)
class State:
    """How far a cell is.

    Args:
        name: `DONE`; `RUNNING`, here or elsewhere; `STALE`, computed by
            another recipe; `FAILED`; `INTERRUPTED`, to be resumed; `WAITING`.
        detail: In words, such as which process runs it.
    """

    name: str
    detail: str = ""


class CellFolder:
    """What a queue keeps of one cell, in the folder of all its cells.

    ```
    NAME/                      the run folder
    NAME.json                  the record, written whole at the end
    _queue/NAME.lease          while a process works at it
    _queue/NAME.log            what its processes print
    _queue/NAME.attempts.json  until it is done: what has been tried
    _stale/NAME-.../           results of other recipes, moved aside
    ```

    Args:
        folder: The folder of all cells.
        cell: A `queue_file.Cell`.
    """

    def __init__(self, folder: PathLike, cell: "Cell"):
        self.folder = pathlib.Path(folder)
        self.cell = cell
        self.run = self.folder / cell.name
        self.record = self.folder / f"{cell.name}.json"
        queue = self.folder / "_queue"
        self.log = queue / f"{cell.name}.log"
        self.lease = Lease(queue / f"{cell.name}.lease")
        self._attempts = queue / f"{cell.name}.attempts.json"

    def state(self, own: bool = False) -> State:
        """The `State` of the cell.

        Args:
            own: Whether this process holds the lease: then it is not asked
                who runs it.
        """
        if self.record.exists():
            reasons = self._reasons_against_record()
            if not reasons:
                return State(DONE)
        else:
            reasons = self._reasons_against_run()
        holder = None if own else self.lease.holder()
        if holder is not None:
            return State(RUNNING, f"{holder['host']}, process {holder['pid']}")
        if reasons:
            return State(STALE, "; ".join(reasons))
        attempts = self.attempts()
        if attempts and attempts[-1]["outcome"] == FAILED:
            if attempts[-1]["recipe_sha256"] == self.cell.recipe_sha256:
                return State(FAILED, attempts[-1].get("error", ""))
        if self.run.is_dir() and finished(self.run):
            return State(INTERRUPTED)
        return State(WAITING)

    def epochs(self) -> tuple[int, int]:
        """(epochs trained, epochs of the whole training)."""
        whole = self.cell.recipe["train"]["epochs"]
        if self.record.exists():
            return whole, whole
        saved = [
            int(match[1])
            for path in self.run.glob("models/epoch-*.keras")
            if (match := re.fullmatch(r"epoch-(\d+)", path.stem))
        ]
        return max(saved, default=0), whole

    def _reasons_against_record(self):
        """Why the record is not that of the cell; empty if it is."""
        try:
            record = read_json(self.record)
            if record["recipe_sha256"] == self.cell.recipe_sha256:
                self._require_what_others_read(record)
                return []
            return queue_file.differences(
                record["recipe"], self.cell.recipe
            ) or ["another recipe"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return [f"{self.record.name} is damaged"]

    def _require_what_others_read(self, record):
        if not math.isfinite(record["wall_seconds"]["all"]):
            raise ValueError(record["wall_seconds"])
        if self.cell.words["evaluate"] is not None:
            dict(record["evaluation"]["values"])

    def _reasons_against_run(self):
        """Why the run folder, if there is one, is not that of the cell."""
        run = RunFolder(self.run)
        if not run.record.exists():
            return []
        try:
            then = queue_file.recipe("train", run.arguments())
        except (ValueError, KeyError, TypeError, AttributeError):
            return [f"{self.cell.name}/run.json is damaged"]
        return queue_file.differences(
            {"train": then}, {"train": self.cell.recipe["train"]}
        )

    # === Attempts ===

    def attempts(self) -> list[dict[str, Any]]:
        """What has been tried without an end, a list of dictionaries."""
        try:
            attempts = read_json(self._attempts)["attempts"]
            return [
                one
                for one in attempts
                if one["outcome"] and "recipe_sha256" in one
            ]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return []

    def add_attempt(self, attempt: Mapping[str, Any]) -> None:
        """Note an attempt that came to no good end.

        Args:
            attempt: A dictionary for JSON.
        """
        self._write(self._attempts, {"attempts": [*self.attempts(), attempt]})

    # === Results ===

    def write_record(
        self, about: Mapping[str, Any], attempt: Mapping[str, Any]
    ) -> None:
        """Write the record: the cell is done.

        Args:
            about: Dictionary of what was computed.
            attempt: The last attempt; the earlier ones go with it.

        Raises:
            ValueError: If the evaluation is missing or damaged.
            OSError: If it cannot be written.
        """
        attempts = [*self.attempts(), attempt]
        record = {
            "name": self.cell.name,
            "axes": self.cell.axes,
            "recipe": self.cell.recipe,
            "recipe_sha256": self.cell.recipe_sha256,
            "commands": self.cell.commands(self.run),
            "specgan": attempt["specgan"],
            **about,
            "cpu_seconds": _totals(attempts, "cpu_seconds"),
            "wall_seconds": _totals(attempts, "wall_seconds"),
            "attempts": attempts,
            "evaluation": self._evaluation(),
        }
        self._write(self.record, record)
        self._attempts.unlink(missing_ok=True)

    def forget_evaluation(self) -> None:
        """Remove that of an earlier process, which is computed anew."""
        (self.run / "evaluate.json").unlink(missing_ok=True)

    def _evaluation(self):
        if self.cell.words["evaluate"] is None:
            return None
        path = self.run / "evaluate.json"
        if not path.exists():
            raise ValueError(
                f"{path} is missing: the evaluation could not be written. "
                "Make room there."
            )
        return read_json(path)

    def move_aside(self) -> pathlib.Path:
        """Move results of another recipe into a folder of their own.

        The training stays if only the evaluation is another one.

        Returns:
            The folder.
        """
        is_other_run = bool(self._reasons_against_run())
        number = 1
        while True:
            place = self.folder / "_stale" / f"{self.cell.name}-{number}"
            try:
                place.mkdir(parents=True)
                break
            except FileExistsError:
                number += 1
        old = [self.record]
        if is_other_run:
            old += [self.run, self.log, self._attempts]
        for path in old:
            if path.exists():
                path.rename(place / path.name)
        return place

    def _write(self, path, content):
        with written_whole(path) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1) + "\n")


def _totals(attempts, what):
    """Seconds of each command and of all, over all attempts."""
    totals = {}
    for attempt in attempts:
        for command, seconds in attempt.get(what, {}).items():
            totals[command] = totals.get(command, 0.0) + seconds
    return {**totals, "all": sum(totals.values())}
