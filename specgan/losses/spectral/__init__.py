"""Spectral losses: how far the generator's 1-D spectrum is from the real one.

Three formulations, side by side, so that they can be compared:

| name            | distance                                  | effect on the generator |
|-----------------|-------------------------------------------|-------------------------|
| `decibel`       | Huber distance of the batch's mean ring   | its own gradient, equal |
|                 | power to the target, in dB                | for all frequencies     |
| `cross_entropy` | Eq. 11 of the paper as printed            | its own gradient, under |
|                 |                                           | 0.2 % beyond half       |
|                 |                                           | Nyquist                 |
| `scaling`       | what the authors' released code computes  | none: it multiplies the |
|                 |                                           | adversarial loss        |

Regularization of the spectrum of *images* has nothing to do with spectral
normalization, which bounds the spectral norm of *weights*.

Reference:
- Durall, Keuper & Keuper, 2020, Section 3.2, Eq. 10 and 11
  (https://arxiv.org/abs/2003.01826)
"""  # noqa: E501

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

SPECTRAL_LOSSES = {
    "distribution": DistributionSpectralLoss,
    "decibel": DecibelSpectralLoss,
    "cross_entropy": CrossEntropySpectralLoss,
    "paper": CrossEntropySpectralLoss,
    "scaling": ScalingSpectralLoss,
}


def get(identifier, weight=None):
    """The spectral loss of a name, or the object itself.

    Args:
        identifier: None or False (no spectral loss), True (the default,
            `DecibelSpectralLoss`), a key of `SPECTRAL_LOSSES`, or a
            `SpectralLoss`.
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
        return DecibelSpectralLoss(**arguments)
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
