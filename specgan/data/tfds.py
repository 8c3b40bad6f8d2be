"""Data sets of TensorFlow Datasets, imported where a name asks for it."""

import difflib
import functools
import io
import pathlib
import urllib.error
import urllib.request
from collections.abc import Collection

import numpy as np

from specgan.data.reading import open_image
from specgan.data.source import Source
from specgan.errors import unknown_name
from specgan.typing import PathLike

PROBE = "https://storage.googleapis.com"
"""Which serves TFDS itself and many of its data sets."""

TIMEOUT = 5
"""Seconds."""


def tfds(
    name: str,
    split: str,
    data_dir: PathLike | None = None,
    suggestions: Collection[str] = (),
    remedy: str = "",
) -> Source:
    """A data set of TensorFlow Datasets, downloaded unless it is there.

    Args:
        name: Its name there, such as "celeb_a" or "imagenet_resized/32x32".
        split: The part, such as "train" or "train[:1000]".
        data_dir: Where it is prepared or shall be; `None` for TFDS' default.
        suggestions: Names to offer if there is no such data set.
        remedy: What to do without a network, for messages.

    Returns:
        A `Source`; its pictures come in the order of the files on disk, each
        decoded by Pillow as those of a folder are.

    Raises:
        ValueError: If TFDS does not know the name, cannot prepare the data
            set, or finds no pictures in it.
    """
    import tensorflow_datasets

    try:
        builder = tensorflow_datasets.builder(name, data_dir=data_dir)
    except tensorflow_datasets.core.DatasetNotFoundError:
        known = {*suggestions, *tensorflow_datasets.list_builders()}
        nearest = difflib.get_close_matches(name, known, n=1)
        names = {*suggestions, *nearest}
        kind = f"data set, and no folder or archive in '{pathlib.Path.cwd()}'"
        raise unknown_name(kind, name, names) from None
    key = _image_feature(name, builder.info.features)
    try:
        if not builder.is_prepared():
            _require_network()
        builder.download_and_prepare()
    except Exception as error:  # Each data set fails in its own way.
        reason = " ".join(str(error).split())
        raise ValueError(
            f"TensorFlow Datasets cannot prepare {name!r}. Expected access to "
            "the network, or a `data_dir` that holds the data set. Received: "
            f"{reason}, for '{builder.data_dir}'. Prepare it where there is a "
            f"network, `tfds build {name}`, and give the folder.{remedy}"
        ) from error

    def pictures():
        skip = tensorflow_datasets.decode.SkipDecoding()
        dataset = builder.as_dataset(split=split, decoders={key: skip})
        encoded = dataset.map(lambda example: example[key])
        return builder.info.splits[split].num_examples, (
            (f"{split} {index}", functools.partial(_open, data))
            for index, data in enumerate(encoded.as_numpy_iterator())
        )

    def labels():
        label = _label_feature(name, builder.info.features)
        skip = tensorflow_datasets.decode.SkipDecoding()
        dataset = builder.as_dataset(split=split, decoders={key: skip})
        numbers = dataset.map(lambda example: example[label])
        classes = builder.info.features[label].names
        return np.array(list(numbers.as_numpy_iterator())), list(classes)

    identity = [builder.info.full_name, str(builder.data_dir), split, key]
    return Source(f"{name}, {split}", identity, pictures, labels)


def is_tfds_name(name: object) -> bool:
    """Whether TFDS has "name" or "name/configuration"."""
    if not isinstance(name, str):
        return False
    import tensorflow_datasets

    return name.split("/")[0] in tensorflow_datasets.list_builders()


def _require_network():
    """An `OSError` at once where TFDS would try again for minutes."""
    try:
        urllib.request.urlopen(PROBE, timeout=TIMEOUT).close()
    except urllib.error.HTTPError:
        pass  # The server has answered.


def _image_feature(name, features):
    """The key of the pictures: "image", or else the first there is."""
    from tensorflow_datasets import features as kinds

    keys = [k for k, v in features.items() if isinstance(v, kinds.Image)]
    if not keys:
        raise ValueError(
            f"The data set {name!r} has no pictures. Expected an image among "
            f"its features. Received: {', '.join(features)}."
        )
    return "image" if "image" in keys else keys[0]


def _label_feature(name, features):
    """The key of the class: "label", or else the only one there is."""
    from tensorflow_datasets import features as kinds

    keys = [k for k, v in features.items() if isinstance(v, kinds.ClassLabel)]
    if "label" in keys:
        return "label"
    if len(keys) != 1:
        raise ValueError(
            f"The data set {name!r} does not have one class of each picture. "
            "Expected a class label among its features. Received: "
            f"{', '.join(features)}. Train without labels."
        )
    return keys[0]


def _open(data):
    return open_image(io.BytesIO(data))
