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
    add(
        "run",
        help="run folder, .keras file, or the name, folder or hf:// address "
        "of a pretrained GAN",
    )
    add("--num", type=positive, default=64, help="number of images")
    add("--seed", type=seed, default=0, help="same seed, same images")
    add_truncation_argument(add)
    add_label_argument(add)
    add(
        "--out",
        required=True,
        help="a .png file for a grid, or a new folder for single pictures",
    )
    add(
        "--columns",
        type=positive,
        help="images in a row of the grid (as many as rows, unless given)",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.named_models import require_model_of

    require_suffix("--out", settings.out, ["", ".png"])
    if not settings.out.endswith(".png"):
        if settings.columns is not None:
            raise ValueError(
                "Only a grid has columns. Expected --out with a .png file. "
                f"Received: --out {settings.out} with --columns."
            )
        require_new_folder(settings.out)
    require_model_of(settings.run)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan sample --help`."""
    from specgan import plots
    from specgan.files import folder_written_whole

    out = pathlib.Path(settings.out)
    images = _quickly_sampled(settings)
    if images is None:
        images = _sampled(settings)
    if out.suffix == ".png":
        plots.save(plots.tiled(images, settings.columns), out)
    else:
        digits = len(str(settings.num - 1))
        with folder_written_whole(out) as folder:
            for i, image in enumerate(images):
                plots.save(image, folder / f"{i:0{digits}}.png")
    print(f"{out}: {settings.num} images of {settings.run}")


def _quickly_sampled(settings):
    """uint8 images of a model that comes with specgan; None of others."""
    from zoo import shipped_samples

    if settings.truncation is not None or settings.label is not None:
        return None
    return shipped_samples.sample(settings.run, settings.num, settings.seed)


def _sampled(settings):
    """uint8 images of any model."""
    import specgan.cli.suppress_startup_logs  # noqa: F401
    from specgan.runs.named_models import class_number
    from specgan.runs.named_models import model_of
    from specgan.signal import to_uint8

    gan = model_of(settings.run)
    options = {"truncation": settings.truncation}
    label = class_number(settings.run, gan, settings.label)
    if label is not None:
        options["labels"] = label
    images = gan.sample(settings.num, settings.seed, **options)
    return to_uint8(images).numpy()
