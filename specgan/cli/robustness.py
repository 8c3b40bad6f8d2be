"""Plot how a detector does on pictures that are altered."""

import argparse
import json
import pathlib

from specgan.cli.arguments import add_detector_argument
from specgan.cli.arguments import chosen_detector
from specgan.cli.checks import require_path
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import written_whole


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add_detector_argument(add)
    add(
        "--real",
        required=True,
        help="folder of real pictures that it was not trained on",
    )
    add("--fake", required=True, help="folder of generated ones")
    add(
        "--out",
        required=True,
        help="a .png file for the curves; .json is written beside it",
    )
    add(
        "--html",
        help="a .html file for the curves, the table and the pictures that "
        "are most surely wrong",
    )
    add(
        "--num",
        type=positive,
        default=200,
        help="largest number of pictures of each kind, drawn from all, which "
        "are all in memory",
    )
    add("--seed", type=seed, default=0, help="of the drawing")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    require_suffix("--out", settings.out, [".png"])
    if settings.html is not None:
        require_suffix("--html", settings.html, [".html"])
    require_path("--real", settings.real)
    require_path("--fake", settings.fake)
    chosen_detector(settings.detector)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan robustness --help`."""
    from specgan import plots
    from specgan.detection import file_robustness
    from specgan.detection.figures import robustness_curves
    from specgan.detection.prediction_pages import write_evaluation

    out = pathlib.Path(settings.out)
    detector = chosen_detector(settings.detector)
    result = file_robustness(
        detector, settings.real, settings.fake, settings.num, settings.seed
    )
    counts, groups = result.robustness.pictures, result.robustness.groups
    title = (
        f"Detector {detector.name} on {counts['real']} real and "
        f"{counts['fake']} generated pictures in {groups['real']} and "
        f"{groups['fake']} groups, perturbed"
    )
    lines = result.robustness.lines()
    print("\n".join([title, *lines]))
    pixels = plots.to_pixels(robustness_curves(result.robustness, title))
    plots.save(pixels, out)
    record = {
        "detector": detector.name,
        "real": str(settings.real),
        "fake": str(settings.fake),
        "seed": settings.seed,
        "differences": result.differences,
        **result.robustness.as_dict(),
    }
    with written_whole(out.with_suffix(".json")) as path:
        path.write_text(json.dumps(record, indent=1) + "\n")
    if settings.html is not None:
        write_evaluation(
            settings.html,
            title,
            lines,
            result.paths,
            result.labels,
            result.probabilities,
            pixels,
        )
