"""All about a run as one HTML page: `specgan report RUN`.

The page holds its pictures itself and needs nothing from elsewhere: it can be
mailed. It shows what the run folder has: samples, spectra, measurements over
the training, the result of `specgan evaluate`, and the protocol.
"""

import pathlib
from typing import Any

import numpy as np
from PIL import Image

from specgan import html_page
from specgan import plots
from specgan.files import damage_named
from specgan.files import read_json
from specgan.html_page import note
from specgan.html_page import picture
from specgan.html_page import section
from specgan.html_page import table
from specgan.metrics.evaluation import is_of_quality
from specgan.runs import metric_table
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike

_SPECTRA = {
    "spectrum-1-d.png": "Mean 1-D spectra with the spread of single images: "
    "the curve of a perfect generator lies on that of the real images.",
    "spectrum-2-d.png": "Mean 2-D log spectra: bright points that the real "
    "ones lack are grids in the generated images.",
    "spectrum-single-images.png": "Quantiles of single images' spectra: both "
    "bands should coincide, or a detector tells images by their spread.",
    "spectrum-2-d-difference.png": "Generated less real, in dB: white is "
    "right, red too strong, blue too weak.",
}
"""Pictures of a run folder, and what is to be seen in them."""


def write(path: PathLike, out: PathLike | None = None) -> pathlib.Path:
    """Write the page.

    Args:
        path: Run folder.
        out: The page's path; None takes `report.html` in the run folder.

    Returns:
        The path of the page.

    Raises:
        ValueError: If it is not a run, or has not finished an epoch.
    """
    run = RunFolder(path)
    run.require_measured()
    out = pathlib.Path(out or run.path / "report.html")
    with damage_named(path, "the records of a run", "Put good copies there"):
        sections = [
            _about(run),
            _samples(run),
            _spectrum(run),
            *_over_training(run),
            *_evaluation(run),
            _protocol(run),
        ]
        arguments = run.arguments()
    title = f"{arguments['model']} on {arguments['data']}"
    return html_page.write(out, title, sections)


def _figure(figure, meaning):
    return picture(plots.to_pixels(figure), meaning)


def _about(run):
    record = _json(run.record)
    arguments = record["arguments"]
    spectrum = _json(run.path / "spectrum.json")
    finished = record["finished"] or "not yet, or interrupted"
    return section(
        "The run",
        table(
            [
                ("model", arguments["model"]),
                ("data", f"{arguments['data']}, {arguments['image_size']} px"),
                ("spectral regularization", _regularization(arguments)),
                ("generator steps", spectrum["steps"][-1]),
                ("started", record["started"]),
                ("finished", finished),
            ]
        ),
    )


def _regularization(arguments):
    chosen = arguments["spectral_regularization"]
    return {None: "none", True: "yes, the default"}.get(chosen, chosen)


def _samples(run):
    folder = run.path / "samples"
    grids = sorted(folder.glob("step-[0-9]*.png"))
    count = len(grids)
    shown = {0, count // 2, count - 1} & set(range(count))
    captions = {
        grids[i]: f"generated, after {_step(grids[i]):,} generator steps"
        for i in sorted(shown)
    }
    if (folder / "real.png").is_file():
        captions[folder / "real.png"] = "real, of the training data"
    figures = [
        html_page.figure(picture(_pixels(path), caption, "pixels"), caption)
        for path, caption in captions.items()
    ]
    return section(
        "Samples",
        note(
            "The same latents at every step: what changes is the generator. "
            "The last ones should look like the real images and differ from "
            "each other as those do."
        ),
        f'<div class="row">{"".join(figures)}</div>',
    )


def _step(grid):
    return int(grid.stem.removeprefix("step-"))


def _spectrum(run):
    record = _json(run.path / "spectrum.json")
    parts = []
    for name, meaning in _SPECTRA.items():
        path = run.path / name
        if path.is_file():
            parts += [picture(_pixels(path), meaning), note(meaning)]
    history = plots.error_history(
        record["steps"], record["frequencies"], np.array(record["ring_errors"])
    )
    meaning = (
        "Error of the mean 1-D spectrum in dB at every frequency over the "
        "training: white is right."
    )
    parts += [_figure(history, meaning), note(meaning)]
    rows = [
        (name, f"{errors[-1]:.2f}", f"{min(errors):.2f}")
        for name, errors in (
            ("all rings (dB rms)", record["spectral_error"]),
            (
                "above half the Nyquist frequency (dB rms)",
                record["spectral_error_high"],
            ),
        )
    ]
    parts.append(
        table([("distance to real images", "last", "least"), *rows], (1, 2))
    )
    if "spread_ratio" in record:
        parts.append(
            note(
                "Spread of single images, generated / real, at last: "
                f"{record['spread_ratio'][-1]:.2f} (1 is best)."
            )
        )
    return section("Spectra", *parts)


def _over_training(run):
    record = _json(run.path / "evaluation.json")
    if record is None:
        return
    figure = plots.quality_over_training(record["history"], record["monitor"])
    last = record["history"][-1]
    best = next(
        one for one in record["history"] if one["step"] == record["best"]
    )
    rows = [
        (name, f"{best['values'][name]:.3f}", f"{last['values'][name]:.3f}")
        for name in last["values"]
        if is_of_quality(name)
    ]
    yield section(
        "Metrics over the training",
        _figure(figure, "metrics over the training"),
        note(
            f"{record['monitor']}, which chooses the best model "
            "(best.keras), and the distance of the mean spectra, best at 0."
        ),
        table(
            [
                (
                    "",
                    f"best {record['monitor']}, step {best['step']}",
                    f"last, step {last['step']}",
                ),
                *rows,
            ],
            (1, 2),
        ),
        *_detectability(last["values"], record.get("evidence"), "Of the last:"),
        _details("Protocol", record["protocol"]),
    )


def _evaluation(run):
    result = _json(run.path / "evaluate.json")
    if result is None:
        yield section(
            "Evaluation",
            note(
                f"None yet; `specgan evaluate {run.path}` makes that of a GAN."
            ),
        )
        return
    yield section(
        "Evaluation",
        html_page.preformatted(metric_table.table(result)),
        *_detectability(result["values"], result.get("evidence")),
        _details("Protocol", result["protocol"]),
    )


def _detectability(values, evidence, *notes):
    """The picture below notes, if there is evidence: older records have none.

    There is none of less than 20 real or 10 generated images, either.
    """
    if evidence is not None:
        yield from map(note, notes)
        yield _figure(
            plots.detectability(values, evidence),
            "where detectors catch the generator",
        )
        yield note(
            "Balanced accuracy of detectors fitted afresh, on images that "
            "they have not seen: 50 % means that they cannot tell generated "
            "from real images. Beside it, the frequencies that give the "
            "generator away."
        )


def _protocol(run):
    record = _json(run.record)
    return section(
        "How it was made",
        note("Options that were not given are left out."),
        table(_rows(record)),
    )


def _details(summary, record):
    return (
        f"<details><summary>{summary}</summary>{table(_rows(record))}</details>"
    )


def _rows(record, above=""):
    """Rows (name, value) of a dictionary of dictionaries; without None."""
    rows = []
    for name, value in record.items():
        title = f"{above}{name}".replace("_", " ")
        if isinstance(value, dict):
            rows += _rows(value, f"{title}: ")
        elif value is not None:
            rows.append((title, _in_words(value)))
    return rows


def _in_words(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    return str(value)


def _pixels(path):
    with damage_named(path, "a picture"), Image.open(path) as image:
        return np.asarray(image)


def _json(path) -> Any:
    """What a file holds, or None where there is none."""
    return read_json(path) if path.is_file() else None
