"""Write a trained generator as a SavedModel."""

import argparse

from specgan.files import require_new_folder


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder or .keras file")
    add("--out", required=True, help="new folder for the SavedModel")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.run_folder import RunFolder

    require_new_folder(settings.out)
    RunFolder(settings.run).require_model()


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan export --help`."""
    from specgan.runs.run_folder import RunFolder

    RunFolder(settings.run).load().export(settings.out)
    print(f"{settings.out}: a SavedModel of {settings.run}")
