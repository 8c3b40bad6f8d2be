"""Writing beside a long training, which is worth more than what it writes."""

import contextlib
import warnings
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def warn_on_write_error(what: str) -> Iterator[None]:
    """Warn where something cannot be written, and go on.

    Args:
        what: What is missing then, for the warning.

    Example:
    >>> with warn_on_write_error("The spectra"):
    ...     path.write_text("{}")
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:  # TensorBoard's are its own.
        reason = str(error).splitlines()[0]
        warnings.warn(
            f"{what} could not be written: {reason}. Make room there. All else "
            "goes on.",
            stacklevel=3,
        )
