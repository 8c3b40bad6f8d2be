"""Rows of a batch, where replicas hold a part of it each."""

import tensorflow as tf


def gathered_over_replicas(rows):
    """The rows of all replicas, in their order, on every replica.

    Every replica must call it. Outside a distribution strategy, and with one
    replica, it gives the rows themselves.

    Args:
        rows: `[n, ...]`; n may differ between replicas.

    Returns:
        `[sum of n, ...]`, the same on every replica.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return rows
    return context.all_gather(rows, axis=0)
