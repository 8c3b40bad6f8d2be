"""What a detector is on disk: a record, numbers, and their checksums.

```
saved_models/detector-faces/
    detector.json       classifier, features, bounds, what it was trained on,
                        SHA-256 of each other file and of the record itself
    detector.npz        the numbers, float64; nothing in it is executed
    saved_model/        the same for TensorFlow alone; optional, never read
    README.md           the card; optional
```
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from specgan.checksums import altered_file
from specgan.checksums import record_sum
from specgan.checksums import with_sums
from specgan.checksums import wrong_field
from specgan.files import read_json
from specgan.files import written_whole
from specgan.typing import PathLike

FORMAT_VERSION = 3

RECORD = "detector.json"
ARRAYS = "detector.npz"

# What a detector.json holds, and of which type.
_FIELDS = {
    "description": str,
    "classifier": str,
    "features": list,
    "lower": float,
    "upper": float,
    "about": dict,
    "sha256": dict,
}


def read_record(path: PathLike) -> dict[str, Any]:
    """The content of the detector.json of a folder.

    Args:
        path: The folder.

    Returns:
        A dictionary with all fields of a record, of the right types.

    Raises:
        ValueError: If there is none, it is damaged, altered or of another
            format version.
    """
    path = pathlib.Path(path)
    if not (path / RECORD).is_file():
        raise ValueError(
            f"{path} holds no detector. Expected a folder with {RECORD} and "
            f"{ARRAYS}, as `specgan train-detector` writes it."
        )
    record = read_json(path / RECORD)
    version = record.get("format_version")
    if version == 1 and version is not True:
        raise ValueError(
            f"The detector {path} is a SavedModel of format version 1, which "
            f"is no longer read. Expected format version {FORMAT_VERSION}, "
            f"numbers in {ARRAYS}. Train it again with `specgan "
            "train-detector`, or use the version of specgan that wrote it."
        )
    if type(version) is not int or version != FORMAT_VERSION:
        raise ValueError(
            f"The detector {path} is of another format version. Expected "
            f"{FORMAT_VERSION}. Received: {version!r}. Train it again with "
            "`specgan train-detector`, or use the version of specgan that "
            "wrote it."
        )
    if record.get("record_sha256") != record_sum(record):
        raise damaged(path, f"a {RECORD} that was altered: its checksum")
    if reason := wrong_field(record, _FIELDS):
        raise damaged(path, reason)
    if not record["description"].isprintable():  # A line on a terminal.
        reason = (
            f"a description that is not one line: {record['description']!r}"
        )
        raise damaged(path, reason)
    return record


def write_record(path: PathLike, record: Mapping[str, Any]) -> None:
    """Write a detector.json, with the checksums of all that a folder holds.

    Args:
        path: The folder, complete except for this file.
        record: Dictionary for JSON; see `read_record`.
    """
    path = pathlib.Path(path)
    record = {"format_version": FORMAT_VERSION, **record}
    record = with_sums(record, path, RECORD)
    with written_whole(path / RECORD) as temporary:
        temporary.write_text(to_json(record))


def renew_checksums(path: PathLike) -> None:
    """Write the checksums of a folder's files anew, e.g. of an edited card.

    Args:
        path: A detector's folder.
    """
    write_record(path, read_json(pathlib.Path(path) / RECORD))


def check_sums(path: pathlib.Path, record: Mapping[str, Any]) -> None:
    """A `ValueError` unless a folder's files are those that were written.

    Args:
        path: The folder.
        record: As `read_record` gives it.
    """
    if altered := altered_file(path, RECORD, record["sha256"], {ARRAYS}):
        name, expected, received = altered
        raise ValueError(
            f"The detector {path} is not as it was written. Expected "
            f"SHA-256 {expected} of {name}. Received: {received}. Fetch the "
            "folder again."
        )


def to_json(record: object) -> str:
    """The text of a record, a `ValueError` if it cannot be JSON."""
    try:
        return json.dumps(record, indent=2, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(
            "What is written about a detector must be JSON. Expected "
            "dictionaries, lists, strings and finite numbers. Received: "
            f"{error}."
        ) from error


def damaged(path: PathLike, reason: object) -> ValueError:
    """A `ValueError`, to be raised by the caller, for a folder's content."""
    reason = (str(reason).splitlines() or ["nothing"])[0][:200].rstrip(".")
    return ValueError(
        f"The detector {path} cannot be read. Expected {RECORD} and {ARRAYS} "
        f"as they were written. Received: {reason}. Fetch the folder again."
    )
