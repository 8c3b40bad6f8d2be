"""Propose a weight of a spectral loss from gradients."""

import argparse
from typing import Any

from specgan.cli.arguments import positive_number
from specgan.cli.arguments import whole
from specgan.cli.terminal import positive

OWN = ("model", "steps", "batches", "share", "json")
"""Options of the measurement, not of the training."""

OF_A_RUN = ("data_dir", "device", "spectral_regularization")
"""Options of the training that may be given beside a run folder."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    from specgan.cli.train import add_training_arguments

    command.add_argument(
        "model",
        help="name of a GAN with the options of `specgan train`, or the run "
        "folder of one, which has them",
    )
    add = command.add_argument_group("measurement").add_argument
    add(
        "--steps",
        type=whole,
        help="generator steps to train before, with --spectral-weight or the "
        "loss's own weight (300, of a run folder 0, unless given)",
    )
    add("--batches", type=positive, default=16, help="batches to measure")
    add(
        "--share",
        type=positive_number,
        default=1.0,
        help="wanted length of the spectral gradient, as a part of that of the "
        "adversarial one",
    )
    add("--json", action="store_true", help="for machines, batch by batch")
    add_training_arguments(command)


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    import zoo
    from specgan.cli.checks import require_name
    from specgan.cli.list import SPECTRAL_LOSSES
    from specgan.cli.train import check_names
    from specgan.data.catalogue import require_there
    from specgan.runs.run_folder import RunFolder

    if settings.model in zoo.MODELS:
        if settings.model not in zoo.GANS:
            raise ValueError(
                "A weight is suggested by an adversarial loss. Expected a GAN: "
                f"{', '.join(zoo.GANS)}. Received: {settings.model}."
            )
        check_names(settings)
        require_there(settings.data, settings.data_dir)
    elif RunFolder(settings.model).path.exists():
        run = RunFolder(settings.model)
        run.require_model()
        _refuse_others(settings)
        require_name(
            "spectral loss", settings.spectral_regularization, SPECTRAL_LOSSES
        )
    else:
        require_name("GAN or run folder", settings.model, zoo.GANS)
    if settings.strategy != "one-device":
        raise ValueError(
            "Gradients are measured on one device. Expected --strategy "
            f"one-device. Received: {settings.strategy}. Leave it out: their "
            "lengths are those of the same batch on several."
        )
    if settings.dtype_policy == "auto":
        raise ValueError(
            "Gradients are measured in one precision. Expected the name of a "
            "policy, such as mixed_bfloat16. Received: --dtype-policy auto."
        )


def _refuse_others(settings):
    """A run has its data and options; others beside it are a mistake."""
    given = [
        f"--{name.replace('_', '-')}"
        for name, value in training_defaults().items()
        if name not in OF_A_RUN and getattr(settings, name) != value
    ]
    if given:
        raise ValueError(
            "A run folder has the data and the options of its training. "
            f"Received: {', '.join(given)} with {settings.model}. Leave them "
            "out."
        )


def training_defaults() -> dict[str, Any]:
    """What the options of `specgan train` are that are not given, by name."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    settings = vars(parser.parse_args([""]))
    return {name: settings[name] for name in settings if name not in OWN}


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan suggest-weight --help`."""
    from specgan.runs import weight_suggestion

    weight_suggestion.main(settings, training_defaults())
