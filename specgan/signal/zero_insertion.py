"""A `Resampling` with its zeros inserted for real."""

import numpy as np
import tensorflow as tf

from specgan.signal.resampling import Resampling
from specgan.typing import Tensor
from specgan.typing import TensorLike


def zero_insertion(operator: Resampling, images: TensorLike) -> Tensor:
    """Apply a `Resampling` step by step: zeros in, convolution, pixels out.

    The plain formulation in TensorFlow's operations, a depthwise convolution
    among them: what the others are measured against.

    Args:
        operator: A `Resampling`.
        images: Tensor `[batch, height, width, channels]`, float32 or float64.

    Returns:
        Tensor of the images' type.
    """
    for axis in (1, 2):
        images = _zeros_inserted(images, operator.up, axis)
        images = _windowed(operator, images, axis)
    taps = np.asarray(operator.taps)
    if operator.separable:
        kernels = [operator.gain * taps[:, None], taps[None, :]]
    else:
        kernels = [operator.gain * taps]
    for kernel in kernels:
        # TensorFlow's convolution does not reverse the kernel.
        kernel = tf.constant(kernel[::-1, ::-1, None, None], images.dtype)
        kernel = tf.repeat(kernel, tf.shape(images)[-1], axis=2)
        images = tf.nn.depthwise_conv2d(images, kernel, [1, 1, 1, 1], "VALID")
    return images[:, :: operator.down, :: operator.down]


def _zeros_inserted(images, factor, axis):
    zeros = [tf.zeros_like(images)] * (factor - 1)
    stacked = tf.stack([images, *zeros], axis=axis + 1)
    shape = [tf.shape(images)[0], *images.shape[1:]]
    shape[axis] *= factor
    return tf.reshape(stacked, shape)


def _windowed(operator, images, axis):
    """Padded and cropped to the pixels that meet the filter."""
    start = operator.offset + 1 - len(operator.taps)
    last = (operator.output_size[axis - 1] - 1) * operator.down
    end = start + last + len(operator.taps)
    padding = [[0, 0]] * 4
    padding[axis] = [max(0, -start), max(0, end - images.shape[axis])]
    index = [slice(None)] * 4
    index[axis] = slice(max(0, start), max(0, start) + end - start)
    return tf.pad(images, padding)[tuple(index)]
