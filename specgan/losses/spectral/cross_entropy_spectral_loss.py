from typing import Any

import keras
import tensorflow as tf

from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.signal import spectrum
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


def cross_entropy_distance(
    profile: TensorLike, target: TensorLike, epsilon: float = 1e-7
) -> Tensor:
    """Binary cross-entropy between 1-D spectra relative to their DC power.

    Formula (Eq. 11 as printed; its 1/(M/2 - 1) is the mean over the rings
    k = 1..M/2-1, because ring 0 is 1 by definition and log(1 - 1) infinite):

    ```
    -1/(M/2 - 1) sum_k [target[k] log profile[k]
                        + (1 - target[k]) log(1 - profile[k])]
    ```

    Args:
        profile: `[batch, rings]` ring power relative to ring 0, of images in
            [0, 1]; clipped to [epsilon, 1 - epsilon].
        target: `[rings]` the mean of the same over real images.
        epsilon: Distance kept from the logarithm's poles.

    Returns:
        A scalar in nats, the mean over batch and rings; not 0 at equality but
        the target's own entropy.
    """
    rings = slice(1, profile.shape[-1] - 2)  # k = 1..M/2-1
    p = tf.clip_by_value(target[rings], epsilon, 1 - epsilon)
    q = tf.clip_by_value(profile[:, rings], epsilon, 1 - epsilon)
    return -tf.reduce_mean(p * tf.math.log(q) + (1 - p) * tf.math.log(1 - q))


@keras.saving.register_keras_serializable(package="specgan")
class CrossEntropySpectralLoss(SpectralLoss):
    """Eq. 11 of the paper as printed, made differentiable.

    Kept as the baseline: rings above half the Nyquist frequency carry less
    than 0.2 % of its weight, because a ring's share is its power relative to
    DC. Images are mapped to [0, 1] first; in [-1, 1] the DC power may vanish.

    See `cross_entropy_distance` for the formula.

    Args:
        weight: The paper's lambda; 2 for its DCGAN, 0.5 for its LSGAN.
        window: None or "hann".
        **kwargs: For `SpectralLoss`.

    Reference:
    - Durall et al., 2020, Eq. 11 (https://arxiv.org/abs/2003.01826)
    """

    def __init__(
        self, weight: float = 2.0, window: str | None = None, **kwargs: Any
    ):
        super().__init__(weight, **kwargs)
        spectrum.window_function(window, 2, 2)  # Raises for an unknown name.
        self.window = window

    def profile(self, images: TensorLike) -> Tensor:
        power = spectrum.azimuthal_integral((images + 1) / 2, self.window)
        return power / tf.maximum(power[:, :1], spectrum.QUANTIZATION_NOISE)

    def call(
        self, fakes: TensorLike, reals: TensorLike | None = None
    ) -> Tensor:
        return cross_entropy_distance(
            self.profile(tf.cast(fakes, tf.float32)), self.target
        )

    def get_config(self) -> Config:
        return {**super().get_config(), "window": self.window}
