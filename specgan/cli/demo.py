"""Train a plain and a regularized DCGAN and compare their spectra."""

import argparse

from specgan.cli.arguments import add_data_arguments
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import require_new_folder


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("--out", default="demo", help="new folder for all that comes of it")
    add("--overwrite", action="store_true", help="remove --out first")
    add_data_arguments(command, image_size=32)
    add("--width", type=positive, default=32, help="of both networks")
    add("--epochs", type=positive, default=16, help="passes over the data")
    add("--batch-size", type=positive, default=64, help="images a step")
    add("--seed", type=seed, default=0, help="of weights, noise, data order")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.data.catalogue import require_there

    if not settings.overwrite:
        require_new_folder(settings.out)
    require_there(settings.data, settings.data_dir)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan demo --help`."""
    from specgan.runs import demo_training as demonstration

    demonstration.main(settings)
