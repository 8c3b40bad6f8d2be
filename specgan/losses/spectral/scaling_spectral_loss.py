from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.distribution import mean_over_replicas
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.signal import spectrum
from specgan.typing import Tensor
from specgan.typing import TensorLike


def released_profile(images: TensorLike) -> Tensor:
    """The 1-D spectrum as the authors' released training script computes it.

    Ring mean of `20 ln|F + 1e-8|` on rings `floor(r)` centred half a pixel
    beside DC, first and last ring dropped, scaled to [0, 1] image by image.

    Args:
        images: `[batch, size, size, channels]`.

    Returns:
        `[batch, rings]`; 88 rings at 128 px.
    """
    grey = spectrum.luminance(images)
    height, width = grey.shape[1:]
    rows, columns = np.indices((height, width))
    radius = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    index = np.fft.ifftshift(radius.astype(np.int32)).ravel()
    transform = tf.signal.fft2d(tf.complex(grey, tf.zeros_like(grey)))
    log_amplitude = 20 * tf.math.log(tf.abs(transform + 1e-8))
    ring_means = tf.transpose(
        tf.math.unsorted_segment_mean(
            tf.transpose(tf.reshape(log_amplitude, [-1, index.size])),
            index,
            index.max() + 1,
        )
    )[:, 1:-1]
    low = tf.reduce_min(ring_means, axis=1, keepdims=True)
    high = tf.reduce_max(ring_means, axis=1, keepdims=True)
    return (ring_means - low) / (high - low)


def released_cross_entropy(
    fake_profile: TensorLike, real_profile: TensorLike
) -> Tensor:
    """Cross-entropy with the arguments in the released code's order.

    Input real, target generated (the paper's order is the other one), the
    i-th of a batch against the i-th, logarithms not below -100.

    Args:
        fake_profile: `[batch, rings]` in [0, 1], generated images.
        real_profile: Same shape, real images.

    Returns:
        A scalar in nats.
    """
    log_real = tf.maximum(tf.math.log(real_profile), -100.0)
    log_other = tf.maximum(tf.math.log(1 - real_profile), -100.0)
    return -tf.reduce_mean(
        fake_profile * log_real + (1 - fake_profile) * log_other
    )


@keras.saving.register_keras_serializable(package="specgan")
class ScalingSpectralLoss(SpectralLoss):
    """What the authors' released code really does: no spectral gradient.

    It detaches both spectra, so that the generator's loss becomes
    `g_loss (1 + weight c)` with a number c that is nearly constant. Its only
    effect is on the size of the adversarial gradient, which Adam cancels. For
    comparison, not for use.

    See `released_profile` and `released_cross_entropy`. It compares with the
    real images of the same batch; the target is stored but not used.

    Args:
        weight: The released code's `lambda_freq`; 1e-5 by its default, 2 in
            the paper's text for DCGAN.
        **kwargs: For `SpectralLoss`.

    Reference:
    - Durall et al., 2020, Eq. 10 and the authors' `train_spectrum` script
      (https://github.com/cc-hpc-itwm/UpConv, issues 5 and 13)
    """

    def __init__(self, weight: float = 2.0, **kwargs: Any):
        super().__init__(weight, **kwargs)

    def profile(self, images: TensorLike) -> Tensor:
        return released_profile(images)

    def call(self, fakes: TensorLike, reals: TensorLike) -> Tensor:
        distance = released_cross_entropy(
            self.profile(tf.cast(fakes, tf.float32)),
            self.profile(tf.cast(reals, tf.float32)),
        )
        # Of all replicas: it is multiplied with each one's loss.
        return tf.stop_gradient(mean_over_replicas(distance))

    def penalty(
        self, distance: TensorLike, adversarial_loss: TensorLike
    ) -> Tensor:
        return self.weight * distance * adversarial_loss
