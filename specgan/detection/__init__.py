"""Detectors of generated images, from their spectra."""

from specgan.detection.export import export_detector as export_detector
from specgan.detection.exported_detector import (
    ExportedDetector as ExportedDetector,
)
from specgan.detection.official import grey_levels as grey_levels
from specgan.detection.official import official_spectrum as official_spectrum
from specgan.detection.paper_features import PAPER_FEATURES as PAPER_FEATURES
from specgan.detection.paper_features import PAPER_SVM as PAPER_SVM
from specgan.detection.paper_features import central_third as central_third
from specgan.detection.relative import bin_frequencies as bin_frequencies
from specgan.detection.relative import relative_spectrum as relative_spectrum
from specgan.detection.spectral_detector import (
    SpectralDetector as SpectralDetector,
)
from specgan.detection.spectral_features import (
    SpectralFeatures as SpectralFeatures,
)
