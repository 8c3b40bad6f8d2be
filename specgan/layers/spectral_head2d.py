from typing import Any

import keras

from specgan.errors import require_positive_integer
from specgan.layers.up_conv2d import UpConv2D
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class SpectralHead2D(keras.layers.Layer):
    """The last up-sampling of a generator, followed by large convolutions.

    The paper ends its generators with it, in place of the last up-sampling
    unit: interpolation by two, then `depth` convolutions `kernel_size` wide, so
    that the network has enough filter left after the last up-sampling to shape
    the highest frequencies. All convolutions but the last have `filters` maps
    and `activation`; the last gives `channels` maps and is linear.

    The authors' released code has no nonlinearity between the convolutions:
    `activation=None`. The three 5 x 5 convolutions then are one 13 x 13
    convolution (away from the border), with a kernel of limited rank: more
    steps to compute a smaller family of filters.

    Args:
        channels: Positive integer; number of output channels: 1 or 3 for
            images.
        filters: Positive integer; number of maps in between.
        kernel_size: Positive integer; of every convolution. Defaults to 5.
        depth: Positive integer; number of convolutions. Defaults to 3.
        interpolation: As in `UpConv2D`. Defaults to `"nearest"`.
        activation: Activation between the convolutions, or None for none.
            Defaults to `"relu"`.
        kernel_initializer: Initializer of all kernels. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, input channels)`.

    Output shape:
        `(batch, 2 * height, 2 * width, channels)`.

    Raises:
        ValueError: If a number is not a positive integer, or no interpolation
            has that name.

    Example:
    >>> head = SpectralHead2D(channels=3, filters=32)
    >>> head(keras.random.normal((1, 32, 32, 64))).shape
    TensorShape([1, 64, 64, 3])

    Reference:
        Durall, Keuper & Keuper, CVPR 2020, arXiv:2003.01826, Section 3: larger
        filters after the last up-sampling, three layers of 5 x 5.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel_size: int = 5,
        depth: int = 3,
        *,
        interpolation: str = "nearest",
        activation: Any = "relu",
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("channels", channels)
        require_positive_integer("filters", filters)
        require_positive_integer("depth", depth)
        self.channels = channels
        self.filters = filters
        self.kernel_size = kernel_size
        self.depth = depth
        self.interpolation = interpolation
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(ndim=4)
        maps = [filters] * (depth - 1) + [channels]
        # Each convolution draws its own kernel: an initializer that is shared
        # would give equal shapes equal values.
        initializer = keras.initializers.serialize(self.kernel_initializer)
        self.up_convolution = UpConv2D(
            maps[0],
            kernel_size,
            interpolation=interpolation,
            kernel_initializer=initializer,
            dtype=self.dtype_policy,
        )
        self.convolutions = [
            keras.layers.Conv2D(
                count,
                kernel_size,
                padding="same",
                kernel_initializer=initializer,
                dtype=self.dtype_policy,
            )
            for count in maps[1:]
        ]

    def build(self, input_shape: Shape) -> None:
        self.up_convolution.build(input_shape)
        shape = self.up_convolution.compute_output_shape(input_shape)
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)

    def call(self, inputs: TensorLike) -> Tensor:
        outputs = self.up_convolution(inputs)
        for convolution in self.convolutions:
            outputs = convolution(self.activation(outputs))
        return outputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape = self.up_convolution.compute_output_shape(input_shape)
        return (*shape[:-1], self.channels)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "channels": self.channels,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "depth": self.depth,
            "interpolation": self.interpolation,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
        return {**base_config, **config}
