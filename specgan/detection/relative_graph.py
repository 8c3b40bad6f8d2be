"""`relative_spectrum` as TensorFlow operations, for SavedModels.

Height and width are tensors, so that one graph serves all sizes; everything is
float64, so that it equals what detectors are trained on up to rounding.
"""

import numpy as np
import tensorflow as tf

from specgan.detection.relative import LOWEST_FREQUENCY
from specgan.detection.relative import REFERENCE_BAND
from specgan.signal.frequency_plane import LUMINANCE_WEIGHTS
from specgan.signal.frequency_plane import QUANTIZATION_NOISE


def relative_spectrum_graph(
    images: tf.Tensor, length: int, normalize: bool = True
) -> tf.Tensor:
    """Power over frequency in dB, relative to that of a reference band.

    See `relative_spectrum`, which it equals to 1e-9 dB.

    Args:
        images: uint8 tensor [batch, height, width, channels], 1 or 3 channels,
            at least 16 pixels high and wide; all dimensions may be unknown.
        length: How many values, an integer from 2.
        normalize: Whether to subtract the mean over the reference band.

    Returns:
        float64 tensor [batch, length], in dB.

    Raises:
        InvalidArgumentError: When it runs, for images of other shapes.
    """
    shape = tf.shape(images)
    least = round(1 / LOWEST_FREQUENCY)
    checks = [
        tf.debugging.Assert(
            (shape[3] == 1) | (shape[3] == 3),
            ["Expected pictures of 1 or 3 channels. Received shape", shape],
        ),
        tf.debugging.Assert(
            tf.reduce_min(shape[1:3]) >= least,
            [f"Expected pictures of at least {least} pixels. Received", shape],
        ),
    ]
    with tf.control_dependencies(checks):
        height, width = shape[1], shape[2]
        grey = _grey(images)
    grey -= tf.reduce_mean(grey, axis=[1, 2], keepdims=True)
    # Of mean square 1: that of each dimension is 3/8.
    window = _hann(height)[:, None] * _hann(width)[None, :] * (8 / 3)
    transform = tf.signal.rfft2d(grey * (window / 127.5))
    power = tf.math.real(transform) ** 2 + tf.math.imag(transform) ** 2
    decibels = (10 / np.log(10)) * tf.math.log(
        tf.maximum(_ring_means(power, height, width), QUANTIZATION_NOISE)
    )
    return _bins(decibels, tf.minimum(height, width), length, normalize)


def _grey(images):
    weights = tf.constant([[1.0, 0.0, 0.0], LUMINANCE_WEIGHTS], tf.float64)
    channels = tf.shape(images)[3]
    row = weights[tf.cast(channels == 3, tf.int32), :channels]
    return tf.reduce_sum(tf.cast(images, tf.float64) * row, axis=-1)


def _hann(size):
    place = tf.range(tf.cast(size, tf.float64), dtype=tf.float64)
    turn = 2 * np.pi / tf.cast(size, tf.float64)
    return 0.5 - 0.5 * tf.cos(turn * place)


def _ring_means(power, height, width):
    """The azimuthal integral: [batch, M // 2 + 2]; see `rings`."""
    half = width // 2 + 1
    size = tf.minimum(height, width)  # M
    row, column = tf.range(height), tf.range(half)
    vertical = tf.where(row < (height + 1) // 2, row, row - height)
    # By the reciprocal and by `hypot`, as NumPy does it: where a frequency is
    # halfway between two rings, rounding must fall alike.
    vertical = _float(vertical) * (1 / _float(height))
    horizontal = _float(column) * (1 / _float(width))
    zeros = tf.zeros([height, half], tf.float64)
    radius = tf.abs(
        tf.complex(vertical[:, None] + zeros, horizontal[None, :] + zeros)
    ) * _float(size)
    corner = size // 2 + 1
    index = tf.minimum(tf.cast(tf.floor(radius + 0.5), tf.int32), corner)
    alone = (column == 0) | (2 * column == width)
    multiplicity = tf.where(alone, tf.ones_like(zeros), 2 + zeros)
    index = tf.reshape(index, [-1])
    multiplicity = tf.reshape(multiplicity, [-1])
    counts = tf.math.unsorted_segment_sum(multiplicity, index, corner + 1)
    # Frequencies first: the segments of `unsorted_segment_sum` are rows.
    flat = tf.reshape(tf.transpose(power, [1, 2, 0]), [height * half, -1])
    sums = tf.math.unsorted_segment_sum(
        flat * multiplicity[:, None], index, corner + 1
    )
    return tf.transpose(sums / counts[:, None]) / _float(height * width)


def _bins(decibels, size, length, normalize):
    """Means of the line through the rings, over the bins; then the corner."""
    odd = size % 2  # Then no ring is at 1/2 itself: the last one stands there.
    last = decibels[:, -2:-1]
    line = tf.concat([decibels[:, 1:-1], last[:, :odd]], axis=1)
    knots = _float(tf.range(1, size // 2 + 1)) / _float(size)
    knots = tf.concat([knots, tf.fill([odd], tf.cast(0.5, tf.float64))], axis=0)
    edges = np.linspace(LOWEST_FREQUENCY, 0.5, length)
    bins = _means(line, knots, edges)
    bins = tf.concat([bins, decibels[:, -1:]], axis=1)
    if not normalize:
        return bins
    return bins - _means(line, knots, np.array(REFERENCE_BAND))


def _means(line, knots, edges):
    """Means between edges of lines through values at knots: exact integrals."""
    start, spacing = knots[:-1], knots[1:] - knots[:-1]
    # How much of each interval lies below each edge: [edges, intervals].
    below = tf.clip_by_value(
        edges[:, None] - start, tf.zeros_like(spacing), spacing
    )
    right = below**2 / (2 * spacing)
    integral = tf.matmul(line[:, :-1], below - right, transpose_b=True)
    integral += tf.matmul(line[:, 1:], right, transpose_b=True)
    return (integral[:, 1:] - integral[:, :-1]) / np.diff(edges)


def _float(integers):
    return tf.cast(integers, tf.float64)
