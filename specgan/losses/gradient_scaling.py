"""Gradients of different losses, brought to one scale."""

import tensorflow as tf

from specgan.distribution import mean_over_replicas


def scaled_to(gradient, reference, ratio):
    """A gradient, scaled to a multiple of the norm of another one.

    The gradients of two losses on the same images may differ by any factor:
    after 600 steps that of the decibels of chroma was 48 times, that of the
    decibels of luma 1.7 times the adversarial one of an LSGAN, and 9 and 0.3
    times that of a DCGAN (faces of 32 pixels). A fixed weight that suits one
    GAN drowns the other; a ratio of norms carries over.

    Formula: `gradient * ratio * |reference| / |gradient|`, with the Euclidean
    norm over the whole batch, that of all replicas together.

    Args:
        gradient: Tensor of any shape.
        reference: Tensor of the same shape.
        ratio: Number of at least 0.

    Returns:
        Tensor of the same shape, of norm `ratio * |reference|`; 0 where
        `gradient` is 0 everywhere.

    Example:
    >>> scaled_to(tf.constant([0.0, 8.0]), tf.constant([3.0, 4.0]), 0.5)
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([0. , 2.5], ...)>
    """
    norms = [
        tf.sqrt(mean_over_replicas(tf.reduce_sum(tf.square(one))))
        for one in (reference, gradient)
    ]
    return gradient * tf.math.divide_no_nan(ratio * norms[0], norms[1])
