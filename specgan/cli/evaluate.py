"""Measure generated images: FID, KID, recall, spectra."""

import argparse

from specgan.cli.arguments import add_feature_arguments
from specgan.cli.arguments import add_framing_arguments
from specgan.cli.checks import require_path
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", nargs="?", help="run folder, .keras file or pretrained model")
    add("--real", help="real images: a folder, a .zip or a name (a run's own)")
    add("--fake", help="generated images, instead of a run: a folder or .zip")
    add(
        "--image-size",
        type=positive,
        help="cut a square of that side out of each picture; needed where "
        "they are not of one size",
    )
    add(
        "--num",
        type=positive,
        help="images of each kind (10,000, or all if they are fewer)",
    )
    add(
        "--all-real",
        action="store_true",
        help="FID against all real images there are; the other metrics take "
        "as many as are generated",
    )
    add("--seed", type=seed, default=0, help="of samples and random subsets")
    add("--json", action="store_true", help="for machines, all of the protocol")
    add(
        "--card",
        action="store_true",
        help="put the figures into the card of the pretrained model",
    )
    add_framing_arguments(command)
    add_feature_arguments(command)


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.data.catalogue import require_there
    from specgan.runs.named_models import require_model_of
    from specgan.runs.source_framing import SourceFraming

    if settings.run is None and not (settings.real and settings.fake):
        raise ValueError(
            "There is nothing to measure. Expected a run folder, or --real "
            "and --fake. Received: "
            f"--real {settings.real}, --fake {settings.fake}."
        )
    if settings.run is not None and settings.fake:
        raise ValueError(
            "A run generates its own images. Expected a run folder or --fake. "
            f"Received: {settings.run} and --fake {settings.fake}."
        )
    if settings.run is not None:
        require_model_of(settings.run)
        for option in ("image_size", "channels"):
            _refuse(settings, option)
    if settings.card:
        _require_preset(settings.run)
    sources = [one for one in (settings.real, settings.fake) if one is not None]
    for source in sources:
        require_there(source, settings.data_dir)
    if sources:  # Else those of the run.
        SourceFraming.of(settings).require_used(sources)
    require_path("--weights", settings.weights)


def _require_preset(name):
    from zoo import pretrained

    if not pretrained.is_local(name):
        raise ValueError(
            "Only a pretrained model has a card. Expected its name or folder. "
            f"Received: --card with {name}. Leave it out."
        )


def _refuse(settings, option):
    value = getattr(settings, option)
    if value is not None:
        raise ValueError(
            "A run's images have the size and the channels of its model. "
            f"Received: --{option.replace('_', '-')} {value} with "
            f"{settings.run}. Leave it out."
        )


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan evaluate --help`."""
    from specgan.runs import run_evaluation as evaluation

    evaluation.main(settings)
