"""Metrics of generated images."""

from specgan.metrics.cached_features import CachedFeatures as CachedFeatures
from specgan.metrics.detectability_profile import (
    DetectabilityProfile as DetectabilityProfile,
)
from specgan.metrics.detection_score import DetectionScore as DetectionScore
from specgan.metrics.evaluation import Evaluation as Evaluation
from specgan.metrics.feature_network import FeatureNetwork as FeatureNetwork
from specgan.metrics.fractional_translation_equivariance import (
    FractionalTranslationEquivariance as FractionalTranslationEquivariance,
)
from specgan.metrics.frechet_inception_distance import (
    FrechetInceptionDistance as FrechetInceptionDistance,
)
from specgan.metrics.inception_features import (
    InceptionFeatures as InceptionFeatures,
)
from specgan.metrics.keras_features import KerasFeatures as KerasFeatures
from specgan.metrics.kernel_inception_distance import (
    KernelInceptionDistance as KernelInceptionDistance,
)
from specgan.metrics.precision_recall import PrecisionRecall as PrecisionRecall
from specgan.metrics.quarter_turn_equivariance import (
    quarter_turn_equivariance as quarter_turn_equivariance,
)
from specgan.metrics.rotation_equivariance import (
    RotationEquivariance as RotationEquivariance,
)
from specgan.metrics.shift_consistency import (
    ShiftConsistency as ShiftConsistency,
)
from specgan.metrics.single_image_spectra import (
    SingleImageSpectra as SingleImageSpectra,
)
from specgan.metrics.spectral_distances import (
    SpectralDistances as SpectralDistances,
)
from specgan.metrics.spectrum_statistics import (
    SpectrumStatistics as SpectrumStatistics,
)
from specgan.metrics.translation_equivariance import (
    TranslationEquivariance as TranslationEquivariance,
)
