from typing import Any

import keras

from specgan.layers.blur_pool2d import BlurPool2D
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class AntiAliasedConv2D(keras.layers.Layer):
    """A strided convolution without aliasing.

    The convolution and its activation at full rate, then `BlurPool2D` in the
    place of the stride. It computes `strides^2` times what the strided one
    does; at the first layer of a network, where that is much, it may be left
    out.

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer; side of the convolution's kernel.
            Defaults to 3.
        strides: Positive integer. Defaults to 2.
        activation: Before the blur; a name, a function or None. Defaults to
            `"relu"`.
        blur_size: Positive integer; taps of the blur. Defaults to 4.
        use_bias: Boolean. Defaults to True.
        kernel_initializer: Initializer of the kernel. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: If an argument is out of its range, or the maps are too
            small for the blur.

    Example:
    >>> AntiAliasedConv2D(32)(keras.random.normal((1, 8, 6, 16))).shape
    TensorShape([1, 4, 3, 32])

    Reference:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
        2019, arXiv:1904.11486, Section 3.2.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 2,
        activation: Any = "relu",
        *,
        blur_size: int = 4,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.activation = keras.activations.get(activation)
        self.blur_size = blur_size
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.convolution = keras.layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            data_format="channels_last",
            activation=self.activation,
            use_bias=use_bias,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
        )
        self.blur = BlurPool2D(blur_size, strides, dtype=self.dtype_policy)

    def build(self, input_shape: Shape) -> None:
        self.convolution.build(input_shape)
        self.blur.build(self.convolution.compute_output_shape(input_shape))

    def call(self, inputs: TensorLike) -> Tensor:
        return self.blur(self.convolution(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.blur.compute_output_shape(
            self.convolution.compute_output_shape(input_shape)
        )

    def get_config(self) -> Config:
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "activation": keras.activations.serialize(self.activation),
            "blur_size": self.blur_size,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
        return {**super().get_config(), **config}
