"""Pictures of trainings without the drawing, a third of a tiny one's time."""

import types

import numpy as np

from specgan import plots
from specgan.callbacks import spectrum_monitor

FIGURES = (
    "spectra",
    "log_spectra",
    "single_image_spectra",
    "spectrum_difference",
    "error_history",
)


def draw_plainly(monkeypatch):
    """`SpectrumMonitor` writes grey squares; its numbers are all there."""
    stub = types.SimpleNamespace(
        QUANTILES=plots.QUANTILES,
        save=plots.save,
        to_pixels=lambda figure: np.full([8, 8, 3], 128, np.uint8),
        **dict.fromkeys(FIGURES, lambda *arguments: None),
    )
    monkeypatch.setattr(spectrum_monitor, "plots", stub)
