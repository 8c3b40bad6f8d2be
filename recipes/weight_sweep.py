"""What gradients say of a spectral weight, beside what trials of it measured.

    specgan suggest-weight lsgan ... --spectral-weight 0.5 --json \
        > docs/results/suggested_weight/"weight 0.5.json"
    python -m recipes.weight_sweep docs/results/suggested_weight/*.json \
        --trials docs/results/strength_32px

A line for each file, and the trial of the same name. *ratio* is the weight at
which both gradients are equally long, its median and quartiles over batches;
*share* is how long the weighted spectral gradient is in that training, as a
part of the adversarial one.
"""

import pathlib
import sys

import numpy as np

from recipes import evaluation_table
from recipes import page
from specgan.files import read_json

MEASURED = ("FID", "KID x 1000", "1-D luma", "2-D linear", "1-D dB", "2-D dB")
"""Columns of `recipes.evaluation_table` beside the gradients."""


def main(*files: pathlib.Path, trials=""):
    """Print the table, in Markdown."""
    if not files:
        raise ValueError("A table is of one file at least. Received: none.")
    records = {path.stem: read_json(path) for path in files}
    known = {}
    if trials:
        known = {
            path.stem: read_json(path)
            for path in pathlib.Path(trials).glob("*.json")
        }
    print("\n".join(table(records, known)))


def table(records, trials):
    """Lines of Markdown.

    Args:
        records: Dictionary of names and what `specgan suggest-weight --json`
            has written.
        trials: Dictionary of the same names and trials; those that are
            missing leave their cells empty.
    """
    columns = {
        title: evaluation_table.COLUMNS[title] for title in MEASURED if trials
    }
    titles = ["ratio", "on images", "share", "cosine", *columns]
    lines = [
        f"| | {' | '.join(titles)} |",
        "|---|" + "---:|" * len(titles),
    ]
    for name, record in records.items():
        ratios = np.array(record["ratios"])
        on_images = np.divide(
            record["adversarial_on_images"], record["spectral_on_images"]
        )
        low, high = np.quantile(ratios, [0.25, 0.75])
        cells = [
            f"{np.median(ratios):.3g} [{low:.3g}, {high:.3g}]",
            f"{np.median(on_images):.3g}",
            f"{record['trained_with']['share']:.3g}",
            f"{np.median(record['cosine']):.2f}",
        ]
        values = {}
        if name in trials:
            values = evaluation_table.values_of(name, trials[name])
        cells += [
            f"{factor * values[key]:.{digits}f}" if key in values else ""
            for key, factor, digits in columns.values()
        ]
        lines.append(
            f"| {name}, {record['steps']} steps | {' | '.join(cells)} |"
        )
    return lines


if __name__ == "__main__":
    sys.exit(page.run(main))
