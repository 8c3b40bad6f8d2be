"""Pretrained models: a folder each, loaded by name, path or address.

Some come with specgan; those that a user publishes lie in a folder of the
user's, `specgan.user_folders.models_folder()`. What a folder holds is in
`zoo.preset_files`; nothing of it is executed.
"""

import os
import pathlib
import re
import warnings
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from specgan.detection import detector_files
from specgan.errors import unknown_name
from specgan.files import read_json
from specgan.files import written_whole
from specgan.typing import PathLike
from specgan.user_folders import models_folder
from zoo import hub
from zoo import preset_files
from zoo.model_classes import MODELS
from zoo.preset_card import body_of
from zoo.preset_card import card_text
from zoo.preset_card import kept_figures
from zoo.preset_fields import check_description
from zoo.preset_files import CARD
from zoo.preset_files import RECORD

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


def known_names(record: str = RECORD) -> list[str]:
    """The names of the pretrained models, read or not, in their order.

    Args:
        record: Name of the record's file; detectors have another.
    """
    return [entry.name for entry in entries(record)]


def names() -> dict[str, str]:
    """The names of the pretrained models, with a line about each.

    A folder whose model.json cannot be read causes a warning.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    return descriptions(entries(RECORD), preset_files.read_record)


def figures(name: str) -> str:
    """Size, data, steps, FID and detectability of a pretrained model.

    Args:
        name: One of `names()`.

    Returns:
        A line for a list; what was not measured says so.

    Example:
    >>> pretrained.figures("dcgan-fashion28-spectral")
    '28x28x1, 7.0 MB, fashion_mnist, 22488 steps, ...'
    """
    entry = find(name)
    record = preset_files.read_record(entry)
    steps, values = record.get("steps"), record["figures"]
    images = f" of {values['images']:.0f} images" if "images" in values else ""
    if "real_images_of_fid" in values:
        images += f" against {values['real_images_of_fid']:.0f} real ones"
    fid, half = values.get("fid"), values.get("frechet_inception-bfloat16")
    distance = _figure("FID", fid, ".1f")
    if fid is None and half is not None:
        distance = _figure("Fréchet distance (bfloat16)", half, ".1f")
    parts = [
        "x".join(map(str, record["image_shape"])),
        f"{preset_files.megabytes(record, entry):.1f} MB",
        f"{record.get('data') or 'unknown data'}",
        "steps unknown" if steps is None else f"{steps} steps",
        distance + images,
        _figure("detectability", values.get("detection_score"), ".2f"),
    ]
    return ", ".join(parts)


def _figure(title, value, kind):
    return f"{title} {'not measured' if value is None else format(value, kind)}"


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


def load(name: PathLike) -> "keras.Model":
    """A pretrained model.

    Args:
        name: A name of `specgan list`; or the path of a folder that
            `zoo.save_preset` wrote; or "hf://owner/name", a repository of the
            Hugging Face Hub with such a folder, of which "@" and a commit may
            follow. Where both exist, the name of `specgan list` counts; write
            "./name" for the folder.

    Returns:
        The model of the zoo with its weights, not compiled. No code and no
        graph of the folder is run: the class is looked up in `zoo.MODELS`,
        its scalars are JSON and the numbers a table of tensors.

    Raises:
        ValueError: For an unknown name, or a folder that is incomplete,
            altered, of another format version, of a class that this version
            does not know, or without a licence on its card; if there is no
            such repository, or huggingface_hub is not installed.
        OSError: If the Hub cannot be reached and the repository is not in its
            cache.

    Example:
    >>> gan = zoo.load("dcgan-celeba64-spectral")
    >>> gan.sample(16, seed=1)
    """
    entry = find(name)
    record = preset_files.read_record(entry)
    if record["class"] not in MODELS:
        kind = f"class of a model, in {entry / RECORD}"
        raise unknown_name(kind, record["class"], MODELS)
    preset_files.check_sums(entry, record["sha256"])
    preset_files.require_licence(entry)
    # Here, since names need no TensorFlow.
    from zoo.preset_weights import assign_weights

    try:
        model = MODELS[record["class"]].from_config(record["config"])
        assign_weights(model, entry)
    except Exception as error:  # Wrong files fail in many ways.
        raise preset_files.damaged(entry, error) from error
    return model


def find(name: PathLike) -> pathlib.Path:
    """The folder of a pretrained model; of "hf://", after it was fetched.

    Args:
        name: As for `load`.

    Raises:
        ValueError: If there is none.
    """
    if isinstance(name, str) and name.startswith(hub.SCHEME):
        return hub.fetch(name)
    known = {entry.name: entry for entry in entries(RECORD)}
    if isinstance(name, str) and name in known:
        return known[name]
    if is_folder(name):
        return pathlib.Path(name)
    if name in known_names(detector_files.RECORD):
        raise ValueError(
            "The pretrained model is a detector. Expected one of: "
            f"{', '.join(known)}. Received: {name!r}. Load it with "
            f"zoo.load_detector({name!r})."
        )
    if isinstance(name, str | pathlib.Path) and os.path.isdir(name):
        raise _no_preset(name)
    if not known:
        raise ValueError(
            f"There are no pretrained models. Expected some in "
            f"{models_folder()}, the path of a folder that zoo.save_preset "
            f"wrote, or hf://owner/name. Received: {name!r}. Set "
            "SPECGAN_MODELS to the folder that holds them, or make one with "
            "`specgan publish`."
        )
    raise ValueError(
        f"{unknown_name('pretrained model', name, known)} Or give the path of "
        "a folder that zoo.save_preset wrote, or hf://owner/name."
    )


def _no_preset(folder):
    return ValueError(
        f"{folder} is not a pretrained model: it has no {RECORD}. Expected a "
        "folder that zoo.save_preset or `specgan publish` wrote, or a name of "
        "`specgan list`."
    )


def is_shipped(name: object) -> bool:
    """Whether something is the name of a model that comes with specgan."""
    return any(
        entry.name == name and entry.parent == shipped()
        for entry in entries(RECORD)
    )


def is_preset(name: object) -> bool:
    """Whether `load` is to be asked for a model, which may be damaged."""
    return str(name).startswith(hub.SCHEME) or is_local(name)


def is_local(name: object) -> bool:
    """The same, if the model lies on this machine under its name or path."""
    return name in known_names() or is_folder(name)


def require_record(name: PathLike) -> None:
    """A `ValueError` if the record of a model is damaged; without the network.

    Args:
        name: Something of which `is_preset` is true.
    """
    if is_local(name):
        preset_files.read_record(find(name))


def is_folder(name: object) -> bool:
    """Whether something is the path of a folder with a model.json."""
    if not isinstance(name, str | pathlib.Path):
        return False
    # pathlib raises an error for a name that no file can have.
    return os.path.isfile(os.path.join(name, RECORD))


def publish(
    model: "keras.Model", name: str, license: str, **options: Any
) -> pathlib.Path:
    """Make a pretrained model of a trained one.

    Args:
        model: A model of `zoo.MODELS`, trained.
        name: The name to load it by: a new folder in
            `user_folders.models_folder()`. Letters, digits, dots, dashes and
            underscores, with no dot at its beginning.
        license: As for `zoo.save_preset`, like
        **options: all others of its arguments.

    Returns:
        The path of the folder.

    Raises:
        ValueError: If the model is of no class of the zoo, there is a model
            of that name, or the name, the licence or the description cannot
            be one.
    """
    check_name(name, options.get("description", ""))
    if (shipped() / name).exists() and shipped() != models_folder():
        raise ValueError(
            f"A model of this name comes with specgan: {shipped() / name} "
            f"exists already. Expected a new name. Received: {name!r}."
        )
    # Here, since names need no TensorFlow.
    from zoo.saved_preset import save_preset

    return save_preset(model, models_folder() / name, license, **options)


def record_figures(entry: PathLike, result: Mapping[str, Any]) -> None:
    """Put what was measured of a pretrained model into its card.

    Args:
        entry: Its folder.
        result: What `specgan evaluate --json` prints, as a dictionary.

    Raises:
        ValueError: If the folder is damaged.
    """
    entry = pathlib.Path(entry)
    record = preset_files.read_record(entry)
    preset_files.check_sums(entry, record["sha256"])
    record["figures"] = kept_figures(result)
    with written_whole(entry / CARD) as path:
        body = body_of((entry / CARD).read_text("utf-8"))
        path.write_text(card_text(entry.name, record, body), "utf-8")
    preset_files.write_record(entry, record)


def renew_checksums(entry: PathLike) -> None:
    """Write the checksums of an entry anew, e.g. of an edited card.

    Args:
        entry: The folder of a pretrained model.

    Raises:
        ValueError: If it is none.
    """
    entry = pathlib.Path(entry)
    if not is_folder(entry):
        raise _no_preset(entry)
    preset_files.write_record(entry, read_json(entry / RECORD))


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
    check_description(description)
