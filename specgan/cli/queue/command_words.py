"""Options of a queue file as words of the command line, and as parsed."""

import argparse
import functools
from collections.abc import Mapping
from typing import Any
from typing import NoReturn

from specgan.cli.terminal import Parser
from specgan.errors import unknown_name

# What the queue gives itself, or what has nothing to do with a run.
RESERVED = {
    "train": {"run", "dry_run", "help"},
    "evaluate": {"fake", "image_size", "channels", "json", "card", "help"},
}


def to_words(command: str, options: Mapping[str, Any]) -> list[str]:
    """Options of a command as words of its command line.

    Args:
        command: "train" or "evaluate".
        options: Dictionary of names, with "-" or "_", and values as in TOML.

    Raises:
        ValueError: For an unknown option, or a value that is none.
    """
    of_command, words = parser(command), []
    for key, value in options.items():
        action = find_option(key, of_command)
        if action is None or action.dest in RESERVED[command]:
            known = {
                option.removeprefix("--")
                for one in of_command._actions
                for option in one.option_strings
                if option.startswith("--") and one.dest not in RESERVED[command]
            }
            if command == "train":
                known.add("model")
            raise unknown_name(f"option of specgan {command}", key, known)
        values = value if isinstance(value, list) else [value]
        if any(isinstance(each, dict | list) for each in values):
            raise ValueError(
                f"The value of {key!r} is invalid. Expected a text, a number, "
                f"true or false. Received: {value!r}."
            )
        if value is True:
            words.append(f"--{key}")
        elif value is False:
            if f"--no-{key}" in action.option_strings:
                words.append(f"--no-{key}")
        elif isinstance(value, list):
            words += [f"--{key}", *map(str, value)]
        else:
            words.append(f"--{key}={value}")
    return words


def find_option(key: str, parser: Parser) -> argparse.Action | None:
    """The option of a parser that a key of the file names, or None."""
    return parser._option_string_actions.get(f"--{normalized(key)}")


def normalized(key: str) -> str:
    """A key of the file as an option is written: "image-size"."""
    return key.replace("_", "-")


def parsed(command: str, words: list[str]) -> dict[str, Any]:
    """What a command makes of its words: a dictionary of all arguments."""
    return vars(parser(command).parse_args(words))


class _StrictParser(Parser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message[:1].upper() + message[1:] + ".")


@functools.cache
def parser(command: str) -> Parser:
    """The parser of a command itself, which raises a `ValueError`."""
    from specgan.cli.main import add_arguments

    made = _StrictParser(
        prog=f"specgan {command}",
        formatter_class=argparse.HelpFormatter,
        allow_abbrev=False,
    )
    add_arguments(command, made)
    return made
