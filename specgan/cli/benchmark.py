"""Measure the speed of the parts, as ratios within one run."""

import argparse
import importlib


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="pages of recipes/benchmarks, such as first_load (all of them, "
        "unless given)",
    )


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan benchmark --help`."""
    try:
        benchmarks = importlib.import_module("recipes.benchmarks")
    except ModuleNotFoundError as error:
        if error.name not in ("recipes", "recipes.benchmarks"):
            raise
        raise ValueError(
            "Benchmarks are pages of recipes/, which is not installed. "
            "Expected to be run from a checkout of specgan. Received: "
            f"{error}. Run `make benchmark` there."
        ) from error
    benchmarks.main(settings.names)
