"""SHA-256 of published folders: of every file, and of the record of them.

They protect against damage, not against someone who alters the files and the
checksums.
"""

import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from specgan.typing import PathLike


def folder_sums(folder: PathLike, record: str) -> dict[str, str]:
    """The SHA-256 of each file of a folder but the record: {name: digits}.

    Args:
        folder: Its path.
        record: Name of the file that will hold them.
    """
    folder = pathlib.Path(folder)
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file != folder / record
    }


def wrong_field(
    record: Mapping[str, Any], fields: Mapping[str, type]
) -> str | None:
    """The first field of a record that is missing or of another type, in words.

    Args:
        record: A dictionary of JSON.
        fields: The type of each field that it must have.

    Returns:
        A text, or `None` if all are right.
    """
    for field, kind in fields.items():
        if not isinstance(record.get(field), kind):
            return f"{field!r} is not a {kind.__name__}: {record.get(field)!r}"
    return None


def record_sum(record: Mapping[str, Any]) -> str:
    """The SHA-256 of all that a record says but this sum itself.

    Args:
        record: A dictionary for JSON; "record_sha256" is passed over.
    """
    content = {
        name: value for name, value in record.items() if name != "record_sha256"
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def with_sums(
    record: Mapping[str, Any], folder: PathLike, name: str
) -> dict[str, Any]:
    """A record with the checksums of a folder's files and of itself.

    Args:
        record: A dictionary for JSON.
        folder: The folder, complete except for the record.
        name: Of the record's file.
    """
    record = {**record, "sha256": folder_sums(folder, name)}
    return {**record, "record_sha256": record_sum(record)}
