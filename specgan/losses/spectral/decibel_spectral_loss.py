import math
from typing import Any

import keras
import tensorflow as tf

from specgan.distribution import mean_over_replicas
from specgan.errors import is_number
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.signal import spectrum
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


def decibel_distance(
    power: TensorLike, target: TensorLike, delta: float = 3.0
) -> Tensor:
    """Mean over rings of the Huber distance of two spectra in decibels.

    Formula, with D the difference in dB and ring 0 (the mean image, which the
    shape of a spectrum does not contain) left out:

    ```
    D[k] = 10 log10((power[k] + floor) / (target[k] + floor))
    huber(D) = D^2 / 2                   where |D| <= delta
               delta (|D| - delta / 2)   elsewhere
    distance = mean_k huber(D[k]),       k = 1..M//2, corner
    ```

    Args:
        power: `[rings]` mean ring power of a batch.
        target: `[rings]` mean ring power of real images.
        delta: Difference in dB from which the distance grows linearly, so
            that a spectral hole early in training cannot dominate.

    Returns:
        A scalar in squared dB (halved).
    """
    difference = spectrum.decibels(power) - spectrum.decibels(target)
    return huber(difference[1:], delta)


def huber(difference: TensorLike, delta: float = 3.0) -> Tensor:
    """Mean of half the square, from `delta` on of a straight line.

    Args:
        difference: Any shape, in dB.
        delta: Positive, in dB.

    Returns:
        A scalar in squared dB.
    """
    magnitude = tf.abs(difference)
    return tf.reduce_mean(
        tf.where(
            magnitude <= delta,
            0.5 * tf.square(magnitude),
            delta * (magnitude - 0.5 * delta),
        )
    )


@keras.saving.register_keras_serializable(package="specgan")
class DecibelSpectralLoss(SpectralLoss):
    """Robust distance of mean ring powers in decibels.

    Decibels weigh a factor of two the same at every frequency, where the power
    of photographs spans 60 dB; the *mean* over the batch is compared, so that
    single images keep their natural variation (1.6 to 2.7 dB). Under several
    replicas the mean is taken over all of them.

    See `decibel_distance` for the formula.

    Args:
        weight: Factor of the term in the generator's loss.
        delta: Difference in dB from which the distance grows linearly.
        window: None or "hann".
        **kwargs: For `SpectralLoss`.

    Example:
    >>> images = tf.random.stateless_normal([64, 32, 32, 3], [0, 0])
    >>> loss = DecibelSpectralLoss()
    >>> loss.adapt([images])
    >>> round(float(loss(2 * images)), 2)  # 6.02 dB: 3 * (6.02 - 3 / 2)
    13.56
    """

    def __init__(
        self,
        weight: float = 2.0,
        delta: float = 3.0,
        window: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(weight, **kwargs)
        if not is_number(delta) or not 0 < delta < math.inf:
            raise ValueError(
                "The distance from which a spectral loss grows linearly is a "
                f"positive, finite number. Received: delta={delta!r} dB."
            )
        spectrum.window_function(window, 2, 2)  # Raises for an unknown name.
        self.delta = delta
        self.window = window

    def profile(self, images: TensorLike) -> Tensor:
        return spectrum.azimuthal_integral(images, self.window)

    def call(
        self, fakes: TensorLike, reals: TensorLike | None = None
    ) -> Tensor:
        power = self.profile(tf.cast(fakes, tf.float32))
        power = mean_over_replicas(tf.reduce_mean(power, axis=0))
        return decibel_distance(power, self.target, self.delta)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "delta": self.delta,
            "window": self.window,
        }
