"""Write a film of a walk through a GAN's latent values."""

import argparse

from specgan.cli.arguments import add_label_argument
from specgan.cli.arguments import add_truncation_argument
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder, .keras file, or the name of a pretrained GAN")
    add("--num", type=positive, default=4, help="walks, side by side")
    add("--points", type=positive, default=6, help="random images on the way")
    add("--frames", type=positive, default=180, help="of the whole film")
    add("--rate", type=positive, default=30, help="frames a second")
    add("--seed", type=seed, default=0, help="same seed, same walk")
    add_truncation_argument(add)
    add_label_argument(add)
    add("--out", required=True, help="a .gif or .mp4 file")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.named_models import require_model_of

    require_suffix("--out", settings.out, [".gif", ".mp4"])
    if settings.out.endswith(".gif") and settings.rate > 50:
        raise ValueError(
            "A GIF counts hundredths of a second, and players slow down one "
            "of fewer than two a frame. Expected --rate at most 50. Received: "
            f"--rate {settings.rate}. Write an .mp4, or fewer frames a second."
        )
    require_model_of(settings.run)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan interpolate --help`."""
    from specgan.runs import latent_walk as interpolation

    interpolation.interpolate(settings)
