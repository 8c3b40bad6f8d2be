from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer
from specgan.layers.alias_free import scaled_activations
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class EqualizedDense(keras.layers.Layer):
    """A dense layer whose weights are scaled when they are used.

    All weights are kept at about unit deviation and multiplied by what He's
    initialization would have drawn them with. An optimizer that normalizes its
    steps, like Adam, then changes all layers equally fast.

    Formula, with m the multiplier of the learning rate:

    ```
    y = activation(x W m / sqrt(inputs) + m b)
    ```

    Args:
        units: Positive integer; number of outputs.
        activation: None, or "leaky_relu": slope 0.2, times the root of 2.
        learning_rate_multiplier: Positive number; the kernel is drawn with
            deviation `weight_initial / learning_rate_multiplier` and the bias
            kept divided by it, so that their effect changes more slowly by
            this factor. Defaults to 1.
        bias_initial: Number, or one for each unit, that the effective bias
            begins with. Defaults to 0.
        weight_initial: Number of at least 0; deviation of the kernel before
            the scaling. Defaults to 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, inputs)`.

    Output shape:
        `(batch, units)`.

    Raises:
        ValueError: For an activation of another name, numbers out of range,
            or biases that are not one for each unit.

    Example:
    >>> EqualizedDense(4, "leaky_relu")(keras.random.normal([2, 3])).shape
    TensorShape([2, 4])

    Reference:
    - Karras et al., 2018, Section 4.1, equalized learning rate
      (https://arxiv.org/abs/1710.10196)
    - Karras et al., 2021, Appendix B (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        learning_rate_multiplier: float = 1.0,
        bias_initial: ArrayLike = 0.0,
        weight_initial: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("units", units)
        if not learning_rate_multiplier > 0:
            raise ValueError(
                "The multiplier of a learning rate is positive. Received: "
                f"learning_rate_multiplier={learning_rate_multiplier!r}."
            )
        if not weight_initial >= 0:
            raise ValueError(
                "The deviation of first weights is at least 0. "
                f"Received: weight_initial={weight_initial!r}."
            )
        if np.shape(bias_initial) not in ((), (units,)):
            raise ValueError(
                "First biases are one number, or one for each unit. Expected "
                f"{units} of them. Received: bias_initial={bias_initial!r}."
            )
        self.units = units
        self.activation = activation
        self.learning_rate_multiplier = learning_rate_multiplier
        # Arrays cannot be saved.
        self.bias_initial = np.asarray(bias_initial).tolist()
        self.weight_initial = weight_initial
        self._activate = scaled_activations.get(activation)
        self.input_spec = keras.layers.InputSpec(ndim=2)

    def build(self, input_shape: Shape) -> None:
        inputs = input_shape[-1]
        self.kernel = self.add_weight(
            shape=[inputs, self.units],
            initializer=keras.initializers.RandomNormal(
                0.0, self.weight_initial / self.learning_rate_multiplier
            ),
            name="kernel",
        )
        first = np.array(self.bias_initial) / self.learning_rate_multiplier
        first = np.broadcast_to(first, [self.units])
        self.bias = self.add_weight(
            shape=[self.units],
            initializer=lambda shape, dtype: tf.constant(first, dtype),
            name="bias",
        )
        self._gain = self.learning_rate_multiplier / inputs**0.5

    def call(self, inputs: TensorLike) -> Tensor:
        kernel = tf.cast(self.kernel * self._gain, inputs.dtype)
        bias = tf.cast(self.bias * self.learning_rate_multiplier, inputs.dtype)
        return self._activate(tf.matmul(inputs, kernel) + bias)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "units": self.units,
            "activation": self.activation,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "bias_initial": self.bias_initial,
            "weight_initial": self.weight_initial,
        }
        return {**base_config, **config}
