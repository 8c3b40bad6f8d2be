"""What all programs on the terminal share: errors in one line, arguments.

Nothing heavy is imported here, so that `--help` is quick.
"""

import argparse
import contextlib
import errno
import os
import signal
import sys
import warnings
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import NoReturn

from specgan.errors import Diverged

_BAD_PATHS = {errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_REMEDIES = {
    **dict.fromkeys(_BAD_PATHS | _FORBIDDEN, "Choose another path"),
    **dict.fromkeys(
        {errno.ENOSPC, errno.EDQUOT, errno.EFBIG},
        "Make room there, or choose another path",
    ),
}
"""What to do about errors of the operating system that do not say it."""


class Parser(argparse.ArgumentParser):
    """Wrong arguments in one line, as all bad input."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            2, f"{self.prog}: error: {message}. See `{self.prog} --help`.\n"
        )


def exit_code_of(name: str, program: Callable) -> int:
    """Run a program; errors are printed in one line.

    With $SPECGAN_TRACEBACK set, bad input raises.

    Args:
        name: The program's, before its errors: "specgan train".
        program: Function without arguments that returns the exit code, or
            `None` for 0.

    Returns:
        The exit code: the program's, or 1 failed, 2 bad input, 130
        interrupted, 141 if nobody reads the output any more.
    """
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = program()
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of the output has enough, such as `head`. What is left must
        # go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except ValueError as error:
        if os.environ.get("SPECGAN_TRACEBACK"):
            raise
        return _fail(name, error, 2)
    except OSError as error:
        code = 2 if error.errno in _BAD_PATHS else 1
        return _fail(name, _with_remedy(error), code)
    except Diverged as error:
        return _fail(name, error, 1)
    except KeyboardInterrupt as error:
        said = str(error) or "interrupted; what was finished stands"
        return _fail(name, said, 130)
    except Exception as error:
        if _is_interruption(error):
            return _fail(name, "interrupted; what was finished stands", 130)
        # TensorFlow's own: out of memory and the like.
        if not type(error).__module__.startswith("tensorflow."):
            raise
        return _fail(name, str(error).split("\n")[0], 1)
    return code or 0


def run(
    parser: Parser, program: Callable, arguments: Sequence[str] | None = None
) -> int:
    """Run a page of `recipes` as its command line says.

    Args:
        parser: A `Parser`.
        program: Function of the parsed arguments.
        arguments: List of strings; None takes those of the process.

    Returns:
        The exit code, as `exit_code_of` has it.
    """
    settings = parser.parse_args(arguments)
    return exit_code_of(parser.prog, lambda: program(settings))


def _fail(name, error, code):
    message = " ".join(str(error).split())
    print(f"{name}: error: {message}", file=sys.stderr)
    return code


def _with_remedy(error):
    """What an `OSError` says: the path, what is wrong, what to do about it."""
    if error.errno not in _REMEDIES:
        return error
    place = error.filename2 or error.filename
    said = f"{error.strerror}. {_REMEDIES[error.errno]}"
    return said if place is None else f"{os.fsdecode(place)}: {said}"


def _is_interruption(error):
    """Whether Ctrl-C is behind an error: native code turns it into others."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _show_warning(message, category, *_, **__):
    print(f"specgan: warning: {message}", file=sys.stderr)


# === Arguments ===


def number(
    convert: Callable[[str], Any], fits: Callable[[Any], bool], expected: str
) -> Callable[[str], Any]:
    """A type of argument: numbers in a range.

    Args:
        convert: `int` or `float`.
        fits: Function of a number: whether it is in the range.
        expected: The range in words, for the message.

    Returns:
        A function of the text of an argument.
    """

    def read(text):
        with contextlib.suppress(ValueError):
            if fits(convert(text)):
                return convert(text)
        raise argparse.ArgumentTypeError(
            f"expected {expected}, received {text!r}"
        )

    return read


positive = number(int, lambda x: x > 0, "a positive whole number")
seed = number(
    int, lambda x: 0 <= x < 2**31, "a whole number from 0 to 2^31 - 1"
)
quality = number(int, lambda x: 1 <= x <= 100, "a JPEG quality from 1 to 100")
