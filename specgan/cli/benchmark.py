"""Measure the speed of the parts, as ratios within one run."""

import importlib


def add_arguments(command):
    """Add the options to a parser."""


def run(settings):
    """Run the command. See `specgan benchmark --help`."""
    try:
        benchmark = importlib.import_module("recipes.benchmark")
    except ModuleNotFoundError as error:
        if error.name not in ("recipes", "recipes.benchmark"):
            raise
        raise ValueError(
            "Benchmarks are pages of recipes/, which is not installed. "
            "Expected to be run from a checkout of specgan. Received: "
            f"{error}. Run `make benchmark` there."
        ) from error
    benchmark.main()
