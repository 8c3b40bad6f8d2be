import fcntl
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Collection
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

from specgan import source_version
from specgan.errors import is_number
from specgan.files import damage_named
from specgan.files import finished
from specgan.files import read_json
from specgan.files import remove_unfinished
from specgan.files import written_whole
from specgan.typing import PathLike

if TYPE_CHECKING:
    import keras


class RunFolder:
    """The folder of one training: what was asked, the model, the records.

    ```
    run.json                 the command with its arguments, versions, state
    models/epoch-0025.keras  the model after the last whole epoch, with its
                             optimizers: also what a broken-off run resumes
                             from; and the one before, should it be damaged
    spectrum.json            the spectral errors over the training
    spectrum-*.png           the newest spectra: 1-D, 2-D, single images
    samples/                 a grid of samples every epoch
    events.out...            TensorBoard's records
    ```

    Args:
        path: The folder; it need not exist.
        writes: Whether this process is the one that writes to it. The other
            workers of a multi-worker training read the models there, and keep
            their own records in a folder that nobody needs.

    Attributes:
        grows: Whether `open` was asked for a longer run than the one there.
    """

    def __init__(self, path: PathLike, writes: bool = True):
        self.path = pathlib.Path(path)
        self.writes = writes
        self.unsaved = None
        self.grows = False
        self._lock = None
        self._notes = {}
        self._elsewhere: Any = None if writes else tempfile.TemporaryDirectory()
        self.record = self.path / "run.json"
        self.models = self.path / "models"

    @property
    def records(self) -> pathlib.Path:
        """The folder for TensorBoard's records, samples and measurements."""
        return self.path if self.writes else pathlib.Path(self._elsewhere.name)

    # === The record ===

    def open(
        self,
        command: str,
        arguments: Mapping[str, Any],
        defaults: Mapping[str, Any] | None = None,
        may_grow: Collection[str] = (),
    ) -> dict[str, Any] | None:
        """Whether this very run is there already, interrupted or finished.

        Args:
            command: The command, without its arguments.
            arguments: Dictionary of what JSON can hold.
            defaults: Dictionary of what arguments mean that are None, or that
                an older build did not have. None for no such arguments.
            may_grow: Names of numbers that may be larger than before: the run
                becomes longer, from `begin` on.

        Returns:
            The record of the run, or None for a new or empty folder.

        Raises:
            ValueError: If the folder holds anything else; for another run,
                every difference is listed.
        """
        self._asked = command, arguments
        self.grows = False
        self.require_run_or_new()
        if not self.record.exists():
            return None
        with damage_named(
            self.record, "the record of a run", "Choose another --run"
        ):
            record = read_json(self.record)
            theirs = {"command": record["command"], **record["arguments"]}
            started, _ = record["started"], record["finished"]
        ours = json.loads(json.dumps({"command": command, **arguments}))
        defaults = defaults or {}

        def meaning(value, name):
            return defaults.get(name) if value is None else value

        grown = {
            name
            for name in may_grow
            if is_number(theirs.get(name)) and theirs[name] < ours[name]
        }
        self.grows = bool(grown)
        differences = [
            f"{name}: {theirs.get(name)!r} then, {ours.get(name)!r} now"
            for name in sorted({*theirs, *ours} - {"run"} - grown)
            if meaning(theirs.get(name), name) != meaning(ours.get(name), name)
        ]
        if differences:
            raise ValueError(
                f"The run folder {self.path} holds another run, started "
                f"{started}. Expected the same arguments, to go on with it. "
                f"Received: {'; '.join(differences)}. Choose another "
                "--run, or use the original arguments."
            )
        return record

    def require_run_or_new(self) -> None:
        """Raise a `ValueError` if the folder holds anything but a run."""
        if self.record.exists() or not self.path.exists():
            return
        if not self.path.is_dir() or finished(self.path):
            raise ValueError(
                f"The run folder {self.path} exists and is not a run. "
                "Expected a new or empty folder, or one that the same "
                "command has begun to fill. Choose another --run."
            )

    def has_ended(self, record: Mapping[str, Any] | None) -> bool:
        """Whether nothing is left to do of what `open` was asked for.

        A run that has stopped by itself stays as it is, however many epochs
        it may have.

        Args:
            record: What `open` returned.
        """
        if record is None or not record["finished"]:
            return False
        return not self.grows or "stopped" in record

    def arguments(self) -> dict[str, Any]:
        """Dictionary of the arguments that the run was started with."""
        with damage_named(self.record, "the record of a run"):
            return dict(read_json(self.record)["arguments"])

    def require_measured(self) -> None:
        """Raise a `ValueError` unless it is a run, after its first epoch."""
        measured = self.path / "spectrum.json"
        if not (self.record.is_file() and measured.is_file()):
            raise ValueError(
                f"{self.path} has no measurements. Expected a folder that "
                "`specgan train --run FOLDER` made, after its first epoch, "
                "with run.json and spectrum.json."
            )

    @classmethod
    def around(cls, path: PathLike) -> Self | None:
        """The run that a path belongs to.

        Args:
            path: A run folder, or a model file in it or in its `models/`.

        Returns:
            A `RunFolder`, or None if there is no run.
        """
        path = pathlib.Path(path)
        for folder in path.parents[:2] if path.is_file() else [path]:
            if (folder / "run.json").is_file():
                return cls(folder)
        return None

    # === One training at a time ===

    def lock(self) -> None:
        """Keep all other processes from training in this folder.

        The operating system gives the folder free when the process ends,
        however it ends. A folder that does not exist is locked by `begin`; a
        file system without locks has none.

        Raises:
            ValueError: If another process trains there.
        """
        if not self.writes or self._lock is not None or not self.path.is_dir():
            return
        lock = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise ValueError(
                f"Another process is training in {self.path}. Expected one at "
                "a time. Wait until it has ended, or choose another --run."
            ) from error
        except OSError:
            os.close(lock)
        else:
            self._lock = lock

    def unlock(self) -> None:
        """Let other processes train here."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def begin(self) -> None:
        """Write what is run, when it is certain that it runs."""
        if not self.writes:
            guard = self.path / "guard.json"
            if guard.exists():  # What all workers go on from.
                shutil.copy(guard, self.records)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock()  # Before what another training writes is removed.
        remove_unfinished(self.path)
        command, arguments = self._asked
        if self.record.exists():
            record = read_json(self.record)
            _tell_other_versions(record)
            if self.grows:
                self._write(
                    {**record, "arguments": arguments, "finished": None}
                )
            return
        self._write(
            {
                "command": command,
                "arguments": arguments,
                "started": time.strftime("%Y-%m-%d %H:%M:%S"),
                "finished": None,
                "versions": versions(),
                "commit": source_version.commit(),
                **self._notes,
            }
        )

    def noted(self, name: str) -> Any:
        """What `note` has kept, in this process or before; or None."""
        record = read_json(self.record) if self.record.exists() else {}
        return self._notes.get(name, record.get(name))

    def note(self, name: str, value: Any) -> None:
        """Keep a fact about the run in its record, beside the arguments.

        Args:
            name: Its key in `run.json`.
            value: What JSON can hold.
        """
        self._notes[name] = value
        if self.writes and self.record.exists():
            self._write({**read_json(self.record), name: value})

    def finish(self) -> None:
        """Note that the run came to its end.

        Raises:
            OSError: If its last model could not be saved.
        """
        if not self.writes:
            return
        if self.unsaved is not None:
            raise OSError(
                f"the last model could not be saved: {self.unsaved}. Make "
                "room and give the same command again: it goes on from the "
                "last one that was"
            ) from self.unsaved
        self._write(
            {
                **read_json(self.record),
                "finished": time.strftime("%Y-%m-%d %H:%M:%S"),
            }
        )

    def _write(self, record):
        with written_whole(self.record) as path:
            path.write_text(json.dumps(record, indent=2) + "\n")

    # === The model ===

    def save(self, model: "keras.Model", epoch: int) -> None:
        """Write the model after an epoch, and keep the one before.

        A full disk or the like is reported, and the training goes on: its
        state is in memory, and the last good file stays.

        Args:
            model: The model, compiled.
            epoch: How many epochs it has been trained.
        """
        if not self.writes:
            # Reading variables is something all workers do together.
            model.save(self.records / "not-needed.keras")
            return
        try:
            with written_whole(
                self.models / f"epoch-{epoch:04d}.keras"
            ) as path:
                model.save(path)
            for old in self._saved()[2:]:
                old.unlink()
            self.unsaved = None
        except OSError as error:
            self.unsaved = error
            print(
                f"specgan: warning: the model could not be saved: {error}. "
                "The last good one stays, the training goes on; make room "
                "before its end.",
                file=sys.stderr,
            )

    def _saved(self):
        """The model files, the newest first."""
        return sorted(self.models.glob("epoch-*.keras"), reverse=True)

    def load(self) -> "keras.Model":
        """The model of the last whole epoch; a .keras file may be the run.

        Returns:
            The model, compiled, with its optimizers.

        Raises:
            ValueError: If there is no model, or none that can be read.
        """
        self.require_model()
        return self.load_with_epoch()[0]

    def require_model(self) -> None:
        """Raise a `ValueError` unless there is something to `load`.

        TensorFlow, which takes seconds to import, is not needed to see it.
        """
        if self.path.is_file() and self.path.suffix != ".keras":
            raise ValueError(
                f"{self.path} is not a .keras file. Expected a run folder or a "
                "model in that format. Save it again with "
                "model.save('model.keras')."
            )
        if not self.path.is_file() and not self._saved():
            raise ValueError(
                f"There is no trained model in {self.path}. Expected the "
                "folder that `specgan train --run FOLDER` made, after its "
                "first epoch, or a .keras file."
            )

    def load_with_epoch(self) -> "tuple[keras.Model | None, int]":
        """The model, and how many epochs it has been trained.

        A damaged file is passed over with a warning, where there is one
        before it.

        Returns:
            (model, epoch); (None, 0) if no epoch has been finished.

        Raises:
            ValueError: If there are models, but none that can be read.
        """
        is_file = self.path.suffix == ".keras" and self.path.is_file()
        reasons = []
        for path in [self.path] if is_file else self._saved():
            try:
                model = _load_whole(path)
            except Exception as error:  # Broken files fail in many ways.
                reasons.append(f"{path} is not a readable model: {error}")
                continue
            if reasons:
                warnings.warn(
                    f"{reasons[0]}. The one before is used.", stacklevel=2
                )
            return model, 0 if is_file else int(path.stem.split("-")[1])
        if reasons:
            raise ValueError(". ".join(reasons))
        return None, 0


def versions() -> dict[str, str]:
    """What a training runs on, by name."""
    import keras
    import tensorflow as tf

    return {
        "specgan": source_version.version(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def _tell_other_versions(record):
    """Warn if a run goes on with other versions than it was begun with."""
    begun = record.get("versions", {})
    others = [
        f"{name} {begun[name]}, now {now}"
        for name, now in versions().items()
        if begun.get(name, now) != now
    ]
    if others:
        warnings.warn(
            f"The run was begun with {'; '.join(others)}. It goes on, but is "
            "not to the bit what one version would have made of it.",
            stacklevel=3,
        )


def _load_whole(path):
    """A model from a .keras file whose checksums are right."""
    import keras

    import zoo

    zoo.MODELS.register()
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"{damaged} in it is damaged")
    return keras.models.load_model(path)
