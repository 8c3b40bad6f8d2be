"""The optimizers that the command line describes."""

import argparse
import functools
from collections.abc import Callable
from typing import Any

from specgan.models import GAN
from specgan.models import Adam
from specgan.models import TrainingSchedule
from specgan.runs.model_options import refuse


def compile_arguments(
    settings: argparse.Namespace, model: Any, batches: int
) -> dict[str, Any]:
    """Arguments of a model's `compile`.

    What is not asked for is as the model's class has it.

    Args:
        settings: The arguments of `specgan train`.
        model: A model of the zoo.
        batches: How many an epoch has.

    Returns:
        A dictionary.

    Raises:
        ValueError: If the warm-up is not shorter than the training, or the
            model has no discriminator whose learning rate is given.
    """
    changes = {
        name: getattr(settings, name)
        for name in ("learning_rate", "beta_1", "beta_2")
        if getattr(settings, name) is not None
    }
    if not isinstance(model, GAN):
        refuse(settings, "discriminator_learning_rate")
        steps = settings.epochs * batches
        return {"optimizer": _adam({**model.adam, **changes}, settings, steps)}
    # None at all is refused by `fit`.
    steps = settings.epochs * max(batches // model.discriminator_steps, 1)
    optimizers = {}
    for network in ("generator", "discriminator"):
        rate = settings.discriminator_learning_rate
        if network == "discriminator" and rate is not None:
            changes["learning_rate"] = rate
        optimizers[f"{network[0]}_optimizer"] = _adam(
            model.adam_arguments(network, **changes),
            settings,
            steps,
            functools.partial(model.optimizer_steps, network),
        )
    return optimizers


def _adam(
    arguments, settings, steps, optimizer_steps: Callable[[int], int] = int
):
    """Adam, with a schedule if one is asked for.

    Args:
        arguments: Dictionary of its arguments.
        settings: The arguments of `specgan train`.
        steps: Of the training.
        optimizer_steps: Function that gives this optimizer's, of those.
    """
    if settings.schedule is not None or settings.warm_up is not None:
        arguments["learning_rate"] = TrainingSchedule(
            arguments["learning_rate"],
            optimizer_steps(steps),
            settings.schedule or "constant",
            optimizer_steps(settings.warm_up or 0),
        )
    return Adam(**arguments)
