"""The real images that a model is given: checked, and adapted to."""

import warnings
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.models.fit_arguments import batches_of_images
from specgan.signal import chroma_cutoff
from specgan.signal.image_values import require_in_range
from specgan.typing import Tensor
from specgan.typing import TensorLike


def checked_batches(
    images: Any, image_shape: Sequence[int], num_images: int
) -> Iterator[Tensor]:
    """The first images, batch by batch, each batch checked.

    Args:
        images: A `tf.data.Dataset` of image batches, with labels or without,
            or an array of images.
        image_shape: (height, width, channels) that the networks take.
        num_images: How many of them at most.

    Yields:
        Batches `[batch, height, width, channels]`.

    Raises:
        ValueError: If there are none, or they do not fit the networks, are
            not finite, or not in [-1, 1].
    """
    if not isinstance(images, tf.data.Dataset | np.ndarray | tf.Tensor):
        raise ValueError(
            "Real images are given as a tf.data.Dataset of batches or as an "
            f"array. Received: {type(images).__name__}. Load them with "
            "specgan.data.load."
        )
    remaining = num_images
    for batch in batches_of_images(images):
        batch = batch[:remaining]
        check_images(batch, image_shape)
        yield batch
        remaining -= len(batch)
        if remaining <= 0:
            return
    if remaining == num_images:
        raise ValueError(
            "There are no images. Expected at least one image. Received: "
            "an empty data set. Check that it is not exhausted."
        )


def check_images(images: Any, image_shape: Sequence[int]) -> None:
    """Raise a `ValueError` unless a network of that shape can take them."""
    images = np.asarray(images)
    if images.shape[1:] != tuple(image_shape):
        raise ValueError(
            "The images do not fit the networks. Expected batches of shape "
            f"(batch, {', '.join(map(str, image_shape))}). Received: "
            f"{images.shape}. Load the data with the model's image_size and "
            "channels."
        )
    require_in_range(images)


def adapt(
    spectral_loss: SpectralLoss | None,
    images: Any,
    image_shape: Sequence[int],
    num_images: int | None,
    chroma: str | None = None,
) -> None:
    """Give a spectral loss its target; without one, only check the images.

    Warns where the images have chroma at low frequencies alone and the model
    makes it at full resolution.

    Args:
        spectral_loss: A `SpectralLoss` or None.
        images: As for `checked_batches`.
        image_shape: The same.
        num_images: The same; at least 1. None takes what the loss asks for,
            1000 without one.
        chroma: Resolution of the model's chroma, "full" or "half"; None where
            it has no such option.

    Raises:
        ValueError: As `checked_batches`; if `num_images` is not positive.
    """
    if num_images is None:
        num_images = 1000 if spectral_loss is None else spectral_loss.num_images
    require_positive_integer("num_images", num_images)
    first = []
    batches = checked_batches(images, image_shape, num_images)
    if chroma == "full" and image_shape[-1] == 3:
        batches = _kept(batches, first)
    if spectral_loss is None:
        for _ in batches:
            pass
    else:
        spectral_loss.adapt(batches)
    cutoff = chroma_cutoff(np.concatenate(first)) if first else None
    if cutoff is not None:
        warnings.warn(
            f"The real images have next to no chroma above {cutoff:.2f} cycles "
            "per pixel, like JPEG files with 4:2:0 chroma subsampling, and "
            "the model makes chroma of full resolution. Make it with "
            "chroma='half' (`specgan train --chroma half`) to match them.",
            stacklevel=3,
        )


def _kept(batches, first, num=256):
    """The batches; the first `num` images or more are kept in a list."""
    for batch in batches:
        if sum(map(len, first)) < num:
            first.append(batch)
        yield batch


def checked_batch_size(images: Any, batch_size: int | None) -> int | None:
    """The argument `batch_size` of `fit`, with Keras' default stated.

    Args:
        images: What `fit` is given.
        batch_size: A positive integer, or None.

    Returns:
        Images of a batch; None for a data set, which has batches already.

    Raises:
        ValueError: If it is not a positive integer.
    """
    if batch_size is None:
        batch_size = 32
    require_positive_integer("batch_size", batch_size)
    return None if isinstance(images, tf.data.Dataset) else batch_size


def check_before_use(
    spectral_loss: SpectralLoss | None, images: Any, image_shape: Sequence[int]
) -> None:
    """Raise a `ValueError` for what a training would only fail on later.

    Args:
        spectral_loss: A `SpectralLoss`, which must have its target, or None.
        images: What `fit` is given; the first images of a data set or an
            array are checked.
        image_shape: (height, width, channels) that the networks take.
    """
    if spectral_loss is not None and not spectral_loss.adapted:
        raise ValueError(
            "The spectral loss has no target yet. Expected adapt(images) "
            "before fit or evaluate. Received: a model that has seen no real "
            "images. Call adapt(images) first."
        )
    next(checked_batches(images, image_shape, 64))


def check_labels(
    images: Any, labels: TensorLike | None, num_classes: int | None
) -> None:
    """Raise a `ValueError` unless the labels are those of a model's classes.

    Args:
        images: What `fit` is given: of a data set the first batch's labels
            are checked.
        labels: What `fit` is given beside an array.
        num_classes: Number of classes; None where labels are ignored.
    """
    if num_classes is None:
        return
    if isinstance(images, tf.data.Dataset):
        data = next(iter(images))
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    expected = (
        "A model with classes is trained on labelled images. Expected an "
        f"integer from 0 to {num_classes - 1} for each image"
    )
    if labels is None:
        raise ValueError(
            f"{expected}. Received: no labels. Give them in the data set, "
            "(images, labels), or as y."
        )
    labels = np.asarray(labels)
    if labels.size != len(images) or not np.all(
        np.isin(labels, np.arange(num_classes))
    ):
        raise ValueError(
            f"{expected}. Received: {labels.dtype} {labels.shape} of values "
            f"{np.unique(labels)[:8]} for {len(images)} images. Number the "
            "classes from 0 on."
        )


def batches_of_array(
    images: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
    seed: int | None = None,
) -> tf.data.Dataset:
    """A data set of an array's batches; the last one may be smaller.

    Args:
        images: `[count, height, width, channels]`.
        labels: `[count]`, or None.
        batch_size: Images of a batch.
        seed: Of another order in each epoch; None keeps the array's.
    """
    data = images if labels is None else (images, labels)
    dataset = tf.data.Dataset.from_tensor_slices(data)
    if seed is not None:
        dataset = dataset.shuffle(len(images), seed=seed)
    return dataset.batch(batch_size)


def batch_size_of(dataset: tf.data.Dataset) -> int | None:
    """Images of a batch, or None where the data set does not say."""
    return tf.nest.flatten(dataset.element_spec)[0].shape[0]


def batches_of_classes(
    dataset: tf.data.Dataset, num_classes: int
) -> tf.data.Dataset:
    """The same data set, which fails at a label that is not of a class.

    `check_labels` sees the first batch; what came later would be trained on
    as images of no class.

    Args:
        dataset: A `tf.data.Dataset` of batches with labels.
        num_classes: Number of classes.

    Returns:
        A data set; `tf.errors.InvalidArgumentError` comes of its iteration.
    """
    message = (
        "A model with classes is trained on labelled images. Expected an "
        f"integer from 0 to {num_classes - 1} for each image. Received another "
        "one after the first batch. Number the classes from 0 on."
    )

    def checked(*data):
        labels = keras.utils.unpack_x_y_sample_weight(data)[1]
        numbers = tf.cast(labels, tf.int32)
        tf.debugging.assert_non_negative(numbers, message)
        tf.debugging.assert_less(numbers, num_classes, message)
        return data

    return dataset.map(checked)


def joined_batches(dataset: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Batches of the real images of all steps of a discriminator.

    Args:
        dataset: A `tf.data.Dataset` of batches.
        steps: Batches to join.

    Returns:
        A data set whose batches are `steps` times as large.

    Raises:
        ValueError: If there are too few batches.
    """
    batches = int(dataset.cardinality())
    if 0 <= batches < steps:
        raise ValueError(
            "There are too few images for a step of the generator. "
            f"Expected at least {steps} batches, one for each step of the "
            f"discriminator. Received: {batches}. Make the batches smaller."
        )
    batch = batch_size_of(dataset)
    if batch is None:  # The last one may be smaller; it is filled up.
        batch = len(tf.nest.flatten(next(iter(dataset)))[0])
        dataset = dataset.repeat()
    dataset = dataset.rebatch(batch * steps, drop_remainder=True)
    if batches < 0:  # Endless, or unknown until it ends.
        return dataset
    # Keras must know how many, or it warns that the data have run out.
    known = tf.data.experimental.assert_cardinality(batches // steps)
    return dataset.take(batches // steps).apply(known)
