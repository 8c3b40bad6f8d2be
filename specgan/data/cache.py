"""Prepared pictures on disk, each array whole or not at all.

An entry is an array, `<hash>.npy`, memory-mapped when it is read, and beside it
`<hash>.json` with what it was made from and what had to be left out. The hash
is that of all that determines the pixels, so an entry never grows stale; delete
the folder to be rid of old ones.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from specgan.typing import PathLike


def entry(identity: Any, folder: PathLike | None = None) -> Path:
    """Where to find the pictures that an identity determines.

    Args:
        identity: Anything that JSON can write.
        folder: The folder of the cache; `None` for `$SPECGAN_CACHE`, or
            `~/.cache/specgan/data` if that is not set.

    Returns:
        The `Path` of the entry's array.
    """
    if folder is None:
        default = "~/.cache/specgan/data"
        folder = os.environ.get("SPECGAN_CACHE") or default
    text = json.dumps(identity, sort_keys=True, default=int)
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    return Path(folder).expanduser() / f"{name}.npy"


def read(path: Path) -> tuple[np.ndarray, list] | None:
    """An entry's array and list of skipped pictures, `None` if not there.

    Args:
        path: What `entry` returned.

    Returns:
        `uint8` [count, height, width, channels], memory-mapped and read-only,
        and the list that `write` was given; or `None`.
    """
    try:
        record = json.loads(path.with_suffix(".json").read_text("utf-8"))
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return array, record["skipped"]
    except (OSError, ValueError, KeyError):
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
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=path.parent, ignore_cleanup_errors=True
    ) as scratch:
        array = Path(scratch, "array")
        record = Path(scratch, "record")
        with open(array, "wb") as file:
            count = 0
            for picture in pixels:
                if count == 0:
                    _write_header(file, (1, *picture.shape))
                file.write(picture.tobytes())
                count += 1
            # NumPy leaves room in the header for the first size to grow.
            file.seek(0)
            _write_header(file, (count, *picture.shape))
        content = {**about, "skipped": skipped}
        record.write_text(json.dumps(content, indent=1, default=int), "utf-8")
        os.replace(record, path.with_suffix(".json"))
        os.replace(array, path)


def _write_header(file, shape):
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
