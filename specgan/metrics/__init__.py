"""Measures of generated images."""

from specgan.metrics.spectrum_statistics import (
    SpectrumStatistics as SpectrumStatistics,
)
