"""Messages that every part of specgan words alike."""

import difflib
import numbers
from collections.abc import Iterable
from typing import Any


class TooFewImages(ValueError):
    """A measure needs more images."""


class DamagedFile(ValueError):
    """A file or folder holds something else than it should; it is named."""


class Diverged(RuntimeError):
    """A training went wrong and was stopped, in its last good state."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ValueError:
    """A `ValueError` for a name that is not among the known ones.

    Args:
        kind: What is named, for the message: "spectral loss", "data set".
        name: What was received.
        known: The names there are.

    Returns:
        The error, to be raised by the caller; it suggests the nearest name.

    Example:
    >>> raise unknown_name("loss", "hing", ["hinge", "wasserstein"])
    ValueError: Unknown loss. Expected one of: hinge, wasserstein. Received:
    'hing'. Did you mean 'hinge'?
    """
    known = sorted(known)
    return ValueError(
        f"Unknown {kind}. Expected one of: {', '.join(known)}. "
        f"Received: {name!r}.{did_you_mean(name, known)}"
    )


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a message: the nearest of the known names.

    Args:
        name: What was received.
        known: The names there are.

    Returns:
        A sentence with a space before it, or "" where none is near.

    Example:
    >>> did_you_mean("hing", ["hinge", "wasserstein"])
    " Did you mean 'hinge'?"
    """
    nearest = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


def require_positive_integer(name: str, value: Any) -> None:
    """Raise a `ValueError` unless an argument is an integer of at least 1.

    Args:
        name: The argument's name.
        value: What was received.
    """
    if not is_integer(value) or value < 1:
        raise invalid_argument(name, "a positive integer", value)


def require_seed(value: Any) -> None:
    """Raise a `ValueError` unless an argument `seed` is an integer from 0.

    Args:
        value: What was received.
    """
    if not is_integer(value) or value < 0:
        raise invalid_argument("seed", "an integer from 0", value)


def is_integer(value: Any) -> bool:
    """Whether a value is an integer, and not a truth value."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a real number, and not a truth value."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def invalid_argument(name: str, expected: str, value: Any) -> ValueError:
    """A `ValueError` for an argument, to be raised by the caller.

    Args:
        name: The argument's name.
        expected: What it may be, in words.
        value: What was received.

    Example:
    >>> raise invalid_argument("gain", "a positive number", -1)
    ValueError: Invalid value for argument `gain`. Expected a positive number.
    Received: gain=-1.
    """
    return ValueError(
        f"Invalid value for argument `{name}`. Expected {expected}. Received: "
        f"{name}={value!r}."
    )
