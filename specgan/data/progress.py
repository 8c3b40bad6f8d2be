"""A bar on the terminal for what takes longer than a moment."""

import tqdm


def progress_bar(description, iterable=None, total=None):
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
