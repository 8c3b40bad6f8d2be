"""The pages that are made of the code and of measurements, never typed.

`write` makes docs/generated/: the interface (a page a package), the command
line (the help of every command), tables and pictures of results out of their
JSON, and the gallery of the pretrained models.
"""

import argparse
import importlib
import inspect
import pathlib

from sphinx.pycode import ModuleAnalyzer

from recipes import detector
from recipes import detector_features
from recipes import evaluation_table
from recipes import export_table
from recipes import fourier
from recipes import gallery
from recipes import int8_generator
from recipes import unknown_generators
from recipes import weight_sweep
from recipes.paper import autoencoder_sweep
from recipes.paper import best_filter
from recipes.paper import detection_spectra
from recipes.paper import generator_spectra
from recipes.paper import remedies
from recipes.paper import table_1
from recipes.paper import upsampling_theory
from specgan import lazy
from specgan import plots
from specgan.cli import main as command_line
from specgan.files import read_json
from specgan.plots import image_grids
from specgan.plots import style
from zoo import pretrained
from zoo.preset_files import RECORD

PACKAGES = (
    "zoo",
    "specgan.models",
    "specgan.models.alias_free",
    "specgan.losses",
    "specgan.losses.adversarial",
    "specgan.losses.gradient_penalty",
    "specgan.losses.spectral",
    "specgan.layers",
    "specgan.layers.upsampling",
    "specgan.layers.alias_free",
    "specgan.signal",
    "specgan.metrics",
    "specgan.callbacks",
    "specgan.detection",
    "specgan.data",
    "specgan.plots",
)
"""Whose public names are the interface."""

PAPER_PAGES = {
    "best_filter": best_filter,
    "autoencoder_sweep": autoencoder_sweep,
    "generator_spectra": generator_spectra,
    "generator_spectra_32px": generator_spectra,
    "detection_spectra": detection_spectra,
    "remedies": remedies,
    "remedies_28px": remedies,
}
"""By the name of a record, docs/results/paper_figures/NAME.json, the page that
made it: `table(record)` gives the lines, `figure_of(record)` the figure that
docs/results/paper.md shows."""

TABLES = {
    "closed_loop": (
        "closed_loop/loop.json",
        lambda record: closed_loop_table(record),
    ),
    "detector_features": (
        "detector_features/features.json",
        detector_features.table,
    ),
    "unknown_generators": (
        "detector_features/unknown_generators.json",
        lambda record: [
            *unknown_generators.table(record),
            *unknown_generators.other_lines(record),
        ],
    ),
    "table_1": ("table_1/table_1.json", table_1.table),
    "export_table": ("exports/formats.json", export_table.table),
    "int8_generator": (
        "exports/int8.json",
        lambda record: int8_generator.table([record]),
    ),
}
"""By the name of a page: its JSON below docs/results, and what makes lines of
Markdown of that."""

SHOWN = "lsgan64-distribution-half-2"
"""The run of docs/results/spectral whose detectability is drawn."""


def write(docs):
    """Write all generated pages below `docs`/generated."""
    folder = pathlib.Path(docs, "generated")
    pages, described = {}, {}
    for name in PACKAGES:
        pages[f"api/{name}.md"] = api_page(name, described)
    pages["api/index.md"] = index("Interface", [f"{name}" for name in PACKAGES])
    pages["command_line.md"] = command_line_page()
    results = pathlib.Path(docs, "results")
    for name, (place, table) in TABLES.items():
        lines = table(read_json(results / place))
        pages[f"{name}.md"] = "\n".join(lines) + "\n"
    lectures = results / "fourier" / "fourier.json"
    for name, numbers in read_json(lectures).items():
        text = "\n".join(fourier.TABLES[name](numbers)) + "\n"
        pages[f"fourier/{name}.md"] = text
    weights = results / "suggested_weight"
    sweep = records_of(results / "strength_32px")
    lines = weight_sweep.table(records_of(weights), sweep)
    pages["suggested_weight.md"] = "\n".join(lines) + "\n"
    figures = results / "paper_figures"
    upsampling_theory.write(128, folder / "paper")
    records = {
        name: read_json(figures / f"{name}.json") for name in PAPER_PAGES
    }
    for name, page in PAPER_PAGES.items():
        record = records[name]
        pages[f"paper/{name}.md"] = "\n".join(page.table(record)) + "\n"
        figure = style.to_pixels(page.figure_of(record))
        image_grids.save(figure, folder / "paper" / f"{name}.png")
    record = records[remedies.NAME]
    pages["paper/training.md"] = (
        "\n".join(remedies.training_table(record)) + "\n"
    )
    figure = remedies.training_figure(record)
    image_grids.save(style.to_pixels(figure), folder / "paper" / "training.png")
    others = {lectures.parent, weights, figures}
    others |= {(results / place).parent for place, _ in TABLES.values()}
    for source in sorted(results.glob("*/")):
        if source in others:
            continue
        records = records_of(source)
        if records:
            table = evaluation_table.table(records)
            pages[f"{source.name}.md"] = "\n".join(table) + "\n"
            figure = evaluation_table.frontier_figure(records)
            image_grids.save(
                style.to_pixels(figure), folder / f"{source.name}.png"
            )
    run = pathlib.Path(docs, "results", "spectral", f"{SHOWN}.json")
    result = evaluation_table.evaluation_of(SHOWN, read_json(run))
    figure = plots.detectability(result["values"], result["evidence"])
    image_grids.save(style.to_pixels(figure), folder / "detectability.png")
    # gallery.md and, in gallery/, cards and pictures.
    presets = [
        path.parent for path in sorted(pretrained.shipped().glob(f"*/{RECORD}"))
    ]
    gallery.write(presets, folder)
    # Sphinx refuses cards that no page names, those of models that are gone.
    names = {path.name for path in presets}
    for card in (folder / "gallery").glob("*.md"):
        if card.stem not in names:
            card.unlink()
    for place, text in pages.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text() != text:
            path.write_text(text)


def records_of(folder):
    """What the JSON files of a folder hold, by their names without ending."""
    return {
        path.stem: read_json(path) for path in sorted(folder.glob("*.json"))
    }


def public_names(package):
    """Public classes and functions of a package, by name."""
    module = importlib.import_module(package)
    exported = getattr(module, "__all__", ())
    found = {}
    for name in sorted(dir(module)):
        value = getattr(module, name)
        # Without what its code imports from other packages.
        origin = getattr(value, "__module__", "") + "."
        is_own = name in exported or origin.startswith(f"{package}.")
        if not name.startswith("_") and is_own and _is_public(value):
            found[name] = value
    return found


def public_constants(package):
    """What a package exports besides classes and functions, with its text."""
    module = importlib.import_module(package)
    found = {}
    if pathlib.Path(module.__file__).with_suffix(".pyi").is_file():
        for name, origin in lazy.public_modules(module.__file__).items():
            if not _is_public(getattr(module, name)):
                analyzer = ModuleAnalyzer.for_module(origin)
                analyzer.analyze()
                text = analyzer.attr_docs.get(("", name), [])
                found[name] = "\n".join(text).strip()
    return found


def _is_public(value):
    return inspect.isclass(value) or inspect.isroutine(value)


def api_page(package, described):
    """A page with every public name of a package.

    Args:
        package: Its name.
        described: {object: name it is described under}; added to.
    """
    module = importlib.import_module(package)
    lines = [f"# {package}", "", (module.__doc__ or "").split("\n")[0], ""]
    for name, value in public_names(package).items():
        lines += [f"## {name}", ""]
        if value in described:
            lines += [f"See {{py:obj}}`{described[value]}`.", ""]
            continue
        described[value] = f"{package}.{name}"
        kind = "autoclass" if inspect.isclass(value) else "autofunction"
        lines += ["```{eval-rst}", f".. {kind}:: {package}.{name}", "```", ""]
    for name, text in public_constants(package).items():
        lines += [f"## {name}", "", f"```{{py:data}} {package}.{name}"]
        lines += ["", text, "```", ""]
    return "\n".join(lines)


def index(title, names):
    """A page of links."""
    return "\n".join(
        [f"# {title}", "", "```{toctree}", ":maxdepth: 1", "", *names, "```"]
    )


def command_line_page():
    """The help of every command."""
    lines = ["# Command line", ""]
    for name, summary in command_line.COMMANDS.items():
        parser = argparse.ArgumentParser(
            prog=f"specgan {name}",
            formatter_class=lambda prog: argparse.HelpFormatter(prog, 24, 79),
        )
        command_line.add_arguments(name, parser)
        lines += [
            f"## {name}", "", summary, "", "```text",
            parser.format_help().rstrip(), "```", "",
        ]  # fmt: skip
    return "\n".join(lines)


def closed_loop_table(record):
    """Lines: what `recipes.detector` has written, in percent."""
    reports = record["reports"]
    cases = list(next(iter(reports.values())))
    lines = [
        f"| | {' | '.join(cases)} | control, real/real |",
        "|---|" + "---:|" * (len(cases) + 1),
    ]
    for name, by_case in reports.items():
        estimates = [by_case[case]["scores"] for case in cases]
        estimates.append(by_case[cases[-1]]["controls"]["real"])
        cells = [
            "{mean:.1%} ± {error:.1%}".format(**one["balanced_accuracy"])
            for one in estimates
        ]
        lines.append(f"| {detector.label_of(name)} | {' | '.join(cells)} |")
    return lines
