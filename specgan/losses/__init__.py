"""Losses, each family in one file to be read side by side."""

from specgan.losses import adversarial as adversarial
from specgan.losses import spectral as spectral
from specgan.losses.adversarial import Hinge as Hinge
from specgan.losses.adversarial import LeastSquares as LeastSquares
from specgan.losses.adversarial import NonSaturating as NonSaturating
from specgan.losses.adversarial import (
    RelativisticPairing as RelativisticPairing,
)
from specgan.losses.adversarial import Wasserstein as Wasserstein
from specgan.losses.spectral import (
    CrossEntropySpectralLoss as CrossEntropySpectralLoss,
)  # noqa: E501
from specgan.losses.spectral import DecibelSpectralLoss as DecibelSpectralLoss
from specgan.losses.spectral import (
    DistributionSpectralLoss as DistributionSpectralLoss,
)
from specgan.losses.spectral import (
    FocalFrequencySpectralLoss as FocalFrequencySpectralLoss,
)
from specgan.losses.spectral import (
    FrequencyMatchingSpectralLoss as FrequencyMatchingSpectralLoss,
)
from specgan.losses.spectral import (
    HannDecibelSpectralLoss as HannDecibelSpectralLoss,
)
from specgan.losses.spectral import ScalingSpectralLoss as ScalingSpectralLoss
