from typing import Any

import keras
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.signal.fir import binomial
from specgan.signal.interpolation import along_both_axes
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class BlurPool2D(keras.layers.Layer):
    """Takes every other pixel, after a blur: pooling without aliasing.

    Striding folds the frequencies beyond the new Nyquist frequency into those
    below. A binomial filter before it takes most of them away, so that the
    result changes little when the input moves by a pixel. In the place of
    average pooling; `MaxBlurPool2D` and `AntiAliasedConv2D` are for maxima and
    strided convolutions.

    Formula:
    `y[i] = sum_k taps[k] x[strides i + k - (kernel_size - 1) // 2]` along both
    axes, with the taps of `signal.fir.binomial`; beyond the border the image
    is mirrored, its last pixel not repeated.

    It is applied as a matrix along each axis, which on a CPU is faster than a
    depthwise convolution, above all in bfloat16, and differentiable any number
    of times.

    Args:
        kernel_size: Positive integer; taps of the blur. 1 is none, 2 a box, 3
            a triangle. Defaults to 4, which keeps the centre of maps of even
            size where it was.
        strides: Positive integer. Defaults to 2.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, height and width more than half
        `kernel_size`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), channels)`.

    Raises:
        ValueError: If an argument is not a positive integer, or the maps are
            too small to be mirrored.

    Example:
    >>> BlurPool2D()(keras.random.normal((1, 8, 6, 16))).shape
    TensorShape([1, 4, 3, 16])

    Reference:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
        2019, arXiv:1904.11486, Section 3.2.
    """

    def __init__(self, kernel_size: int = 4, strides: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        require_positive_integer("kernel_size", kernel_size)
        require_positive_integer("strides", strides)
        self.kernel_size = kernel_size
        self.strides = strides
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: TensorLike) -> Tensor:
        _require_mirror(inputs.shape, self.kernel_size)
        _, height, width, _ = keras.ops.shape(inputs)
        return along_both_axes(
            inputs, self._matrix(height), self._matrix(width)
        )

    def _matrix(self, length):
        """The matrix `[pooled length, length]` that pools along one axis."""
        taps = tf.constant(binomial(self.kernel_size), self.compute_dtype)
        pixels = self.strides * tf.range(_pooled(length, self.strides))
        offsets = tf.range(self.kernel_size) - (self.kernel_size - 1) // 2
        sources = tf.abs(pixels[:, None] + offsets)
        sources = length - 1 - tf.abs(length - 1 - sources)  # Mirrored.
        selected = tf.one_hot(sources, length, dtype=self.compute_dtype)
        return tf.reduce_sum(taps[:, None] * selected, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, channels = input_shape
        _require_mirror(input_shape, self.kernel_size)
        return (
            batch,
            _pooled(height, self.strides),
            _pooled(width, self.strides),
            channels,
        )

    def get_config(self) -> Config:
        config = {"kernel_size": self.kernel_size, "strides": self.strides}
        return {**super().get_config(), **config}


def _require_mirror(shape, kernel_size):
    for length in shape[1:3]:
        if length is not None and length <= kernel_size // 2:
            raise ValueError(
                "The maps are too small to be mirrored at their borders. "
                f"Expected more than {kernel_size // 2} pixels, half the "
                f"kernel's {kernel_size}. Received: {shape[1]} x {shape[2]}. "
                "Choose a smaller kernel, or pool less often."
            )


def _pooled(length, strides):
    return None if length is None else -(-length // strides)
