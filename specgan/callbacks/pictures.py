"""Pictures of images and spectra, for TensorBoard, files and reports.

Every function returns a matplotlib `Figure` (or, `image_grid`, pixels); none
touches matplotlib's global state, so that they work in threads and without a
display.
"""

import itertools
import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from specgan.files import written_whole
from specgan.metrics.detectability_profile import ROWS
from specgan.signal import decibels
from specgan.signal import to_uint8

# Colour-blind safe (Okabe and Ito, 2008); real images are black.
COLOURS = ["black", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""What is shown of single images: where nine tenths and one half of them are.
"""


def image_grid(images, columns=None):
    """Images side by side.

    Args:
        images: `[count, height, width, channels]` in [-1, 1].
        columns: Images a row; None makes the grid nearly square.

    Returns:
        `[rows * height, columns * width, channels]` uint8; places left over
        are white.
    """
    pictures = to_uint8(images).numpy()
    count, height, width, channels = pictures.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full([rows * columns, height, width, channels], 255, np.uint8)
    grid[:count] = pictures
    grid = grid.reshape(rows, columns, height, width, channels)
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width, channels)


def spectra(statistics, title="1-D power spectra"):
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
                f"{one.rms_error(reference, beyond=0.25):.2f} dB beyond "
                "half Nyquist",
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
        axes[1].set_ylabel("difference (dB); shaded: beyond half Nyquist")
    for ax in axes:
        ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
        ax.set_xlim(0, 0.5)
        ax.grid(alpha=0.25)
        ax.legend(fontsize="small")
    return figure


def _colours(count):
    return [COLOURS[i % len(COLOURS)] for i in range(count)]


def log_spectra(statistics):
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


def single_image_spectra(
    real_rows, fake_rows, frequencies, names=("real images", "generated images")
):
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
    axes, real, fake, frequencies, names, colour=COLOURS[1]
):
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
    axes, real, fake, frequencies, names, colour=COLOURS[1]
):
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


def draw_spread_ratio(axes, real, fake, frequencies, names, colour=COLOURS[1]):
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
    words = {"color": "0.4", "style": "italic", "ha": "center"}
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


def spectrum_difference(real, fake, title="generated less real"):
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


def draw_difference(axes, real, fake, limit=6):
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


def draw_map(axes, level, limits):
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


def label_difference(figure, image, axes):
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


def error_history(steps, frequencies, errors):
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
    ax.set_ylabel("cycles per pixel (dashed: half Nyquist)")
    ax.set_title("spectral error, generated minus real")
    figure.colorbar(image, ax=ax, label="dB", extend="both")
    return figure


def detectability(values, evidence):
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
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.2, 1.1, 1.05))
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
    ax.set_xlabel("0.5: cannot be told from real images; 1: always can")
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


def quality_over_training(history, distance):
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


def to_pixels(figure):
    """A figure as `[height, width, 3]` uint8 pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def save(pixels, path):
    """Write `[height, width, 1 or 3]` uint8 pixels, whole or not at all."""
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    with written_whole(path) as temporary:
        Image.fromarray(pixels).save(temporary)
