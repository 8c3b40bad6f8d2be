"""What `fit` and `evaluate` are given, as all models take it.

Keras hands on what a model then drops without a word, and refuses in words of
its own what a model has made of it; here it is put right, or refused, before.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.typing import TensorLike


def prepared(
    x: Any, y: Any, arguments: Mapping[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Images and labels apart, and a data set of its own for validation.

    Args:
        x: Images, as for `GAN.fit`, or dictionaries as for
            `images_and_labels`.
        y: Labels beside an array, or None.
        arguments: Further arguments of `keras.Model.fit` or `evaluate`. Of an
            array the part `validation_split` becomes `validation_data`, as
            Keras would do it.

    Returns:
        (x, y, arguments).

    Raises:
        ValueError: If images are weighted, dictionaries have no images, or a
            part leaves no images on either side.
    """
    arguments = dict(arguments)
    _check_unweighted(x, arguments)
    x, y = images_and_labels(x, y)
    validation = arguments.get("validation_data")
    if validation is not None:
        given = validation if isinstance(validation, tuple) else (validation,)
        arguments["validation_data"] = _packed(*images_and_labels(*given))
    elif isinstance(x, np.ndarray | tf.Tensor):
        share = arguments.pop("validation_split", None) or 0.0
        if share:
            x, y, arguments["validation_data"] = _split(x, y, share)
    return x, y, arguments


def images_and_labels(x: Any, y: Any = None) -> tuple[Any, Any]:
    """Images and labels, of dictionaries too.

    Args:
        x: A `tf.data.Dataset` of batches or an array. Batches may be
            dictionaries of "image" and, perhaps, "label", as TensorFlow
            Datasets gives them; so may be `x` itself, of arrays.
        y: Labels beside an array, or None.

    Returns:
        (x, y); a data set has the labels beside its images.

    Raises:
        ValueError: If a dictionary has no "image".

    Example:
    >>> images, labels = images_and_labels(tfds.load("mnist")["train"])
    """
    if isinstance(x, tf.data.Dataset):
        images = keras.utils.unpack_x_y_sample_weight(x.element_spec)[0]
        if isinstance(images, Mapping):
            _check_keys(images)
            x = x.map(_taken_apart)
    elif isinstance(x, Mapping):
        _check_keys(x)
        x, y = x["image"], x.get("label") if y is None else y
    return x, y


def batches_of_images(x: Any, batch_size: int = 64) -> Iterator[TensorLike]:
    """Batches of images alone, of all that `fit` takes.

    Args:
        x: As for `images_and_labels`.
        batch_size: Of an array.

    Yields:
        `[batch, height, width, channels]`.
    """
    images, _ = images_and_labels(x)
    if not isinstance(images, tf.data.Dataset):
        images = tf.data.Dataset.from_tensor_slices(images).batch(batch_size)
    for data in images:
        yield keras.utils.unpack_x_y_sample_weight(data)[0]


def _check_keys(images):
    if "image" not in images:
        raise ValueError(
            'A dictionary has its images under "image", and labels, if there '
            f'are any, under "label". Received: one of {[*images]}. Take '
            "them apart: dataset.map(lambda batch: batch[NAME])."
        )


def _taken_apart(*data):
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    return _packed(
        images["image"], images.get("label") if labels is None else labels
    )


def _packed(images, labels):
    return images if labels is None else (images, labels)


def _check_unweighted(x, arguments):
    given = [
        name
        for name in ("sample_weight", "class_weight")
        if arguments.get(name) is not None
    ]
    for name, data in (
        ("x", x),
        ("validation_data", arguments.get("validation_data")),
    ):
        if isinstance(data, tf.data.Dataset):
            data = data.element_spec
        if isinstance(data, tuple) and len(data) == 3 and data[2] is not None:
            given.append(f"a third part, the weights, in {name}")
    if given:
        raise weighted(" and ".join(given))


def weighted(received: str) -> ValueError:
    """A `ValueError` for weights of images, to be raised by the caller."""
    return ValueError(
        "All images count alike: the losses take no weights. Expected images, "
        f"and perhaps labels. Received: {received}. Leave the weights out, or "
        "have an image more often in the data set."
    )


def _split(x, y, share):
    """Images and labels to train on, and the last ones to validate with."""
    if not is_number(share) or not 0 < share < 1:
        raise invalid_argument(
            "validation_split", "a number from 0 to below 1", share
        )
    first = math.floor(len(x) * (1 - share))
    if first in (0, len(x)):
        raise ValueError(
            "Of the images some are trained on and some are not. Expected "
            "enough of them for both. Received: "
            f"validation_split={share!r} of {len(x)} images."
        )
    if y is None:
        return x[:first], None, x[first:]
    return x[:first], y[:first], (x[first:], y[first:])


def check_callbacks(callbacks: Any) -> None:
    """A `ValueError` for a callback that would do nothing for a GAN.

    Args:
        callbacks: What `fit` is given: None, a callback, or several.
    """
    callbacks = getattr(callbacks, "callbacks", callbacks)
    for callback in tf.nest.flatten(callbacks):
        if isinstance(callback, keras.callbacks.TerminateOnNaN):
            raise ValueError(
                "TerminateOnNaN looks for a log of the name loss, and a GAN "
                "has two losses, d_loss and g_loss. Expected another guard. "
                "Received: a TerminateOnNaN. Use "
                "specgan.callbacks.DivergenceGuard(rollbacks=0), which stops "
                "when any of them becomes NaN or infinite."
            )
