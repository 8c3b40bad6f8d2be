"""Spectral losses: how far the generator's 1-D spectrum is from the real one.

The paper's, its successors here and those of the literature, side by side, so
that they can be compared:

| name                 | distance                                  | effect on the generator |
|----------------------|-------------------------------------------|-------------------------|
| `distribution`       | of the distribution of single images'     | its own gradient, for   |
|                      | spectra, in dB: rings, plane and chroma   | the mean and the spread |
| `decibel`            | Huber distance of the batch's mean ring   | its own gradient, equal |
|                      | power to the target, in dB                | for all frequencies     |
| `hann_decibel`       | the same under a Hann window              | the same, of what the   |
|                      |                                           | borders' leakage hides  |
| `frequency_matching` | squared error of the batch's mean 2-D     | its own gradient, that  |
|                      | amplitudes                                | of the low frequencies  |
| `focal_frequency`    | the same, weighted by the error itself    | the same, more so       |
| `cross_entropy`      | Eq. 11 of the paper as printed            | its own gradient, under |
|                      |                                           | 0.2 % above half the    |
|                      |                                           | Nyquist frequency       |
| `scaling`            | what the authors' released code computes  | none: it multiplies the |
|                      |                                           | adversarial loss        |

Regularization of the spectrum of *images* has nothing to do with spectral
normalization, which bounds the spectral norm of *weights*.

Reference:
- Durall, Keuper & Keuper, 2020, Section 3.2, Eq. 10 and 11
  (https://arxiv.org/abs/2003.01826)
"""  # noqa: E501

import keras

from specgan.errors import unknown_name
from specgan.losses.spectral.cross_entropy_spectral_loss import (
    CrossEntropySpectralLoss as CrossEntropySpectralLoss,
)
from specgan.losses.spectral.cross_entropy_spectral_loss import (
    cross_entropy_distance as cross_entropy_distance,
)
from specgan.losses.spectral.decibel_spectral_loss import (
    DecibelSpectralLoss as DecibelSpectralLoss,
)
from specgan.losses.spectral.decibel_spectral_loss import (
    decibel_distance as decibel_distance,
)
from specgan.losses.spectral.distribution_spectral_loss import (
    DistributionSpectralLoss as DistributionSpectralLoss,
)
from specgan.losses.spectral.focal_frequency_spectral_loss import (
    FocalFrequencySpectralLoss as FocalFrequencySpectralLoss,
)
from specgan.losses.spectral.frequency_matching_spectral_loss import (
    FrequencyMatchingSpectralLoss as FrequencyMatchingSpectralLoss,
)
from specgan.losses.spectral.hann_decibel_spectral_loss import (
    HannDecibelSpectralLoss as HannDecibelSpectralLoss,
)
from specgan.losses.spectral.scaling_spectral_loss import (
    ScalingSpectralLoss as ScalingSpectralLoss,
)
from specgan.losses.spectral.scaling_spectral_loss import (
    released_cross_entropy as released_cross_entropy,
)
from specgan.losses.spectral.scaling_spectral_loss import (
    released_profile as released_profile,
)
from specgan.losses.spectral.spectral_loss import SpectralLoss as SpectralLoss
from specgan.typing import Config

SPECTRAL_LOSSES = {
    "distribution": DistributionSpectralLoss,
    "decibel": DecibelSpectralLoss,
    "hann_decibel": HannDecibelSpectralLoss,
    "frequency_matching": FrequencyMatchingSpectralLoss,
    "focal_frequency": FocalFrequencySpectralLoss,
    "cross_entropy": CrossEntropySpectralLoss,
    "paper": CrossEntropySpectralLoss,
    "scaling": ScalingSpectralLoss,
}


DEFAULT = "distribution"
"""What `spectral_regularization=True` of a GAN means."""


def get(
    identifier: str | bool | SpectralLoss | None, weight: float | None = None
) -> SpectralLoss | None:
    """The spectral loss of a name, or the object itself.

    Args:
        identifier: None or False (no spectral loss), True (`DEFAULT`), a key
            of `SPECTRAL_LOSSES`, or a `SpectralLoss`.
        weight: The weight of a loss that is made from its name; None leaves
            the loss's default.

    Returns:
        A `SpectralLoss` or None.

    Raises:
        ValueError: For an unknown name, or a weight with nothing to weigh.
    """
    arguments = {} if weight is None else {"weight": weight}
    if identifier is None or identifier is False:
        loss = None
    elif identifier is True:
        return SPECTRAL_LOSSES[DEFAULT](**arguments)
    elif isinstance(identifier, SpectralLoss):
        loss = identifier
    elif isinstance(identifier, str) and identifier in SPECTRAL_LOSSES:
        return SPECTRAL_LOSSES[identifier](**arguments)
    else:
        raise unknown_name("spectral loss", identifier, SPECTRAL_LOSSES)
    if weight is not None:
        raise ValueError(
            "A spectral weight belongs to a spectral loss given by name. "
            f"Received: weight={weight} with {identifier!r}. Turn spectral "
            "regularization on, or give the object its own weight."
        )
    return loss


def serialized(
    identifier: str | bool | SpectralLoss | None,
) -> str | bool | Config | None:
    """The same, as a configuration keeps it.

    True becomes the name of today's default, so that a file is read as it was
    written when the default has changed.

    Args:
        identifier: As for `get`.

    Returns:
        None, False, a name, or a dictionary.
    """
    if identifier is True:
        return DEFAULT
    if isinstance(identifier, SpectralLoss):
        return keras.saving.serialize_keras_object(identifier)
    return identifier


def as_written(config: Config) -> Config:
    """A model's configuration, with what True meant when it was written.

    Before "distribution" became the default, configurations held True where
    it meant "decibel"; since then they hold the name.

    Args:
        config: Dictionary with or without "spectral_regularization".

    Returns:
        A dictionary.
    """
    if config.get("spectral_regularization") is True:
        return {**config, "spectral_regularization": "decibel"}
    return config
