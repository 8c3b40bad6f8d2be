"""From an array of images to batches for training."""

import itertools

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.data.mapped import rows_of
from specgan.errors import require_positive_integer
from specgan.errors import require_seed


def from_array(
    array: np.ndarray,
    labels: ArrayLike | None = None,
    *,
    batch_size: int = 64,
    shuffle: bool = True,
    flip: bool = False,
    seed: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """A `tf.data.Dataset` of batches from an array of 8-bit images.

    Every epoch has an order of its own, a function of `seed` and of how many
    epochs were begun before it and of nothing else (not of
    `tf.random.set_seed`): to load again with the same seed repeats all orders.
    The last images of an order that fill no batch are left out, which hits
    others in every epoch.

    With `flip`, an image is mirrored left to right with probability 1/2,
    decided by `seed`, epoch and position in the epoch alone; the orders are
    those without it. Load anew without `flip` to measure: FID and spectra are
    by convention those of the images themselves. (Mirroring an image mirrors
    its 2-D spectrum and leaves the power of every ring as it is.)

    Args:
        array: `uint8` [count, height, width, channels], with 1 or 3 channels;
            may be memory-mapped, only the images of a batch are read at once.
        labels: None, or the numbers of the images' classes, integers
            [count] of at least 0.
        batch_size: Images of a batch, at most `count`.
        shuffle: Whether to draw the images in random order.
        flip: Whether to mirror a random half of the images.
        seed: An integer of at least 0.
        first_epoch: Begin with the order that epoch would have, counted from
            0, to resume an interrupted training.

    Returns:
        A `tf.data.Dataset` of known cardinality, with elements `float32`
        [batch_size, height, width, channels] in [-1, 1]; with labels, pairs
        of these and `int32` [batch_size].

    Raises:
        ValueError: For an array of other shape or type, labels that are not
            one for each image, fewer images than a batch has, or an argument
            that is invalid.

    Example:
    >>> images = np.zeros((10, 32, 32, 3), "uint8")
    >>> len(from_array(images, batch_size=4))
    2
    """
    check_batches(batch_size, seed, flip)
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
        now = next(epochs)
        rows = np.arange(len(array))
        if shuffle:
            rows = np.random.default_rng([seed, now]).permutation(rows)
        rows = rows[: batches * batch_size].reshape(batches, batch_size)
        # Numbers of their own, so that the orders are those without flips.
        mirrored = np.random.default_rng([seed, now, 1]).random(rows.shape)
        return rows, flip & (mirrored < 0.5)

    def pixels(rows, mirrored):
        images = rows_of(array, rows)
        images[mirrored] = images[mirrored, :, ::-1]
        return images

    def fetch(rows, mirrored):
        images = tf.numpy_function(pixels, [rows, mirrored], tf.uint8)
        images = tf.ensure_shape(images, (batch_size, *shape[1:]))
        images = tf.cast(images, tf.float32) / 127.5 - 1.0
        return images if labels is None else (images, tf.gather(labels, rows))

    def epoch(_):
        parts = tf.numpy_function(order, [], [tf.int64, tf.bool])
        shaped = [tf.ensure_shape(x, (batches, batch_size)) for x in parts]
        return tf.data.Dataset.from_tensor_slices(tuple(shaped))

    dataset = tf.data.Dataset.range(1).flat_map(epoch)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    dataset = dataset.map(fetch, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.prefetch(tf.data.AUTOTUNE)
    # The end of an epoch waits for the thread that tunes, which sleeps for
    # seconds (TensorFlow 2.21; findings/tensorflow-autotune-delays-epochs.sh).
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


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


def check_batches(batch_size: int, seed: int, flip: bool = False) -> None:
    """A `ValueError` for arguments that cannot be."""
    require_positive_integer("batch_size", batch_size)
    require_seed(seed)
    if not isinstance(flip, bool):
        raise ValueError(
            "Invalid value for argument `flip`. Expected True or False. "
            f"Received: flip={flip!r}."
        )
