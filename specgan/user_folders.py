"""Where a user's files are: the cache and published models.

All environment variables are on one page, docs/guides/environment.md.
"""

import os
import pathlib


def cache_folder() -> pathlib.Path:
    """What can be computed or fetched again.

    Returns:
        `$SPECGAN_CACHE`, or `specgan` in `$XDG_CACHE_HOME` or `~/.cache`.
    """
    return _folder("SPECGAN_CACHE", "XDG_CACHE_HOME", ".cache", "specgan")


def data_cache_folder() -> pathlib.Path:
    """Prepared images: in the folder `data` of the cache.

    Returns:
        `$SPECGAN_CACHE` itself, where that is set.
    """
    folder = cache_folder()
    return folder if os.environ.get("SPECGAN_CACHE") else folder / "data"


def models_folder() -> pathlib.Path:
    """What `specgan publish` writes.

    Returns:
        `$SPECGAN_MODELS`, or `specgan/models` in `$XDG_DATA_HOME` or
        `~/.local/share`.
    """
    place = "specgan/models"
    return _folder("SPECGAN_MODELS", "XDG_DATA_HOME", ".local/share", place)


def _folder(variable, base_variable, base, place):
    given = os.environ.get(variable)
    if given:
        return pathlib.Path(given).expanduser()
    # Relative ones are ignored, as the XDG specification says.
    root = os.environ.get(base_variable, "")
    if not os.path.isabs(root):
        root = pathlib.Path.home() / base
    return pathlib.Path(root, place)
