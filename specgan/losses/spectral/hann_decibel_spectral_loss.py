from typing import Any

import keras
import tensorflow as tf

from specgan.losses.spectral.decibel_spectral_loss import DecibelSpectralLoss
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class HannDecibelSpectralLoss(DecibelSpectralLoss):
    """Distance of mean ring powers in decibels, under a Hann window.

    Opposite borders of a picture differ, and the transform takes their jump
    for an edge: its leakage hides the high frequencies of the picture itself.
    A window fades the borders out, as detectors do that see what
    `DecibelSpectralLoss` leaves. Each image's mean is subtracted first, since
    the window would let brightness leak from DC into the first ring.

    See `decibel_distance` for the formula.

    Args:
        weight: Factor of the term in the generator's loss.
        delta: Difference in dB from which the distance grows linearly.
        **kwargs: For `SpectralLoss`.

    Reference:
    - Durall et al., 2020, Section 3.2, for the idea of a spectral term
      (https://arxiv.org/abs/2003.01826)
    - Harris, On the Use of Windows for Harmonic Analysis with the Discrete
      Fourier Transform, 1978, for what leakage is and the window
    """

    def __init__(self, weight: float = 2.0, delta: float = 3.0, **kwargs: Any):
        super().__init__(weight, delta, window="hann", **kwargs)

    def profile(self, images: TensorLike) -> Tensor:
        mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
        return super().profile(images - mean)

    def get_config(self) -> Config:
        config = super().get_config()
        del config["window"]  # It has no other.
        return config
