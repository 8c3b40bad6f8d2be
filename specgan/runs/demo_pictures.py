"""The pictures of `specgan demo`: two GANs beside each other and real images.

Every function returns a matplotlib `Figure`. They are to be understood by eye:
what a colour or a line means stands beside it.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from specgan import plots

if TYPE_CHECKING:
    from specgan.metrics import SingleImageSpectra

_DOTS = 100  # Per inch.

DETECTORS = {
    "luma_linear": "brightness, 1-D: mean",
    "luma_rbf": "brightness, 1-D: mean and spread",
    "chroma_rbf": "colour, 1-D: mean and spread",
    "sectors_rbf": "brightness, 1-D in 4 directions",
    "map_linear": "brightness, 2-D: mean (grids)",
    "map_rbf": "brightness, 2-D: mean and spread",
    "luma_rbf_jpeg75": "all saved as JPEG: brightness, 1-D",
    "chroma_rbf_jpeg75": "all saved as JPEG: colour, 1-D",
    "map_linear_jpeg75": "all saved as JPEG: brightness, 2-D",
}
"""What the rows of `metrics.DetectabilityProfile` look at, in words."""


def samples(
    kinds: Mapping[str, np.ndarray], columns: int = 8, rows: int = 2
) -> Figure:
    """Images enlarged, with a sentence above each kind.

    Args:
        kinds: Dictionary of a heading, a line break and a sentence, and
            images `[n, height, width, channels]` in [-1, 1], of which the
            first are shown.
        columns: Images a row.
        rows: Rows of each kind.

    Returns:
        A `Figure` whose pixels are those of the images, each enlarged by a
        whole number.
    """
    size = max(next(iter(kinds.values())).shape[1:3])
    scale = max(1, 128 // size)
    blocks = [
        _enlarged(images[: columns * rows], columns, scale)
        for images in kinds.values()
    ]
    text, gap = 56, 12
    height = sum(len(block) + text + gap for block in blocks)
    width = blocks[0].shape[1]
    figure = Figure(
        figsize=((width + 2 * gap) / _DOTS, height / _DOTS), dpi=_DOTS
    )
    place = height
    for text_above, block in zip(kinds, blocks, strict=True):
        place -= text
        title, _, remark = text_above.partition("\n")
        figure.text(
            gap / (width + 2 * gap), (place + 28) / height, title,
            fontsize=13, weight="bold",
        )  # fmt: skip
        figure.text(
            gap / (width + 2 * gap), (place + 9) / height, remark, fontsize=10
        )
        place -= len(block)
        figure.figimage(block, gap, place, origin="upper")
        place -= gap
    return figure


def _enlarged(images, columns, scale, gap=8):
    """`[rows, columns]` of images, each pixel a square, on white."""
    images = np.asarray(images)
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    large = images.repeat(scale, axis=1).repeat(scale, axis=2)
    framed = np.pad(
        large, [(0, 0), (0, gap), (0, gap), (0, 0)], constant_values=1.0
    )
    return plots.image_grid(framed, columns)[:-gap, :-gap]


def single_image_spectra(
    real: "SingleImageSpectra", fakes: "Mapping[str, SingleImageSpectra]"
) -> Figure:
    """The quantile bands of single images, each GAN in a column.

    Args:
        real: `SingleImageSpectra` of real images.
        fakes: Dictionary of names and those of generated ones.

    Returns:
        A `Figure`: spectra above, less the median real image below.
    """
    figure = Figure(figsize=(6.8 * len(fakes), 8.6), layout="constrained")
    axes = figure.subplots(2, len(fakes), squeeze=False, sharey="row")
    rings = slice(0, len(real.frequencies))
    for (name, fake), (above, below), colour in zip(
        fakes.items(), axes.T, plots.COLOURS[1:], strict=False
    ):
        arguments = (
            real.levels[:, rings],
            fake.levels[:, rings],
            real.frequencies,
            ("real images", f"{name} GAN"),
            colour,
        )
        plots.draw_quantile_bands(above, *arguments)
        plots.draw_relative_bands(below, *arguments)
        above.set_title(
            f"{name} GAN: images vary {fake.spread_ratio(real):.2f} times "
            "as much as real ones"
        )
    figure.suptitle(
        "Every image has a spectrum of its own. The coloured bands should "
        "cover the grey ones."
    )
    return figure


def maps(
    real: "SingleImageSpectra", fakes: "Mapping[str, SingleImageSpectra]"
) -> Figure:
    """2-D spectra above, and what is wrong in them below.

    Args:
        real: `SingleImageSpectra` of real images.
        fakes: Dictionary of names and those of generated ones.

    Returns:
        A `Figure`.
    """
    columns = 1 + len(fakes)
    figure = Figure(figsize=(4.6 * columns + 1.4, 9.4), layout="constrained")
    axes = figure.subplots(2, columns)
    named = {f"{name} GAN": fake for name, fake in fakes.items()}
    low, high = np.percentile(real.mean_map, [0.5, 99.5])
    for ax, (name, one) in zip(
        axes[0], {"real images": real, **named}.items(), strict=True
    ):
        spectrum = plots.draw_map(ax, one.mean_map, (low, high))
        ax.set_title(f"{name}: mean 2-D spectrum")
    bar = figure.colorbar(spectrum, ax=list(axes[0]))
    bar.set_label("mean power of a single image (dB)")
    axes[1, 0].axis("off")
    axes[1, 0].text(
        0.5, 0.5,
        "To the right:\nwhat each GAN has\ntoo much or too little of.\n\n"
        "The paler, the better.\n\n"
        "Red dots on a lattice are\nregular patterns that\nup-sampling leaves"
        " in every\nimage: of period 2 pixels\n(circles) and 4 (squares).",
        ha="center", va="center", fontsize=12,
    )  # fmt: skip
    # One scale for all, of whole and half decibels, on which most is seen.
    levels = np.array([fake.mean_map for fake in fakes.values()])
    most = np.percentile(np.abs(levels - real.mean_map), 95)
    limit = max(6, 2 * math.ceil(most / 2))
    for ax, (name, fake) in zip(axes[1, 1:], fakes.items(), strict=True):
        difference = plots.draw_difference(
            ax, real.mean_map, fake.mean_map, limit
        )
        ax.set_title(f"{name} GAN less real images")
    plots.label_difference(figure, difference, list(axes[1]))
    return figure


def detectability(profiles: Mapping[str, Mapping[str, float]]) -> Figure:
    """How well fresh detectors recognize generated images, as bars.

    Args:
        profiles: Dictionary of names and results of
            `metrics.DetectabilityProfile`.

    Returns:
        A `Figure`: a group of bars for each detector, a bar for each name,
        from 50 %, which is to guess; grey is the control of two sets of real
        images, plus and minus two standard errors.
    """
    rows = detectors(next(iter(profiles.values())))
    figure = Figure(figsize=(11, 1.6 + 0.75 * len(rows)), layout="constrained")
    axes = figure.subplots()
    thick = 0.8 / len(profiles)
    for row, detector in enumerate(rows):
        for place, ((name, values), colour) in enumerate(
            zip(profiles.items(), plots.COLOURS[1:], strict=False)
        ):
            value = values[f"detection_{detector}"]
            height = row + (place - (len(profiles) - 1) / 2) * thick
            axes.barh(
                height, value - 0.5, 0.9 * thick, left=0.5, color=colour,
                xerr=values[f"detection_{detector}_std"], ecolor="0.3",
            )  # fmt: skip
            label = f"{100 * value:.0f} %"
            if row == 0:
                label += f"  {name} GAN"
            error = values[f"detection_{detector}_std"]
            axes.text(
                max(value, 0.5) + error + 0.006, height, label, color=colour,
                va="center", weight="bold",
            )  # fmt: skip
            control = values[f"detection_{detector}_control"]
            error = 2 * values[f"detection_{detector}_control_std"]
            axes.barh(
                height, 2 * error, thick, left=control - error, color="black",
                alpha=0.25,
            )  # fmt: skip
    axes.set_yticks(range(len(rows)), [DETECTORS.get(r, r) for r in rows])
    axes.invert_yaxis()
    axes.set_xlim(0.42, 1.16)
    axes.set_xticks(
        [0.5, 0.75, 1],
        ["50 %\nit guesses: perfect", "75 %", "100 %\nit is always right"],
    )
    axes.axvline(0.5, color="black", linewidth=1)
    axes.set_xlabel("accuracy of a fresh detector on images held out")
    axes.set_title(
        "Can a detector that sees the spectrum alone recognize the images?\n"
        "Shaded: its accuracy between two sets of real images (control)"
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def detectors(profile: Mapping[str, float]) -> list[str]:
    """The rows of a profile, in its order.

    Args:
        profile: Result of `metrics.DetectabilityProfile`.

    Returns:
        List of names.
    """
    ending = "_control"
    return [
        name.removeprefix("detection_").removesuffix(ending)
        for name in profile
        if name.endswith(ending)
    ]
