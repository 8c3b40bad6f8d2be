"""Images as planes, for transforms along height and width."""

import tensorflow as tf

from specgan.signal.image_values import require_finite
from specgan.typing import Tensor
from specgan.typing import TensorLike


def to_planes(images: TensorLike) -> Tensor:
    """The channels of images as planes, in a precision that FFTs have.

    Args:
        images: Floating tensor `[batch, height, width, channels]`.

    Returns:
        Tensor `[batch, channels, height, width]`, float64 for float64, else
        float32.

    Raises:
        ValueError: If they are not finite floating images. A transform would
            spread one NaN over the whole plane.
    """
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4 or not images.dtype.is_floating:
        raise ValueError(
            "Invalid value for argument `images`. Expected floating images "
            "[batch, height, width, channels]. Received: shape "
            f"{tuple(images.shape)}, {images.dtype.name}. Cast integers to "
            "float32 first."
        )
    require_finite(images)
    planes = tf.transpose(images, [0, 3, 1, 2])
    return tf.cast(planes, tf.float32) if images.dtype.size < 4 else planes


def to_images(planes: TensorLike, dtype: tf.DType) -> Tensor:
    """Planes as images again: the inverse of `to_planes`.

    Args:
        planes: Tensor `[batch, channels, height, width]`.
        dtype: Type of the images.

    Returns:
        Tensor `[batch, height, width, channels]`.
    """
    return tf.cast(tf.transpose(planes, [0, 2, 3, 1]), dtype)
