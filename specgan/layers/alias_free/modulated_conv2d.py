from typing import Any

import keras
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose input channels are scaled by a style.

    StyleGAN2 scales the weights, of each image other ones. Scaling the input's
    channels, and the output's by what normalizes it, gives the same with one
    convolution for all images. Zero padding stands around the input; bias and
    nonlinearity are layers of their own.

    Formula, with input channels i, output channels o, kernel positions k, and
    W and s first divided by their root mean squares (of each output channel
    of W, of all of s):

    ```
    y[o] = d[o] sum_ik W[o, i, k] (s[i] g x[i])
    d[o] = 1 / sqrt(sum_i s[i]^2 sum_k W[o, i, k]^2 + 1e-8)
    ```

    Without demodulation d is 1, and W and s are what they are. The gain is
    `g = 1 / sqrt(m)`, where m is a moving average, over the images seen in
    training, of the mean square of x.

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer.
        padding: Number of zeros around the input, of at least 0.
        demodulate: Whether to normalize the output. Defaults to True.
        magnitude_half_life: Number of images after which half of m is new;
            None leaves the input as it is. Defaults to 20000.
        **kwargs: Arguments of `keras.layers.Layer`. Under a half-precision
            policy only the convolution is in half precision.

    Call arguments:
        inputs: `[batch, height, width, channels]`.
        styles: `[batch, channels]`.
        training: Whether to bring m up to date, with these inputs, first.

    Output shape:
        `[batch, height + 2 padding - kernel_size + 1, width + 2 padding -
        kernel_size + 1, filters]`.

    Raises:
        ValueError: If a number is out of range.

    Example:
    >>> layer = ModulatedConv2D(8, 3, padding=2)
    >>> layer(tf.ones([2, 16, 16, 4]), tf.ones([2, 4])).shape
    TensorShape([2, 18, 18, 8])

    Reference:
    - Karras et al., 2020, Section 2.2, Eq. 1 to 3
      (https://arxiv.org/abs/1912.04958)
    - Karras et al., 2021, Appendix B, magnitude (EMA)
      (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        padding: int = 0,
        demodulate: bool = True,
        magnitude_half_life: float | None = 20000,
        **kwargs: Any,
    ):
        # The styles stay in float32; `call` casts what it convolves.
        super().__init__(**{"autocast": False, **kwargs})
        require_positive_integer("filters", filters)
        require_positive_integer("kernel_size", kernel_size)
        if not isinstance(padding, int) or padding < 0:
            raise ValueError(
                "The padding is a number of zeros, an integer of at least 0. "
                f"Received: padding={padding!r}."
            )
        if magnitude_half_life is not None and not magnitude_half_life > 0:
            raise ValueError(
                "A half-life is a positive number of images, or None. "
                f"Received: magnitude_half_life={magnitude_half_life!r}."
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.padding = padding
        self.demodulate = demodulate
        self.magnitude_half_life = magnitude_half_life

    def build(self, inputs_shape: Shape, styles_shape: Shape) -> None:
        self.kernel = self.add_weight(
            shape=[
                self.kernel_size,
                self.kernel_size,
                inputs_shape[-1],
                self.filters,
            ],
            initializer=keras.initializers.RandomNormal(0.0, 1.0),
            autocast=False,
            name="kernel",
        )
        self.magnitude: Any = None
        if self.magnitude_half_life is not None:
            self.magnitude = self.add_weight(
                shape=[],
                initializer="ones",
                trainable=False,
                autocast=False,
                aggregation="mean",
                name="magnitude",
            )

    def call(
        self, inputs: TensorLike, styles: TensorLike, training: bool = False
    ) -> Tensor:
        kernel = tf.convert_to_tensor(self.kernel)
        styles = tf.cast(styles, tf.float32)
        if self.demodulate:
            kernel *= tf.math.rsqrt(
                tf.reduce_mean(kernel**2, axis=[0, 1, 2], keepdims=True)
            )
            styles *= tf.math.rsqrt(tf.reduce_mean(styles**2))
            power = tf.matmul(styles**2, tf.reduce_sum(kernel**2, axis=[0, 1]))
            scales = tf.math.rsqrt(power + 1e-8)  # [batch, filters]
        if self.magnitude is not None:
            if training:
                self._update_magnitude(inputs)
            styles *= tf.math.rsqrt(tf.convert_to_tensor(self.magnitude))
        dtype = self.compute_dtype
        inputs = tf.cast(inputs, dtype)
        inputs *= tf.cast(styles[:, None, None, :], dtype)
        outputs = self._convolution(inputs, tf.cast(kernel, dtype))
        if self.demodulate:
            outputs *= tf.cast(scales[:, None, None, :], dtype)
        return outputs

    def _convolution(self, inputs, kernel):
        # Not by `padding` of the convolution: with numbers there, both of its
        # gradients leave oneDNN, and take up to ten times as long.
        inputs = tf.pad(inputs, [[0, 0], *2 * [[self.padding] * 2], [0, 0]])
        return tf.nn.conv2d(inputs, kernel, strides=1, padding="VALID")

    def _update_magnitude(self, inputs):
        inputs = tf.cast(tf.stop_gradient(inputs), tf.float32)
        images = tf.shape(inputs)[0]
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        images = tf.cast(images * replicas, tf.float32)
        kept = 0.5 ** (images / self.magnitude_half_life)
        latest = tf.reduce_mean(inputs**2)
        self.magnitude.assign(latest + kept * (self.magnitude - latest))

    def compute_output_shape(
        self, inputs_shape: Shape, styles_shape: Shape | None = None
    ) -> Shape:
        batch, *size, _ = inputs_shape
        growth = 2 * self.padding - self.kernel_size + 1
        size = [None if length is None else length + growth for length in size]
        return (batch, *size, self.filters)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "padding": self.padding,
            "demodulate": self.demodulate,
            "magnitude_half_life": self.magnitude_half_life,
        }
        return {**base_config, **config}
