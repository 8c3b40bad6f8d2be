"""What all places that pictures come from have in common."""

import dataclasses
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Source:
    """Pictures in a fixed order.

    Args:
        description: What to call the whole, in messages.
        identity: All that its pictures depend on, such that JSON can write it.
        pictures: A function without arguments that gives their number and an
            iterable of pairs: a picture's name, and a function that opens it
            as a `PIL.Image` or raises an exception that says why not.
        labels: A function without arguments that gives the number of each
            picture's class, in their order, and the names of the classes. It
            raises a `ValueError` where there are none, that says what is
            missing.
    """

    description: str
    identity: list
    pictures: Callable
    labels: Callable


def fingerprint(paths: Iterable[Path]) -> list[list]:
    """Path, size and time of change of files, for `Source.identity`."""
    return [
        [str(path), stat.st_size, stat.st_mtime_ns]
        for path in paths
        for stat in [path.stat()]
    ]
