"""What all plots share: colours, and how a figure becomes pixels."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colour-blind safe (Okabe and Ito, 2008); real images are black.
COLOURS = ["black", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"]
"""Colours of curves, which colour-blind readers tell apart."""


def to_pixels(figure: "Figure") -> np.ndarray:
    """A figure as `[height, width, 3]` uint8 pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
