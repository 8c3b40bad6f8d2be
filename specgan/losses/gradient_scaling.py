"""Gradients of different losses, brought to one scale."""

import tensorflow as tf

from specgan.distribution import mean_over_replicas


def scaled_to(gradient, reference, ratio):
    """A gradient, scaled to a multiple of the norm of another one.

    The gradients of two losses on the same images may differ by any factor,
    and a fixed weight that suits one GAN drowns the other one in another GAN;
    a ratio of norms carries over.

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
