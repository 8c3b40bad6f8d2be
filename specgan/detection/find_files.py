"""Which files there are to detect in."""

import functools
import os
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path

from specgan.data.left_out import LeftOut
from specgan.data.reading import EXTENSIONS
from specgan.data.videos import EXTENSIONS as VIDEO_EXTENSIONS
from specgan.typing import PathLike


def find_files(
    places: Iterable[PathLike],
    exclude: PathLike | None = None,
    links: list[str] | None = None,
) -> Iterator[Path]:
    """Find pictures and videos, one after the other.

    Args:
        places: Files, which are given back whatever they are, and folders,
            searched for pictures and videos with all below them, sorted by
            name: all of such a name, broken links included.
            Hidden files are passed over.
        exclude: A folder to pass over, or `None`.
        links: A list that takes the links to folders, which are not followed:
            they may lead around in circles. Or `None`.

    Yields:
        Paths. A folder without any is given back itself, to be reported.
    """
    links = [] if links is None else links
    exclude = exclude and os.path.realpath(exclude)
    for place in places:
        if os.path.isdir(place):
            found, left_out = False, LeftOut(place)
            for path in _below(place, exclude, links, left_out):
                found = True
                yield Path(path)
            left_out.warn()
            if not found:
                yield Path(place)
        else:  # To parse a path anew takes longer than to look at it.
            yield place if isinstance(place, Path) else Path(place)


def _below(folder, exclude, links, left_out):
    if os.path.realpath(folder) == exclude:
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name + "/" * entry.is_dir(follow_symlinks=False)
                for entry in entries
                if not entry.name.startswith((".", "__MACOSX"))
            )
    except OSError:  # Returned, so that opening it says why.
        yield folder
        return
    wanted = EXTENSIONS | VIDEO_EXTENSIONS
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith("/"):
            yield from _below(path, exclude, links, left_out)
        elif os.path.isdir(path):
            links.append(path)
        elif Path(name).suffix.lower() in wanted:
            yield path
        elif os.path.isfile(path):
            left_out.add(name, functools.partial(open, path, "rb"))
