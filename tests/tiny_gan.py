"""Networks small enough to write their training out beside the engine's."""

import keras
import numpy as np

SIZE = 8
LATENT_DIM = 4


def tiny_generator(regularizer=None, size=SIZE, channels=1):
    return keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            keras.layers.Dense(
                size**2 * channels, kernel_regularizer=regularizer
            ),
            keras.layers.Reshape([size, size, channels]),
            keras.layers.Conv2D(channels, 3, padding="same"),
            keras.layers.Activation("tanh"),
        ]
    )


def tiny_discriminator(regularizer=None, size=SIZE, channels=1):
    return keras.Sequential(
        [
            keras.Input([size, size, channels]),
            keras.layers.Conv2D(
                2,
                3,
                strides=2,
                activation="tanh",
                kernel_regularizer=regularizer,
            ),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def randomize(network, scale=0.5):
    """Large weights: images of a network that was not trained are grey."""
    draw = np.random.default_rng(0)
    for variable in network.trainable_variables:
        variable.assign(draw.normal(0, scale, variable.shape))
