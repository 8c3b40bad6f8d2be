"""From an array of images to batches for training."""

import itertools
import numbers

import numpy as np
import tensorflow as tf

from specgan.data.checks import positive_integer


def from_array(
    array,
    labels=None,
    *,
    batch_size=64,
    shuffle=True,
    seed=0,
    first_epoch=0,
):
    """A `tf.data.Dataset` of batches from an array of 8-bit images.

    Every epoch has an order of its own, a function of `seed` and of how many
    epochs were begun before it and of nothing else (not of
    `tf.random.set_seed`): to load again with the same seed repeats all orders.
    The last images of an order that fill no batch are left out, which hits
    others in every epoch.

    Args:
        array: `uint8` [count, height, width, channels], with 1 or 3 channels;
            may be memory-mapped, only the images of a batch are read at once.
        labels: None, or the numbers of the images' classes, integers
            [count] of at least 0.
        batch_size: Images of a batch, at most `count`.
        shuffle: Whether to draw the images in random order.
        seed: An integer of at least 0.
        first_epoch: Begin with the order that epoch would have, counted from
            0, to go on where a training was broken off.

    Returns:
        A `tf.data.Dataset` of known cardinality, with elements `float32`
        [batch_size, height, width, channels] in [-1, 1]; with labels, pairs
        of these and `int32` [batch_size].

    Raises:
        ValueError: For an array of other shape or type, labels that are not
            one for each image, or fewer images than a batch has.

    Example:
    >>> images = np.zeros((10, 32, 32, 3), "uint8")
    >>> len(from_array(images, batch_size=4))
    2
    """
    check_batches(batch_size, seed)
    shape = np.shape(array)
    if len(shape) != 4 or shape[-1] not in (1, 3) or array.dtype != np.uint8:
        raise ValueError(
            "Cannot make batches of this array. Expected uint8 images "
            "[count, height, width, channels] with 1 or 3 channels. Received: "
            f"{getattr(array, 'dtype', type(array))} {shape}."
        )
    if batch_size > len(array):
        raise ValueError(
            "There are not enough images for one batch. Expected batch_size "
            f"at most {len(array)}. Received: batch_size={batch_size}."
        )
    if labels is not None:
        labels = _checked_labels(labels, len(array))
    batches = len(array) // batch_size
    epochs = itertools.count(first_epoch)

    def order():
        rows = np.arange(len(array))
        if shuffle:
            rows = np.random.default_rng([seed, next(epochs)]).permutation(rows)
        return rows[: batches * batch_size].reshape(batches, batch_size)

    def fetch(rows):
        images = tf.numpy_function(
            lambda rows: np.asarray(array[rows]), [rows], tf.uint8
        )
        images = tf.ensure_shape(images, (batch_size, *shape[1:]))
        images = tf.cast(images, tf.float32) / 127.5 - 1.0
        return images if labels is None else (images, tf.gather(labels, rows))

    def epoch(_):
        rows = tf.numpy_function(order, [], tf.int64)
        rows = tf.ensure_shape(rows, (batches, batch_size))
        return tf.data.Dataset.from_tensor_slices(rows)

    dataset = tf.data.Dataset.range(1).flat_map(epoch)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    dataset = dataset.map(fetch, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.prefetch(tf.data.AUTOTUNE)


def _checked_labels(labels, count):
    """An int32 array of them."""
    labels = np.asarray(labels)
    if (
        labels.shape != (count,)
        or not np.issubdtype(labels.dtype, np.integer)
        or np.any(labels < 0)
    ):
        raise ValueError(
            "Each image has one label. Expected integers of at least 0, of "
            f"shape ({count},). Received: {labels.dtype} {labels.shape}"
            + (f" with a least of {labels.min()}." if labels.size else ".")
        )
    return labels.astype(np.int32)


def check_batches(batch_size, seed):
    """A `ValueError` for a `batch_size` or a `seed` that cannot be."""
    positive_integer("batch_size", batch_size)
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(
            "Invalid value for argument `seed`. Expected an integer of at "
            f"least 0. Received: seed={seed!r}."
        )
