"""Activations that keep a signal's power, by name."""

from collections.abc import Callable

import tensorflow as tf

from specgan.errors import unknown_name
from specgan.typing import Tensor
from specgan.typing import TensorLike

SLOPE = 0.2
GAIN = 2**0.5


def linear(x: TensorLike) -> Tensor:
    """The signal itself."""
    return x


def scaled_leaky_relu(x: TensorLike) -> Tensor:
    """Leaky ReLU of slope 0.2, times the root of 2.

    Formula: `sqrt(2) max(x, 0.2 x)`

    Args:
        x: Tensor of any shape; zero-mean and symmetric, its power is kept (to
            within 4 %).

    Returns:
        A tensor of its shape.
    """
    return tf.nn.leaky_relu(x, SLOPE) * tf.cast(GAIN, x.dtype)


SCALED_ACTIVATIONS = {"linear": linear, "leaky_relu": scaled_leaky_relu}


def get(identifier: str | None) -> Callable[[TensorLike], Tensor]:
    """The activation of a name.

    Args:
        identifier: None, the same as "linear", or a key of
            `SCALED_ACTIVATIONS`.

    Returns:
        A function of a tensor.

    Raises:
        ValueError: For an unknown name.
    """
    if identifier is None:
        return linear
    if identifier not in SCALED_ACTIVATIONS:
        raise unknown_name("activation", identifier, SCALED_ACTIVATIONS)
    return SCALED_ACTIVATIONS[identifier]
