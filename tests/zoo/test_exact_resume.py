"""A resumed training is that of one piece, with all that a GAN user turns on.

Flips, classes, adaptive augmentation, an average by half-life, schedules of
both learning rates with warm-up, spectral regularization and half precision,
for every GAN of the zoo. Eagerly, since tracing takes longer than so few steps.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from specgan import data
from specgan.models import HalfLife
from specgan.models import TrainingSchedule
from tests.contracts import saved_and_loaded

IMAGES = 8
EPOCHS = 3

GANS = {name: {"width": 2, "latent_dim": 4} for name in zoo.GANS}
GANS["alias-free"] = {
    "num_layers": 3,
    "channel_base": 64,
    "channel_max": 4,
    "latent_dim": 8,
}


def compiled(name):
    gan = zoo.MODELS[name](
        16,
        1,
        ema_decay=HalfLife.of_images(24, IMAGES),
        num_classes=2,
        augment=True,
        spectral_regularization=True,
        **GANS[name],
    )
    optimizers = {}
    for network in ("generator", "discriminator"):
        arguments = gan.adam_arguments(network)
        arguments["learning_rate"] = TrainingSchedule(
            arguments["learning_rate"],
            gan.optimizer_steps(network, EPOCHS),
            "cosine",
            warm_up=1,
        )
        adam = keras.optimizers.Adam(**arguments)
        optimizers[f"{network[0]}_optimizer"] = adam
    return gan, optimizers


def assert_in_full_precision(model):
    """The weights are no half-precision numbers: few of them by chance."""
    for variable in model.trainable_variables:
        values = variable.numpy()
        if values.size >= 32 and np.any(values != values.flat[0]):
            rounded = tf.cast(tf.cast(values, tf.bfloat16), tf.float32)
            # Biases begin at 0 and may stay there.
            equal = np.mean((values == rounded) & (values != 0))
            assert equal < 0.2, variable.path


@pytest.mark.parametrize("name", ["vae", "autoencoder"])
def test_auto_encoders_in_half_precision(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    size = {"vae": {"latent_dim": 4}, "autoencoder": {}}[name]
    model = zoo.MODELS[name](16, 1, width=4, **size)
    model.compile(run_eagerly=True)
    images = np.random.default_rng(0).uniform(-1, 1, [8, 16, 16, 1])
    model.fit(images.astype(np.float32), batch_size=2, verbose=0)
    assert_in_full_precision(model)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            # The latter's constraint has rounded kernels to half precision.
            marks=() if name == "sngan" else pytest.mark.slow,
        )
        for name in GANS
    ],
)
def test_exact_resume(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan, optimizers = compiled(name)
    count = IMAGES * gan.discriminator_steps
    array = np.random.default_rng(0).integers(
        0, 256, [count, 16, 16, 1], np.uint8
    )

    def images(first_epoch=0):
        return data.from_array(
            array,
            np.arange(count) % 2,
            batch_size=IMAGES,
            flip=True,
            first_epoch=first_epoch,
        )

    def fit(gan, initial_epoch, epochs):
        gan.fit(
            images(initial_epoch),
            initial_epoch=initial_epoch,
            epochs=epochs,
            verbose=0,
        )

    gan.adapt(images())
    for augmentation in gan.augmentations:
        augmentation.probability.assign(0.5)
    gan.compile(**optimizers, run_eagerly=True)
    fit(gan, 0, 2)
    assert_in_full_precision(gan)
    resumed = saved_and_loaded(gan)
    fit(gan, 2, EPOCHS)
    fit(resumed, 2, EPOCHS)
    assert int(resumed.optimizer.iterations.numpy()) == EPOCHS
    variables, again = (
        [*one.variables, *one.optimizer.variables, *one.d_optimizer.variables]
        for one in (gan, resumed)
    )
    for mine, theirs in zip(variables, again, strict=True):
        np.testing.assert_array_equal(theirs, mine, mine.path)
    np.testing.assert_array_equal(resumed.sample(4), gan.sample(4))
