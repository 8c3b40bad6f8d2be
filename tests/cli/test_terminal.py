"""How programs on the terminal end."""

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
