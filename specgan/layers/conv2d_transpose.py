import keras

from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' transposed convolution, a product of matrices from one pixel.

    The same layer: arguments, variables, outputs and gradients are those of
    `keras.layers.Conv2DTranspose` up to rounding. Inputs of one pixel, as the
    latent values of a generator are, take one product with the kernel if
    there is neither padding nor a stride: `y[m, n] = kernel[m, n] x`.

    Args:
        *args, **kwargs: Those of `keras.layers.Conv2DTranspose`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, new height, new width, filters)`.

    Example:
    >>> layer = Conv2DTranspose(256, 4)
    >>> layer(keras.random.normal((8, 1, 1, 100))).shape
    TensorShape([8, 4, 4, 256])
    """

    def call(self, inputs: TensorLike) -> Tensor:
        if not self._is_product(inputs):
            return super().call(inputs)
        channels = inputs.shape[-1]
        kernel = keras.ops.reshape(self.kernel, (-1, channels))
        outputs = keras.ops.matmul(
            keras.ops.reshape(inputs, (-1, channels)),
            keras.ops.transpose(kernel),
        )
        outputs = keras.ops.reshape(
            outputs, (-1, *self.kernel_size, self.filters)
        )
        if self.use_bias:
            outputs = keras.ops.add(outputs, self.bias)
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs

    def _is_product(self, inputs):
        return (
            self.data_format == "channels_last"
            and tuple(inputs.shape[1:3]) == (1, 1)
            and self.padding == "valid"
            and self.strides == (1, 1)
            and self.dilation_rate == (1, 1)
            and self.output_padding is None
        )
