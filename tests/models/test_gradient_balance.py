"""Gradients of the two losses of a generator, and the weight they suggest."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.errors import Diverged
from specgan.losses import DecibelSpectralLoss
from specgan.losses import ScalingSpectralLoss
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.models import GAN
from specgan.models import GradientBalance
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator
from zoo import LSGAN

SIDE, BATCH = 4, 6
REALS = uniform(4 * BATCH, SIDE, SIDE, 1)


class LinearDistance(SpectralLoss):
    """Mean over the batch of sum(c x), whose gradient on x is c / batch."""

    def __init__(self, coefficients, weight=1.0, **kwargs):
        super().__init__(weight, **kwargs)
        self.coefficients = coefficients

    def profile(self, images):
        return tf.reshape(images, [tf.shape(images)[0], SIDE**2])

    def call(self, fakes, reals=None):
        return tf.reduce_mean(self.profile(fakes) @ self.coefficients)


def linear_gan(coefficients, weight=1.0):
    """Images W z, a critic d x: all gradients have a closed form."""
    generator = keras.Sequential(
        [
            keras.Input([3]),
            keras.layers.Dense(SIDE**2, use_bias=False),
            keras.layers.Reshape([SIDE, SIDE, 1]),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input([SIDE, SIDE, 1]),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    loss = LinearDistance(coefficients, weight)
    gan = GAN(generator, discriminator, "wasserstein", spectral_loss=loss)
    gan.adapt(REALS)
    gan.compile()
    return gan


def batches():
    return tf.data.Dataset.from_tensor_slices(REALS).batch(BATCH)


@pytest.mark.parametrize("weight", [0.0, 1.0, 7.0])
def test_norms_and_angle_of_linear_networks(weight):
    """d g_loss / dW = -mean(z) d^T, d distance / dW = mean(z) c^T."""
    c = np.random.default_rng(0).normal(size=[SIDE**2, 1]).astype("float32")
    gan = linear_gan(c, weight)
    d = gan.discriminator.trainable_variables[0].numpy()
    balance = GradientBalance.of(gan, batches(), num_batches=3)
    size_c, size_d = np.linalg.norm(c), np.linalg.norm(d)
    np.testing.assert_allclose(balance.ratios, 3 * [size_d / size_c], rtol=1e-4)
    np.testing.assert_allclose(balance.ratios_on_images, balance.ratios, 1e-4)
    np.testing.assert_allclose(
        balance.cosine, 3 * [-np.sum(c * d) / (size_c * size_d)], rtol=1e-4
    )
    np.testing.assert_allclose(
        balance.adversarial_on_images, size_d / np.sqrt(BATCH), rtol=1e-4
    )
    # |mean(z)| differs by batch: each has latents of its own.
    means = balance.spectral / size_c
    assert len(np.unique(means)) == 3 and np.all((means > 0) & (means < 3))
    # The wanted length, whatever weight the loss has.
    for share in (0.5, 2.0):
        np.testing.assert_allclose(
            balance.weight(share) * balance.spectral,
            share * balance.adversarial,
            rtol=1e-4,
        )
    assert balance.weight() == balance.weight(1.0)


def test_the_weight_is_of_the_median_batch():
    balance = GradientBalance(
        np.array([1.0, 2.0, 9.0]), np.array([2.0, 1.0, 1.0]), *np.ones([3, 3])
    )
    np.testing.assert_array_equal(balance.ratios, [0.5, 2.0, 9.0])
    assert balance.weight(0.25) == 0.5


def test_norms_are_those_of_one_backward_pass():
    """Of curved losses and networks, beside gradients taken in one go."""
    loss = DecibelSpectralLoss(window="hann")
    gan = GAN(
        tiny_generator(), tiny_discriminator(), "least_squares",
        spectral_loss=loss,
    )  # fmt: skip
    images = uniform(16, SIZE, SIZE, 1)
    gan.adapt(images)
    gan.compile()
    seen = []
    original = gan._fakes
    gan._fakes = lambda *arguments: _seen(original(*arguments), seen)
    tf.config.run_functions_eagerly(True)
    try:
        balance = GradientBalance.of(gan, images)
    finally:
        tf.config.run_functions_eagerly(False)
    (fakes,) = seen
    # The latents are found again by what they made: a linear layer comes first.
    variables = gan.generator.trainable_variables
    fakes = tf.constant(fakes)

    def norm(function):
        with tf.GradientTape() as tape:
            tape.watch(fakes)
            value = function(fakes)
        return np.linalg.norm(tape.gradient(value, fakes))

    np.testing.assert_allclose(
        balance.adversarial_on_images[0],
        norm(lambda x: tf.reduce_mean((gan.discriminator(x) - 1) ** 2) / 2),
        rtol=1e-4,
    )
    np.testing.assert_allclose(
        balance.spectral_on_images[0], norm(lambda x: loss(x)), rtol=1e-4
    )
    assert len(variables) == 4 and balance.adversarial[0] > 0


def _seen(fakes, into):
    into.append(fakes.numpy())
    return fakes


def test_nothing_of_the_gan_is_changed():
    keras.utils.set_random_seed(0)
    gan = LSGAN(16, 1, 2, latent_dim=4, spectral_regularization="decibel")
    images = uniform(16, 16, 16, 1)
    gan.adapt(images)
    gan.compile()
    before = [variable.numpy() for variable in gan.variables]
    first = GradientBalance.of(gan, images)
    for variable, value in zip(gan.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value, variable.path)
    # So that a measurement repeats.
    np.testing.assert_array_equal(first, GradientBalance.of(gan, images))


def test_what_cannot_be_measured():
    one = np.ones([SIDE**2, 1], "float32")
    plain = GAN(tiny_generator(), tiny_discriminator())
    with pytest.raises(ValueError, match="no spectral loss to weigh.*without"):
        GradientBalance.of(plain, uniform(4, SIZE, SIZE, 1))
    gan = linear_gan(one)
    with pytest.raises(ValueError, match="num_batches"):
        GradientBalance.of(gan, batches(), num_batches=0)
    with pytest.raises(ValueError, match="images do not fit"):
        GradientBalance.of(gan, uniform(4, SIZE, SIZE, 1))
    fresh = GAN.from_config(
        GAN(
            tiny_generator(), tiny_discriminator(), spectral_loss="decibel"
        ).get_config()
    )
    with pytest.raises(ValueError, match="compile"):
        GradientBalance.of(fresh, uniform(4, SIZE, SIZE, 1))
    fresh.compile()
    with pytest.raises(ValueError, match="no target"):
        GradientBalance.of(fresh, uniform(4, SIZE, SIZE, 1))


def test_a_loss_without_a_gradient():
    gan = GAN(
        tiny_generator(), tiny_discriminator(),
        spectral_loss=ScalingSpectralLoss(),
    )  # fmt: skip
    images = uniform(8, SIZE, SIZE, 1)
    gan.adapt(images)
    gan.compile()
    with pytest.raises(ValueError, match="ScalingSpectralLoss.*gradient is 0"):
        GradientBalance.of(gan, images)


def test_a_training_that_has_diverged():
    gan = linear_gan(np.ones([SIDE**2, 1], "float32"))
    kernel = gan.discriminator.trainable_variables[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(Diverged, match="not finite"):
        GradientBalance.of(gan, batches())
