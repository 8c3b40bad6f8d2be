import keras
import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalization, in one kernel while it trains.

    The same layer: arguments, variables, outputs, gradients and moving
    averages are those of `keras.layers.BatchNormalization` up to rounding.
    Keras composes the normalization of training from a dozen operations in
    float32; TensorFlow's fused kernel reads and writes the maps once, in
    their own type, with float32 statistics.

    Formula:
    `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with mean and
    (biased) variance of each channel over batch, height and width.

    What the kernel does not do is left to Keras' own code: inference,
    inputs that are not `(batch, height, width, channels)` or are float64, an
    `axis` other than the last, masks, `renorm`, and `synchronized` statistics
    over several replicas.

    Args:
        *args, **kwargs: Those of `keras.layers.BatchNormalization`.

    Input shape:
        Any; the kernel takes `(batch, height, width, channels)`.

    Output shape:
        That of the input.

    Example:
    >>> layer = BatchNormalization(momentum=0.9)
    >>> layer(keras.random.normal((8, 4, 4, 16)), training=True).shape
    TensorShape([8, 4, 4, 16])

    Reference:
        Ioffe & Szegedy, ICML 2015, arXiv:1502.03167, Algorithm 1.
    """

    def call(
        self,
        inputs: TensorLike,
        training: bool | None = None,
        mask: TensorLike | None = None,
    ) -> Tensor:
        if not (training and self.trainable) or not self._fits_kernel(
            inputs, mask
        ):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        gamma = self.gamma if self.scale else tf.ones([channels])
        beta = self.beta if self.center else tf.zeros([channels])
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(gamma, tf.float32),
            offset=tf.cast(beta, tf.float32),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel's is the unbiased estimate n / (n - 1) times as large.
        count = tf.size(inputs, tf.int32) // channels
        variance *= tf.cast(
            tf.maximum(count - 1, 1) / tf.maximum(count, 1), tf.float32
        )
        for moving, batch in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            old = tf.cast(moving, tf.float32)
            moving.assign(old * self.momentum + batch * (1.0 - self.momentum))
        return outputs

    def _fits_kernel(self, inputs, mask):
        return (
            mask is None
            and not getattr(self, "renorm", False)  # Of Keras from 3.14 on.
            and not self.synchronized
            and self.axis in (-1, 3)
            and len(inputs.shape) == 4
            and inputs.dtype in ("float32", "float16", "bfloat16")
            and inputs.dtype == self.compute_dtype
        )
