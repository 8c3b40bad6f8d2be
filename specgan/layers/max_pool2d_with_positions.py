from typing import Any

import keras
import tensorflow as tf

from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class MaxPool2DWithPositions(keras.layers.Layer):
    """Max-pooling by two that also returns the positions of the maxima.

    The encoder's half of max-unpooling: `MaxUnpool2D` puts values back at these
    positions. Of equal values the first counts (in rows, then columns), also
    for the gradient, so that the result is the same on every device.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, height and width even.

    Output shape:
        Two tensors `(batch, height / 2, width / 2, channels)`: the maxima, and
        as int32 their positions within their cells of 2 x 2 pixels,
        `2 * row + column`, 0 to 3.

    Raises:
        ValueError: If height or width is odd.

    Example:
    >>> maxima, positions = MaxPool2DWithPositions()(
    ...     np.array([[1.0, 2.0], [4.0, 3.0]]).reshape(1, 2, 2, 1)
    ... )
    >>> float(maxima[0, 0, 0, 0]), int(positions[0, 0, 0, 0])
    (4.0, 2)

    Reference:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional
        Networks", ECCV 2014, arXiv:1311.2901, Section 2.1: "switches".
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs: TensorLike) -> tuple[Tensor, Tensor]:
        _, height, width, channels = inputs.shape
        _require_even(height, width)
        cells = tf.nn.space_to_depth(inputs, 2)
        _, height, width, _ = keras.ops.shape(cells)
        cells = tf.reshape(cells, [-1, height, width, 4, channels])
        positions = tf.argmax(cells, axis=3, output_type=tf.int32)
        # Not `reduce_max`, which shares the gradient among equal values.
        chosen = tf.one_hot(positions, 4, True, False, axis=3)
        zero = tf.zeros([], cells.dtype)
        maxima = tf.reduce_sum(tf.where(chosen, cells, zero), axis=3)
        return maxima, positions

    def compute_output_shape(self, input_shape: Shape) -> tuple[Shape, Shape]:
        batch, height, width, channels = input_shape
        _require_even(height, width)
        shape = (batch, _half(height), _half(width), channels)
        return shape, shape

    def compute_output_spec(
        self, inputs: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        maxima, positions = self.compute_output_shape(inputs.shape)
        return (
            keras.KerasTensor(maxima, dtype=self.compute_dtype),
            keras.KerasTensor(positions, dtype="int32"),
        )


def _require_even(height, width):
    if (height or 0) % 2 or (width or 0) % 2:
        raise ValueError(
            "The maps cannot be pooled by two and unpooled again. Expected an "
            f"even height and width. Received: {height} x {width}. Pad or crop "
            "the maps."
        )


def _half(length):
    return None if length is None else length // 2
