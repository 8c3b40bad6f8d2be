"""A table of evaluations, one a line, and how good against how detectable.

    python -m recipes.evaluation_table docs/results/*.json --frontier all.png

Each file is what `specgan evaluate RUN` leaves in a run folder, under the name
that its line shall have, a cell of `specgan queue`, or a trial. Detectors'
accuracy has 0.5 for its best; distances and excesses are in dB. The spread of
single images' 1-D spectra in luma is that of generated images divided by that
of real ones, the mean over all rings: 1 is best. FID and KID of records by
`--features inception-bfloat16` are those of half precision.
"""

import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure

from recipes import page
from specgan.files import read_json
from specgan.plots.image_grids import save
from specgan.plots.style import COLOURS
from specgan.plots.style import to_pixels
from specgan.runs.metric_table import on_inception

COLUMNS = {
    "FID": ("fid", 1, 1),
    "KID x 1000": ("kid", 1000, 1),
    "1-D luma": ("detection_luma_rbf", 1, 3),
    "control": ("detection_luma_rbf_control", 1, 3),
    "chroma": ("detection_chroma_rbf", 1, 3),
    "JPEG 75": ("detection_chroma_rbf_jpeg75", 1, 3),
    "2-D linear": ("detection_map_linear", 1, 3),
    "2-D RBF": ("detection_map_rbf", 1, 3),
    "spread": ("spread", 1, 2),
    "1-D dB": ("spectral_distance", 1, 2),
    "2-D dB": ("spectral_distance_2d", 1, 2),
    "period 2": ("checkerboard_half", 1, 1),
    "period 4": ("checkerboard_quarter", 1, 1),
}

DETECTORS = {
    "1-D luma": "detection_luma_rbf",
    "chroma after JPEG 75": "detection_chroma_rbf_jpeg75",
    "2-D linear": "detection_map_linear",
}


def main(*files: pathlib.Path, frontier=""):
    """Print the table of the files, in Markdown; draw the frontier."""
    if not files:
        raise ValueError("A table is of one file at least. Received: none.")
    records = {path.stem: read_json(path) for path in files}
    print("\n".join(table(records)))
    if frontier:
        save(to_pixels(frontier_figure(records)), frontier)
        print(f"Written: {frontier}", file=sys.stderr)


def table(records):
    """Lines of Markdown.

    Args:
        records: Dictionary of names and what `specgan evaluate`, `specgan
            queue` or a trial has written.

    Raises:
        ValueError: If a record has no values.
    """
    found = {name: values_of(name, one) for name, one in records.items()}
    columns = {
        title: column
        for title, column in COLUMNS.items()
        if any(column[0] in values for values in found.values())
    }
    lines = [
        "| | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for name, record in records.items():
        values = found[name]
        cells = [
            f"{factor * values[key]:.{digits}f}" if key in values else ""
            for key, factor, digits in columns.values()
        ]
        steps = f", {record['steps']} steps" if "trial" in record else ""
        lines.append(f"| {name}{steps} | " + " | ".join(cells) + " |")
    return lines


def values_of(name, record):
    """The metrics of a record, by name; of its evidence, the mean spread."""
    record = evaluation_of(name, record)
    values = {on_inception(key): one for key, one in record["values"].items()}
    evidence = record.get("evidence")
    if evidence is None:
        return values
    spread = float(np.mean(evidence["rings"]["luma"]["spread"]))
    return {**values, "spread": spread}


def evaluation_of(name, record):
    """What `specgan evaluate` has written, of a record that holds it."""
    record = record.get("evaluation") or record
    if "values" not in record:
        raise ValueError(
            "A line is made of what `specgan evaluate` has written. "
            f"Expected an object with values. Received: that of {name}."
        )
    return record


def frontier_figure(records):
    """How well detectors find the images, against their quality.

    Args:
        records: As for `table`.

    Returns:
        A `Figure` with a panel for each of three detectors. Quality is KID;
        records without, for want of Inception, are left out, unless all are.
    """
    values = {name: values_of(name, one) for name, one in records.items()}
    has_kid = any("kid" in one for one in values.values())
    quality, factor, label = (
        ("kid", 1000, "KID x 1000 (0 is best)")
        if has_kid
        else ("spectral_distance_2d", 1, "2-D spectral distance (dB)")
    )
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    axes = figure.subplots(1, len(DETECTORS), sharex=True, sharey=True)
    for ax, (title, detector) in zip(axes, DETECTORS.items(), strict=True):
        for i, (name, one) in enumerate(values.items()):
            if detector not in one or quality not in one:
                continue
            ax.errorbar(
                factor * one[quality], one[detector],
                xerr=factor * one.get(f"{quality}_std", np.nan),
                yerr=one.get(f"{detector}_std"), label=name,
                marker="os^Dv"[i // len(COLOURS) % 5],
                color=COLOURS[i % len(COLOURS)],
            )  # fmt: skip
        ax.axhline(0.5, color="black", linewidth=0.8)
        ax.set_title(title)
        ax.set_xlabel(label)
        ax.grid(alpha=0.25)
    axes[0].set_ylabel("accuracy of a fresh detector (0.5 is best)")
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside right center"
    )
    return figure


if __name__ == "__main__":
    sys.exit(page.run(main))
