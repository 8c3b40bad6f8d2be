"""Which specgan this is: its version, and its commit in a clone."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[1]


def version() -> str:
    """The version of specgan; "not installed" in a mere folder of it."""
    import importlib.metadata  # Slow, and `specgan --help` needs none of it.

    try:
        return importlib.metadata.version("specgan")
    except importlib.metadata.PackageNotFoundError:  # A checkout's folder.
        return "not installed"


def commit() -> str | None:
    """The commit that specgan runs from, or `None` outside a clone.

    Of a clone with changes that are not committed it ends in "-dirty".
    """
    if not (ROOT / ".git").exists():
        return None
    command = "git --no-optional-locks describe --always --dirty"
    try:
        return subprocess.run(
            [*command.split(), "--abbrev=40", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None  # Without git, or with a clone of another user.
