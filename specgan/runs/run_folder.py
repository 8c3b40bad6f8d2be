import json
import pathlib
import platform
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

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
    """

    def __init__(self, path: PathLike, writes: bool = True):
        self.path = pathlib.Path(path)
        self.writes = writes
        self.unsaved = None
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
    ) -> dict[str, Any] | None:
        """Whether this very run is there already, broken off or finished.

        Args:
            command: The command, without its arguments.
            arguments: Dictionary of what JSON can hold.
            defaults: Dictionary of what arguments mean that are None, or that
                an older build did not have. None for no such arguments.

        Returns:
            The record of the run, or None for a new or empty folder.

        Raises:
            ValueError: If the folder holds anything else; for another run,
                every difference is listed.
        """
        self._asked = command, arguments
        if not self.record.exists():
            if self.path.exists() and (
                not self.path.is_dir() or finished(self.path)
            ):
                raise ValueError(
                    f"The run folder {self.path} exists and is not a run. "
                    "Expected a new or empty folder, or one that the same "
                    "command has begun to fill. Choose another --run."
                )
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

        differences = [
            f"{name}: {theirs.get(name)!r} then, {ours.get(name)!r} now"
            for name in sorted({*theirs, *ours} - {"run"})
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

    def arguments(self) -> dict[str, Any]:
        """Dictionary of the arguments that the run was started with."""
        with damage_named(self.record, "the record of a run"):
            return dict(read_json(self.record)["arguments"])

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

    def begin(self) -> None:
        """Write what is run, when it is certain that it runs."""
        import keras
        import tensorflow as tf

        if not self.writes:
            guard = self.path / "guard.json"
            if guard.exists():  # What all workers go on from.
                shutil.copy(guard, self.records)
            return
        remove_unfinished(self.path)
        if self.record.exists():
            return
        command, arguments = self._asked
        self._write(
            {
                "command": command,
                "arguments": arguments,
                "started": time.strftime("%Y-%m-%d %H:%M:%S"),
                "finished": None,
                "versions": {
                    "python": platform.python_version(),
                    "tensorflow": tf.__version__,
                    "keras": keras.__version__,
                },
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
        if self.path.is_file() and self.path.suffix != ".keras":
            raise ValueError(
                f"{self.path} is no .keras file. Expected a run folder or a "
                "model in that format. Save it again with "
                "model.save('model.keras')."
            )
        model, _ = self.load_with_epoch()
        if model is None:
            raise ValueError(
                f"There is no trained model in {self.path}. Expected the "
                "folder that `specgan train --run FOLDER` made, after its "
                "first epoch, or a .keras file."
            )
        return model

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


def model_of(name: PathLike) -> "keras.Model":
    """The model of a run folder, of a .keras file, or a pretrained one.

    Args:
        name: Path, or a name of `zoo.pretrained`.

    Returns:
        A model of the zoo.

    Raises:
        ValueError: If there is none, or none that can be read.
    """
    from zoo import pretrained  # With TensorFlow, which queues do without.

    if name in pretrained.names():
        return pretrained.load(str(name))
    return RunFolder(name).load()


def class_number(
    name: PathLike, model: "keras.Model", label: str | None
) -> int | None:
    """The number of the class that a user asks for.

    Args:
        name: What `model_of` was given.
        model: What it returned.
        label: The class's name, if the run has recorded names, or its number;
            None for no class. A name that is a number is taken as the name.

    Returns:
        An integer, or None.

    Raises:
        ValueError: If the model has no classes, or no such class.
    """
    if label is None:
        return None
    count = getattr(model, "num_classes", None)
    if count is None:
        raise ValueError(
            f"{name} has no classes. Received: --label {label}. Leave it out."
        )
    run = RunFolder.around(name)
    names = (run and run.noted("class_names")) or []
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < count:
        return int(label)
    raise ValueError(
        f"{name} has no such class. Expected a number from 0 to {count - 1}"
        + (f", or one of: {', '.join(names)}" if names else "")
        + f". Received: --label {label}."
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
