"""Networks and optimizers with which a training would not be as promised."""

from collections.abc import Mapping
from typing import Any

import keras

from specgan.models.keras_internals import draws_random_numbers
from specgan.models.keras_internals import flat_layers
from specgan.models.replicas import check_no_gradient_clipping
from specgan.models.replicas import check_optimizer_scope
from specgan.models.replicas import inner_optimizer


def check_no_random_layers(model: keras.Model) -> None:
    """A `ValueError` for layers that draw random numbers, such as Dropout.

    Keras keeps the state of their generators in no file, and gives all
    replicas the same: a training would neither be resumed exactly nor be equal
    on several replicas. What is not seen here: a layer that calls a function
    of random numbers itself, such as `tf.random.normal`.

    Args:
        model: A model with all its networks.
    """
    names = {
        layer.name
        for layer in flat_layers(model)
        if draws_random_numbers(layer)
    }
    if names:
        raise ValueError(
            "Layers that draw random numbers of their own make a training that "
            "is neither resumed exactly nor equal on several replicas. "
            f"Expected networks without them. Received: "
            f"{', '.join(sorted(names))}. Leave them out, or alter the images "
            "by `augmentations`. To sample from such a model, load it with "
            "compile=False."
        )


def check_no_losses(compile_arguments: Mapping[str, Any]) -> None:
    """A `ValueError` for losses and metrics, which no training step would use.

    Args:
        compile_arguments: Dictionary of arguments of `keras.Model.compile`.
    """
    given = [
        name
        for name in ("loss", "loss_weights", "metrics", "weighted_metrics")
        if compile_arguments.get(name) is not None
    ]
    if given:
        raise ValueError(
            "The losses are the model's own, and so is what it logs. Expected "
            "an optimizer for each network, no losses or metrics. Received: "
            f"{' and '.join(given)}. Leave them out; images are measured by "
            "specgan.callbacks.GeneratorEvaluation and SpectrumMonitor."
        )


def check_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    """A `ValueError` for options that would change the training.

    Clipped gradients under several replicas; an optimizer made outside the
    scope of the strategy; and Keras' own average of the weights, which `fit`
    puts in their place at its end: two calls would not be one longer call.

    Args:
        optimizer: A Keras optimizer.
    """
    check_no_gradient_clipping(optimizer)
    optimizer = inner_optimizer(optimizer)
    check_optimizer_scope(optimizer)
    if optimizer.use_ema:
        raise ValueError(
            "At the end of `fit` Keras puts an optimizer's average in the "
            "place of the trained weights, so that two calls are not one "
            "longer call. Expected use_ema=False. Received: a "
            f"{type(optimizer).__name__} with use_ema=True. A GAN keeps an "
            "average beside its weights: give the model ema_decay=0.999."
        )
