"""The names of data sets, and what a user means by a name or a path."""

import os
from pathlib import Path

from specgan.data.local_files import archive
from specgan.data.local_files import folder
from specgan.data.local_files import require_pictures
from specgan.data.published_files import READERS
from specgan.data.published_files import needed_files
from specgan.data.published_files import published_files
from specgan.data.reading import EXTENSIONS
from specgan.data.source import Source
from specgan.data.tfds import is_tfds_name
from specgan.data.tfds import tfds
from specgan.typing import PathLike

_NAMES = {
    "photos": "the two photographs of scikit-learn, in patches; no download",
    "celeb_a": "202,599 faces, 178x218 (TFDS)",
    "cifar10": "60,000 pictures of 10 kinds, 32x32 (TFDS or local files)",
    "fashion_mnist": "70,000 garments, 28x28, grey (TFDS or local files)",
    "mnist": "70,000 handwritten digits, 28x28, grey (TFDS or local files)",
}


def names() -> dict[str, str]:
    """The names that `specgan.data.load` knows by itself.

    Every other data set of images in TensorFlow Datasets can be loaded as well.

    Returns:
        A dictionary from each name to its description in one line.
    """
    return dict(_NAMES)


def find(
    source: PathLike, split: str = "train", data_dir: PathLike | None = None
) -> Source:
    """The `Source` of a name or path, as `specgan.data.load` describes them.

    Args:
        source: A name, except "photos", or a path.
        split: The part of a named data set.
        data_dir: Where a named data set lies.

    Returns:
        A `Source`.

    Raises:
        ValueError: If there is no such thing, or it holds no pictures.
    """
    if not isinstance(source, str | os.PathLike) or not str(source).strip():
        raise ValueError(
            "Invalid value for argument `source`. Expected the name of a data "
            "set, a folder of images or a .zip archive of images. Received: "
            f"source={source!r}."
        )
    path = Path(source).expanduser()
    if not is_name(source):
        refuse_parts(source, split, data_dir)
        return folder(path) if path.is_dir() else archive(path)
    if _looks_like_path(source) and not is_tfds_name(source):
        raise _not_there(path)
    if data_dir is not None:
        data_dir = Path(data_dir).expanduser()
        if not data_dir.is_dir():
            raise _not_there(data_dir, source)
    name, remedy = str(source), ""
    if name in READERS:
        found = data_dir and published_files(name, split, data_dir)
        if found:
            return found
        remedy = f" Or give as `data_dir` a folder with {needed_files(name)}."
    return tfds(name, split, data_dir, _NAMES, remedy)


def is_name(source: PathLike) -> bool:
    """Whether a source is the name of a data set, not a path."""
    return source in _NAMES or not Path(source).expanduser().exists()


def require_there(source: PathLike, data_dir: PathLike | None = None) -> None:
    """Raise a `ValueError` if a source is certainly a path without pictures.

    It costs next to nothing: names are not looked up, as `find` does, and the
    first picture in a folder is enough.

    Args:
        source, data_dir: As for `find`.
    """
    path = Path(source).expanduser()
    # One "/" may be that of a name of TFDS: "imagenet_resized/32x32".
    text = str(source)
    may_be_name = text[:1] not in "~./" and text.strip("/").count("/") == 1
    if not path.exists() and _looks_like_path(source) and not may_be_name:
        raise _not_there(path)
    if not is_name(source) and path.is_dir():
        require_pictures(path)
    if data_dir is not None and not Path(data_dir).expanduser().is_dir():
        raise _not_there(Path(data_dir).expanduser(), source)


def refuse_parts(
    source: PathLike, split: str, data_dir: PathLike | None
) -> None:
    """A `ValueError` if a part is asked of a source that has no parts."""
    if split != "train" or data_dir is not None:
        raise ValueError(
            f"'{source}' has no splits and no `data_dir`. Expected them left "
            f"at split='train', data_dir=None. Received: split={split!r}, "
            f"data_dir={data_dir!r}. Give each split a folder of its own."
        )


def _looks_like_path(source):
    return (
        isinstance(source, os.PathLike)
        or source.startswith((".", "~"))
        or "/" in source
        or os.sep in source
        or Path(source).suffix.lower() in {".zip", *EXTENSIONS}
    )


def _not_there(path, name=None):
    """The error for a path; with a name, for the `data_dir` of a data set."""
    remedy = ""
    if name in READERS:
        remedy = (
            f" Give as `data_dir` a folder with {needed_files(name)}. Or leave "
            "it out: TensorFlow Datasets fetches them where there is a "
            f"network (`tfds build {name}`)."
        )
    return ValueError(
        "The folder or archive does not exist. Expected a folder or a .zip "
        f"archive that is there. Received: '{path}', as seen from "
        f"'{Path.cwd()}'.{remedy}"
    )
