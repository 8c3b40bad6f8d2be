"""Files that appear whole or not at all."""

import contextlib
import errno
import functools
import hashlib
import json
import os
import pathlib
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from specgan.errors import DamagedFile
from specgan.typing import PathLike

UNFINISHED = ".unfinished-"
"""How names begin of what is being written, or was when it was killed.

After it come the machine, the process and the name to be.
"""

_A_DAY = 86_400.0
"""Seconds after which what other machines left behind counts as abandoned."""

# Those of a disk, which do not say whose file it was.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def finished(folder: PathLike) -> list[pathlib.Path]:
    """What a folder holds, without the leftovers of what was killed."""
    return [
        entry
        for entry in pathlib.Path(folder).iterdir()
        if not entry.name.startswith(UNFINISHED)
    ]


def remove_unfinished(folder: PathLike) -> None:
    """Remove the leftovers of what was killed, from all folders below too.

    Those of processes that still run are being written, and stay.
    """
    _remove_abandoned(pathlib.Path(folder).rglob(f"{UNFINISHED}*"))


def _remove_abandoned(paths):
    for path in list(paths):
        # Others may remove the same at the same time.
        with contextlib.suppress(OSError):
            if not _is_abandoned(path):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_abandoned(path):
    """Whether the process that was writing a path is gone."""
    machine, _, rest = path.name.removeprefix(UNFINISHED).partition("-")
    process = rest.partition("-")[0]
    if machine != _machine() or not process.isdecimal():
        return time.time() - path.stat().st_mtime > _A_DAY
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # Of another user.
        return False
    return False


@functools.cache
def _machine():
    """What tells apart where the numbers of processes are the same."""
    name = platform.node()
    with contextlib.suppress(OSError):  # Containers have numbers of their own.
        name += os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(name.encode()).hexdigest()[:8]


@functools.cache
def _tidy(folder):
    """Remove from a folder what killed processes left, once a process."""
    _remove_abandoned(folder.glob(f"{UNFINISHED}*"))


def _prefix(name):
    return f"{UNFINISHED}{_machine()}-{os.getpid()}-{name}-"


@contextlib.contextmanager
def _disk_errors_named(path, temporary):
    """A full disk and the like name the path to be."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            name = os.fsdecode(error.filename)
            error.filename = name.replace(str(temporary), str(path))
        elif error.errno in _DISK_ERRORS:
            error.filename = str(path)
        raise
    except Exception as error:
        # TensorFlow's writers raise errors of its own, of a SavedModel's parts.
        is_of_a_part = str(temporary) in str(error)
        if not is_of_a_part or not _is_of_tensorflow(error):
            raise
        reason = str(error).rpartition(";")[2].partition(" [Op:")[0].strip()
        raise OSError(f"{path} could not be written: {reason}") from error


def _is_of_tensorflow(error):
    return type(error).__module__.startswith("tensorflow.")


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

    Whatever goes wrong meanwhile, `path` holds what it held before. What
    killed processes left beside it is removed. Errors of a full disk and the
    like name `path`.

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
    _tidy(path.parent.resolve())
    handle, temporary = tempfile.mkstemp(
        prefix=_prefix(path.stem), suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    temporary = pathlib.Path(temporary)
    try:
        with _disk_errors_named(path, temporary):
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


def require_folders_above(path: PathLike) -> None:
    """A `ValueError` if a path lies under something that is not a folder."""
    for parent in pathlib.Path(path).parents:
        if os.path.lexists(parent) and not parent.is_dir():
            raise ValueError(
                f"{parent} is not a folder. Expected a folder, or nothing "
                f"yet. Received: {path}. Choose another path."
            )


def require_new_folder(path: PathLike) -> None:
    """A `ValueError` if a path is not free for a new folder.

    An empty folder may be there.
    """
    path = pathlib.Path(path)
    require_folders_above(path)
    # Not path.exists(), which is false of a dangling symbolic link.
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
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
    _tidy(path.parent.resolve())
    temporary = pathlib.Path(
        tempfile.mkdtemp(prefix=_prefix(path.name), dir=path.parent)
    )
    try:
        with _disk_errors_named(path, temporary):
            yield temporary
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o777 & ~mask)
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
