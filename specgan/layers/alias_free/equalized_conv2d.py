from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.layers.alias_free import scaled_activations
from specgan.signal.fir import binomial
from specgan.signal.resample import resample
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class EqualizedConv2D(keras.layers.Layer):
    """A convolution whose weights are scaled when they are used.

    See `EqualizedDense`. With `downsampling` the maps are low-pass filtered by
    the binomial [1, 3, 3, 1] / 8 along both axes and halved, by the stride of
    the convolution itself where its kernel is larger than one pixel.

    Formula:

    ```
    y = clip(gain activation(x * W / sqrt(size^2 inputs) + b), +-gain clamp)
    ```

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Odd positive integer. Borders are padded with zeros.
        activation: None, or "leaky_relu": slope 0.2, times the root of 2.
        use_bias: Whether there is a bias. Defaults to True.
        downsampling: Whether the maps are halved. Defaults to False.
        gain: Number by which the output is multiplied. Defaults to 1.
        clamp: Largest magnitude before the gain, which keeps float16 from
            overflowing, or None for none. Defaults to None.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`; even sizes with `downsampling`.

    Output shape:
        `(batch, height, width, filters)`, halved with `downsampling`.

    Raises:
        ValueError: For an activation of another name, an even kernel, or odd
            sizes that are to be halved.

    Example:
    >>> layer = EqualizedConv2D(8, 3, "leaky_relu", downsampling=True)
    >>> layer(keras.random.normal([1, 32, 32, 4])).shape
    TensorShape([1, 16, 16, 8])

    Reference:
    - Karras et al., 2018, Section 4.1 (https://arxiv.org/abs/1710.10196)
    - Karras et al., 2020, Section 4.1, residual discriminator
      (https://arxiv.org/abs/1912.04958)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        activation: str | None = None,
        use_bias: bool = True,
        downsampling: bool = False,
        gain: float = 1.0,
        clamp: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("filters", filters)
        require_positive_integer("kernel_size", kernel_size)
        if kernel_size % 2 == 0:
            raise ValueError(
                "A kernel has a pixel in its middle. Expected an odd size. "
                f"Received: kernel_size={kernel_size}."
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = activation
        self.use_bias = use_bias
        self.downsampling = downsampling
        self.gain = gain
        self.clamp = clamp
        self._activate = scaled_activations.get(activation)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: Shape) -> None:
        if self.downsampling and (input_shape[1] % 2 or input_shape[2] % 2):
            raise ValueError(
                "Maps of odd sizes cannot be halved. Expected an even height "
                f"and width. Received: {input_shape[1]} and {input_shape[2]}."
            )
        size, inputs = self.kernel_size, input_shape[-1]
        self.kernel = self.add_weight(
            shape=[size, size, inputs, self.filters],
            initializer=keras.initializers.RandomNormal(0.0, 1.0),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=[self.filters], initializer="zeros", name="bias"
            )
        self._weight_gain = 1.0 / np.sqrt(size**2 * inputs)

    def call(self, inputs: TensorLike) -> Tensor:
        kernel = tf.cast(self.kernel * self._weight_gain, inputs.dtype)
        if self.downsampling:
            outputs = self._halved(inputs, kernel)
        else:
            outputs = tf.nn.conv2d(inputs, kernel, 1, "SAME")
        if self.use_bias:
            outputs += tf.cast(self.bias, outputs.dtype)
        outputs = self._activate(outputs) * tf.cast(self.gain, outputs.dtype)
        if self.clamp is not None:
            limit = tf.cast(self.clamp * self.gain, outputs.dtype)
            outputs = tf.clip_by_value(outputs, -limit, limit)
        return outputs

    def _halved(self, inputs, kernel):
        taps, half = binomial(4), self.kernel_size // 2
        if half == 0:
            inputs = resample(inputs, taps, down=2, padding=(1, 1))
            return tf.nn.conv2d(inputs, kernel, 1, "VALID")
        inputs = resample(inputs, taps, padding=(half + 1, half + 1))
        return tf.nn.conv2d(inputs, kernel, 2, "VALID")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, _ = input_shape
        step = 2 if self.downsampling else 1
        return (batch, height // step, width // step, self.filters)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "downsampling": self.downsampling,
            "gain": self.gain,
            "clamp": self.clamp,
        }
        return {**base_config, **config}
