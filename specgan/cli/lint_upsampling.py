"""Predict what a model's up-sampling does to spectra."""

import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("model", help="run folder or .keras file, of any Keras model")
    add("--json", action="store_true", help="for machines, all figures")
    add("--strict", action="store_true", help="exit code 1 if there are risks")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.run_folder import RunFolder

    RunFolder(settings.model).require_model()


def run(settings: argparse.Namespace) -> int:
    """Run the command. See `specgan lint-upsampling --help`."""
    from specgan.runs import lint_report as upsampling_lint

    num_risks = upsampling_lint.main(settings.model, settings.json)
    return int(settings.strict and num_risks > 0)
