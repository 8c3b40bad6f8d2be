"""Interpolation by two: the up-sampling kernels applied to images."""

import keras
import tensorflow as tf

from specgan.signal import responses
from specgan.signal.responses import UpsamplingKernel
from specgan.typing import Tensor
from specgan.typing import TensorLike


def interpolate(images: TensorLike, kernel: str | UpsamplingKernel) -> Tensor:
    """Doubles height and width by a fixed interpolation.

    The interpolation is applied as a matrix along each axis, `U X V^T`. On a
    CPU that is as fast as the quickest of slicing, depthwise convolution and
    `tf.image.resize`, and much faster for their gradients; it costs the same
    for every kernel, and it is differentiable any number of times, also under
    XLA (which has no bicubic resizing) and in half precision.

    Beyond the border, the border pixel is repeated. Away from it the result is
    that of `keras.layers.UpSampling2D`; at the border too, except for bicubic,
    where Keras renormalizes the taps that lie within the image.

    Formula:
    `b[m] = sum_t taps[t] u[m - t + origin]` along both axes, with
    `u[2i] = a[i]` and 0 between.

    Args:
        images: Floating tensor `[batch, height, width, channels]`.
        kernel: Name of one of `specgan.signal.responses.KERNELS`, or an
            `UpsamplingKernel`.

    Returns:
        Tensor `[batch, 2 height, 2 width, channels]` of the same type.

    Raises:
        ValueError: If no kernel has that name.

    Example:
    >>> interpolate(tf.random.normal([1, 4, 6, 3]), "bilinear").shape
    TensorShape([1, 8, 12, 3])
    """
    kernel = responses.get(kernel)
    images = tf.convert_to_tensor(images)
    _, height, width, _ = keras.ops.shape(images)
    rows = _interpolation_matrix(kernel, height, images.dtype)
    columns = _interpolation_matrix(kernel, width, images.dtype)
    return along_both_axes(images, rows, columns)


def along_both_axes(
    images: TensorLike, rows: TensorLike, columns: TensorLike
) -> Tensor:
    """Multiplies the columns of images by one matrix, the rows by another.

    Formula: `rows X columns^T`, channel by channel.

    Args:
        images: Tensor `[batch, height, width, channels]`.
        rows: Tensor `[new height, height]` of the same type.
        columns: Tensor `[new width, width]` of the same type.

    Returns:
        Tensor `[batch, new height, new width, channels]` of the same type.

    Example:
    >>> along_both_axes(tf.ones([1, 4, 6, 3]), tf.eye(4), tf.ones([1, 6])).shape
    TensorShape([1, 4, 1, 3])
    """
    _, height, _, channels = keras.ops.shape(images)
    (new_height, _), (new_width, _) = map(keras.ops.shape, (rows, columns))
    images = tf.matmul(columns, images)  # [batch, height, new width, channels]
    images = tf.reshape(images, [-1, height, new_width * channels])
    images = tf.matmul(rows, images)  # [batch, new height, new width * ...]
    return tf.reshape(images, [-1, new_height, new_width, channels])


def _interpolation_matrix(kernel, size, dtype):
    """The matrix `[2 size, size]` that interpolates along one axis."""
    taps = tf.constant(kernel.taps, dtype)
    positions = tf.range(2 * size)[:, None]
    positions = positions - tf.range(len(kernel.taps)) + kernel.origin
    weights = tf.where(positions % 2 == 0, taps, tf.zeros_like(taps))
    sources = tf.clip_by_value(positions // 2, 0, size - 1)
    selected = tf.one_hot(sources, size, dtype=dtype)  # [2 size, taps, size]
    return tf.reduce_sum(weights[:, :, None] * selected, axis=1)
