"""SHA-256 of published folders: of every file, and of the record of them.

They protect against damage, not against someone who alters the files and the
checksums.
"""

import hashlib
import json
import pathlib
from collections.abc import Mapping
from collections.abc import Set
from typing import Any

from specgan.typing import PathLike


def folder_sums(folder: PathLike, record: str) -> dict[str, str]:
    """The SHA-256 of each file of a folder but the record: {name: digits}.

    Hidden files, such as those of a `.git`, are not of what is published.

    Args:
        folder: Its path.
        record: Name of the file that will hold them.
    """
    folder = pathlib.Path(folder)
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if not is_hidden(name := file.relative_to(folder).as_posix())
        and file.is_file()
        and name != record
    }


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder around it, has a name that begins with a dot.

    Args:
        name: Path within a folder, with "/".
    """
    return any(part.startswith(".") for part in name.split("/"))


def altered_file(
    folder: PathLike, record: str, expected: Mapping[str, str], needed: Set[str]
) -> tuple[str, str | None, str] | None:
    """The first file of a folder that is not the one that was recorded.

    Args:
        folder: Its path.
        record: Name of the file that holds the checksums.
        expected: Dictionary of names and SHA-256. Hidden files, which older
            records may list, are passed over.
        needed: Names that must be among them.

    Returns:
        (name, the SHA-256 expected or None, the one received or "no such
        file"), or None if all are right.
    """
    received = folder_sums(folder, record)
    for name in sorted({*needed, *expected}):
        if is_hidden(name):
            continue
        digits = received.get(name, "no such file")
        if digits != expected.get(name):
            return name, expected.get(name), digits
    return None


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
