"""All about a run as one HTML page: `specgan report RUN`.

The page holds its pictures itself and needs nothing from elsewhere: it can be
mailed. It shows what the run folder has: samples, spectra, measurements over
the training, the result of `specgan evaluate`, and the protocol.
"""

import base64
import html
import io
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from specgan import plots
from specgan.files import damage_named
from specgan.files import read_json
from specgan.files import written_whole
from specgan.metrics.evaluation import is_of_quality
from specgan.runs import run_evaluation as evaluation
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem;
       margin: 2rem auto; padding: 0 1rem; color: #222; }}
h1 {{ font-size: 1.6rem; }}
h2 {{ font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }}
img {{ max-width: 100%; }}
img.pixels {{ image-rendering: pixelated; width: 100%; }}
.row {{ display: flex; gap: 1rem; }}
figure {{ margin: 0; flex: 1; }}
figcaption {{ text-align: center; color: #555; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.15rem 0.9rem 0.15rem 0; text-align: left;
         vertical-align: top; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
pre {{ background: #f6f6f6; padding: 0.8rem; overflow-x: auto;
      font-size: 0.8rem; }}
.note {{ color: #555; }}
</style>
</head>
<body>
<h1>{title}</h1>
{sections}
</body>
</html>
"""


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
        ValueError: If it is no run, or has not finished an epoch.
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
    page = _PAGE.format(
        title=html.escape(f"{arguments['model']} on {arguments['data']}"),
        sections="\n".join(sections),
    )
    with written_whole(out) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return out


def _section(title, *parts):
    return "\n".join([f"<h2>{html.escape(title)}</h2>", *parts])


def _table(rows, numbers=()):
    lines = []
    for row in rows:
        cells = "".join(
            f"<td{' class=number' if i in numbers else ''}>"
            f"{html.escape(str(cell))}</td>"
            for i, cell in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _note(text):
    return f'<p class="note">{html.escape(text)}</p>'


def _picture(pixels, meaning, style=""):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img class="{style}" alt="{html.escape(meaning)}" '
        f'src="data:image/png;base64,{data}">'
    )


def _figure(figure, meaning):
    return _picture(plots.to_pixels(figure), meaning)


def _about(run):
    record = _json(run.record)
    arguments = record["arguments"]
    spectrum = _json(run.path / "spectrum.json")
    finished = record["finished"] or "not yet, or broken off"
    return _section(
        "The run",
        _table(
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
        f"<figure>{_picture(_pixels(path), caption, 'pixels')}"
        f"<figcaption>{caption}</figcaption></figure>"
        for path, caption in captions.items()
    ]
    return _section(
        "Samples",
        _note(
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
            parts += [_picture(_pixels(path), meaning), _note(meaning)]
    history = plots.error_history(
        record["steps"], record["frequencies"], np.array(record["ring_errors"])
    )
    meaning = (
        "Error of the mean 1-D spectrum in dB at every frequency over the "
        "training: white is right."
    )
    parts += [_figure(history, meaning), _note(meaning)]
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
        _table([("distance to real images", "last", "least"), *rows], (1, 2))
    )
    if "spread_ratio" in record:
        parts.append(
            _note(
                "Spread of single images, generated / real, at last: "
                f"{record['spread_ratio'][-1]:.2f} (1 is best)."
            )
        )
    return _section("Spectra", *parts)


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
    yield _section(
        "Metrics over the training",
        _figure(figure, "metrics over the training"),
        _note(
            f"{record['monitor']}, which chooses the best model "
            "(best.keras), and the distance of the mean spectra, best at 0."
        ),
        _table(
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
        yield _section(
            "Evaluation",
            _note(
                f"None yet; `specgan evaluate {run.path}` makes that of a GAN."
            ),
        )
        return
    yield _section(
        "Evaluation",
        "<pre>" + html.escape("\n".join(evaluation.table(result))) + "</pre>",
        *_detectability(result["values"], result.get("evidence")),
        _details("Protocol", result["protocol"]),
    )


def _detectability(values, evidence, *notes):
    """The picture below notes, if there is evidence: older records have none.

    There is none of less than 20 real or 10 generated images, either.
    """
    if evidence is not None:
        yield from map(_note, notes)
        yield _figure(
            plots.detectability(values, evidence),
            "where detectors catch the generator",
        )
        yield _note(
            "Balanced accuracy of detectors fitted afresh, on images that "
            "they have not seen: 50 % means that they cannot tell generated "
            "from real images. Beside it, the frequencies that give the "
            "generator away."
        )


def _protocol(run):
    record = _json(run.record)
    return _section(
        "How it was made",
        _note("Options that were not given are left out."),
        _table(_rows(record)),
    )


def _details(summary, record):
    return (
        f"<details><summary>{summary}</summary>{_table(_rows(record))}"
        "</details>"
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
