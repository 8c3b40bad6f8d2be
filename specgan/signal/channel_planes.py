"""Images as planes, for transforms along height and width."""

import tensorflow as tf

from specgan.signal.image_values import require_finite
from specgan.signal.real_tensor import real_tensor
from specgan.typing import Tensor
from specgan.typing import TensorLike


def checked_images(images: TensorLike) -> Tensor:
    """Images as a tensor that can be transformed.

    Args:
        images: Floating tensor `[batch, height, width, channels]`.

    Returns:
        The tensor.

    Raises:
        ValueError: If they are not finite floating images of at least one
            pixel. A transform would spread one NaN over the whole plane.
    """
    expected = "floating images [batch, height, width, channels]"
    images = real_tensor("images", images, expected)
    if (
        images.shape.rank != 4
        or not images.dtype.is_floating
        or 0 in images.shape[1:3].as_list()
    ):
        raise ValueError(
            f"Invalid value for argument `images`. Expected {expected} of at "
            f"least one pixel. Received: shape {tuple(images.shape)}, "
            f"{images.dtype.name}. Cast integers to float32 first."
        )
    require_finite(images)
    return images


def to_planes(images: Tensor) -> Tensor:
    """The channels of images as planes, in a precision that FFTs have.

    Args:
        images: What `checked_images` returns.

    Returns:
        Tensor `[batch, channels, height, width]`, float64 for float64, else
        float32.
    """
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
