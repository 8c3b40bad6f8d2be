"""What a pretrained model is on disk: a SavedModel with a record and a card.

```
saved_models/dcgan-celeba64-spectral/
    model.json          the class of the zoo, its scalars, what it was trained
                        on, its figures, SHA-256 of each other file and of the
                        record itself
    saved_model.pb      functions for TensorFlow alone; `zoo.load` never reads
    fingerprint.pb      them
    variables/          all numbers of the model, which both read
    samples.png         16 samples, or reconstructions
    README.md           the card, with YAML front matter for the Hugging Face
                        Hub
```

The numbers are stored once, in TensorFlow's checkpoint format, which a
SavedModel must have: a table of names and tensors, read without a graph.
"""

import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from specgan.checksums import altered_file
from specgan.checksums import record_sum
from specgan.checksums import with_sums
from specgan.checksums import wrong_field
from specgan.errors import DamagedFile
from specgan.files import written_whole
from specgan.typing import PathLike
from zoo.preset_card import licence_of
from zoo.preset_fields import invalid_field

FORMAT_VERSION = 2

RECORD = "model.json"
CARD = "README.md"
SAMPLES = "samples.png"
VARIABLES = "variables/variables"

SAVED_MODEL = ("saved_model.pb", f"{VARIABLES}.index")
"""Files that each preset has, beside the record and the card."""

# What a model.json says of the network and its files, and as what.
_TYPES = {
    "class": str,
    "config": dict,
    "signatures": dict,
    "sha256": dict,
}

# Where classes within a configuration may come from.
_OWN_MODULES = re.compile(r"(specgan|zoo)\.[\w.]+")


# Where huggingface_hub keeps a commit of a repository.
_HUB_CACHE = re.compile(r"/models--([^/]+?)--([^/]+)/snapshots/[^/]+/?\Z")


def read_record(path: PathLike) -> dict[str, Any]:
    """The content of the model.json of a folder.

    Args:
        path: The folder.

    Returns:
        A dictionary with all fields of a record, of the right types; what a
        list or a card shows of it can be shown.

    Raises:
        ValueError: If there is none, it is damaged, altered or of another
            format version.
    """
    path = pathlib.Path(path)
    try:
        record = json.loads((path / RECORD).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
    if not isinstance(record, dict):
        reason = f"it holds no object: {type(record).__name__}, in {RECORD}"
        raise damaged(path, reason)
    _check_version(path, record)
    if record.get("record_sha256") != record_sum(record):
        raise damaged(path, f"a {RECORD} that was altered: its checksum")
    if reason := wrong_field(record, _TYPES):
        raise damaged(path, f"its {reason}")
    if wrong := invalid_field(record):
        name, expected = wrong
        reason = f"its {name!r} is not {expected}: {record.get(name)!r}"
        raise damaged(path, reason)
    check_modules(path, record["config"])
    return record


def _check_version(path, record):
    version = record.get("format_version", 1)
    if type(version) is int and version == FORMAT_VERSION:
        return
    remedy = "Use the version of specgan that wrote it"
    if type(version) is int and version == 1:
        # Of the Hub, not all files of that version have been fetched.
        what, folder = ("a clone", "FOLDER") if _address(path) else ("it", path)
        remedy = (
            f"Convert {what} with `specgan upgrade-preset {folder} --license "
            "NAME`"
        )
    raise ValueError(
        f"The pretrained model {title(path)} is of another format version. "
        f"Expected {FORMAT_VERSION}. Received: {version!r}, in {path / RECORD}."
        f" {remedy}."
    )


def check_modules(path: pathlib.Path, config: Any) -> None:
    """A `ValueError` if a configuration names a class of other packages.

    Keras would import the module that is named.

    Args:
        path: The folder of the preset.
        config: What JSON can hold.
    """
    if isinstance(config, Mapping):
        if "class_name" in config:
            module = config.get("module")
            if not isinstance(module, str) or not _OWN_MODULES.fullmatch(
                module
            ):
                raise damaged(path, f"a class of the module {module!r}")
        config = config.values()
    elif not isinstance(config, list):
        return
    for value in config:
        check_modules(path, value)


def require_licence(path: pathlib.Path) -> str:
    """The licence on the card of a preset.

    Args:
        path: The folder.

    Raises:
        ValueError: If the card does not say it.
    """
    try:
        card = (path / CARD).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error
    licence = licence_of(card)
    if licence is None:
        remedy = (
            "Ask its owner to add it"
            if _address(path)
            else "Add it, and renew the checksums: "
            f"zoo.pretrained.renew_checksums('{path}')"
        )
        raise ValueError(
            f"The card of the pretrained model {title(path)} does not say its "
            f"licence. Expected a line such as `license: apache-2.0` in the "
            f"YAML front matter of {path / CARD}. Received: none. {remedy}."
        )
    return licence


def write_record(path: PathLike, record: Mapping[str, Any]) -> None:
    """Write a model.json, with the checksums of all that a folder holds.

    Args:
        path: The folder, complete except for this file.
        record: Dictionary for JSON; see `read_record`.
    """
    path = pathlib.Path(path)
    record = {"format_version": FORMAT_VERSION, **record}
    record = with_sums(record, path, RECORD)
    text = json.dumps(record, indent=2, allow_nan=False) + "\n"
    with written_whole(path / RECORD) as temporary:
        temporary.write_text(text)


def check_sums(path: pathlib.Path, expected: Mapping[str, str]) -> None:
    """A `ValueError` unless a folder's files are those that were published.

    Args:
        path: The folder.
        expected: Dictionary of names and SHA-256, as the record has it.
    """
    needed = {CARD, *SAVED_MODEL}
    if altered := altered_file(path, RECORD, expected, needed):
        name, digits, received = altered
        raise ValueError(
            f"The files of {title(path)} are not those that were published. "
            f"Expected SHA-256 {digits} of {name}. Received: {received}, of "
            f"{path / name}. {_remedy(path)}."
        )


def megabytes(record: Mapping[str, Any], path: pathlib.Path) -> float:
    """Size of the files of a preset in 10^6 bytes.

    Args:
        record: As `read_record` gives it.
        path: The folder.
    """
    files = [path / name for name in record["sha256"]]
    return sum(one.stat().st_size for one in files if one.is_file()) / 1e6


def damaged(path: PathLike, reason: object) -> DamagedFile:
    """An error, to be raised by the caller, for what a folder holds."""
    path = pathlib.Path(path)
    if isinstance(reason, KeyError) or not str(reason):
        reason = repr(reason)
    reason = str(reason).splitlines()[0][:300].rstrip(".:")
    return DamagedFile(
        f"The pretrained model {title(path)} cannot be made. Expected a "
        f"{RECORD}, and numbers that fit it, as published. Received: "
        f"{path}: {reason}. {_remedy(path)}."
    )


def title(path: PathLike) -> str:
    """What a user calls a preset: its address in the Hub, or its folder's name.

    Args:
        path: The folder.
    """
    return _address(path) or pathlib.Path(path).name


def _address(path):
    """The address of a folder in the Hub's cache; None for any other."""
    found = _HUB_CACHE.search(pathlib.Path(path).as_posix())
    return found and f"hf://{found[1]}/{found[2]}"


def _remedy(path):
    if not _address(path):
        return "Fetch the folder again, or remove it"
    return f"Remove {pathlib.Path(path).parents[1]} to fetch it again"
