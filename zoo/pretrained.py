"""Pretrained models: a folder each, loaded by name.

Some come with specgan; those that a user publishes lie in a folder of the
user's, `specgan.user_folders.models_folder()`.

```
saved_models/dcgan-celeba64-spectral/
    model.json          the class of the zoo, its scalars, SHA-256 of each
                        other file and of the record itself
    model.weights.h5    numbers only
    README.md           the card: what it was trained on, how, how well
```

Nothing in such a folder is executed: the class is looked up in `zoo.MODELS`,
the scalars are JSON and the weights HDF5.
"""

import json
import pathlib
import re
import warnings
import zipfile
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan.checksums import folder_sums
from specgan.checksums import record_sum
from specgan.errors import unknown_name
from specgan.files import folder_written_whole
from specgan.files import read_json
from specgan.files import written_whole
from specgan.typing import PathLike
from specgan.user_folders import models_folder
from zoo.model_classes import MODELS

if TYPE_CHECKING:
    import keras


def shipped() -> pathlib.Path:
    """The folder of the models that come with specgan.

    Returns:
        A path within the installed package, or in a checkout beside it.
    """
    here = pathlib.Path(__file__).parent
    installed, checkout = here / "saved_models", here.parent / "saved_models"
    return installed if installed.is_dir() else checkout


RECORD, WEIGHTS = "model.json", "model.weights.h5"

# What a model.json says, and as what. Older ones have of the weights alone the
# SHA-256, a string.
FIELDS = {
    "description": str,
    "class": str,
    "config": dict,
    "sha256": dict | str,
}


def names() -> dict[str, str]:
    """The names of the pretrained models, with a line about each.

    A folder whose model.json cannot be read causes a warning.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    return descriptions(entries(RECORD), _record)


def entries(record: str) -> list[pathlib.Path]:
    """The folders that hold a record; a hidden one is not finished.

    They are those of the user, of which a name counts where both have it, and
    those that come with specgan.

    Args:
        record: Name of the record's file.
    """
    found = {
        path.parent.name: path.parent
        for place in (shipped(), models_folder())
        for path in place.glob(f"[!.]*/{record}")
    }
    return [found[name] for name in sorted(found)]


def descriptions(
    folders: Iterable[pathlib.Path],
    read: Callable[[pathlib.Path], Mapping[str, Any]],
) -> dict[str, str]:
    """What folders are, by their names; a damaged one causes a warning.

    Args:
        folders: Paths of entries.
        read: Function of such a path that gives its record, or raises a
            `ValueError` that says why not.
    """
    found = {}
    for entry in folders:
        try:
            found[entry.name] = read(entry)["description"]
        except ValueError as error:
            warnings.warn(str(error), stacklevel=3)
    return found


def _record(entry):
    """What the model.json of a folder says, complete."""
    try:
        record = json.loads((entry / "model.json").read_text("utf-8"))
        if not isinstance(record, dict):
            raise ValueError(f"it holds no object: {type(record).__name__}")
        for field, kind in FIELDS.items():
            if not isinstance(record.get(field), kind):
                name = getattr(kind, "__name__", kind)
                raise ValueError(
                    f"its {field!r} is not a {name}: {record.get(field)!r}"
                )
        if isinstance(record["sha256"], dict) and (
            record.get("record_sha256") != record_sum(record)
        ):
            raise ValueError(f"a {RECORD} that was altered: its checksum")
    except (OSError, ValueError) as error:
        raise _damaged(entry, error) from error
    return record


def _damaged(entry, error):
    """A `ValueError` for an entry that is not as it was published."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return ValueError(
        f"The pretrained model {entry.name} cannot be made. Expected a "
        f"model.json, and weights that fit it, as published. Received {entry}: "
        f"{reason.rstrip('.:')}. Fetch the folder again, or remove it."
    )


def load(name: str) -> "keras.Model":
    """A pretrained model.

    Args:
        name: A name of `specgan list`.

    Returns:
        The model of the zoo with its weights, not compiled.

    Raises:
        ValueError: For an unknown name, or an entry that is incomplete,
            altered or of a class that this version does not know.

    Example:
    >>> gan = zoo.load("dcgan-celeba64-spectral")
    >>> gan.sample(16, seed=1)
    """
    known = {entry.name: entry for entry in entries(RECORD)}
    if not known:
        raise ValueError(
            f"There are no pretrained models. Expected some in "
            f"{models_folder()}. Received: {name!r}. Set SPECGAN_MODELS to the "
            "folder that holds them, or make one with `specgan publish`."
        )
    if not isinstance(name, str) or name not in known:
        raise unknown_name("pretrained model", name, known)
    entry = known[name]
    record = _record(entry)
    if record["class"] not in MODELS:
        kind = f"class of a model, in {entry / 'model.json'}"
        raise unknown_name(kind, record["class"], MODELS)
    _check_sums(entry, record["sha256"])
    try:
        model = MODELS[record["class"]].from_config(record["config"])
        with warnings.catch_warnings():
            # Before its error, Keras warns of one layer after the other.
            warnings.simplefilter("ignore", UserWarning)
            model.load_weights(entry / WEIGHTS)
    except Exception as error:  # Wrong files fail in many ways.
        raise _damaged(entry, error) from error
    return model


def publish(
    model: "keras.Model", name: str, description: str, card: str
) -> pathlib.Path:
    """Make a pretrained model of a trained one.

    Args:
        model: A model of `zoo.MODELS`, trained.
        name: The name to load it by: a new folder in
            `user_folders.models_folder()`. Letters, digits, dots, dashes and
            underscores, with no dot at its beginning.
        description: One line, for `specgan list`.
        card: The text of README.md.

    Returns:
        The path of the folder.

    Raises:
        ValueError: If the model is of no class of the zoo, there is a model
            of that name, or the name or the description cannot be one.
    """
    check_name(name, description)
    if (shipped() / name).exists() and shipped() != models_folder():
        raise ValueError(
            f"A model of this name comes with specgan: {shipped() / name} "
            f"exists already. Expected a new name. Received: {name!r}."
        )
    classes = {model_class: key for key, model_class in MODELS.items()}
    if type(model) not in classes:
        raise ValueError(
            "Only models of the zoo can be published, as only their class can "
            f"be found again by name. Received: {type(model).__name__}."
        )
    # Without what `compile` adds: the optimizers.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    path = models_folder() / name
    with folder_written_whole(path) as entry:
        _write_weights(bare, entry)
        (entry / "README.md").write_text(card)
        record = {
            "description": description,
            "class": classes[type(model)],
            "config": model.get_config(),
        }
        _write_record(entry, record)
    return path


def renew_checksums(entry: PathLike) -> None:
    """Write the checksums of an entry anew, e.g. of an edited card.

    Args:
        entry: The folder of a pretrained model.
    """
    entry = pathlib.Path(entry)
    _write_record(entry, read_json(entry / RECORD))


def _write_record(entry, record):
    record = {**record, "sha256": folder_sums(entry, RECORD)}
    record["record_sha256"] = record_sum(record)
    with written_whole(entry / RECORD) as path:
        path.write_text(json.dumps(record, indent=2) + "\n")


def _write_weights(model, entry):
    """The weights that `save_weights` would write.

    HDF5 kills the process where a disk is full. In a .keras file Keras makes
    it in memory, and what is written is plain bytes.
    """
    archive = entry / "model.keras"
    model.save(archive)
    with zipfile.ZipFile(archive) as content:
        weights = content.read(WEIGHTS)
    archive.unlink()
    (entry / WEIGHTS).write_bytes(weights)


def _check_sums(entry, expected):
    """A `ValueError` unless an entry's files are those of its record."""
    received = folder_sums(entry, RECORD)
    if isinstance(expected, str):
        expected = {WEIGHTS: expected}
    for name in sorted({WEIGHTS, *expected}):
        if name not in received or received[name] != expected.get(name):
            raise ValueError(
                f"The files of {entry.name} are not those that were published. "
                f"Expected SHA-256 {expected.get(name)} of {name}. Received: "
                f"{received.get(name, 'no such file')}, of {entry / name}. "
                "Fetch the folder again."
            )


def check_name(name: str, description: str) -> None:
    """Raise a `ValueError` unless a model can be published under a name.

    Args:
        name: A folder will have it, and a card shows it.
        description: A line of a list and of a card.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name):
        raise ValueError(
            "The name of a pretrained model is that of a folder. Expected "
            "letters, digits, dots, dashes and underscores, with no dot at "
            f"the beginning. Received: {name!r}. Choose another name."
        )
    if not description.isprintable():
        raise ValueError(
            "The description of a pretrained model is a line of a list. "
            f"Expected one line of plain text. Received: {description!r}. Put "
            "the rest into the card: `--note` of `specgan publish`."
        )
