"""Which specgan this is: its version, and its commit in a clone."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).parents[1]


def of_specgan() -> dict[str, str | None]:
    """The version of specgan, and its commit if it runs from a clone.

    Returns:
        {"version": text, "commit": text or `None`}; without an installation
        the version is "not installed". Of a clone with changes that are not
        committed, the commit ends in "-dirty".
    """
    import importlib.metadata  # Slow, and `specgan --help` needs none of it.

    try:
        version = importlib.metadata.version("specgan")
    except importlib.metadata.PackageNotFoundError:  # A checkout's folder.
        version = "not installed"
    return {"version": version, "commit": _commit()}


def _commit():
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
