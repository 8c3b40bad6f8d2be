"""Write a trained model for another runtime."""

import argparse

from specgan import export_formats
from specgan.cli.terminal import positive


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder, .keras file, or the name of a pretrained GAN")
    add(
        "--out",
        required=True,
        help="what is written: a new folder, or a file that ends in .onnx or "
        ".tflite",
    )
    add(
        "--format",
        default="saved_model",
        help=f"one of: {', '.join(export_formats.FORMATS)}; those but the "
        "first need the extra of their name, pip install 'specgan[onnx]' "
        "(default: saved_model)",
    )
    add(
        "--precision",
        default="float32",
        help="float32, or for litert int8, which takes a quarter of the size "
        "and changes the images (default: float32)",
    )
    add(
        "--batch-size",
        type=positive,
        help="images that the file makes at once (any number, unless given)",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.named_models import require_model_of

    export_formats.checked_format(
        settings.format, settings.out, settings.precision, settings.batch_size
    )
    require_model_of(settings.run)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan export --help`."""
    from specgan.runs.named_models import model_of

    model_of(settings.run).export(
        settings.out, settings.format, settings.precision, settings.batch_size
    )
    title = export_formats.FORMATS[settings.format].title
    print(f"{settings.out}: {settings.run} for {title}")
