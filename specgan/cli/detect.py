"""Tell generated from real pictures by their spectra."""

import argparse
import json
import os
import pathlib
import sys

from specgan.cli.arguments import add_detector_argument
from specgan.cli.arguments import chosen_detector
from specgan.cli.arguments import place
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add(
        "places",
        nargs="+",
        type=place,
        metavar="FILE_OR_FOLDER",
        help="pictures and videos, and folders that are searched with all "
        "below them",
    )
    add_detector_argument(add)
    add(
        "--frames",
        type=positive,
        default=64,
        help="of each video, at equal distances; their majority decides",
    )
    add("--json", action="store_true", help="for machines, an object a line")
    add(
        "--one-class",
        action="store_true",
        help="say how unusual each picture is among the real ones that the "
        "detector was trained on, instead of a verdict: for generators that "
        "it does not know",
    )
    add(
        "--explain",
        metavar="FOLDER",
        help="new folder for a plot of each picture's spectrum against those "
        "of real and of generated ones",
    )
    add(
        "--html",
        metavar="FILE",
        help="a page, written at the end, with the counts, the pictures that "
        "are most surely generated and a table of all files",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before anything is read."""
    if settings.html is not None:
        require_suffix("--html", settings.html, [".html"])
        if settings.one_class:
            raise ValueError(
                "The page is one of verdicts. Expected --html or --one-class. "
                "Received: both. Use --one-class --json for a list."
            )


def run(settings: argparse.Namespace) -> int:
    """Run the command. See `specgan detect --help`."""
    # Products of small matrices: threads wait for each other for longer than
    # they compute. NumPy reads it when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from specgan.data.progress import progress_bar
    from specgan.detection.file_detection import detect
    from specgan.files import printable
    from specgan.files import require_new_folder

    detector = chosen_detector(settings.detector)
    if settings.html is not None and detector.is_one_class:
        raise ValueError(
            "The page is one of verdicts. Expected --html with a detector that "
            f"was trained on generated pictures. Received: {detector.name}, "
            "which knows real ones alone. Use --json for a list."
        )
    explain = None
    if settings.explain is not None:
        require_new_folder(settings.explain)
        explain = _explanations(detector, settings.explain)
    predictions = detect(
        settings.places,
        detector,
        settings.frames,
        features=explain is not None,
        exclude=settings.explain,
        one_class=settings.one_class,
    )
    failed, kept = False, []
    with progress_bar("Detecting", predictions) as bar:
        for number, prediction in enumerate(bar, 1):
            if settings.html is not None:
                kept.append(prediction)
            line = f"{printable(prediction.path)}: {prediction.to_text()}"
            if prediction.error is not None:
                failed = True
                bar.write(f"specgan detect: {line}", file=sys.stderr)
            elif explain is not None:
                explain(number, prediction)
            if settings.json:
                bar.write(json.dumps(prediction.as_dict()), file=sys.stdout)
            elif prediction.error is None:
                bar.write(line, file=sys.stdout)
            sys.stdout.flush()
    if settings.html is not None:
        from specgan.detection.prediction_pages import write_predictions

        write_predictions(settings.html, kept, detector.name)
    return int(failed)


def _explanations(detector, folder):
    """A function that plots a prediction into a new folder."""
    # Plots import TensorFlow, which nothing else here needs.
    import specgan.cli.suppress_startup_logs  # noqa: F401
    from specgan import plots
    from specgan.detection.figures import explanation

    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def explain(number, prediction):
        stem = "".join(
            one if one.isprintable() else "_"
            for one in prediction.path.stem[:60]
        )
        plots.save(
            plots.to_pixels(explanation(detector, prediction)),
            folder / f"{number:06}-{stem}.png",
        )

    return explain
