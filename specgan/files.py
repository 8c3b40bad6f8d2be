"""Files that appear whole or not at all."""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

from specgan.errors import DamagedFile
from specgan.typing import PathLike

UNFINISHED = ".unfinished-"
"""How names begin of what is being written, or was when it was killed."""


def finished(folder: PathLike) -> list[pathlib.Path]:
    """What a folder holds, without the leftovers of what was killed."""
    return [
        entry
        for entry in pathlib.Path(folder).iterdir()
        if not entry.name.startswith(UNFINISHED)
    ]


def remove_unfinished(folder: PathLike) -> None:
    """Remove the leftovers of what was killed, from all folders below too."""
    for path in list(pathlib.Path(folder).rglob(f"{UNFINISHED}*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def printable(path: PathLike) -> str:
    """A path on one line, whatever bytes its name is made of."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def read_json(path: PathLike) -> dict[str, Any]:
    """The dictionary in a file.

    Raises:
        ValueError: If it holds something else; the file is named.
    """
    remedy = "Remove the file, or put a good copy there"
    with damage_named(path, "a JSON object", remedy):
        content = json.loads(pathlib.Path(path).read_text("utf-8"))
        if not isinstance(content, dict):
            raise ValueError(type(content).__name__)
    return content


@contextlib.contextmanager
def damage_named(
    path: PathLike, expected: str, remedy: str = "Put a good copy there"
) -> Iterator[None]:
    """Whatever reading a damaged file raises, as one error that names it.

    Corrupt files raise arbitrary exceptions: `zlib.error`, `TokenError`,
    `NotImplementedError`, an `OSError` without a name. Those of the operating
    system that name their file pass: it is missing, or may not be read.

    Args:
        path: The file or folder that is read meanwhile.
        expected: What it should be, in words.
        remedy: What to do, without the full stop.

    Raises:
        DamagedFile: For every other exception.

    Example:
    >>> with damage_named("digits.gz", "an IDX file", "Fetch it again"):
    ...     content = gzip.decompress(pathlib.Path("digits.gz").read_bytes())
    DamagedFile: digits.gz is damaged. Expected an IDX file. Received: Error -3
    while decompressing data: invalid stored block lengths. Fetch it again.
    """
    try:
        yield
    except DamagedFile:
        raise  # Of a file within.
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise DamagedFile(
            f"{printable(path)} is damaged. Expected {expected}. Received: "
            f"{_in_a_line(error)}. {remedy}."
        ) from error


def _in_a_line(error):
    text = " ".join(str(error).split())[:200].rstrip(".")
    # Of a missing entry, only its name would be left.
    return text if text and not isinstance(error, KeyError) else repr(error)


@contextlib.contextmanager
def written_whole(path: PathLike) -> Iterator[pathlib.Path]:
    """Write a file beside its final place, then move it there.

    Whatever goes wrong meanwhile, `path` holds what it held before.

    Args:
        path: The final path; its folders are made.

    Yields:
        The path to write to, in the same folder and with the same suffix.

    Example:
    >>> with written_whole("runs/dcgan/run.json") as path:
    ...     path.write_text("{}")
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(
        prefix=f"{UNFINISHED}{path.stem}-", suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    temporary = pathlib.Path(temporary)
    try:
        yield temporary
        # mkstemp makes private files; give what a plain `open` would give.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())  # On the disk before it has the name.
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def require_new_folder(path: PathLike) -> None:
    """A `ValueError` if a path exists and is not an empty folder."""
    path = pathlib.Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(
            f"{path} exists already and is not an empty folder. Expected a "
            "new path, since nothing is overwritten. Choose another one or "
            "remove it first."
        )


@contextlib.contextmanager
def folder_written_whole(path: PathLike) -> Iterator[pathlib.Path]:
    """The same for a folder that must not exist yet, or be empty.

    Args:
        path: The final path.

    Yields:
        The path of a new folder beside it.

    Raises:
        ValueError: If `path` exists and is not an empty folder.
    """
    path = pathlib.Path(path)
    require_new_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = pathlib.Path(
        tempfile.mkdtemp(prefix=f"{UNFINISHED}{path.name}-", dir=path.parent)
    )
    try:
        yield temporary
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o777 & ~mask)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
