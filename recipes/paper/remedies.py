"""The ablation that the paper lacks: GAN x last unit x spectral term.

    specgan queue recipes/paper/ablation_32px.toml
    python -m recipes.paper.remedies recipes/paper/ablation_32px.toml

The paper changes the spectral term, the last up-sampling unit and a head of
three convolutions at once. Here each is changed by itself. The page reads the
cells that `specgan queue` has computed, with what their run folders say of the
training, and writes

- `remedies.json`: what the tables and figures below are made of;
- `remedies.md`: every cell, mean and standard deviation over its seeds, and
  the effect of each remedy (of all units, and unit by unit) and of each unit
  over pairs of trainings that differ in nothing else;
- `remedies.png`: how well a fresh detector finds the images against FID;
- `training.png`: the spectral error, and FID where it was measured, over the
  training (the paper's figures 12 to 14); their table is printed.

Where the queue says `features = "inception-bfloat16"`, FID and KID are those of
half precision. A detector's accuracy is that on held-out images, and 0.5 is
perfect. A training has collapsed when the divergence guard took it back at
least once, or stopped it: then the cell has failed. With `--earlier
remedies.json` the cells of an earlier record stay, if their recipe is the
queue's: they may have been computed on another machine.

Reference:
    Durall, Keuper and Keuper, "Watch your Up-Convolution", CVPR 2020,
    arXiv:2003.01826, Table 1 and Figures 12 to 14.
"""

import itertools
import math
import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan.callbacks import DivergenceGuard
from specgan.cli.queue import cell_folder
from specgan.cli.queue import queue_file
from specgan.errors import is_number
from specgan.files import damage_named
from specgan.files import read_json
from specgan.plots.style import COLOURS
from specgan.runs.metric_table import on_inception

NAME = "remedies"

CONTROL = {"unit": "transposed", "remedy": "plain"}
"""The value of each axis that the others are compared with."""

COLUMNS = {
    "FID": ("fid", 1, 1),
    "KID x 1000": ("kid", 1000, 1),
    "1-D luma": ("detection_luma_rbf", 1, 3),
    "control": ("detection_luma_rbf_control", 1, 3),
    "chroma": ("detection_chroma_rbf", 1, 3),
    "2-D linear": ("detection_map_linear", 1, 3),
    "1-D dB": ("spectral_distance", 1, 2),
    "2-D dB": ("spectral_distance_2d", 1, 2),
    "period 2": ("checkerboard_half", 1, 1),
    "period 4": ("checkerboard_quarter", 1, 1),
}
"""Metric, factor and digits by the title of a column."""

EFFECTS = {
    "FID": ("fid", "ratio"),
    "1-D luma, points": ("detection_luma_rbf", "points"),
    "2-D linear, points": ("detection_map_linear", "points"),
    "1-D dB": ("spectral_distance", "difference"),
    "2-D dB": ("spectral_distance_2d", "difference"),
}
"""Metric and kind of comparison by the title of a column."""

LOWER = {
    "FID lower": "fid",
    "1-D harder to find": "detection_luma_rbf",
    "1-D dB lower": "spectral_distance",
    "2-D dB lower": "spectral_distance_2d",
}
"""Metric by the title of a column that counts pairs."""

AXES = ("model", "unit", "remedy", "seed")
"""What tells cells apart; a queue's other settings measure, and change none."""

CURVES = {"spectral_error": 4, "fid": 2}
"""Digits by the name of what was measured during the training."""

FACTORS = {"ratio": 100.0, "points": 100.0, "difference": 1.0}


def main(queue: pathlib.Path, earlier: pathlib.Path = None, out=NAME):
    """Condense the cells, print the tables and write all of it."""
    known = {} if earlier is None else _earlier_cells(earlier)
    record = condensed(queue, known)
    figures = {
        f"{NAME}.png": figure_of(record),
        "training.png": training_figure(record),
    }
    print(page.write(out, NAME, record, table(record), figures))
    print("", *training_table(record), sep="\n")
    print(f"Written: {out}/.", file=sys.stderr)


# === What the cells say ===


def condensed(path, known=()):
    """The cells of a queue that are there, without their evidence.

    Args:
        path: The queue's file.
        known: Condensed cells by name, for those that are not in its folder.

    Returns:
        {"cells": {name: ...}, "missing": axes of the other cells, "failed":
        those of them that have failed, "queue": the path as it was given}.

    Raises:
        ValueError: If no cell is there yet, one is damaged or was computed
            from another recipe, or the queue is of other axes.
    """
    queue = queue_file.read(path)
    cells, missing, failed = {}, [], []
    for cell in queue.cells:
        folder = cell_folder.CellFolder(queue.folder, cell)
        state, axes = folder.state(), _axes(cell)
        if state.name == cell_folder.DONE:
            expected = "the record of a cell with FID and detectors"
            with damage_named(folder.record, expected):
                record = read_json(folder.record)
                found = _checked(_condensed_cell(record, folder))
            cells[cell.name] = {"axes": axes, **found}
        elif folder.record.is_file():
            raise ValueError(
                f"{folder.record} cannot be used: {state.detail}. Expected a "
                "cell of this queue. Compute it again: specgan queue "
                f"{path} --redo-stale"
            )
        elif _is_known(cell, known):
            cells[cell.name] = {**known[cell.name], "axes": axes}
        else:
            missing.append(axes)
            if state.name == cell_folder.FAILED:
                failed.append({"axes": axes, "error": state.detail})
    for name in sorted(set(known) - set(cells)):
        print(
            f"{name} of the earlier record is no cell of this queue, or one of "
            "another recipe: left out.",
            file=sys.stderr,
        )
    if not cells:
        raise ValueError(
            f"No cell has been computed. Expected JSON files in {queue.folder}"
            f". Received: none. Compute them: specgan queue {path}"
        )
    return {
        "queue": str(path),
        "cells": cells,
        "missing": missing,
        "failed": failed,
    }


def _axes(cell):
    """Those of the queue: a record may have been written for another cell."""
    if not set(AXES) <= set(cell.axes):
        raise ValueError(
            f"The cell {cell.name!r} is not one of an ablation. Expected the "
            f"axes {', '.join(AXES)}. Received: {', '.join(cell.axes)}. Give "
            "a queue such as recipes/paper/ablation_32px.toml."
        )
    return {name: cell.axes[name] for name in AXES}


def _is_known(cell, known):
    earlier = known[cell.name] if cell.name in known else {}
    return earlier.get("recipe_sha256") == cell.recipe_sha256


def _earlier_cells(path):
    """The condensed cells of an earlier record, by name."""
    with damage_named(path, f"a {NAME}.json that this page has written"):
        cells = read_json(path)["cells"]
        return {name: _checked(cell) for name, cell in cells.items()}


def _condensed_cell(record, folder):
    names = {name for name, _, _ in COLUMNS.values()}
    evaluation = record["evaluation"]
    values = {on_inception(k): v for k, v in evaluation["values"].items()}
    return {
        "recipe_sha256": record["recipe_sha256"],
        "commit": record["specgan"]["commit"],
        "steps": record["steps"],
        "images_shown": record["images_shown"],
        "cpu_seconds": record["cpu_seconds"],
        "network": evaluation["protocol"]["features"]["network"],
        "values": {name: values[name] for name in values if name in names},
        "rollbacks": _rollbacks(folder.run / "guard.json"),
        "curves": _curves(folder.run),
    }


def _checked(cell):
    """A condensed cell, once it has the finite numbers that the page shows."""
    values, rollbacks = cell["values"], cell["rollbacks"]
    needed = [name for name, _ in EFFECTS.values()]
    numbers = {name: values[name] for name in (*needed, *values)}
    if rollbacks is not None:
        numbers["rollbacks"] = rollbacks
    for name, value in numbers.items():
        if not is_number(value) or not math.isfinite(value):
            raise ValueError(f"{name} = {value!r}")
    for name, curve in cell["curves"].items():
        _curve(name, *curve)
    return cell


def _rollbacks(path):
    if not path.is_file():
        return None  # The run folder is elsewhere.
    with damage_named(path, "the rollbacks that remain, epoch by epoch"):
        *_, last = read_json(path).values()
        return DivergenceGuard().rollbacks - last["remaining"]


def _curves(run):
    """{metric: [steps, values]} over the training."""
    curves = {}
    path = run / "spectrum.json"
    if path.is_file():
        with damage_named(path, "steps and a spectral_error of each"):
            seen = read_json(path)
            curves["spectral_error"] = _curve(
                "spectral_error", seen["steps"], seen["spectral_error"]
            )
    path = run / "evaluation.json"
    if path.is_file():
        with damage_named(path, "a history of steps and values with FID"):
            seen = read_json(path)["history"]
            steps = [one["step"] for one in seen]
            fid = [_fid(one["values"]) for one in seen]
            curves["fid"] = _curve("fid", steps, fid)
    return curves


def _curve(name, steps, values):
    if len(steps) != len(values):
        raise ValueError(f"{len(steps)} steps and {len(values)} of {name}")
    return [steps, np.round(values, CURVES[name]).tolist()]


def _fid(values):
    values = {on_inception(name): value for name, value in values.items()}
    return values["fid"]


# === Tables ===


def table(record):
    """Lines of Markdown: what is computed, effects, then all cells."""
    lines = [*progress_table(record), ""] if record["missing"] else []
    for axis, within in (("remedy", ()), ("remedy", ("unit",)), ("unit", ())):
        lines += [*effects_table(record, axis, within), ""]
    lines += [disagreement(record), "", collapse_line(record), ""]
    for model in values_of(record["cells"].values(), "model"):
        lines += [f"**{model}**", "", *cells_table(record, model), ""]
    return lines[:-1]


def progress_table(record):
    """How many cells of each kind are computed, and what computes the rest."""
    cells = [cell["axes"] for cell in record["cells"].values()]
    everything = [*cells, *record["missing"]]
    remedies = list(dict.fromkeys(axes["remedy"] for axes in everything))
    rows = {}
    for axes in everything:
        row = rows.setdefault((axes["model"], axes["unit"]), {})
        done, all_of_them = row.get(axes["remedy"], (0, 0))
        row[axes["remedy"]] = (done + (axes in cells), all_of_them + 1)
    lines = [
        f"{len(cells)} of {len(everything)} cells are computed; `specgan queue "
        f"{record['queue']}` computes the others"
        + (
            f", with `--retry-failed` the {len(failed)} that failed"
            if (failed := record.get("failed"))
            else ""
        )
        + ". Seeds, of all:",
        "",
        f"| GAN | unit | {' | '.join(remedies)} |",
        "|---|---|" + "---:|" * len(remedies),
    ]
    for (model, unit), row in rows.items():
        counts = ["{} of {}".format(*row.get(r, (0, 0))) for r in remedies]
        lines.append(f"| {model} | {unit} | {' | '.join(counts)} |")
    return lines


def cells_table(record, model):
    """A row for each unit and remedy of a GAN, over its seeds."""
    cells = list(record["cells"].values())
    rows = itertools.product(
        values_of(cells, "unit"), values_of(cells, "remedy")
    )
    titles = ["unit", "remedy", "seeds", *COLUMNS, "collapses"]
    lines = [
        f"| {' | '.join(titles)} |",
        "|---|---|" + "---:|" * (len(titles) - 2),
    ]
    for unit, remedy in rows:
        key = {"model": model, "unit": unit, "remedy": remedy}
        found = [cell for cell in cells if key.items() <= cell["axes"].items()]
        if not found:
            continue
        row = [unit, remedy, str(len(found))]
        row += [
            _over_seeds(found, name, factor, digits)
            for name, factor, digits in COLUMNS.values()
        ]
        row.append(_collapses(found))
        lines.append(f"| {' | '.join(row)} |")
    return lines


def values_of(cells, axis):
    """The values of an axis, in the order of the cells."""
    return list(dict.fromkeys(cell["axes"][axis] for cell in cells))


def _over_seeds(cells, name, factor, digits):
    if any(name not in cell["values"] for cell in cells):
        return ""  # Grey images have no chroma.
    found = [factor * cell["values"][name] for cell in cells]
    text = f"{np.mean(found):.{digits}f}"
    if len(found) > 1:
        text += f" ± {np.std(found, ddof=1):.{digits}f}"
    return text


def _collapses(cells):
    known = [
        cell["rollbacks"] for cell in cells if cell["rollbacks"] is not None
    ]
    return f"{sum(n > 0 for n in known)} of {len(known)}"


def pairs(record, axis):
    """Trainings that differ in nothing but one axis.

    Args:
        record: What `condensed` returns.
        axis: "remedy" or "unit".

    Returns:
        {value of the axis: list of pairs (control, cell)}.
    """
    by_axes = {
        tuple(sorted(cell["axes"].items())): cell
        for cell in record["cells"].values()
    }
    found = {}
    for axes, cell in by_axes.items():
        value = dict(axes)[axis]
        control = dict(axes) | {axis: CONTROL[axis]}
        control = by_axes.get(tuple(sorted(control.items())))
        if value != CONTROL[axis] and control is not None:
            found.setdefault(value, []).append((control, cell))
    return found


def effects_table(record, axis, within=()):
    """What each value of an axis changes: mean ± standard error over pairs.

    FID is compared by the mean of logarithms, in percent of the control's.

    Args:
        record: What `condensed` returns.
        axis: "remedy" or "unit".
        within: Names of other axes, for whose values there are rows of their
            own.
    """
    groups = {}
    for value, found in pairs(record, axis).items():
        for control, cell in found:
            key = (value, *(control["axes"][name] for name in within))
            groups.setdefault(key, []).append((control, cell))
    if not groups:
        return [f"No pairs of trainings that differ in the {axis} alone yet."]
    titles = [f"{axis}, beside {CONTROL[axis]}", *within, "pairs", *EFFECTS]
    titles += LOWER
    names = 1 + len(within)
    lines = [
        f"| {' | '.join(titles)} |",
        "|" + "---|" * names + "---:|" * (len(titles) - names),
    ]
    for key, found in groups.items():
        row = [*key, str(len(found))]
        row += [effect(found, name, kind) for name, kind in EFFECTS.values()]
        row += [
            f"{sum(changes(found, name, 'difference') < 0)}"
            for name in LOWER.values()
        ]
        lines.append(f"| {' | '.join(row)} |")
    return lines


def changes(found, name, kind):
    """The change of a metric in each pair; of ratios, the logarithm."""
    before, after = (
        np.array([pair[i]["values"][name] for pair in found]) for i in (0, 1)
    )
    if kind == "ratio":
        return np.log(after / before)
    return after - before


def effect(found, name, kind):
    """Mean and standard error of the change, as a text."""
    change = changes(found, name, kind)
    mean, factor = np.mean(change), FACTORS[kind]
    error = (
        np.std(change, ddof=1) / np.sqrt(len(change))
        if len(change) > 1
        else None
    )
    if kind == "ratio":
        mean = np.expm1(mean)
    digits = 2 if kind == "difference" else 0 if kind == "ratio" else 1
    text = f"{factor * mean:+.{digits}f}"
    if kind == "ratio":
        text += " %"
    if error is not None:
        text += f" ± {factor * error:.{digits}f}"
    return text


def disagreement(record):
    """A sentence: in how many pairs do FID and detectors disagree?"""
    found = [
        pair
        for axis in CONTROL
        for pair in itertools.chain(*pairs(record, axis).values())
    ]
    if not found:
        return "No pairs of trainings that differ in one axis alone yet."
    fid = changes(found, "fid", "difference")
    seen = changes(found, "detection_luma_rbf", "difference")
    return (
        f"Of {len(found)} pairs, FID and the 1-D detector of luma disagree in "
        f"{int(np.sum(fid * seen < 0))}: the images of one training have the "
        "lower FID and are found more often."
    )


def collapse_line(record):
    """A sentence: how many trainings collapsed, plain and with a remedy.

    Intervals are those of Clopper and Pearson, 95 %.
    """
    counts = {"plain trainings": [], "trainings with a remedy": []}
    plain, other = counts.values()
    for cell in record["cells"].values():
        if cell["rollbacks"] is not None:
            group = plain if cell["axes"]["remedy"] == "plain" else other
            group.append(cell["rollbacks"] > 0)
    for cell in record.get("failed", ()):
        if "diverged" in cell["error"]:
            group = plain if cell["axes"]["remedy"] == "plain" else other
            group.append(True)
    texts = []
    for name, found in counts.items():
        if found:
            interval = stats.binomtest(sum(found), len(found)).proportion_ci()
            texts.append(
                f"{sum(found)} of {len(found)} {name} (between "
                f"{100 * interval.low:.0f} and {100 * interval.high:.0f} % of "
                "such trainings, with 95 % confidence)"
            )
    return "Collapsed: " + "; ".join(texts or ["not known of any"]) + "."


def training_table(record):
    """Lines of Markdown: the trainings of `training_figure`, a row each.

    The last five values of the spectral error, one an epoch, are least, median
    and largest; a training has arrived at the first that is at most 1.5 times
    that median.
    """
    yield (
        "| GAN | unit | remedy | seed | spectral error of the last five epochs "
        "(dB) | arrives in epoch | FID after as many steps |"
    )
    yield "|---|---|---|---:|---:|---:|---|"
    for cell in followed(record):
        _, errors = cell["curves"]["spectral_error"]
        level = np.median(errors[-5:])
        arrived = 1 + int(np.argmax(np.array(errors) <= 1.5 * level))
        history = zip(*cell["curves"].get("fid", ((), ())), strict=True)
        fid = ", ".join(f"{value:.0f} ({step})" for step, value in history)
        yield (
            f"| {' | '.join(str(cell['axes'][name]) for name in AXES)} "
            f"| {min(errors[-5:]):.2f}, **{level:.2f}**, "
            f"{max(errors[-5:]):.2f} | {arrived} of {len(errors)} "
            f"| {fid or 'not measured'} |"
        )


def followed(record):
    """Cells without a remedy or with the loss of single images, with curves."""
    return [
        cell
        for cell in record["cells"].values()
        if cell["axes"]["remedy"] in ("plain", "distribution")
        and "spectral_error" in cell["curves"]
    ]


# === Figures ===


def figure_of(record):
    """A panel a GAN: accuracy of the 1-D detector of luma against FID."""
    cells = list(record["cells"].values())
    models, remedies, units = (
        values_of(cells, axis) for axis in ("model", "remedy", "unit")
    )
    colour = dict(zip(remedies, COLOURS, strict=False))
    marker = dict(zip(units, "os^Dv", strict=False))
    figure = Figure(
        figsize=(3.4 * len(models) + 2.4, 3.8), layout="constrained"
    )
    axes = figure.subplots(1, len(models), sharey=True, squeeze=False)[0]
    for ax, model in zip(axes, models, strict=True):
        for cell in cells:
            if cell["axes"]["model"] == model:
                ax.plot(
                    cell["values"]["fid"],
                    cell["values"]["detection_luma_rbf"],
                    marker[cell["axes"]["unit"]],
                    color=colour[cell["axes"]["remedy"]],
                    alpha=0.75,
                )
        ax.axhline(0.5, color="black", linewidth=0.8)
        ax.set_title(model)
        ax.set_xlabel("FID (0 is best)")
        ax.grid(alpha=0.25)
    axes[0].set_ylabel("accuracy of a fresh 1-D detector\n(0.5 is best)")
    handles = [
        Line2D([], [], marker="o", linestyle="", color=c, label=name)
        for name, c in colour.items()
    ] + [
        Line2D([], [], marker=m, linestyle="", color="grey", label=name)
        for name, m in marker.items()
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


def training_figure(record):
    """Spectral error, and FID where there is one, over the steps."""
    cells = followed(record)
    has_fid = any("fid" in cell["curves"] for cell in cells)
    rows = ["spectral_error", "fid"] if has_fid else ["spectral_error"]
    models, units = values_of(cells, "model"), values_of(cells, "unit")
    figure = Figure(
        figsize=(3.4 * len(models) + 2.4, 3.2 * len(rows)),
        layout="constrained",
    )
    axes = figure.subplots(
        len(rows), max(len(models), 1), sharex=True, squeeze=False
    )
    styles = dict(zip(units, ("-", "--", ":", "-."), strict=False))
    for row, metric in zip(axes, rows, strict=True):
        for ax, model in zip(row, models, strict=False):
            for cell in cells:
                if cell["axes"]["model"] == model and metric in cell["curves"]:
                    steps, values = cell["curves"][metric]
                    is_plain = cell["axes"]["remedy"] == "plain"
                    ax.plot(
                        steps, values, styles[cell["axes"]["unit"]],
                        color=COLOURS[0 if is_plain else 1], linewidth=1,
                    )  # fmt: skip
            if not ax.lines:
                ax.text(
                    0.5, 0.5, "not measured yet",
                    ha="center", transform=ax.transAxes,
                )  # fmt: skip
            ax.set_yscale("log")
            ax.set_title(model if metric == rows[0] else "")
            ax.grid(alpha=0.25)
        row[0].set_ylabel(
            "spectral error (dB)" if metric == "spectral_error" else "FID"
        )
    for ax in axes[-1]:
        ax.set_xlabel("generator steps")
    handles = [
        Line2D([], [], color=COLOURS[i], label=name)
        for i, name in enumerate(("plain", "distribution"))
    ] + [
        Line2D([], [], color="grey", linestyle=style, label=unit)
        for unit, style in styles.items()
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


if __name__ == "__main__":
    sys.exit(page.run(main))
