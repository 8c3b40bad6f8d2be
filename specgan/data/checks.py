"""What every part of specgan.data asks of its arguments."""

import numbers
from typing import Any


def positive_integer(name: str, value: Any) -> int:
    """`value`, a `ValueError` unless it is an integer of at least 1."""
    if not _is_integer(value) or value < 1:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected an integer of at "
            f"least 1. Received: {name}={value!r}."
        )
    return int(value)


def integer_pair(name: str, value: Any) -> tuple[int, int]:
    """`value` as a tuple, a `ValueError` unless it is two integers."""
    if (
        not isinstance(value, tuple | list)
        or len(value) != 2
        or not all(_is_integer(item) for item in value)
    ):
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected two integers, "
            f"(rows down, columns right). Received: {name}={value!r}."
        )
    return int(value[0]), int(value[1])


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
