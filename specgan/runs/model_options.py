"""What the command line says of a model, as arguments of its class."""

import argparse
import inspect
from typing import Any

import zoo
from specgan.models import HalfLife

AVERAGE_OPTIONS = ("ema_half_life", "ema_decay", "no_ema")


def model_arguments(
    settings: argparse.Namespace,
    model_class: type,
    num_classes: int | None = None,
) -> dict[str, Any]:
    """Arguments of a zoo class that the command line describes.

    Args:
        settings: The arguments of `specgan train`.
        model_class: The class.
        num_classes: Number of the images' classes, with `--labels`.

    Returns:
        A dictionary.

    Raises:
        ValueError: If one that the class does not have is asked for.
    """
    has = inspect.signature(model_class).parameters
    arguments = {}
    # An option that is not given is None, and its default the class's.
    for name in _options_of_models() & set(vars(settings)):
        value = getattr(settings, name)
        if name in has and value is not None:
            arguments[name] = value
        elif value is not None:
            raise _has_none(settings, name)
    if "num_classes" in has:
        arguments["num_classes"] = num_classes
    else:
        refuse(settings, "labels")
    if "ema_decay" in has:
        arguments["ema_decay"] = _average(settings)
    else:
        refuse(settings, *AVERAGE_OPTIONS)
    return arguments


def _options_of_models():
    """Names that any class of the zoo has as an argument."""
    own = {"ema_decay", "num_classes", "name"}  # Made of several options.
    return {
        name
        for model_class in zoo.MODELS.values()
        for name, one in inspect.signature(model_class).parameters.items()
        if one.kind is one.POSITIONAL_OR_KEYWORD
    } - own


def defaults(model_class: type) -> dict[str, Any]:
    """What options of a model mean that are not given.

    Args:
        model_class: A class of the zoo.

    Returns:
        Dictionary of options and the defaults of the class's arguments.
    """
    has = inspect.signature(model_class).parameters
    return {name: has[name].default for name in set(has) & _options_of_models()}


def _average(settings):
    """The decay of the generator's average: by half-life unless asked not."""
    if settings.no_ema:
        return None
    if settings.ema_decay is not None:
        return settings.ema_decay
    if settings.ema_half_life is not None:
        return HalfLife.of_images(settings.ema_half_life, settings.batch_size)
    return "half_life"


def refuse(settings: argparse.Namespace, *names: str) -> None:
    """Raise a `ValueError` if an option is given that the model has not."""
    for name in names:
        if getattr(settings, name) is not None:
            raise _has_none(settings, name)


def _has_none(settings, name):
    return ValueError(
        f"{settings.model} has no --{name.replace('_', '-')}. "
        f"Received: {getattr(settings, name)}. Leave it out."
    )
