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
