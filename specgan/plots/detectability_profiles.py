"""Where detectors catch a generator.

Every function returns a matplotlib `Figure` or draws on axes; none touches
matplotlib's global state, so that they work in threads and without a display.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from specgan.metrics.detectability_profile import ROWS
from specgan.plots.style import COLOURS


def detectability(
    values: Mapping[str, float], evidence: Mapping[str, Any]
) -> Figure:
    """Where detectors catch a generator: which view, which frequencies.

    Args:
        values: Dictionary with `metrics.DetectabilityProfile.result()`, such
            as the "values" of `evaluate.json`.
        evidence: `metrics.DetectabilityProfile.evidence()`.

    Returns:
        A `Figure`. Left, the accuracy of every detector with its standard
        error, beside that of its control, real against real. Middle, ring by
        ring, the shift of the mean and the ratio of the spreads, with what
        chance alone does in 95 % of all cases. Right, the difference of the
        mean 2-D spectra.
    """
    figure = Figure(figsize=(16, 6), layout="constrained")
    parts: Any = figure.subfigures(1, 3, width_ratios=(1.2, 1.1, 1.05))
    left, middle, right = parts
    images = evidence["images"]
    figure.suptitle(
        "Where detectors catch the generator: spectra of "
        f"{images['fake']} generated and {images['real']} real images"
    )
    _accuracies(left.subplots(), values)
    _rings(middle.subplots(2, 1, sharex=True), evidence)
    _map(right.subplots(), evidence["map"])
    return figure


_KINDS = {
    "linear": (COLOURS[5], "linear: sees means"),
    "rbf": (COLOURS[3], "RBF: sees means and spread"),
}


def _accuracies(ax, values):
    """Bars from 0.5, the longer the worse, with those of the controls."""
    rows = [name for name in ROWS if f"detection_{name}" in values]
    places = range(len(rows))
    for kind, (colour, meaning) in _KINDS.items():
        of_kind = [i for i in places if kind in rows[i].split("_")]
        names = [f"detection_{rows[i]}" for i in of_kind]
        ax.barh(
            of_kind, [values[name] - 0.5 for name in names], left=0.5,
            height=0.6, color=colour, label=meaning,
            xerr=[values[f"{name}_std"] for name in names],
            error_kw={"linewidth": 1, "capsize": 2},
        )  # fmt: skip
    controls = [f"detection_{name}_control" for name in rows]
    ax.errorbar(
        [values[name] for name in controls], places, fmt="o",
        xerr=[values[f"{name}_std"] for name in controls], color="black",
        capsize=2, markersize=5, markerfacecolor="white", linewidth=1,
        label="control: real against real",
    )  # fmt: skip
    for place, name in enumerate(rows):
        ax.text(
            1.02, place, f"{values[f'detection_{name}']:.2f}", va="center",
            transform=ax.get_yaxis_transform(),
        )  # fmt: skip
    ax.axvline(0.5, color="black", linewidth=0.8)
    ax.set_yticks(places, [ROWS[name].label for name in rows])
    ax.invert_yaxis()
    ax.set_xlim(0.4, 1)
    ax.set_xlabel("0.5: as good as guessing; 1: always detected")
    ax.set_title("accuracy of fresh detectors on held-out images")
    ax.grid(alpha=0.25, axis="x")
    ax.legend(
        fontsize="small", loc="upper center", bbox_to_anchor=(0.35, -0.12),
        ncols=3, frameon=False, columnspacing=1,
    )  # fmt: skip


_RING_COLOURS = {"luma": "black", "R-Y": COLOURS[1], "B-Y": COLOURS[2]}


def _rings(axes, evidence):
    """The mean of every ring, and its spread, of generated against real."""
    shift, spread = axes
    frequencies = evidence["frequencies"]
    for name, ring in evidence["rings"].items():
        style = {"color": _RING_COLOURS[name], "label": name}
        shift.plot(frequencies, ring["shift"], **style)
        spread.plot(frequencies, ring["spread"], **style)
    # Of normal distributions; nearly so are powers of rings in dB.
    error = math.sqrt(sum(1 / n for n in evidence["images"].values()))
    chance = {"color": "black", "alpha": 0.15, "linewidth": 0}
    shift.axhspan(-1.96 * error, 1.96 * error, label="chance", **chance)
    ratio = math.exp(1.96 * error / math.sqrt(2))
    spread.axhspan(1 / ratio, ratio, **chance)
    shift.axhline(0, color="black", linewidth=0.8)
    spread.axhline(1, color="black", linewidth=0.8)
    # Linear up to 1, as far as single images overlap; beyond, logarithmic.
    shift.set_yscale("symlog", linthresh=1, linscale=1.5, subs=[])
    limit = max(3, *np.abs(shift.get_ylim()))
    _ticks(shift, (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100))
    shift.set_ylim(-limit, limit)
    shift.set_title("mean power of single images: generated minus real")
    shift.set_ylabel("standard deviations of real ones")
    spread.set_yscale("log", base=2)
    limit = max(2, *spread.get_ylim(), *np.divide(1, spread.get_ylim()))
    _ticks(spread, (0.1, 0.2, 0.5, 0.7, 1, 1.4, 2, 5, 10))
    spread.set_ylim(1 / limit, limit)
    spread.set_title("its spread from image to image: generated / real")
    spread.set_ylabel("ratio of standard deviations")
    spread.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    spread.set_xlim(0, 0.5)
    shift.legend(fontsize="small", ncols=4)
    for ax in axes:
        ax.grid(alpha=0.25)


def _ticks(ax, values):
    ax.set_yticks(values, [f"{value:g}" for value in values])
    ax.set_yticks([], minor=True)


def _map(ax, record):
    """The 2-D difference in dB; red where there is too much power."""
    difference = np.array(record["difference"])
    # One peak does not set the scale, and noise alone does not fill it.
    limit = max(2.0, np.percentile(np.abs(difference), 99.5))
    mesh = ax.pcolormesh(
        record["horizontal"], record["vertical"], difference,
        cmap="RdBu_r", vmin=-limit, vmax=limit,
    )  # fmt: skip
    ax.set_aspect("equal")
    ax.grid(color="black", alpha=0.15, linewidth=0.8)
    ax.invert_yaxis()
    ax.set_xticks([-0.5, -0.25, 0, 0.25, 0.5])
    ax.set_yticks([-0.5, -0.25, 0, 0.25, 0.5])
    ax.set_xlabel(
        "horizontal frequency (cycles per pixel)\n"
        "grids of period 2 show at 0.5, of period 4 at 0.25"
    )
    ax.set_ylabel("vertical frequency (cycles per pixel)")
    ax.set_title("2-D mean power of luma: generated minus real")
    ax.figure.colorbar(
        mesh, ax=ax, orientation="horizontal", extend="both", shrink=0.8,
        label="dB; red: too much, blue: too little",
    )  # fmt: skip
