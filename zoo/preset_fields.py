"""What the record of a preset says beside the network, checked both ways.

By `zoo.save_preset` before anything is written, and whenever a record is read:
cards and `specgan list` show these fields as they are.
"""

import math
from collections.abc import Mapping
from typing import Any

from specgan.errors import is_integer
from specgan.errors import is_number


def invalid_field(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field that is not as a record has it.

    Args:
        record: Dictionary with "config" and the fields; those that may be
            None need not be there.

    Returns:
        (its name, what is expected), or None if all are right.
    """
    for name, (is_right, expected) in _FIELDS.items():
        if not is_right(record.get(name)):
            return name, expected
    names = record.get("class_names")
    count = record["config"].get("num_classes")
    if names is None or len(names) == count:
        return None
    if count is None:
        return "class_names", "None, since the model has no classes"
    return "class_names", f"a name for each of the {count} classes"


def is_line(value: Any) -> bool:
    """Whether a value is text that a terminal shows on one line."""
    return isinstance(value, str) and value.isprintable()


def check_description(description: Any) -> None:
    """Raise a `ValueError` unless a preset can have a description.

    Args:
        description: A line of a list and of a card.
    """
    if not is_line(description):
        raise ValueError(
            "The description of a pretrained model is a line of a list. "
            f"Expected one line of plain text. Received: {description!r}. Put "
            "the rest into the card: `--note` of `specgan publish`."
        )


def plain_numbers(figures: Mapping[str, Any]) -> dict[str, int | float]:
    """Numbers of Python, which JSON can hold, of those of NumPy and others.

    Args:
        figures: Dictionary of numbers.
    """
    return {
        name: int(value) if is_integer(value) else float(value)
        for name, value in figures.items()
    }


def _is_shape(value):
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(is_integer(side) and side > 0 for side in value)
    )


def _are_figures(value):
    return isinstance(value, Mapping) and all(
        is_line(name) and is_number(figure) and _is_finite(figure)
        for name, figure in value.items()
    )


def _is_finite(number):
    try:
        return math.isfinite(number)
    except OverflowError:  # An integer beyond all floats.
        return False


def _are_names(value):
    return (
        isinstance(value, list | tuple)
        and all(is_line(name) and name for name in value)
        and len(set(value)) == len(value)
    )


def _or_none(is_right):
    return lambda value: value is None or is_right(value)


_FIELDS = {
    "description": (is_line, "one line of plain text"),
    "license": (is_line, "one line of plain text"),
    "image_shape": (_is_shape, "a list of height, width and channels"),
    "data": (_or_none(is_line), "one line of plain text, or None"),
    "steps": (
        _or_none(lambda value: is_integer(value) and value >= 0),
        "an integer from 0, or None",
    ),
    "figures": (_are_figures, "a dictionary of names and finite numbers"),
    "class_names": (
        _or_none(_are_names),
        "a list of names, each once and one line of plain text, or None",
    ),
}
