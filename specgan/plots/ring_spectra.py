"""1-D power spectra: of sets of images, and of single images.

Every function returns a matplotlib `Figure` or draws on axes; none touches
matplotlib's global state, so that they work in threads and without a display.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from specgan.plots.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specgan.metrics.spectrum_statistics import SpectrumStatistics

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""What is shown of single images: where nine tenths and one half of them are.
"""


def spectra(
    statistics: "Mapping[str, SpectrumStatistics]",
    title: str = "1-D power spectra",
) -> Figure:
    """1-D spectra, mean and spread, and their difference to the first.

    Args:
        statistics: Dictionary of names and `SpectrumStatistics`; the first is
            the reference, real images as a rule.
        title: Heading.

    Returns:
        A `Figure` of one panel, or of two where there is anything to compare.
    """
    panels = 2 if len(statistics) > 1 else 1
    figure = Figure(figsize=(6 * panels, 4.2), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    reference_name, reference = next(iter(statistics.items()))
    for (name, one), colour in zip(
        statistics.items(), _colours(len(statistics)), strict=True
    ):
        rings = slice(1, len(one.frequencies))
        frequencies = one.frequencies[rings]
        level, spread = one.decibels[rings], one.spread[rings]
        # The reference is drawn broad, to be seen under what matches it.
        broad = 3 if one is reference else 1.5
        axes[0].plot(
            frequencies, level, color=colour, linewidth=broad, label=name
        )
        axes[0].fill_between(
            frequencies, level - spread, level + spread, color=colour,
            alpha=0.12, linewidth=0,
        )  # fmt: skip
        if one is not reference:
            axes[1].plot(
                frequencies,
                level - reference.decibels[rings],
                color=colour,
                label=f"{name}: {one.rms_error(reference):.2f} dB rms, "
                f"{one.rms_error(reference, beyond=0.25):.2f} dB above "
                "0.25 /pixel",
            )
    axes[0].set_title(title)
    axes[0].set_ylabel("mean ring power (dB); band: ±1 sd of single images")
    if panels == 2:
        # Never less than 3 dB: two good spectra should look alike.
        limit = max(3.0, *np.abs(axes[1].get_ylim()))
        axes[1].set_ylim(-limit, limit)
        axes[1].axhline(0, color="black", linewidth=0.8)
        axes[1].axvspan(0.25, 0.5, color="black", alpha=0.04, linewidth=0)
        axes[1].set_title(f"difference to {reference_name}")
        axes[1].set_ylabel(
            "difference (dB); shaded: above half the Nyquist frequency"
        )
    for ax in axes:
        ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
        ax.set_xlim(0, 0.5)
        ax.grid(alpha=0.25)
        ax.legend(fontsize="small")
    return figure


def _colours(count):
    return [COLOURS[i % len(COLOURS)] for i in range(count)]


def single_image_spectra(
    real_rows: np.ndarray,
    fake_rows: np.ndarray,
    frequencies: np.ndarray,
    names: Sequence[str] = ("real images", "generated images"),
) -> Figure:
    """Spectra of single images: where most of them lie, and how they vary.

    Args:
        real_rows: `[n, M // 2]` ring powers of single images in dB, such as
            `SingleImageSpectra.levels`; columns beyond the frequencies, the
            corner, are left out.
        fake_rows: The same of generated images, of any number.
        frequencies: `[M // 2]` cycles per pixel.
        names: Of the two kinds.

    Returns:
        A `Figure` of three panels: the quantile bands, median, 25 to 75 and 5
        to 95 %; the same less the median of the real images; and how much
        more the generated images vary, ring by ring.
    """
    real, fake = (
        np.asarray(rows)[:, : len(frequencies)]
        for rows in (real_rows, fake_rows)
    )
    figure = Figure(figsize=(13, 6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[1.25, 1])
    draw_quantile_bands(
        figure.add_subplot(grid[:, 0]), real, fake, frequencies, names
    )
    draw_relative_bands(
        figure.add_subplot(grid[0, 1]), real, fake, frequencies, names
    )
    draw_spread_ratio(
        figure.add_subplot(grid[1, 1]), real, fake, frequencies, names
    )
    return figure


def draw_quantile_bands(
    axes: "Axes",
    real: np.ndarray,
    fake: np.ndarray,
    frequencies: np.ndarray,
    names: Sequence[str],
    colour: str = COLOURS[1],
) -> None:
    """Quantile bands of the spectra of single images, each with its name.

    Args:
        axes: Matplotlib's, to draw on.
        real: `[n, rings]` in dB; drawn in grey.
        fake: The same of generated images.
        frequencies: `[rings]` cycles per pixel.
        names: Of the two kinds.
        colour: Of the generated images.
    """
    _bands(axes, _quantiles(real, fake), frequencies, colour)
    _frequency_axis(axes)
    axes.set_title("spectra of single images")
    axes.set_ylabel("power (dB); bands: 50 % and 90 % of the images")
    # Spectra fall: there is room above them.
    for name, rows, shade, place, text in zip(
        names,
        (real, fake),
        (COLOURS[0], colour),
        (0.25, 0.55),
        (0.92, 0.76),
        strict=True,
    ):
        ring = int(place * (len(frequencies) - 1))
        axes.annotate(
            name,
            (frequencies[ring], np.quantile(rows[:, ring], QUANTILES[-1])),
            (place + 0.4, text),
            textcoords="axes fraction",
            ha="right",
            color=shade,
            fontsize=12,
            weight="bold",
            arrowprops={"arrowstyle": "-", "color": shade},
        )


def draw_relative_bands(
    axes: "Axes",
    real: np.ndarray,
    fake: np.ndarray,
    frequencies: np.ndarray,
    names: Sequence[str],
    colour: str = COLOURS[1],
) -> None:
    """The same bands less the median of the real images, each line named.

    Args:
        axes: Matplotlib's, to draw on.
        real: `[n, rings]` in dB; drawn in grey.
        fake: The same of generated images.
        frequencies: `[rings]` cycles per pixel.
        names: Of the two kinds.
        colour: Of the generated images.
    """
    quantiles = _quantiles(real, fake)
    quantiles = quantiles - quantiles[0, 2]  # [kind, quantile, ring]
    _bands(axes, quantiles, frequencies, colour)
    _frequency_axis(axes)
    # Never less than 6 dB: two good spectra should look alike. Axes that are
    # shared may have a larger limit already.
    limit = max(6.0, 1.1 * np.abs(quantiles).max(), *np.abs(axes.get_ylim()))
    axes.set_ylim(-limit, limit)
    axes.set_title("lines: how many of the images lie below")
    axes.set_ylabel(f"dB above the median of the {names[0]}")
    labels = [f"{100 * quantile:.0f} %" for quantile in QUANTILES]
    labels[2] = "median"
    gap = limit / 8
    for column, shade in enumerate((COLOURS[0], colour)):
        x = 1.01 + 0.13 * column
        places = _apart(quantiles[column, :, -1], gap)
        name = names[column].replace(" ", "\n")
        axes.text(
            x, 1.0, name, color=shade, weight="bold", transform=axes.transAxes
        )
        for place, label in zip(places, labels, strict=True):
            axes.text(
                x, place, label, color=shade, fontsize=8, va="center",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip


def draw_spread_ratio(
    axes: "Axes",
    real: np.ndarray,
    fake: np.ndarray,
    frequencies: np.ndarray,
    names: Sequence[str],
    colour: str = COLOURS[1],
) -> None:
    """How much more generated images vary than real ones, ring by ring.

    Args:
        axes: Matplotlib's, to draw on.
        real: `[n, rings]` in dB.
        fake: The same of generated images.
        frequencies: `[rings]` cycles per pixel.
        names: Of the two kinds.
        colour: Of the generated images.
    """
    ratio = fake.std(axis=0) / np.maximum(real.std(axis=0), 0.01)
    axes.axhline(1, color=COLOURS[0], linewidth=2)
    axes.plot(frequencies, ratio, color=colour, linewidth=2)
    _frequency_axis(axes)
    axes.set_ylim(0, max(2.0, 1.1 * np.max(ratio)))
    axes.set_title(f"spread, {names[1]} / {names[0]}")
    axes.set_ylabel("standard deviations")
    words: dict[str, Any] = {"color": "0.4", "style": "italic", "ha": "center"}
    words["transform"] = axes.transAxes
    axes.text(0.5, 0.04, "images too much alike", **words)
    axes.text(0.5, 0.95, "images vary too much", va="top", **words)


def _quantiles(*kinds):
    """`[kind, quantile, ring]` of some `[n, ring]`."""
    return np.array([np.quantile(rows, QUANTILES, axis=0) for rows in kinds])


def _bands(axes, quantiles, frequencies, colour):
    for levels, shade, opacity in zip(
        quantiles, (COLOURS[0], colour), (0.16, 0.25), strict=True
    ):
        for low, high in ((0, 4), (1, 3)):
            axes.fill_between(
                frequencies, levels[low], levels[high], color=shade,
                alpha=opacity, linewidth=0,
            )  # fmt: skip
        for level, width in zip(levels, (0.5, 0.5, 2, 0.5, 0.5), strict=True):
            axes.plot(frequencies, level, color=shade, linewidth=width)


def _frequency_axis(axes):
    axes.set_xlim(0, 0.5)
    axes.set_xlabel("coarse ← frequency (cycles per pixel) → fine")
    axes.grid(alpha=0.25)


def _apart(places, gap):
    """Ascending places, moved so that each is a gap above the one before."""
    steps = gap * np.arange(len(places))
    apart = np.maximum.accumulate(places - steps) + steps
    return apart - np.mean(apart - places)
