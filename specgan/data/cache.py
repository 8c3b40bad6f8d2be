"""Prepared pictures on disk, each array whole or not at all.

An entry is an array, `<hash>.npy`, memory-mapped when it is read, and beside it
`<hash>.json` with what it was made from and what had to be left out. The hash
is that of all that determines the pixels, so an entry never grows stale; delete
the folder to be rid of old ones.

A checksum over the array and the list of what was left out is verified once a
process. It is CRC-32, as in PNG: against damage, at the speed of a disk.
"""

import functools
import hashlib
import json
import warnings
import zlib
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specgan.files import read_json
from specgan.files import written_whole
from specgan.typing import PathLike
from specgan.user_folders import data_cache_folder


def entry(identity: Any, folder: PathLike | None = None) -> Path:
    """Where to find the pictures that an identity determines.

    Args:
        identity: Anything that JSON can write.
        folder: The folder of the cache; `None` for
            `user_folders.data_cache_folder`.

    Returns:
        The `Path` of the entry's array.
    """
    if folder is None:
        folder = data_cache_folder()
    text = json.dumps(identity, sort_keys=True, default=int)
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    return Path(folder).expanduser() / f"{name}.npy"


def read(path: Path) -> tuple[np.ndarray, list] | None:
    """An entry's array and list of skipped pictures, `None` if not there.

    Of an entry that is damaged a warning says so.

    Args:
        path: What `entry` returned.

    Returns:
        `uint8` [count, height, width, channels], memory-mapped and read-only,
        and the list that `write` was given; or `None`.
    """
    record = path.with_suffix(".json")
    if not (path.is_file() and record.is_file()):
        return None
    try:
        content = read_json(record)
        if "crc32" not in content:  # By a version that wrote none.
            return None
        skipped, expected = content["skipped"], content["crc32"]
        stat = path.stat()
        received = _known_checksum(path, stat.st_mtime_ns, stat.st_size)
        if _with_skipped(received, skipped) != expected:
            raise ValueError("its checksum is another one")
        return np.load(path, mmap_mode="r", allow_pickle=False), skipped
    except (OSError, ValueError, LookupError) as error:
        warnings.warn(
            f"The prepared images in '{path}' are damaged and are prepared "
            f"again: {error}.",
            stacklevel=5,
        )
        return None


def write(
    path: Path,
    pixels: Iterable[np.ndarray],
    skipped: list,
    about: Mapping[str, Any],
) -> None:
    """Store pictures one by one, so that memory holds none but the last.

    Args:
        path: What `entry` returned.
        pixels: An iterable of at least one `uint8` array, all of one shape.
        skipped: A list to keep with them. It is written after `pixels` has
            come to its end, so that `pixels` may fill it.
        about: A dictionary to keep with them, for a human reader.

    Raises:
        OSError: If the folder is not writable or full; nothing is left there.
    """
    count = 0
    with written_whole(path) as temporary:
        with temporary.open("wb") as file:
            for picture in pixels:
                if count == 0:
                    _write_header(file, (1, *picture.shape))
                file.write(picture.tobytes())
                count += 1
            # NumPy leaves room in the header for the first size to grow.
            file.seek(0)
            _write_header(file, (count, *picture.shape))
        # Read again: the header with the number came last.
        checksum = _checksum(temporary)
        record = {
            **about,
            "skipped": skipped,
            "crc32": _with_skipped(checksum, skipped),
        }
        with written_whole(path.with_suffix(".json")) as other:
            other.write_text(json.dumps(record, indent=1, default=int), "utf-8")


def _write_header(file, shape):
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


@functools.cache
def _known_checksum(path, changed, size):
    """That of a file of a time of change and a size: read once a process."""
    return _checksum(path)


def _checksum(path):
    checksum = 0
    with path.open("rb") as file:
        while some := file.read(2**20):
            checksum = zlib.crc32(some, checksum)
    return checksum


def _with_skipped(checksum, skipped):
    return zlib.crc32(json.dumps(skipped).encode(), checksum)
