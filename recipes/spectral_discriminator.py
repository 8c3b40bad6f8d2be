"""Discriminators of spectra, beside that of images.

They learn with the discriminator, and are therefore no `losses.spectral`, which
have nothing to train.

Reference:
- Jung & Keuper, Spectral Distribution Aware Image Generation, AAAI 2021
  (https://arxiv.org/abs/2012.03110)
- Chen et al., SSD-GAN: Measuring the Realness in the Spatial and Spectral
  Domains, AAAI 2021 (https://arxiv.org/abs/2012.05535)
"""

import keras

from specgan.layers import AzimuthalIntegral
from specgan.signal import decibels


def with_spectral_discriminator(discriminator):
    """A second logit beside the discriminator's, of the 1-D spectrum alone.

    Two hidden layers on the ring powers of each image in dB (Jung & Keuper).
    The losses of both logits have equal weight, as the mean over them.
    """
    x = _profile(discriminator.inputs[0])
    for _ in range(2):
        x = keras.layers.Dense(128, dtype="float32")(x)
        x = keras.layers.LeakyReLU(0.2, dtype="float32")(x)
    return _with_logits(discriminator, discriminator.outputs[0], _logit(x))


def with_spectral_classifier(discriminator, share=0.5):
    """The realness of SSD-GAN: that of the image, mixed with its spectrum's.

    A linear classifier of the ring powers of each image in dB has the logit c.
    The image's logit d learns as a part of `share * d + (1 - share) * c`, in
    which c is a constant; c learns beside it. The released code leaves c out
    of the generator's loss, so that the generator never sees a spectrum (its
    issue 2); here both logits count, as the mean over them.
    """
    logit = _logit(_profile(discriminator.inputs[0]))
    image_logit = keras.ops.cast(discriminator.outputs[0], "float32")
    constant = keras.ops.stop_gradient(logit)
    mixed = share * image_logit + (1 - share) * constant
    return _with_logits(discriminator, mixed, logit)


def _profile(images):
    x = AzimuthalIntegral("hann")(images)
    x = keras.layers.Lambda(decibels, dtype="float32")(x)
    return keras.layers.BatchNormalization(dtype="float32")(x)


def _logit(x):
    return keras.layers.Dense(1, dtype="float32")(x)


def _with_logits(discriminator, *logits):
    both = keras.layers.Concatenate(dtype="float32")
    return keras.Model(discriminator.inputs[0], both(logits))


DISCRIMINATORS = {
    "spectral": with_spectral_discriminator,
    "ssd": with_spectral_classifier,
}
"""By the names of recipes/trials.toml."""
