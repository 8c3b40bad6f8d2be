import abc
from typing import Any

import keras
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


class UpsamplingUnit(keras.layers.Layer, abc.ABC):
    """A learned layer that doubles height and width.

    The interface that all up-sampling units share, so that a network takes any
    of them: `specgan.layers.upsampling.get` finds one by name. A unit is linear
    up to its bias; normalization and activation are layers of their own.

    Subclasses implement `upsample(inputs, kernel)`; one whose kernel has
    another shape overrides `kernel_shape(channels)`.

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer; height and width of the learned kernel.
            Defaults to 4.
        use_bias: Boolean; whether to add a learned constant to each output
            channel. Defaults to True.
        kernel_initializer: Initializer of the kernel. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, 2 * height, 2 * width, filters)`.

    Raises:
        ValueError: If `filters` or `kernel_size` is not a positive integer.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 4,
        *,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("filters", filters)
        require_positive_integer("kernel_size", kernel_size)
        self.filters = filters
        self.kernel_size = kernel_size
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        self.kernel = self.add_weight(
            name="kernel",
            shape=self.kernel_shape(channels),
            initializer=self.kernel_initializer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.filters,), initializer="zeros"
            )

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        """Shape of the learned kernel for a number of input channels."""
        return (self.kernel_size, self.kernel_size, channels, self.filters)

    @abc.abstractmethod
    def upsample(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        """Up-samples by two with a kernel.

        Args:
            inputs: Tensor `[batch, height, width, channels]`.
            kernel: Tensor of the shape `kernel_shape(channels)`.

        Returns:
            Tensor `[batch, 2 height, 2 width, filters]`.
        """

    def call(self, inputs: TensorLike) -> Tensor:
        outputs = self.upsample(inputs, self.kernel)
        if self.use_bias:
            outputs = _with_bias(outputs, tf.convert_to_tensor(self.bias))
        return outputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, _ = input_shape
        return (batch, _twice(height), _twice(width), self.filters)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
        return {**base_config, **config}


def _with_bias(maps, bias):
    """Add a constant to each channel, a row of the maps at a time.

    Not by `BiasAdd`, as Keras does: on a CPU TensorFlow sums its gradient in
    the maps' own type, and in bfloat16 a sum over 262,144 pixels grows no
    further at 256 times a summand. The few channels of images are also faster
    with the columns beside them.
    """
    shape = tf.shape(maps)
    rows = tf.reshape(maps, [-1, shape[2] * shape[3]])
    return tf.reshape(rows + tf.tile(bias, shape[2:3]), shape)


def _twice(length):
    return None if length is None else 2 * length
