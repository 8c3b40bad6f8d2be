"""Measure generated images: FID, KID, recall, spectra."""

import argparse

from specgan.cli.arguments import add_feature_arguments
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", nargs="?", help="run folder or .keras file")
    add("--real", help="real images: a folder, a .zip or a name (a run's own)")
    add("--fake", help="generated images, instead of a run: a folder or .zip")
    add(
        "--image-size",
        type=positive,
        help="cut a square of that side out of each picture; needed where "
        "they are not of one size",
    )
    add(
        "--num",
        type=positive,
        help="images of each kind (10,000, or all if they are fewer)",
    )
    add("--seed", type=seed, default=0, help="of samples and random subsets")
    add("--json", action="store_true", help="for machines, all of the protocol")
    add_feature_arguments(command)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan evaluate --help`."""
    from specgan.runs import run_evaluation as evaluation

    evaluation.main(settings)
