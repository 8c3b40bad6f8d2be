"""How programs on the terminal end."""

import errno
import os

import pytest

from specgan.cli.terminal import exit_code_of


def interrupted():
    raise KeyboardInterrupt


def interrupted_in_native_code():
    # As CPython does where a C function returns with Ctrl-C pending.
    raise SystemError("returned with an exception set") from KeyboardInterrupt()


def interrupted_while_cleaning_up():
    try:
        interrupted()
    finally:
        raise RuntimeError("cannot clean up")


@pytest.mark.parametrize(
    "program",
    [interrupted, interrupted_in_native_code, interrupted_while_cleaning_up],
)
def test_an_interruption_is_one_line(program, capsys):
    assert exit_code_of("specgan export", program) == 130
    assert capsys.readouterr().err == (
        "specgan export: error: interrupted; what was finished stands\n"
    )


def test_a_fault_of_the_program_keeps_its_traceback():
    def program():
        raise SystemError

    with pytest.raises(SystemError):
        exit_code_of("specgan export", program)


@pytest.mark.parametrize("place", ["out/a.json", None])
@pytest.mark.parametrize(
    "number, code, remedy",
    [
        (errno.ENOENT, 2, "Choose another path"),
        (errno.EISDIR, 2, "Choose another path"),
        (errno.EROFS, 1, "Choose another path"),
        (errno.ENOSPC, 1, "Make room there, or choose another path"),
        (errno.EFBIG, 1, "Make room there, or choose another path"),
    ],
)
def test_an_error_of_the_disk_says_what_to_do(
    number, code, remedy, place, capsys
):
    def program():
        raise OSError(number, os.strerror(number), place)

    assert exit_code_of("specgan export", program) == code
    before = f"{place}: " if place else ""
    assert capsys.readouterr().err == (
        f"specgan export: error: {before}{os.strerror(number)}. {remedy}\n"
    )


def test_other_errors_of_the_system_say_what_they_say(capsys):
    def program():
        raise OSError("pip could not download it. Give the file")

    assert exit_code_of("specgan export", program) == 1
    assert capsys.readouterr().err.endswith("it. Give the file\n")
