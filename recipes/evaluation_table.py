"""A table of evaluations, one a line: `evaluate.json` files side by side.

    python -m recipes.evaluation_table docs/results/*.json

Each file is what `specgan evaluate RUN` leaves in a run folder, under the name
that its line shall have, or a cell of `specgan queue`. Detectors' accuracy has
0.5 for its best; distances and excesses are in dB.
"""

import pathlib
import sys

from specgan.cli.terminal import Parser
from specgan.cli.terminal import run
from specgan.files import read_json

COLUMNS = {
    "FID": ("fid", 1, 1),
    "KID x 1000": ("kid", 1000, 1),
    "1-D luma": ("detection_luma_rbf", 1, 3),
    "control": ("detection_luma_rbf_control", 1, 3),
    "chroma": ("detection_chroma_rbf", 1, 3),
    "JPEG 75": ("detection_chroma_rbf_jpeg75", 1, 3),
    "2-D linear": ("detection_map_linear", 1, 3),
    "2-D RBF": ("detection_map_rbf", 1, 3),
    "1-D dB": ("spectral_distance", 1, 2),
    "2-D dB": ("spectral_distance_2d", 1, 2),
    "period 2": ("checkerboard_half", 1, 1),
    "period 4": ("checkerboard_quarter", 1, 1),
}


def main(arguments=None):
    """Print the table. See `terminal.run`."""
    return run(_parser(), print_table, arguments)


def print_table(settings):
    """Print the table of the files, in Markdown."""
    print(
        "\n".join(
            table({path.stem: read_json(path) for path in settings.files})
        )
    )


def table(records):
    """Lines of Markdown.

    Args:
        records: Dictionary of names and what `specgan evaluate` or `specgan
            queue` has written.

    Raises:
        ValueError: If a record has no values.
    """
    lines = [
        "| | " + " | ".join(COLUMNS) + " |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    for name, record in records.items():
        record = record.get("evaluation") or record
        if "values" not in record:
            raise ValueError(
                "A line is made of what `specgan evaluate` has written. "
                f"Expected an object with values. Received: that of {name}."
            )
        cells = [
            f"{factor * record['values'][key]:.{digits}f}"
            if key in record["values"]
            else ""
            for key, factor, digits in COLUMNS.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _parser():
    parser = Parser(
        prog="python -m recipes.evaluation_table",
        description="A table of evaluations.",
    )
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
