import math
from typing import Any

import keras
import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.losses.spectral import batch_spectra
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class FocalFrequencySpectralLoss(SpectralLoss):
    """Focal frequency loss between means over the batch and real images.

    The paper compares each image with its own original. A GAN's images have
    none, so that mean spectra are compared; frequencies that are farther off
    weigh more.

    Formula, with the spectra S of each channel; w has no gradient:

    ```
    D[u, v, c] = |mean S_fake - mean S_real|           frequency distance
    w[u, v, c] = D^alpha / (max over u, v of D^alpha)   dynamic weights
    distance   = mean over u, v, c of w D^2
    ```

    S are amplitudes, or with `phases` complex values, as averaged by the
    released code (`ave_spectrum`). The mean of complex values is the spectrum
    of the mean image, which has next to nothing at high frequencies, whatever
    single images have: it is there for comparison.

    Args:
        weight: Factor of the term in the generator's loss. At the default its
            gradient is about as long as that of `DecibelSpectralLoss`, on
            faces of 32 px (`specgan suggest-weight`).
        alpha: Exponent of the dynamic weights, at least 0; 0 weighs all
            frequencies alike.
        phases: Whether complex values are averaged.
        **kwargs: For `SpectralLoss`.

    Raises:
        ValueError: If `alpha` is negative or no number.

    Reference:
    - Jiang et al., Focal Frequency Loss for Image Reconstruction and
      Synthesis, ICCV 2021, Section 3, "Frequency distance" and "Dynamic
      spectrum weighting" (https://arxiv.org/abs/2012.12821)
    """

    def __init__(
        self,
        weight: float = 400.0,
        alpha: float = 1.0,
        phases: bool = False,
        **kwargs: Any,
    ):
        super().__init__(weight, **kwargs)
        if not is_number(alpha) or not 0 <= alpha < math.inf:
            raise invalid_argument(
                "alpha", "a number of at least 0, and finite", alpha
            )
        if phases not in (True, False):
            raise invalid_argument("phases", "True or False", phases)
        self.alpha = alpha
        self.phases = phases

    def profile(self, images: TensorLike) -> Tensor:
        if self.phases:
            return batch_spectra.complex_values(images)
        return batch_spectra.amplitudes(images)

    def call(
        self, fakes: TensorLike, reals: TensorLike | None = None
    ) -> Tensor:
        errors = batch_spectra.square_errors(
            self.profile(tf.cast(fakes, tf.float32)),
            self.target,
            self.image_shape,
        )
        weights = tf.pow(tf.stop_gradient(errors), self.alpha / 2)
        largest = tf.reduce_max(weights, axis=(1, 2), keepdims=True)
        weights = tf.math.divide_no_nan(weights, largest)
        return batch_spectra.plane_mean(weights * errors, self.image_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "phases": self.phases,
        }
