"""Models by what a user calls them: a run, a file or a preset."""

import pathlib
from typing import TYPE_CHECKING

from specgan.errors import did_you_mean
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike

if TYPE_CHECKING:
    import keras


def model_of(name: PathLike) -> "keras.Model":
    """The model of a run folder, of a .keras file, or a pretrained one.

    Args:
        name: Path of a run, or what `zoo.load` takes.

    Returns:
        A model of the zoo.

    Raises:
        ValueError: If there is none, or none that can be read.
    """
    from zoo import pretrained

    require_model_of(name)
    if pretrained.is_preset(name):
        return pretrained.load(name)
    return RunFolder(name).load()


def require_model_of(name: PathLike) -> None:
    """Raise a `ValueError` unless `model_of` has something to load.

    Args:
        name: As for `model_of`.
    """
    from zoo import pretrained

    if pretrained.is_preset(name):
        pretrained.require_record(name)
        return
    try:
        RunFolder(name).require_model()
    except ValueError as error:
        if pathlib.Path(name).exists():
            raise
        raise ValueError(
            f"{error} Or expected the name of a pretrained model, of `specgan "
            f"list`.{did_you_mean(name, pretrained.known_names())}"
        ) from None


def class_number(
    name: PathLike, model: "keras.Model", label: str | None
) -> int | None:
    """The number of the class that a user asks for.

    Args:
        name: What `model_of` was given.
        model: What it returned.
        label: The class's name, if the run or the preset has recorded names,
            or its number; None for no class. A name that is a number is taken
            as the name.

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
    names = _class_names(name)
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < count:
        return int(label)
    raise ValueError(
        f"{name} has no such class. Expected a number from 0 to {count - 1}"
        + (f", or one of: {', '.join(names)}" if names else "")
        + f". Received: --label {label}."
    )


def _class_names(name):
    """What the classes of a model are called, in order; [] if unknown."""
    from zoo import preset_files
    from zoo import pretrained

    if pretrained.is_preset(name):
        record = preset_files.read_record(pretrained.find(name))
        return record.get("class_names") or []
    run = RunFolder.around(name)
    return (run and run.noted("class_names")) or []
