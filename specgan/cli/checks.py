"""What is checked before TensorFlow is imported, which takes seconds."""

import pathlib
from collections.abc import Collection
from collections.abc import Sequence

from specgan.errors import unknown_name


def require_suffix(option: str, path: str, suffixes: Sequence[str]) -> None:
    """Raise a `ValueError` unless a file to be written ends as it should.

    Args:
        option: Its name on the command line, "--out".
        path: What was received.
        suffixes: Those there are: ".png"; "" for a folder.
    """
    if pathlib.Path(path).suffix not in suffixes:
        kinds = [suffix or "a folder" for suffix in suffixes]
        raise ValueError(
            f"Expected {' or '.join(kinds)}. Received: {option} {path}. Choose "
            "another name."
        )


def require_path(option: str, path: str | None) -> None:
    """Raise a `ValueError` if a file or folder that is given is not there.

    Args:
        option: Its name on the command line.
        path: What was received; None where it was not given.
    """
    if path is not None and not pathlib.Path(path).expanduser().exists():
        raise ValueError(
            f"There is no such file or folder. Received: {option} '{path}', "
            f"as seen from '{pathlib.Path.cwd()}'."
        )


def require_name(kind: str, name: str | None, known: Collection[str]) -> None:
    """Raise a `ValueError` if a name that is given is not known.

    Args:
        kind: What is named.
        name: What was received; None or True where it was not given.
        known: The names there are.
    """
    if isinstance(name, str) and name not in known:
        raise unknown_name(kind, name, known)
