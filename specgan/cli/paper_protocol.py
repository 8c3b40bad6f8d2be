"""Run an experiment of the paper's Table 1."""

import argparse

from specgan.cli.arguments import add_features_argument
from specgan.cli.arguments import add_matching_arguments
from specgan.cli.checks import require_path
from specgan.cli.terminal import seed


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("name", help="faces-hq, celeba or faceforensics")
    add(
        "--real",
        required=True,
        help="folder of real pictures; for faceforensics of videos, or of a "
        "folder of frames for each",
    )
    add("--fake", required=True, help="folder of generated ones")
    add_features_argument(
        add,
        default=None,
        help="other features than the paper's, for a logistic regression of "
        "standardized ones",
    )
    add_matching_arguments(command)
    add("--seed", type=seed, default=0, help="of the drawing and the splits")
    add("--json", action="store_true", help="for machines, all figures")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    require_path("--real", settings.real)
    require_path("--fake", settings.fake)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan paper-protocol --help`."""
    import json

    from specgan.detection import run_paper_protocol

    others = {}
    if settings.features is not None:
        from specgan.detection import feature_sets
        from specgan.detection.classifiers import linear_classifier

        others = {
            "features": feature_sets.get(settings.features),
            "classifiers": {"logistic regression": linear_classifier()},
        }
    result = run_paper_protocol(
        settings.name,
        settings.real,
        settings.fake,
        **others,
        seed=settings.seed,
        match_size=settings.match_size,
        match_jpeg=settings.match_jpeg,
    )
    if settings.json:
        print(json.dumps(result.as_dict(), indent=1))
    else:
        print("\n".join(result.lines()))
