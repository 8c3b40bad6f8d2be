"""The one check of the values of images that are measured or learnt from."""

import functools

import numpy as np
import tensorflow as tf

from specgan.typing import TensorLike

LARGEST = 1.001
"""Magnitude that rounding may bring a value of [-1, 1] to."""

_OF_DATA_OR_MODEL = (
    "Of data, clean them first; of a model, look for NaN in its weights: the "
    "training diverged."
)


def require_finite(
    values: TensorLike, what: str = "images", remedy: str = _OF_DATA_OR_MODEL
) -> None:
    """Raise unless all values are finite.

    Args:
        values: Numbers of any shape. Integers are always finite.
        what: What they are of, for the message, in the plural.
        remedy: What to do, a sentence.

    Raises:
        ValueError: If some are NaN or infinite.
        tf.errors.InvalidArgumentError: The same, within a `tf.function`, and
            when it runs. XLA leaves such checks out.

    Example:
    >>> require_finite([0.0, float("nan")])
    ValueError: The images hold NaN or infinite values. ...
    """
    dtype = _dtype(values)
    if not (dtype.is_floating or dtype.is_complex):
        return
    if not tf.is_symbolic_tensor(values):
        # NumPy knows no half precision of its own on all machines.
        values = tf.convert_to_tensor(values)
    fits = tf.reduce_all(tf.math.is_finite(values))
    _require(fits, values, what, functools.partial(_not_finite, remedy=remedy))


def require_in_range(images: TensorLike) -> None:
    """Raise unless images are floats in [-1, 1], up to rounding.

    Args:
        images: Values of any shape.

    Raises:
        ValueError: If they are not floats, some are NaN or infinite, or some
            are beyond [-1, 1] by more than 0.001.
        tf.errors.InvalidArgumentError: The latter two, within a `tf.function`,
            and when it runs. XLA leaves such checks out.

    Example:
    >>> require_in_range(np.float32([0.0, 255.0]))
    ValueError: The images are out of range. Expected values in [-1, 1].
    Received: values from 0 to 255. ...
    """
    dtype = _dtype(images)
    if not dtype.is_floating:
        raise ValueError(
            "Expected images as floats in [-1, 1]. Received: "
            f"{dtype.name}, {_extent(images)}. For 8-bit images use images / "
            "127.5 - 1."
        )
    if not tf.is_symbolic_tensor(images):
        images = tf.convert_to_tensor(images)
    # False for NaN.
    fits = tf.reduce_all(tf.abs(images) <= tf.cast(LARGEST, dtype))
    _require(fits, images, "images", _beyond)


def _dtype(values):
    if not hasattr(values, "dtype"):
        return tf.convert_to_tensor(values).dtype
    return tf.as_dtype(values.dtype)


def _require(fits, values, what, message):
    if tf.is_symbolic_tensor(fits):
        text = (
            f"The {what} hold NaN or infinite values, or some beyond [-1, 1]. "
            "Look after the model's weights and the range of its images."
        )
        tf.debugging.Assert(fits, [text])
    elif not fits:
        raise ValueError(message(np.asarray(tf.cast(values, tf.float64)), what))


def _extent(images):
    if tf.is_symbolic_tensor(images):
        return "values that are not known yet"
    images = np.asarray(images)
    if not images.size:
        return "no values"
    return f"values from {float(images.min()):.4g} to {float(images.max()):.4g}"


def _not_finite(values, what, remedy=_OF_DATA_OR_MODEL):
    count = np.sum(~np.isfinite(values))
    return (
        f"The {what} hold NaN or infinite values. Expected finite ones. "
        f"Received: {count} of {values.size} values that are not. {remedy}"
    )


def _beyond(images, what):
    if not np.all(np.isfinite(images)):
        return _not_finite(images, what)
    return (
        "The images are out of range. Expected values in [-1, 1]. Received: "
        f"{_extent(images)}. For 8-bit images use images / 127.5 - 1; what a "
        "generator makes beyond [-1, 1], clip."
    )
