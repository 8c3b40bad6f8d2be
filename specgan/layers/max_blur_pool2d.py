from typing import Any

import keras

from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.layers.blur_pool2d import BlurPool2D
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class MaxBlurPool2D(keras.layers.Layer):
    """Max-pooling without aliasing: the maxima everywhere, then `BlurPool2D`.

    Max-pooling is a maximum around every pixel, of which every other is kept.
    The first moves with its input, the second does not: it is blurred before.

    Args:
        pool_size: Positive integer; side of the square whose maximum counts.
            Defaults to 2.
        strides: Positive integer. Defaults to 2.
        padding: `"valid"`, where the squares lie within the map, or `"same"`.
            Defaults to `"valid"`.
        blur_size: Positive integer; taps of the blur. Defaults to 4.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, ceil((height - pool_size + 1) / strides), ..., channels)` or,
        for `"same"`, `(batch, ceil(height / strides), ..., channels)`: by two
        from an even size, half of it.

    Raises:
        ValueError: If an argument is out of its range, or the maps are too
            small.

    Example:
    >>> MaxBlurPool2D()(keras.random.normal((1, 8, 6, 16))).shape
    TensorShape([1, 4, 3, 16])

    Reference:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
        2019, arXiv:1904.11486, Section 3.2 and Figure 2.
    """

    def __init__(
        self,
        pool_size: int = 2,
        strides: int = 2,
        padding: str = "valid",
        blur_size: int = 4,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("pool_size", pool_size)
        if padding not in ("valid", "same"):
            raise unknown_name("padding", padding, ["valid", "same"])
        self.pool_size = pool_size
        self.strides = strides
        self.padding = padding
        self.blur_size = blur_size
        self.maximum = keras.layers.MaxPool2D(
            pool_size,
            strides=1,
            padding=padding,
            data_format="channels_last",
            dtype=self.dtype_policy,
        )
        self.blur = BlurPool2D(blur_size, strides, dtype=self.dtype_policy)

    def build(self, input_shape: Shape) -> None:
        self.maximum.build(input_shape)
        self.blur.build(self.maximum.compute_output_shape(input_shape))

    def call(self, inputs: TensorLike) -> Tensor:
        return self.blur(self.maximum(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.blur.compute_output_shape(
            self.maximum.compute_output_shape(input_shape)
        )

    def get_config(self) -> Config:
        config = {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "blur_size": self.blur_size,
        }
        return {**super().get_config(), **config}
