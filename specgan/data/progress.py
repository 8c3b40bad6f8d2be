"""A bar on the terminal for what takes longer than a moment."""

from collections.abc import Iterable

import tqdm


def progress_bar(
    description: str, iterable: Iterable | None = None, total: int | None = None
) -> tqdm.tqdm:
    """A `tqdm` bar: shown on a terminal, after two seconds, and then removed.

    Args:
        description: What goes on.
        iterable: What to wrap, or `None`.
        total: How many steps there are; `None` for the length of `iterable`,
            or if it is unknown.
    """
    return tqdm.tqdm(
        iterable,
        total=total,
        desc=description,
        disable=None,
        delay=2,
        leave=False,
    )
