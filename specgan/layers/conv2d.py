import functools

import keras
import tensorflow as tf

from specgan.signal.strided_convolution import convolution
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class Conv2D(keras.layers.Conv2D):
    """Keras' convolution, computed faster in three cases.

    The same layer: arguments, variables, outputs and gradients of all orders
    are those of `keras.layers.Conv2D` up to rounding. The cases:

    - stride 2 with `"same"` padding, by `specgan.signal.strided_convolution`;
    - no padding and a kernel as large as the input, which gives one number
      for each filter, as a product of matrices;
    - groups, by TensorFlow's kernel, where its gradient works: on GPUs, and on
      CPUs with oneDNN. Keras has XLA compile each such layer instead, every
      time that a step is traced.

    Args:
        *args, **kwargs: Those of `keras.layers.Conv2D`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, new height, new width, filters)`.

    Example:
    >>> layer = Conv2D(32, 4, strides=2, padding="same")
    >>> layer(keras.random.normal((8, 64, 64, 3))).shape
    TensorShape([8, 32, 32, 32])
    """

    def convolution_op(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        is_plain = self.data_format == "channels_last" and tuple(
            self.dilation_rate
        ) == (1, 1)
        if is_plain and self.groups > 1 and _grouped_gradients_work():
            return tf.nn.conv2d(
                inputs, kernel, self.strides, self.padding.upper()
            )
        is_plain = is_plain and self.groups == 1
        size = tuple(inputs.shape[1:3])
        if is_plain and self.padding == "valid" and self.kernel_size == size:
            kernel = keras.ops.reshape(kernel, (-1, self.filters))
            inputs = keras.ops.reshape(inputs, (-1, kernel.shape[0]))
            outputs = keras.ops.matmul(inputs, kernel)
            return keras.ops.reshape(outputs, (-1, 1, 1, self.filters))
        if is_plain and self.padding == "same" and self.strides == (2, 2):
            return convolution(inputs, kernel)
        return super().convolution_op(inputs, kernel)


@functools.cache
def _grouped_gradients_work():
    """Whether this CPU's convolution has gradients with groups: tried once."""
    with tf.init_scope(), tf.device("CPU:0"):
        try:
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=[1, 4, 4, 4],
                filter=tf.ones([3, 3, 2, 4]),
                out_backprop=tf.ones([1, 4, 4, 4]),
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
        except tf.errors.InvalidArgumentError:
            return False
    return True
