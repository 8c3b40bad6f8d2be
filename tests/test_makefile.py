"""The commands of the Makefile, printed and not carried out."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
[TARGETS] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M)


@pytest.fixture
def printed(tmp_path):
    """What `make` would do for a target, in a checkout that was set up.

    Tests that `make test VENV=...` runs would hand its variables on, which
    are among those of the environment as well.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS", "VENV", "PYTHON"))
    }
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".installed").touch()

    def command(target):
        return subprocess.run(
            ["make", "-n", target],
            cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip

    return command


@pytest.mark.parametrize("target", TARGETS.split())
def test_target(target, printed):
    assert printed(target)


def test_oldest_packages_have_an_environment_of_their_own(printed):
    """That of `make test` holds the newest ones."""
    commands = printed("test-oldest")
    assert "pip install" in commands
    assert ".venv/" not in commands
    assert "pip install" not in printed("test")
