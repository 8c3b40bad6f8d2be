import keras
import tensorflow as tf

from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class MaxUnpool2D(keras.layers.Layer):
    """Max-unpooling: doubles maps, each value where a maximum was.

    The other pixels become 0. The up-sampling of auto-encoders: the positions
    come from the `MaxPool2DWithPositions` of the encoder at the same size, the
    maps from the decoder. It has no weights; a convolution should follow.

    It is zero insertion with zeros that move. Where the value lands depends on
    the signal, so that there is no fixed linear response: over white noise
    (`specgan.signal.responses.measured_power_response`) its power response is
    1 at every frequency. The replica stays whole, as with zero insertion, and
    the convolutions that follow must remove it.

    Formula:
    `y[2i + row, 2j + column] = maps[i, j]` where
    `positions[i, j] = 2 * row + column`, else 0; in each channel.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        maps: Tensor `(batch, height, width, channels)`.
        positions: Integer tensor of the same shape, values 0 to 3.

    Output shape:
        `(batch, 2 * height, 2 * width, channels)`.

    Raises:
        ValueError: If maps and positions differ in shape.

    Example:
    >>> from specgan.layers import MaxPool2DWithPositions, MaxUnpool2D
    >>> images = keras.random.normal((1, 8, 8, 3))
    >>> maxima, positions = MaxPool2DWithPositions()(images)
    >>> MaxUnpool2D()(maxima, positions).shape
    TensorShape([1, 8, 8, 3])

    Reference:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional
        Networks", ECCV 2014, arXiv:1311.2901, Section 2.1: "unpooling".
        Badrinarayanan, Kendall & Cipolla, "SegNet", arXiv:1511.00561.
    """

    def call(self, maps: TensorLike, positions: TensorLike) -> Tensor:
        _require_same_shape(maps.shape, positions.shape)
        _, height, width, channels = keras.ops.shape(maps)
        chosen = tf.one_hot(positions, 4, True, False, axis=3)
        zero = tf.zeros([], maps.dtype)
        cells = tf.where(chosen, maps[:, :, :, None], zero)
        cells = tf.reshape(cells, [-1, height, width, 4 * channels])
        return tf.nn.depth_to_space(cells, 2)

    def compute_output_shape(
        self, maps_shape: Shape, positions_shape: Shape
    ) -> Shape:
        _require_same_shape(maps_shape, positions_shape)
        batch, height, width, channels = maps_shape
        return (batch, _twice(height), _twice(width), channels)


def _require_same_shape(maps_shape, positions_shape):
    maps, positions = tuple(maps_shape), tuple(positions_shape)
    if len(maps) != 4 or not tf.TensorShape(maps).is_compatible_with(positions):
        raise ValueError(
            "The maps do not fit the positions. Expected two tensors of one "
            "shape [batch, height, width, channels]. "
            f"Received: maps {maps}, positions {positions}. Give the decoder's "
            "maps as many channels as the encoder's had where they were pooled."
        )


def _twice(length):
    return None if length is None else 2 * length
