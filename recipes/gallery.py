"""The gallery of the docs: what each pretrained generator is, and its images.

All of it is read from the folders of the presets: the record (model.json),
the card, the samples, and the spectrum of real images that a spectrally
regularized model has as its target.

    python -m recipes.gallery saved_models/* --out gallery
"""

import pathlib
import shutil
import sys

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan.files import written_whole
from specgan.metrics.spectrum_statistics import SpectrumStatistics
from specgan.plots.image_grids import save
from specgan.plots.style import COLOURS
from specgan.plots.style import to_pixels
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from zoo import preset_files
from zoo.preset_card import METRICS
from zoo.preset_card import OF_SOME_CLASSES
from zoo.preset_card import body_of
from zoo.preset_files import CARD
from zoo.preset_files import RECORD
from zoo.preset_files import SAMPLES
from zoo.preset_weights import read_weights

PAGE = "gallery.md"
"""The page; beside it is a folder `gallery` with cards and pictures."""

_HEAD = """# Gallery

The pretrained generators, with samples that nobody chose: 16 in a row from
seed 0, in their own pixels. Each spectrum is that of these 16 images, beside
the mean of the real ones, where the generator has it as a target or another
of the same data has. Of an auto-encoder: eight photographs unlike those that
it was trained on, and below them its reconstructions.
"""

_ENTRY = """## {name}

{description}. [Card](gallery/{name}.md)

```{{image}} gallery/{name}-samples.png
:alt: Samples of {name}
:class: pixels
```

```{{image}} gallery/{name}-spectrum.png
:alt: 1-D power spectrum of these samples
```
"""


def main(*folders: pathlib.Path, out="."):
    """Write the gallery of some presets below a folder."""
    if not folders:
        raise ValueError(
            "A gallery shows one preset at least. Received: none. Give their "
            "folders, such as saved_models/*."
        )
    write([one for one in folders if (one / RECORD).is_file()], out)


def write(presets, folder):
    """Write the page, and a card and pictures of each preset.

    Args:
        presets: Paths of folders that `zoo.save_preset` wrote, in order.
        folder: The folder of the page.

    Raises:
        ValueError: If a preset is damaged.
    """
    folder = pathlib.Path(folder)
    records = {one: preset_files.read_record(one) for one in presets}
    targets = {one: target_of(one, records[one]) for one in presets}
    (folder / "gallery").mkdir(parents=True, exist_ok=True)
    for preset, record in records.items():
        target = targets[preset]
        if target is None:
            target = _of_the_same_data(record, records, targets)
        _write_pictures(preset, record, target, folder / "gallery")
        card = body_of((preset / CARD).read_text("utf-8"))
        _write_text(folder / "gallery" / f"{preset.name}.md", card)
    names = {one.name: record for one, record in records.items()}
    sizes = {
        one.name: preset_files.megabytes(record, one)
        for one, record in records.items()
    }
    _write_text(folder / PAGE, page_text(names, sizes))


def page_text(records, megabytes):
    """The page, in Markdown.

    Args:
        records: Dictionary of names and what their model.json holds.
        megabytes: Dictionary of names and sizes.
    """
    cards = [f"gallery/{name}" for name in records]
    toctree = ["```{toctree}", ":hidden:", "", *cards, "```", ""]
    entries = [
        _ENTRY.format(name=name, description=record["description"] or name)
        for name, record in records.items()
    ]
    rows = table(records, megabytes)
    return "\n".join([_HEAD, *rows, "", *toctree, *entries])


def table(records, megabytes):
    """Lines of Markdown: a row for each preset, with its figures.

    Args:
        records, megabytes: As for `page_text`.
    """
    measured = [
        key
        for key in METRICS
        if any(key in record["figures"] for record in records.values())
    ]
    # What is wider than the page is read last.
    titles = ["name", "pixels", *(METRICS[key] for key in measured)]
    titles += ["steps", "MB", "class", "data", "licence"]
    right = ["---:"] * (len(measured) + 2)
    kinds = ["---", "---", *right, "---", "---", "---"]
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, kinds)]
    for name, record in records.items():
        steps, figures = record.get("steps"), record["figures"]
        cells = [
            f"[{name}](#{name})",
            " x ".join(map(str, record["image_shape"])),
        ]
        cells += [
            f"{figures[key]:.4g}" if key in figures else missing(key)
            for key in measured
        ]
        cells += [
            "unknown" if steps is None else str(steps),
            f"{megabytes[name]:.1f}",
            record["class"],
            record.get("data") or "unknown",
            record.get("license", "unknown"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    if not measured:
        lines += [
            "",
            "None of them was evaluated yet: `specgan evaluate NAME --card`.",
        ]
    return lines


def missing(figure):
    """What stands for a figure that a model lacks."""
    return "" if figure in OF_SOME_CLASSES else "not measured"


def target_of(preset, record):
    """Mean ring powers of the real images that a preset was trained on.

    Args:
        preset: The path of its folder.
        record: What its model.json holds.

    Returns:
        `[M // 2 + 2]`, as `specgan.signal.azimuthal_integral` has them; None
        if its loss has no such target.
    """
    height, width, _ = record["image_shape"]
    rings = len(ring_frequencies(height, width)) + 1
    found = [
        values
        for name, values in read_weights(preset).items()
        if name.endswith("_target") and values.shape == (rings,)
    ]
    # Zeros are those of a loss that has seen no real images.
    return found[0] if found and found[0].any() else None


def _of_the_same_data(record, records, targets):
    for other, theirs in records.items():
        same = all(
            record.get(key) and record.get(key) == theirs.get(key)
            for key in ("data", "image_shape")
        )
        if same and targets[other] is not None:
            return targets[other]
    return None


def _write_pictures(preset, record, target, folder):
    source = preset / SAMPLES
    if not source.is_file():
        raise preset_files.damaged(preset, f"there is no {SAMPLES}")
    with written_whole(folder / f"{preset.name}-samples.png") as path:
        shutil.copyfile(source, path)
    images = from_uint8(tiles(source, record["image_shape"]))
    if "sample" not in record["signatures"]:  # Photographs first, and theirs.
        half = len(images) // 2
        images, real = images[half:], images[:half]
        target = SpectrumStatistics.of([real]).mean_power
    generated = SpectrumStatistics.of([images])
    figure = spectrum_figure(generated, target)
    save(to_pixels(figure), folder / f"{preset.name}-spectrum.png")


def tiles(path, image_shape):
    """The images of a grid.

    Args:
        path: A PNG file, of images side by side without a gap.
        image_shape: (height, width, channels) of each.

    Returns:
        uint8 [count, height, width, channels].
    """
    height, width, channels = image_shape
    with Image.open(path) as image:
        pixels = np.asarray(image)
    grid = pixels.reshape(len(pixels) // height, height, -1, width, channels)
    return grid.swapaxes(1, 2).reshape(-1, height, width, channels)


def spectrum_figure(generated, target=None):
    """The 1-D power spectrum of images, beside the mean of real ones.

    Args:
        generated: Their `SpectrumStatistics`.
        target: None, or ring powers as `target_of` gives them.

    Returns:
        A matplotlib `Figure`.
    """
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    ax = figure.subplots()
    rings = slice(1, len(generated.frequencies))
    frequencies = generated.frequencies[rings]
    if target is not None:
        # Broad, to be seen under what matches it.
        ax.plot(
            frequencies, decibels(target).numpy()[rings], color=COLOURS[0],
            linewidth=3, label="real images, mean",
        )  # fmt: skip
    ax.plot(
        frequencies, generated.decibels[rings], color=COLOURS[1],
        label=f"these {generated.count} images",
    )  # fmt: skip
    ax.set_xlim(0, 0.5)
    ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    ax.set_ylabel("mean ring power (dB)")
    ax.grid(alpha=0.25)
    ax.legend()
    return figure


def _write_text(path, text):
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(page.run(main))
