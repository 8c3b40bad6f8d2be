"""2-D power spectra and their differences.

Every function returns a matplotlib `Figure` or draws on axes; none touches
matplotlib's global state, so that they work in threads and without a display.
"""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from specgan.signal import decibels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from specgan.metrics.spectrum_statistics import SpectrumStatistics


def log_spectra(statistics: "Mapping[str, SpectrumStatistics]") -> Figure:
    """2-D mean log spectra, DC in the centre, on one scale of decibels.

    Args:
        statistics: Dictionary of names and `SpectrumStatistics`.

    Returns:
        A `Figure` with a panel each.
    """
    figure = Figure(
        figsize=(3.4 * len(statistics) + 0.8, 3.6), layout="constrained"
    )
    axes = figure.subplots(1, len(statistics), squeeze=False)[0]
    levels = [decibels(one.mean_spectrum) for one in statistics.values()]
    low = min(np.min(level) for level in levels)
    high = max(np.percentile(level, 99.5) for level in levels)
    for ax, name, level in zip(axes, statistics, levels, strict=True):
        image = ax.imshow(
            level, cmap="magma", vmin=low, vmax=high,
            extent=(-0.5, 0.5, 0.5, -0.5), interpolation="nearest",
        )  # fmt: skip
        ax.set_title(name)
        ax.set_xlabel("cycles per pixel")
        ax.set_xticks([-0.5, 0, 0.5])
        ax.set_yticks([-0.5, 0, 0.5])
    figure.colorbar(image, ax=list(axes), label="mean power (dB)")
    return figure


def spectrum_difference(
    real: np.ndarray, fake: np.ndarray, title: str = "generated less real"
) -> Figure:
    """The 2-D difference of mean spectra, DC in the centre; up to ±6 dB.

    Args:
        real: `[height, width]` mean power in dB, such as
            `SingleImageSpectra.mean_map`.
        fake: The same of generated images.
        title: Heading.

    Returns:
        A `Figure`.
    """
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    image = draw_difference(axes, real, fake)
    axes.set_title(title)
    figure.supxlabel(
        "circles, squares: regular patterns of period 2 and 4 pixels, as "
        "up-sampling leaves them",
        fontsize="small",
    )
    label_difference(figure, image, axes)
    return figure


def draw_difference(
    axes: "Axes", real: np.ndarray, fake: np.ndarray, limit: float = 6
) -> AxesImage:
    """One 2-D difference, red where there is too much power.

    Args:
        axes: Matplotlib's, to draw on.
        real: `[height, width]` mean power in dB, DC in the centre.
        fake: The same of generated images.
        limit: Of the colours, in dB.

    Returns:
        Matplotlib's image, for `label_difference`.
    """
    difference = np.asarray(fake) - np.asarray(real)
    image = _draw_plane(
        axes, difference, cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    points = np.array(list(itertools.product(_TICKS, _TICKS)))
    points = points[np.any(points != 0, axis=1)]
    of_period_2 = np.all(np.mod(points, 0.5) == 0, axis=1)
    for marker, marked in (("o", of_period_2), ("s", ~of_period_2)):
        axes.plot(
            *points[marked].T, marker, color="black", markersize=11,
            markerfacecolor="none", clip_on=False,
        )  # fmt: skip
    top = axes.secondary_xaxis("top")
    top.set_xticks(
        [-0.5, -0.25, 0.25, 0.5],
        ["period 2", "period 4", "period 4", "period 2"],
    )
    return image


def draw_map(
    axes: "Axes", level: np.ndarray, limits: Sequence[float]
) -> AxesImage:
    """One 2-D spectrum.

    Args:
        axes: Matplotlib's, to draw on.
        level: `[height, width]` in dB, DC in the centre.
        limits: (low, high) of the colours, in dB.

    Returns:
        Matplotlib's image, for a colour bar.
    """
    low, high = limits
    return _draw_plane(axes, level, cmap="magma", vmin=low, vmax=high)


_TICKS = (-0.5, -0.25, 0.0, 0.25, 0.5)


def _draw_plane(axes, values, **colours):
    """`[height, width]` over the frequency plane, DC in the centre."""
    # Of an even size -0.5 is 0.5 as well: drawn on both sides.
    bottom, right = ((size // 2 + 0.5) / size for size in values.shape)
    values = np.pad(
        values, [(0, 1 - size % 2) for size in values.shape], "wrap"
    )
    image = axes.imshow(
        values, interpolation="nearest",
        extent=(-right, right, bottom, -bottom), **colours,
    )  # fmt: skip
    axes.set_xticks(_TICKS)
    axes.set_yticks(_TICKS)
    axes.set_xlabel("horizontal frequency (cycles per pixel)")
    axes.set_ylabel("vertical frequency (cycles per pixel)")
    return image


def label_difference(figure: Figure, image: AxesImage, axes: Any) -> None:
    """The colours of 2-D differences in words, beside the axes."""
    bar = figure.colorbar(image, ax=axes, extend="both")
    limit = image.get_clim()[1]
    bar.set_ticks([-limit, -limit / 2, 0, limit / 2, limit])
    bar.set_ticklabels(
        [
            f"{limit:g} dB too little\nor less",
            f"{limit / 2:g} dB too little",
            "as real images",
            f"{limit / 2:g} dB too much",
            f"{limit:g} dB too much\nor more",
        ]
    )
    bar.set_label("power of the generated images")
