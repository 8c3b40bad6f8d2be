"""Discriminators of images that look at their spectra as well."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.spectral_discriminator import DISCRIMINATORS
from recipes.spectral_discriminator import with_spectral_classifier
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator

IMAGES = uniform(4, SIZE, SIZE, 1)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_both_logits_learn(name):
    discriminator = tiny_discriminator()
    model = DISCRIMINATORS[name](discriminator)
    assert model.output_shape == (None, 2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(IMAGES, training=True) - 1) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert len(gradients) > len(discriminator.trainable_variables)
    for gradient in gradients[:-1]:
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


def test_ssd_mixes_realness_of_image_and_spectrum():
    discriminator = tiny_discriminator()
    model = with_spectral_classifier(discriminator, share=0.25)
    mixed, spectral = np.transpose(model(IMAGES))
    # In inference mode: batch normalization has its first statistics.
    profile = np.array(decibels(azimuthal_integral(IMAGES, "hann")))
    layer = [one for one in model.layers if one.name.startswith("dense")][-1]
    kernel, bias = layer.get_weights()
    expected = profile / np.sqrt(1 + 1e-3) @ kernel[:, 0] + bias
    np.testing.assert_allclose(spectral, expected, rtol=1e-3)
    of_image = discriminator(IMAGES)[:, 0]
    np.testing.assert_allclose(
        mixed, 0.25 * of_image + 0.75 * spectral, rtol=1e-3
    )


def test_ssd_trains_the_image_logit_beside_a_constant():
    discriminator = tiny_discriminator()
    model = with_spectral_classifier(discriminator)
    images = tf.constant(IMAGES)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(images)
        mixed, spectral = tf.unstack(model(images), axis=1)
        alone = discriminator(images)
    np.testing.assert_allclose(
        tape.gradient(mixed, images), tape.gradient(alone, images) / 2, 1e-4
    )
    # The generator sees the spectrum by the other logit.
    assert np.any(tape.gradient(spectral, images) != 0)
