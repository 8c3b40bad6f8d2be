"""Pictures that are not read for their names: said, not passed over."""

import collections
import os
import warnings
from collections.abc import Callable
from typing import Any

UNREAD = frozenset(
    ".arw .cr2 .cr3 .dng .heic .heif .hif .jxl .nef .orf .psd .raf .rw2".split()
)
"""Endings, in small letters, of pictures that Pillow does not read itself."""

_BEGINNINGS = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"\0\0\0\x0cjP",
)


class LeftOut:
    """Counts files that look like pictures and are not read.

    Args:
        place: Path of the folder or archive, for the message.
    """

    def __init__(self, place: Any):
        self.place = place
        self._counts = collections.Counter()

    def add(self, name: str, open_file: Callable) -> None:
        """Look at a file that is not read.

        Args:
            name: Its name.
            open_file: Function without arguments that opens it, binary: a
                file without an ending is a picture if it begins as one.
        """
        ending = os.path.splitext(name)[1].lower()
        if ending in UNREAD:
            self._counts[ending] += 1
        elif not ending and _begins_as_picture(open_file):
            self._counts["without an ending"] += 1

    def __str__(self):
        return ", ".join(f"{n} {kind}" for kind, n in self._counts.items())

    def __bool__(self):
        return bool(self._counts)

    def warn(self, stacklevel: int = 2) -> None:
        """Warn of them, if there are any."""
        if self:
            warnings.warn(
                f"{self._counts.total()} pictures of '{self.place}' are left "
                f"out: {self}. Convert them to PNG or JPEG, which alters "
                "spectra the less, the higher the quality; give those without "
                "an ending the one of their format.",
                stacklevel=stacklevel + 1,
            )


def _begins_as_picture(open_file):
    try:
        with open_file() as file:
            start = file.read(12)
    except Exception:  # Locked, encrypted or damaged: unknown.
        return False
    return start.startswith(_BEGINNINGS) or start[4:8] == b"ftyp"
