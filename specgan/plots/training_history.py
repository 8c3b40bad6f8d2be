"""A training over its steps.

Every function returns a matplotlib `Figure` or draws on axes; none touches
matplotlib's global state, so that they work in threads and without a display.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from specgan.plots.style import COLOURS


def error_history(
    steps: ArrayLike, frequencies: ArrayLike, errors: ArrayLike
) -> Figure:
    """The error of every ring over the training, as a heat map.

    Args:
        steps: `[n]` generator steps at which the spectrum was measured.
        frequencies: `[rings]` cycles per pixel.
        errors: `[n, rings]` generated minus real, in dB.

    Returns:
        A `Figure`: training to the right, frequency upwards, red where there
        is too much power, blue where too little; ±6 dB.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    ax = figure.subplots()
    image = ax.pcolormesh(
        _edges(np.asarray(steps, float)),
        _edges(np.asarray(frequencies, float)),
        np.asarray(errors).T,
        cmap="RdBu_r",
        vmin=-6,
        vmax=6,
    )
    ax.axhline(0.25, color="black", linewidth=0.8, linestyle="--")
    ax.set_xlabel("generator steps")
    ax.set_ylabel("cycles per pixel (dashed: half the Nyquist frequency)")
    ax.set_title("spectral error, generated minus real")
    figure.colorbar(image, ax=ax, label="dB", extend="both")
    return figure


def quality_over_training(
    history: Sequence[Mapping[str, Any]], distance: str
) -> Figure:
    """A distance of images, FID say, against their spectral distance.

    Args:
        history: Measurements of `GeneratorEvaluation`: dictionaries with the
            "step" and the "values", `distance` and "spectral_distance" among
            them.
        distance: Name of the distance.

    Returns:
        A `Figure`: both over generator steps, on axes of their own, and one
        against the other, the training as a line from light to dark.

    Reference:
        Durall et al., 2020, Figures 12 to 14.
    """
    steps = [one["step"] for one in history]
    distances = [one["values"][distance] for one in history]
    errors = [one["values"]["spectral_distance"] for one in history]
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    twin = left.twinx()
    error_label = "spectral distance (dB rms)"
    label = distance.upper() if distance in ("fid", "kid") else distance
    for ax, values, name, colour in (
        (left, distances, label, COLOURS[2]),
        (twin, errors, error_label, COLOURS[1]),
    ):
        ax.plot(steps, values, color=colour, marker="o", markersize=3)
        ax.set_ylabel(name, color=colour)
        ax.tick_params(axis="y", colors=colour)
        ax.set_ylim(bottom=0)
    left.set_xlabel("generator steps")
    left.set_title("over training")
    right.plot(errors, distances, color="0.8", linewidth=1, zorder=1)
    points = right.scatter(errors, distances, c=steps, cmap="viridis_r")
    right.set_xlabel(error_label)
    right.set_ylabel(label)
    right.set_title("one against the other (both best at 0)")
    right.set_xlim(left=0)
    right.set_ylim(bottom=0)
    figure.colorbar(points, ax=right, label="generator steps")
    return figure


def _edges(centres):
    """Borders of the cells around centres, for `pcolormesh`."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middles = (centres[1:] + centres[:-1]) / 2
    return np.concatenate(
        [
            [2 * centres[0] - middles[0]],
            middles,
            [2 * centres[-1] - middles[-1]],
        ]
    )
