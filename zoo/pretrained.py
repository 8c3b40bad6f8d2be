"""Pretrained models: a folder each, loaded by name.

```
saved_models/dcgan-celeba64-spectral/
    model.json          the class of the zoo, its scalars, the weights' SHA-256
    model.weights.h5    numbers only
    README.md           the card: what it was trained on, how, how well
```

Nothing in such a folder is executed: the class is looked up in `zoo.MODELS`,
the scalars are JSON and the weights HDF5.
"""

import hashlib
import json
import os
import pathlib
import re
import warnings
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan.errors import unknown_name
from specgan.files import folder_written_whole
from specgan.typing import PathLike
from zoo.model_classes import MODELS

if TYPE_CHECKING:
    import keras


def folder() -> pathlib.Path:
    """Where the pretrained models are: $SPECGAN_MODELS, or saved_models/.

    Returns:
        A path; within the installed package, or in a checkout beside it,
        unless the variable says otherwise.
    """
    here = pathlib.Path(__file__).parent
    installed, checkout = here / "saved_models", here.parent / "saved_models"
    default = installed if installed.is_dir() else checkout
    return pathlib.Path(os.environ.get("SPECGAN_MODELS", default))


# What a model.json says, and as what.
FIELDS = {"description": str, "class": str, "config": dict, "sha256": str}


def names() -> dict[str, str]:
    """The names of the pretrained models, with a line about each.

    A folder whose model.json cannot be read causes a warning.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    return descriptions(entries("model.json"), _record)


def entries(record: str) -> list[pathlib.Path]:
    """The folders that hold a record; a hidden one is not finished.

    Args:
        record: Name of the record's file.
    """
    return sorted(path.parent for path in folder().glob(f"[!.]*/{record}"))


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
                raise ValueError(
                    f"its {field!r} is no {kind.__name__}: "
                    f"{record.get(field)!r}"
                )
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
    known = [entry.name for entry in entries("model.json")]
    if not known:
        raise ValueError(
            f"There are no pretrained models. Expected some in {folder()}. "
            f"Received: {name!r}. Set SPECGAN_MODELS to the folder that holds "
            "them, or make one with `specgan publish`."
        )
    if name not in known:
        raise unknown_name("pretrained model", name, known)
    entry = folder() / name
    record = _record(entry)
    if record["class"] not in MODELS:
        kind = f"class of a model, in {entry / 'model.json'}"
        raise unknown_name(kind, record["class"], MODELS)
    weights = entry / "model.weights.h5"
    digest = sha256(weights) if weights.is_file() else "no such file"
    if digest != record["sha256"]:
        raise ValueError(
            f"The weights of {name} are not those that were published. "
            f"Expected SHA-256 {record['sha256']}. Received: {digest}, of "
            f"{weights}. Fetch the folder again."
        )
    try:
        model = MODELS[record["class"]].from_config(record["config"])
        with warnings.catch_warnings():
            # Before its error, Keras warns of one layer after the other.
            warnings.simplefilter("ignore", UserWarning)
            model.load_weights(weights)
    except Exception as error:  # Wrong files fail in many ways.
        raise _damaged(entry, error) from error
    return model


def publish(
    model: "keras.Model", name: str, description: str, card: str
) -> pathlib.Path:
    """Make a pretrained model of a trained one.

    Args:
        model: A model of `zoo.MODELS`, trained.
        name: The name to load it by: a new folder in `folder()`. Letters,
            digits, dots, dashes and underscores, with no dot at its beginning.
        description: One line, for `specgan list`.
        card: The text of README.md.

    Returns:
        The path of the folder.

    Raises:
        ValueError: If the model is of no class of the zoo, there is a model
            of that name, or the name or the description cannot be one.
    """
    check_name(name, description)
    classes = {model_class: key for key, model_class in MODELS.items()}
    if type(model) not in classes:
        raise ValueError(
            "Only models of the zoo can be published, as only their class can "
            f"be found again by name. Received: {type(model).__name__}."
        )
    # Without what `compile` adds: the optimizers.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with folder_written_whole(folder() / name) as entry:
        weights = entry / "model.weights.h5"
        bare.save_weights(weights)
        record = {
            "description": description,
            "class": classes[type(model)],
            "config": model.get_config(),
            "sha256": sha256(weights),
        }
        text = json.dumps(record, indent=2) + "\n"
        (entry / "model.json").write_text(text)
        (entry / "README.md").write_text(card)
    return folder() / name


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


def sha256(path: PathLike) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
