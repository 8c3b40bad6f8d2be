"""Figure 1: mean 1-D spectra of real and generated images, with their spread.

    python -m recipes.paper.generator_spectra RUN ... --real faces.zip \
        --crop 64 --crop-offset 5 0 --out generator_spectra
    python -m recipes.paper.generator_spectra ablation_32px --real faces.zip ...

A RUN is a run folder of `specgan train`, a name of `specgan list`, or a folder
of `specgan queue`, of which every finished cell is taken. Each gets `--num`
images. A row of panels for each remedy (none, or the spectral loss and head
that the generator was trained with), two columns for each up-sampling unit:
the spectra, and what they are above that of the real images; a curve for each
GAN, and at its end a point for the corners of the spectrum, diagonal
frequencies beyond the Nyquist frequency of the axes. The paper's curves
contain them, the last 28 %; the errors in the table do not. Real images must
not have been trained on.

It writes `generator_spectra.json`, `.md` and `.png`: the spectra; root mean
square differences of the mean spectra in dB, and beside them the control, one
half of the real images against the other.

Reference:
- Durall et al., 2020, Figure 1 (https://arxiv.org/abs/2003.01826)
"""

import dataclasses
import itertools
import sys

import numpy as np
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.paper import generated_images
from recipes.paper.stored_spectrum import StoredSpectrum
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.plots.style import COLOURS
from specgan.signal import from_uint8

NAME = "generator_spectra"

CORNERS = 0.54
"""Where the pooled corner, beyond the Nyquist frequency of the axes, is drawn.
"""


def main(
    *runs,
    real="photos",
    data_dir: str = None,
    crop: positive = None,
    crop_offset=(0, 0),
    num: positive = 1000,
    seed: seed = 0,
    out=NAME,
):
    """Measure all generators, print the table, draw the figure."""
    record = measured(
        generated_images.expanded(runs), num, seed,
        source=real, data_dir=data_dir, crop=crop, crop_offset=crop_offset,
    )  # fmt: skip
    figures = {f"{NAME}.png": figure_of(record)}
    print(page.write(out, NAME, record, table(record), figures))


def measured(names, num, seed, source, **framing):
    """Spectra of generators and of real images.

    Returns:
        Dictionary for JSON: "real", "control" (errors between two halves of
        the real images) and "generators", a list.

    Raises:
        ValueError: If there is no generator, they differ in the shape of
            their images, or there are too few real images.
    """
    if not names:
        raise ValueError(
            "There is no generator to measure. Expected run folders or names "
            "of `specgan list`. Received none."
        )
    shape, generators = None, []
    for name in names:
        model, description = generated_images.generator(name)
        if shape is None:
            shape = model.image_shape
            halves = [
                StoredSpectrum.of(from_uint8(images).numpy())
                for images in generated_images.real_images(
                    model, num, source, **framing
                )
            ]
        if model.image_shape != shape:
            raise ValueError(
                f"All generators must make images of one shape. Expected "
                f"{shape}. Received: {model.image_shape} of {name}."
            )
        fake = from_uint8(generated_images.samples(model, num, seed)).numpy()
        spectrum = StoredSpectrum.of(fake)
        generators.append(
            {
                **dataclasses.asdict(description),
                **_errors(spectrum, halves[0]),
                "spectrum": spectrum.as_dict(),
            }
        )
    return {
        "protocol": {"real": str(source), **framing, "num": num, "seed": seed},
        "real": halves[0].as_dict(),
        "control": _errors(halves[1], halves[0]),
        "generators": generators,
    }


def _errors(spectrum, real):
    spread = (spectrum.spread / real.spread)[1:-1]
    upper = spectrum.frequencies[1:] > 0.25
    return {
        "error": spectrum.rms_error(real),
        "error_above_half": spectrum.rms_error(real, beyond=0.25),
        "bias_above_half": float(
            np.mean((spectrum.decibels - real.decibels)[1:-1][upper])
        ),
        "bias_of_corners": float(spectrum.decibels[-1] - real.decibels[-1]),
        "spread_ratio_above_half": float(np.mean(spread[upper])),
    }


def sorted_generators(record):
    """Plain ones first, then by remedy, unit and GAN."""
    return sorted(
        record["generators"],
        key=lambda one: (
            one["remedy"] != "plain",
            one["remedy"],
            one["unit"],
            one["model"],
            one["seed"],
        ),
    )


def table(record):
    """Lines of Markdown: a row for each remedy, unit and GAN."""
    yield (
        "| remedy | unit | GAN | above half Nyquist (dB) | all rings (dB) "
        "| too much above half (dB) | too much in the corners (dB) "
        "| spread, generated / real |"
    )
    yield "|---|---|---|---:|---:|---:|---:|---:|"
    yield _row(["*control: real*", "", ""], [record["control"]])
    groups = itertools.groupby(
        sorted_generators(record),
        lambda one: (one["remedy"], one["unit"], one["model"]),
    )
    for about, several in groups:
        yield _row(about, list(several))


def _row(about, several):
    cells = []
    for name, sign in (
        ("error_above_half", ""),
        ("error", ""),
        ("bias_above_half", "+"),
        ("bias_of_corners", "+"),
        ("spread_ratio_above_half", ""),
    ):
        values = [one[name] for one in several]
        text = f"{np.mean(values):{sign}.2f}"
        if len(values) > 1:
            text += f" ± {np.std(values, ddof=1):.2f}"
        cells.append(text)
    return f"| {' | '.join([*about, *cells])} |"


def figure_of(record):
    """Remedies in rows, units in columns: mean spectra and their spread.

    Args:
        record: What `measured` gives.

    Returns:
        A `Figure`.
    """
    generators = sorted_generators(record)
    remedies = list(dict.fromkeys(one["remedy"] for one in generators))
    units = sorted({one["unit"] for one in generators})
    models = sorted({one["model"] for one in generators})
    colours = dict(zip(models, itertools.cycle(COLOURS[1:]), strict=False))
    figure = Figure(
        figsize=(8.5 * len(units), 3.2 * len(remedies)), layout="constrained"
    )
    grid = figure.subplots(
        len(remedies), 2 * len(units), squeeze=False, sharex=True, sharey="col"
    )
    real = StoredSpectrum.from_dict(record["real"])
    for row, remedy in zip(grid, remedies, strict=True):
        for number, unit in enumerate(units):
            shown = [
                one
                for one in generators
                if (one["remedy"], one["unit"]) == (remedy, unit)
            ]
            levels, differences = row[2 * number : 2 * number + 2]
            for axes, base in ((levels, 0), (differences, real.decibels)):
                _draw(axes, real, base, color="black", linewidth=3)
                for one in shown:
                    _draw(
                        axes,
                        StoredSpectrum.from_dict(one["spectrum"]),
                        base,
                        color=colours[one["model"]],
                        label=f"{one['model']}: {one['error_above_half']:.1f}",
                    )
                axes.axvspan(0.25, 0.5, color="black", alpha=0.04, linewidth=0)
                axes.set_xlim(0, 0.57)
                axes.set_xticks([0, 0.1, 0.2, 0.3, 0.4, 0.5, CORNERS])
                axes.set_xticklabels([*"0 .1 .2 .3 .4 .5".split(), "\ncorners"])
                axes.grid(alpha=0.25)
            levels.set_title(f"{remedy}; {unit.replace('_', ' ')}")
            differences.set_title("less the real images'")
            if shown:
                levels.legend(
                    fontsize="small",
                    title="error above half Nyquist (dB)",
                    title_fontsize="small",
                )
    figure.supxlabel("frequency (cycles per pixel; Nyquist 0.5)")
    figure.supylabel(
        "mean ring power (dB); black: real images; band: ±1 sd of single images"
    )
    return figure


def _draw(axes, spectrum, base, **look):
    rings = slice(1, -1)
    level, spread = (spectrum.decibels - base)[rings], spectrum.spread[rings]
    frequencies = spectrum.frequencies[1:]
    axes.plot(frequencies, level, **look)
    corner = (spectrum.decibels - base)[-1]
    axes.errorbar(
        [CORNERS], [corner], [spectrum.spread[-1]], fmt="o", markersize=5,
        color=look["color"],
    )  # fmt: skip
    axes.fill_between(
        frequencies, level - spread, level + spread, color=look["color"],
        alpha=0.12, linewidth=0,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(page.run(main))
