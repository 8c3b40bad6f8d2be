"""A bar on the terminal for what takes longer than a moment."""

import sys
from collections.abc import Iterable
from collections.abc import Iterator
from typing import IO
from typing import Any
from typing import Self


def progress_bar(
    description: str, iterable: Iterable | None = None, total: int | None = None
) -> Any:
    """A `tqdm` bar: shown on a terminal, after two seconds, and then removed.

    Where the error stream is no terminal, there is a `NoBar`, and no `tqdm`,
    whose import takes as long as that of NumPy.

    Args:
        description: What goes on.
        iterable: What to wrap, or `None`.
        total: How many steps there are; `None` for the length of `iterable`,
            or if it is unknown.

    Returns:
        An iterable and a context, with `update`, `write` and `close`.
    """
    if not sys.stderr.isatty():
        return NoBar(iterable)
    import tqdm

    return tqdm.tqdm(
        iterable, total=total, desc=description, delay=2, leave=False
    )


class NoBar:
    """What is used of a `tqdm` bar, where nobody sees it.

    Args:
        iterable: What it gives one after the other, or `None`.
    """

    def __init__(self, iterable: Iterable | None = None):
        self._iterable = () if iterable is None else iterable

    def __iter__(self) -> Iterator:
        return iter(self._iterable)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def update(self, count: int = 1) -> None:
        """Nothing, of so many steps."""

    def close(self) -> None:
        """Nothing."""

    def write(self, text: str, file: IO[str] | None = None) -> None:
        """A line to a stream, that of the output if it is `None`."""
        print(text, file=file)
