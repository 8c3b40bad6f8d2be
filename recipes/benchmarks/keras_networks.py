"""A GAN of the same networks, built of the layers of Keras alone."""

import keras

from specgan import layers
from specgan.models import GAN

ORIGINALS = {
    layers.BatchNormalization: keras.layers.BatchNormalization,
    layers.Conv2D: keras.layers.Conv2D,
    layers.Conv2DTranspose: keras.layers.Conv2DTranspose,
}


def of_keras_layers(gan):
    """The rival: Keras' layers in place of those that the zoo computes faster.

    Args:
        gan: A `ConvolutionalGAN` whose upsampling is "transposed".

    Returns:
        A `GAN` of the same architecture, losses, optimizers and number of
        steps, not compiled, with other weights.
    """
    networks = [
        keras.models.clone_model(network, clone_function=_original)
        for network in (gan.generator, gan.discriminator)
    ]
    rival = GAN(
        *networks, gan.adversarial, gan.penalty, discriminator_steps=gan.steps
    )
    rival.generator_adam = gan.generator_adam
    rival.discriminator_adam = gan.discriminator_adam
    return rival


def _original(layer):
    if isinstance(layer, layers.TransposedConv2D):
        return keras.layers.Conv2DTranspose(
            layer.filters,
            layer.kernel_size,
            strides=2,
            padding="same",
            use_bias=layer.use_bias,
            dtype=layer.dtype_policy,
        )
    kind = ORIGINALS.get(type(layer), type(layer))
    return kind.from_config(layer.get_config())
