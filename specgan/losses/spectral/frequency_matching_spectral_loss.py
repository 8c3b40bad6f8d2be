from typing import Any

import keras
import tensorflow as tf

from specgan.losses.spectral import batch_spectra
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class FrequencyMatchingSpectralLoss(SpectralLoss):
    """Squared error of the batch's mean 2-D amplitude spectrum (F-Match).

    Formula, with A the amplitudes of each channel (see
    `batch_spectra.amplitudes`), and means over the generated batch and over
    real images:

    ```
    distance = mean over u, v, c of (mean A_fake - mean A_real)^2
    ```

    In linear units: a frequency counts with its amplitude, so that the lowest
    ones, 60 dB above the highest of photographs, decide. It sees lattices,
    which means over rings do not, but no single image. The paper has it beside
    a discriminator that does not see high frequencies (F-Drop), which is not
    part of this loss.

    Args:
        weight: Factor of the term in the generator's loss. At the default its
            gradient is about as long as that of `DecibelSpectralLoss`, on
            faces of 32 px (`specgan suggest-weight`).
        **kwargs: For `SpectralLoss`.

    Reference:
    - Yamaguchi & Kanai, F-Drop&Match: GANs with a Dead Zone in the
      High-Frequency Domain, ICCV 2021, F-Match
      (https://arxiv.org/abs/2106.02343)
    """

    def __init__(self, weight: float = 400.0, **kwargs: Any):
        super().__init__(weight, **kwargs)

    def profile(self, images: TensorLike) -> Tensor:
        return batch_spectra.amplitudes(images)

    def call(
        self, fakes: TensorLike, reals: TensorLike | None = None
    ) -> Tensor:
        errors = batch_spectra.square_errors(
            self.profile(tf.cast(fakes, tf.float32)),
            self.target,
            self.image_shape,
        )
        return batch_spectra.plane_mean(errors, self.image_shape)
