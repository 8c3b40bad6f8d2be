"""Which step of a training it is, by the state of the model's optimizer.

The optimizer's variables are in every file, so that a resumed training counts
on.
"""

import keras
import tensorflow as tf

from specgan.models.keras_internals import gradients_taken
from specgan.models.keras_internals import uncast
from specgan.models.replicas import inner_optimizer
from specgan.models.stateless_rng import StatelessRNG
from specgan.typing import Tensor
from specgan.typing import TensorLike


def step_of(optimizer: keras.optimizers.Optimizer) -> Tensor:
    """Training steps taken so far.

    Args:
        optimizer: A Keras optimizer, which takes one gradient a step.

    Returns:
        Scalar integer. With gradient accumulation several of them make one
        update, of which alone `optimizer.iterations` tells.
    """
    return tf.convert_to_tensor(gradients_taken(inner_optimizer(optimizer)))


def steps_taken(model: keras.Model) -> int:
    """Generator steps that a compiled model has been trained, an integer."""
    return int(step_of(model.optimizer).numpy())


def step_rng(
    seed: TensorLike, optimizer: keras.optimizers.Optimizer
) -> StatelessRNG:
    """The random numbers of the training step that comes.

    A step that loss scaling leaves out does not count and is taken again; it
    halves the scale, by which the draws of the next attempt differ.

    Args:
        seed: Integer or scalar integer tensor.
        optimizer: A Keras optimizer.

    Returns:
        A `StatelessRNG`.
    """
    attempt = tf.constant(0)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        scale = uncast(optimizer.dynamic_scale)
        halvings = tf.math.log(optimizer.initial_scale / scale)
        halvings = tf.math.round(halvings / tf.math.log(2.0))
        attempt = tf.cast(tf.clip_by_value(halvings, -1e3, 1e3), tf.int32)
    return StatelessRNG(seed, step_of(optimizer), attempt)


def has_updated(optimizer: keras.optimizers.Optimizer) -> Tensor:
    """Whether the last training step moved the weights, a scalar of truth.

    Args:
        optimizer: A Keras optimizer; with gradient accumulation every n-th
            step does.
    """
    accumulated = inner_optimizer(optimizer).gradient_accumulation_steps or 1
    return step_of(optimizer) % accumulated == 0
