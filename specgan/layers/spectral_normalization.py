from typing import Any

import keras
import tensorflow as tf

from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class SpectralNormalization(keras.layers.Wrapper):
    """A convolution or dense layer whose kernel has the spectral norm 1.

    Formula, with W the kernel as a matrix `[inputs, filters]`:

    ```
    y = W x / sigma + b,   sigma = v^T W u
    v = W u / |W u|,  u = W^T v / |W^T v|   (once in each training call)
    ```

    u and v count as constants in the gradient, sigma does not (Eq. 12 of the
    paper). `keras.layers.SpectralNormalization` instead overwrites the kernel
    with the normalized one in each training call: sigma is left out of the
    gradient, and in half precision what is written back is rounded.

    All of sigma is computed in float32 whatever the dtype policy.

    Args:
        layer: A Keras layer with a `kernel` whose last axis are the filters.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        That of the layer.

    Output shape:
        That of the layer.

    Raises:
        ValueError: If the layer has no kernel.

    Example:
    >>> layer = SpectralNormalization(keras.layers.Conv2D(8, 3))
    >>> layer(keras.random.normal([2, 16, 16, 3]), training=True).shape
    TensorShape([2, 14, 14, 8])

    Reference:
    - Miyato et al., 2018, Eq. 8 to 12 and Algorithm 1
      (https://arxiv.org/abs/1802.05957)
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any):
        # The kernel stays in float32; the layer casts what it convolves.
        super().__init__(
            layer, **{**kwargs, "dtype": "float32", "autocast": False}
        )

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        kernel = getattr(self.layer, "kernel", None)
        if kernel is None:
            raise ValueError(
                "Only a kernel has a spectral norm. Expected a convolution or "
                "a dense layer. Received: a layer of class "
                f"{type(self.layer).__name__}."
            )
        self.vector_u = self.add_weight(
            shape=[1, kernel.shape[-1]],
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            aggregation="only_first_replica",
            dtype="float32",
            name="vector_u",
        )

    def call(self, inputs: TensorLike, training: bool = False) -> Tensor:
        outputs = self.layer(inputs)
        scale = tf.cast(1.0 / self._spectral_norm(training), outputs.dtype)
        bias = getattr(self.layer, "bias", None)
        if bias is None:
            return outputs * scale
        # The layer has added its bias already.
        bias = tf.cast(bias, outputs.dtype)
        return outputs * scale + bias * (1 - scale)

    def _spectral_norm(self, training):
        kernel = tf.cast(self.layer.kernel, tf.float32)
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        fixed = tf.stop_gradient(matrix)
        u = tf.convert_to_tensor(self.vector_u)
        v = tf.math.l2_normalize(tf.matmul(u, fixed, transpose_b=True))
        if training:
            u = tf.math.l2_normalize(tf.matmul(v, fixed))
            self.vector_u.assign(u)
        return tf.reduce_sum(tf.matmul(v, matrix) * u)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.compute_output_shape(input_shape)
