"""Batches of which replicas hold a part each: means and rows of the whole."""

import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike


def mean_over_replicas(value: TensorLike) -> Tensor:
    """The mean of a value over all replicas, differentiable.

    Every replica must call it. Outside a distribution strategy, and with one
    replica, it gives the value itself.

    Args:
        value: A tensor of the same shape on every replica, such as the mean
            over its part of the batch; the parts being equally large, the
            result is the mean over the batch.

    Returns:
        A tensor of that shape, the same on every replica.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, value)


def gathered_over_replicas(rows: TensorLike) -> Tensor:
    """The rows of all replicas, in their order, on every replica.

    Differentiable. Every replica must call it. Outside a distribution
    strategy, and with one replica, it gives the rows themselves.

    Args:
        rows: `[n, ...]`; n may differ between replicas.

    Returns:
        `[sum of n, ...]`, the same on every replica.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return rows
    return context.all_gather(rows, axis=0)
