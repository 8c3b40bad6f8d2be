"""What the two networks of a GAN must have in common."""

import keras

from specgan.models.keras_internals import flat_layers
from specgan.typing import Shape


def check_networks(generator: keras.Model, discriminator: keras.Model) -> None:
    """A `ValueError` unless the networks fit each other.

    The discriminator must take the generator's images, and both the same
    classes, or none.

    Args:
        generator: Latent values, and labels, to images.
        discriminator: Images, and labels, to logits.
    """
    try:
        made, taken = generator.output_shape, input_shapes(discriminator)[0]
        classes = [num_classes(generator), num_classes(discriminator)]
    except AttributeError as error:
        raise ValueError(
            "The networks of a GAN must have static shapes of their inputs "
            "and outputs. Expected built Keras models. Received: "
            f"{generator!r} and {discriminator!r}, where {error} Begin "
            "each with a keras.Input."
        ) from error
    if made[1:] != taken[1:]:
        raise ValueError(
            "The generator's images do not fit the discriminator. "
            f"Expected images of shape {taken[1:]}. Received: {made[1:]}. "
            "Build both for one image size and number of channels."
        )
    if classes[0] != classes[1]:
        raise ValueError(
            "Both networks must take labels of the same classes, or none. "
            f"Received: {classes[0]} classes of the generator and "
            f"{classes[1]} of the discriminator."
        )


def check_no_batch_normalization(discriminator: keras.Model) -> None:
    """A `ValueError` if a discriminator with a penalty mixes its images."""
    normalizations = [
        layer.name
        for layer in flat_layers(discriminator)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if normalizations:
        raise ValueError(
            "A gradient penalty is on the gradient of single images, which "
            "batch normalization mixes. Expected a discriminator without "
            f"it. Received: {', '.join(normalizations)}. Take layer "
            "normalization instead, or none."
        )


def input_shapes(network: keras.Model) -> list[Shape]:
    """The shapes of a network's inputs."""
    shape = network.input_shape
    return shape if isinstance(shape, list) else [shape]


def num_classes(network: keras.Model) -> int | None:
    """Number of classes of a network that takes labels too, or None."""
    shapes = input_shapes(network)
    return shapes[1][-1] if len(shapes) > 1 else None
