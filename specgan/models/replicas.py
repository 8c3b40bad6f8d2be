"""Training on several replicas: what all models have to mind."""

import tensorflow as tf


def replicas():
    """Number of replicas, whose gradients Keras' optimizers sum."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def refuse_what_keras_cannot(compile_arguments):
    """Raise a `ValueError` for what fails under several replicas.

    Args:
        compile_arguments: Dictionary of arguments of `keras.Model.compile`.
    """
    if replicas() > 1 and (
        compile_arguments.get("jit_compile") is True
        or compile_arguments.get("steps_per_execution", 1) != 1
    ):
        raise ValueError(
            "Keras has no jit_compile=True and no steps_per_execution above "
            f"1 under several replicas. Received: {compile_arguments} with "
            f"{replicas()} replicas. Leave both out."
        )


def refuse_clipping_by_parts(optimizer):
    """Raise a `ValueError` if gradients would be clipped before they are added.

    Keras clips each replica's part of the gradient, which is another training
    on every number of replicas.

    Args:
        optimizer: A Keras optimizer.
    """
    clipping = {
        name: value
        for name in ("clipnorm", "clipvalue", "global_clipnorm")
        if (value := getattr(optimizer, name)) is not None
    }
    if replicas() > 1 and clipping:
        raise ValueError(
            "Keras clips the gradient of each replica and not their sum. "
            "Expected no clipping under several replicas. Received: "
            f"{clipping} with {replicas()} replicas. Train on one device, or "
            "without clipping."
        )


def reported(value):
    """A scalar of the logs, as the strategy in force can reduce it.

    Keras reduces the logs of several workers along their first axis, which a
    scalar has not.

    Args:
        value: A scalar tensor.

    Returns:
        The scalar, or under several workers a tensor of shape [1].
    """
    strategy = tf.distribute.get_strategy()
    if strategy.extended._in_multi_worker_mode():
        return tf.reshape(value, [1])
    return value
