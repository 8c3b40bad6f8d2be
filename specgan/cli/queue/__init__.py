"""Compute many trainings with their evaluations, or resume them."""

import argparse

from specgan.cli.arguments import whole
from specgan.cli.terminal import positive


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("file", help="TOML file of trainings; see docs/guides/training.md")
    add(
        "--dry-run",
        action="store_true",
        help="list the cells with their states, and compute nothing",
    )
    add(
        "--redo-stale",
        action="store_true",
        help="compute cells of another recipe anew; their old results are "
        "moved aside",
    )
    add(
        "--retry-failed",
        action="store_true",
        help="try cells again that have failed",
    )
    add(
        "--threads",
        type=positive,
        help="of each training (by the environment, unless given)",
    )
    add(
        "--nice",
        type=whole,
        default=0,
        help="how much lower the priority of the trainings is, 0 to 19",
    )


def run(settings: argparse.Namespace) -> int:
    """Run the command. See `specgan queue --help`."""
    from specgan.cli.queue import training_queue

    return training_queue.main(settings)
