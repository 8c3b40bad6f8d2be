"""Generate images with a trained GAN."""

import argparse
import pathlib

from specgan.cli.arguments import add_label_argument
from specgan.cli.arguments import add_truncation_argument
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import require_new_folder


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder, .keras file, or the name of a pretrained GAN")
    add("--num", type=positive, default=64, help="number of images")
    add("--seed", type=seed, default=0, help="same seed, same images")
    add_truncation_argument(add)
    add_label_argument(add)
    add(
        "--out",
        required=True,
        help="a .png file for a grid, or a new folder for single pictures",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.named_models import require_model_of

    require_suffix("--out", settings.out, ["", ".png"])
    if not settings.out.endswith(".png"):
        require_new_folder(settings.out)
    require_model_of(settings.run)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan sample --help`."""
    from specgan import plots
    from specgan.files import folder_written_whole
    from specgan.runs.named_models import class_number
    from specgan.runs.named_models import model_of

    out = pathlib.Path(settings.out)
    gan = model_of(settings.run)
    options = {"truncation": settings.truncation}
    label = class_number(settings.run, gan, settings.label)
    if label is not None:
        options["labels"] = label
    images = gan.sample(settings.num, settings.seed, **options)
    if out.suffix == ".png":
        plots.save(plots.image_grid(images), out)
    else:
        digits = len(str(settings.num - 1))
        with folder_written_whole(out) as folder:
            for i, image in enumerate(images):
                plots.save(
                    plots.image_grid(image[None]),
                    folder / f"{i:0{digits}}.png",
                )
    print(f"{out}: {settings.num} images of {settings.run}")
