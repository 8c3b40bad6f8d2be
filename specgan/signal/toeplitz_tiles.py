"""A `Resampling` as products with a small Toeplitz matrix."""

import numpy as np
import tensorflow as tf

from specgan.signal.resampling import Resampling
from specgan.typing import Tensor
from specgan.typing import TensorLike


def toeplitz_tiles(operator: Resampling, images: TensorLike) -> Tensor:
    """Apply a `Resampling` to overlapping tiles of the images.

    Every tile is multiplied by the same banded matrix. A filter that is not
    separable becomes the sum of separable ones, by its singular values. On a
    GPU the products are in TensorFloat-32 unless that is switched off, which
    costs equivariance.

    Args:
        operator: A `Resampling`.
        images: Tensor `[batch, height, width, channels]`, float32 or float64.

    Returns:
        Tensor of the images' type.
    """
    if operator.separable:
        taps = np.asarray(operator.taps)
        pairs = [(operator.gain * taps, taps)]
    else:
        left, values, right = np.linalg.svd(operator.taps)
        rank = np.count_nonzero(values > 1e-9 * values[0])
        left *= operator.gain * values
        pairs = zip(left.T[:rank], right[:rank], strict=True)
    return sum(
        _line(operator, across, 2, _line(operator, down, 1, images))
        for down, across in pairs
    )


def _line(operator, taps, axis, images, length=32):
    """Filter along an axis, with at least `length` outputs for each tile."""
    up, down, offset = operator.up, operator.down, operator.offset
    length = -(-length // up) * up
    size = operator.output_size[axis - 1]
    count = -(-size // length)
    step = length * down // up  # Inputs from one tile to the next.
    first = -(-(offset + 1 - len(taps)) // up)
    last = ((length - 1) * down + offset) // up
    matrix = _matrix(operator, taps, length, np.arange(first, last + 1))

    before, end = max(0, -first), last + (count - 1) * step + 1
    padding = [[0, 0]] * 4
    padding[axis] = [before, max(0, end - images.shape[axis])]
    starts = before + step * np.arange(count)[:, None]
    inputs = starts + np.arange(first, last + 1)  # [count, inputs of a tile]
    tiles = tf.gather(tf.pad(images, padding), inputs, axis=axis)
    matrix = tf.constant(matrix, images.dtype)
    batch, (_, height, width, channels) = tf.shape(images)[0], images.shape
    if axis == 1:
        shape = [batch, count, inputs.shape[1], width * channels]
        products = matrix @ tf.reshape(tiles, shape)
        shape = [batch, count * length, width, channels]
        return tf.reshape(products, shape)[:, :size]
    shape = [batch, height, count * length, channels]
    return tf.reshape(matrix @ tiles, shape)[:, :, :size]


def _matrix(operator, taps, length, inputs):
    """Of the first tile, `[length, inputs]`: h[m down - i up + offset]."""
    outputs = np.arange(length)[:, None]
    index = outputs * operator.down - inputs * operator.up + operator.offset
    within = (0 <= index) & (index < len(taps))
    return np.where(within, taps[np.where(within, index, 0)], 0)
