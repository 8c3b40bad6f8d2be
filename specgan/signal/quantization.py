"""Between images in [-1, 1] and pictures of 8 bits."""

import tensorflow as tf

from specgan.signal.image_values import require_finite
from specgan.typing import Tensor
from specgan.typing import TensorLike


def to_uint8(images: TensorLike) -> Tensor:
    """Round images in [-1, 1] to 0..255.

    Args:
        images: Floats of any shape; values beyond [-1, 1] are clipped.

    Returns:
        uint8 of the same shape.

    Raises:
        ValueError: If some are NaN or infinite, which no picture can hold. Not
            within a `tf.function`, as that may be part of an exported model.

    Example:
    >>> to_uint8([-1.0, 0.0, 1.0])
    <tf.Tensor: shape=(3,), dtype=uint8, numpy=array([  0, 128, 255], ...)>
    """
    if tf.executing_eagerly():
        require_finite(images)
    levels = tf.round((tf.cast(images, tf.float32) + 1.0) * 127.5)
    return tf.cast(tf.clip_by_value(levels, 0.0, 255.0), tf.uint8)


def from_uint8(pictures: TensorLike) -> Tensor:
    """Map 0..255 to float32 in [-1, 1]: `pictures / 127.5 - 1`.

    Args:
        pictures: uint8 of any shape.

    Returns:
        float32 of the same shape.
    """
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0
