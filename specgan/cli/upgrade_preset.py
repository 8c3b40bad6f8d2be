"""Convert a pretrained model of an older format in its place."""

import argparse

from specgan.cli.arguments import add_license_argument


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    command.add_argument("folder", help="that of the pretrained model")
    add_license_argument(command.add_argument)


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from zoo.older_presets import require_older

    require_older(settings.folder)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan upgrade-preset --help`."""
    from zoo.older_presets import upgrade

    upgrade(settings.folder, settings.license)
    print(f"{settings.folder}: converted to the present format")
