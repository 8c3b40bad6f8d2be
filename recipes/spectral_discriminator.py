"""A discriminator of spectra, beside that of images.

Reference:
- Jung & Keuper, Spectral Distribution Aware Image Generation, AAAI 2021
  (https://arxiv.org/abs/2012.03110)
"""

import keras

from specgan.layers import AzimuthalIntegral
from specgan.signal import decibels


def with_spectral_discriminator(discriminator):
    """A second logit beside the discriminator's, of the 1-D spectrum alone.

    Two hidden layers on the ring powers of each image in dB. The losses of
    both logits have equal weight, as the mean over them.
    """
    images = discriminator.input
    x = AzimuthalIntegral("hann")(images)
    x = keras.layers.Lambda(decibels, dtype="float32")(x)
    x = keras.layers.BatchNormalization(dtype="float32")(x)
    for _ in range(2):
        x = keras.layers.Dense(128, dtype="float32")(x)
        x = keras.layers.LeakyReLU(0.2, dtype="float32")(x)
    logits = keras.layers.Dense(1, dtype="float32")(x)
    both = keras.layers.Concatenate(dtype="float32")
    return keras.Model(images, both([discriminator.output, logits]))
