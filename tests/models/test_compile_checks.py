"""What `compile` refuses: other strategies, averages, layers that draw."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from specgan.models import GAN
from specgan.runs import strategies
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator


def gan_of(generator=None, discriminator=None):
    return GAN(
        generator or tiny_generator(), discriminator or tiny_discriminator()
    )


MODELS = {
    "gan": gan_of,
    "autoencoder": lambda: zoo.AutoEncoder(SIZE, 1, width=2),
}


# === Strategies ===


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_compiled_where_it_was_made(name):
    model = MODELS[name]()
    with two_replicas().scope():
        with pytest.raises(ValueError, match="Make it within the scope"):
            model.compile()
    model.compile()


def test_a_gan_of_networks_made_outside():
    networks = tiny_generator(), tiny_discriminator()
    with two_replicas().scope():
        with pytest.raises(ValueError, match="made outside"):
            GAN(*networks).compile()


@pytest.mark.parametrize("name", MODELS)
def test_an_optimizer_made_outside(name):
    optimizer = keras.optimizers.Adam()
    with two_replicas().scope():
        with pytest.raises(ValueError, match="a Adam, made outside"):
            MODELS[name]().compile(optimizer)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_trained_where_it_was_made(name):
    model = MODELS[name]()
    model.compile()
    images = uniform(4, SIZE, SIZE, 1)
    with two_replicas().scope():
        with pytest.raises(ValueError, match="Make it within the scope"):
            model.fit(images, batch_size=2, verbose=0)
        with pytest.raises(ValueError, match="Make it within the scope"):
            model.evaluate(images, batch_size=2, verbose=0)
        with pytest.raises(ValueError, match="Make it within the scope"):
            model.train_on_batch(images)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_made_in_a_scope_is_compiled_inside_and_outside(name):
    with two_replicas().scope():
        inside, outside = MODELS[name](), MODELS[name]()
        inside.compile()
    outside.compile()


@pytest.mark.parametrize("name", MODELS)
def test_a_second_strategy_is_refused(name):
    with two_replicas().scope():
        MODELS[name]().compile()
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = MODELS[name]()
        with pytest.raises(ValueError, match="Keep the first object"):
            model.compile()
    # Of one replica there is nothing to disturb.
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        MODELS[name]().compile()


def test_the_command_line_has_one_strategy():
    name = tf.config.list_logical_devices("CPU")[0].name
    assert strategies._mirrored_on((name,)) is strategies._mirrored_on((name,))


# === Losses and metrics of Keras ===


@pytest.mark.parametrize("argument", ["loss", "metrics", "weighted_metrics"])
@pytest.mark.parametrize("name", MODELS)
def test_losses_and_metrics_are_refused(name, argument):
    """Losses were dropped; with metrics, `fit` failed in Keras' words."""
    given = "mse" if argument == "loss" else ["mse"]
    with pytest.raises(ValueError, match=f"Received: {argument}. Leave"):
        MODELS[name]().compile(**{argument: given})


# === Optimizers that keep an average ===


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("which", ["g_optimizer", "d_optimizer"])
def test_averages_of_an_optimizer_are_refused(which, scaled):
    optimizer = keras.optimizers.Adam(use_ema=True)
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    with pytest.raises(ValueError, match="ema_decay=0.999"):
        gan_of().compile(**{which: optimizer})


def test_averages_are_refused_for_an_autoencoder():
    with pytest.raises(ValueError, match="Adam with use_ema=True"):
        MODELS["autoencoder"]().compile(keras.optimizers.Adam(use_ema=True))


# === Layers that draw random numbers ===


def with_layer(network, layer):
    return keras.Sequential(
        [
            keras.Input(network.input_shape[1:]),
            *network.layers[:-1],
            layer,
            network.layers[-1],
        ]
    )


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dropout(0.3, name="mine"),
        keras.layers.GaussianNoise(0.1, name="mine"),
        keras.Sequential([keras.layers.SpatialDropout2D(0.2, name="mine")]),
        keras.layers.RandomFlip(name="mine"),
    ],
)
def test_layers_that_draw_are_refused_in_a_generator(layer):
    generator = with_layer(tiny_generator(), layer)
    with pytest.raises(ValueError, match="Received: mine. Leave"):
        gan_of(generator).compile()


def test_layers_that_draw_are_refused_in_a_discriminator():
    layer = keras.layers.Dropout(0.3, name="mine")
    discriminator = with_layer(tiny_discriminator(), layer)
    with pytest.raises(ValueError, match="Received: mine. Leave"):
        gan_of(None, discriminator).compile()


def test_such_a_model_of_before_still_samples(tmp_path):
    generator = with_layer(tiny_generator(), keras.layers.Dropout(0.3))
    gan = gan_of(generator)
    gan.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(again.sample(2), gan.sample(2))


def test_a_dropout_of_nothing_draws_nothing():
    gan_of(with_layer(tiny_generator(), keras.layers.Dropout(0.0))).compile()
