"""A new training that begins with a model's weights: `train --init-from`."""

from typing import Any

import keras

from specgan.typing import PathLike

NETWORKS = ("generator", "discriminator", "encoder", "decoder", "network")
"""Attributes of models that are networks; each model has some of them."""


def take(model: keras.Model, source: keras.Model, name: PathLike) -> None:
    """Give the networks of a new model the weights of another one.

    Only these: optimizers, noise and the target of a spectral loss are those
    of the new training. The average begins as the other one's, or, without
    one, as its generator.

    Args:
        model: A model of the zoo.
        source: The other one.
        name: What the user calls that, for the message.

    Raises:
        ValueError: If the networks are of other shapes.
    """
    networks = {one: getattr(model, one, None) for one in NETWORKS}
    sources: dict[str, Any] = {
        one: getattr(source, one, None) for one in NETWORKS
    }
    if getattr(model, "generator_ema", None) is not None:
        networks["average"] = model.generator_ema
        average = getattr(source, "generator_ema", None)
        sources["average"] = average or sources["generator"]
    for kind, network in networks.items():
        if _shapes(network) != _shapes(sources[kind]):
            raise ValueError(
                f"The weights of {name} do not fit. Expected the {kind} of a "
                f"{type(model).__name__} with these options"
                f"{_size(network)}. Received: that of a "
                f"{type(source).__name__}{_size(sources[kind])}. Give the "
                "options that it was trained with, which are in its run.json "
                "or its card."
            )
    for kind, network in networks.items():
        if network is not None:
            network.set_weights(sources[kind].get_weights())


def _shapes(network):
    if network is None:
        return None
    return [tuple(weight.shape) for weight in network.weights]


def _size(network):
    if network is None:
        return ", which has none"
    return f", {network.count_params():,} parameters"
