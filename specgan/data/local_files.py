"""Pictures from a user's own files: folders and archives."""

import functools
import os
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from specgan.data.left_out import LeftOut
from specgan.data.reading import EXTENSIONS
from specgan.data.reading import open_file
from specgan.data.reading import open_image
from specgan.data.source import Source
from specgan.data.source import fingerprint
from specgan.files import damage_named


def folder(path: Path) -> Source:
    """The pictures in a folder and the folders below it, sorted by name.

    Args:
        path: The `Path` of the folder. Hidden files are passed over.

    Returns:
        A `Source`.

    Raises:
        ValueError: If there is no file with one of `EXTENSIONS`.
    """
    path = path.resolve()
    found = file_names(path)

    def pictures():  # Made one by one: there may be millions.
        return len(found), (
            (name, functools.partial(open_file, path / name)) for name in found
        )

    return Source(
        f"'{path}'",
        [str(path), fingerprint(path / name for name in found)],
        pictures,
        lambda: _classes(path, found, _folders(path)),
    )


def _folders(path):
    """The first folders below one, those without pictures as well."""
    return [
        entry.name
        for entry in path.iterdir()
        if entry.is_dir() and not entry.name.startswith((".", "__MACOSX"))
    ]


def _classes(path, found, folders):
    """Numbers of the first folders in which pictures lie, and their names."""
    loose = [name for name in found if "/" not in name]
    if loose:
        raise ValueError(
            "A folder for each class names the classes. Expected no pictures "
            f"beside these folders. Received: {len(loose)} of them, such as "
            f"{loose[0]!r}, in '{path}'. Move them into the folders of their "
            "classes."
        )
    names = sorted(folders)
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[name.split("/")[0]] for name in found]), names


def file_names(
    path: Path, extensions: Collection[str] = EXTENSIONS
) -> list[str]:
    """The files in a folder and the folders below it, sorted by name.

    Args:
        path: The `Path` of the folder. Hidden files are passed over.
        extensions: Endings, in small letters, of what is wanted.

    Returns:
        A list of names, relative to the folder.

    Raises:
        ValueError: If there is none.
    """
    found, left_out = [], LeftOut(path)
    for prefix, name, file in _visible_files(path):
        if _is_wanted(name, extensions):
            found.append(prefix + name)
        else:
            left_out.add(name, functools.partial(open, file, "rb"))
    if not found:
        raise _none_found(path, extensions, left_out)
    left_out.warn()
    return sorted(found)


def require_pictures(path: Path) -> None:
    """Raise a `ValueError` unless a folder holds pictures, as `folder` does.

    It ends at the first picture, and takes long only where there is none.

    Args:
        path: The `Path` of the folder.
    """
    if not any(_is_wanted(name) for _, name, _ in _visible_files(path)):
        file_names(path)  # Names what else it holds.


def _visible_files(path):
    """What is before the name, the name and the path of each file."""
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        place = Path(folder).relative_to(path).as_posix()
        prefix = "" if place == "." else f"{place}/"
        for name in names:
            file = os.path.join(folder, name)
            if not _is_hidden(name) and os.path.isfile(file):
                yield prefix, name, file


def archive(path: Path) -> Source:
    """The pictures in a .zip archive, read in place, sorted by name.

    Args:
        path: The `Path` of the archive. Hidden files are passed over.

    Returns:
        A `Source`.

    Raises:
        ValueError: If it is something else than an archive, or holds no file
            with one of `EXTENSIONS`.
    """
    path = path.resolve()
    with damage_named(
        path,
        "a .zip archive of images, or a folder of them",
        "Unpack other archives; for a single picture, give its folder",
    ):
        # Open for as long as somebody holds one of its pictures.
        opened = zipfile.ZipFile(path)
    found = sorted(name for name in opened.namelist() if _is_wanted(name))
    left_out = LeftOut(path)
    for name in set(opened.namelist()) - set(found):
        if not (name.endswith("/") or any(map(_is_hidden, name.split("/")))):
            left_out.add(name, functools.partial(opened.open, name))
    if not found:
        opened.close()
        raise _none_found(path, left_out=left_out)
    left_out.warn()

    def pictures():
        return len(found), (
            (name, functools.partial(_open_member, opened, name))
            for name in found
        )

    return Source(
        f"'{path}'",
        fingerprint([path]),
        pictures,
        lambda: _classes(path, found, {name.split("/")[0] for name in found}),
    )


def _is_wanted(name, extensions: Collection[str] = EXTENSIONS):
    """Whether a name, with "/" between its parts, is that of a picture."""
    extension = os.path.splitext(name)[1].lower()
    return extension in extensions and not any(map(_is_hidden, name.split("/")))


def _is_hidden(part):
    return part.startswith((".", "__MACOSX"))


def _open_member(opened, name):
    if opened.getinfo(name).file_size == 0:
        raise ValueError("the file is empty")
    return open_image(opened.open(name))


def _none_found(path, extensions: Collection[str] = EXTENSIONS, left_out=None):
    return ValueError(
        "There are no images here. Expected files that end in "
        f"{', '.join(sorted(extensions))}. Received: '{path}'"
        + (f", which holds pictures, {left_out}" if left_out else "")
        + ". Name the folder that holds the images."
    )
