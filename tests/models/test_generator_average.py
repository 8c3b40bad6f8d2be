import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.callbacks import DivergenceGuard
from specgan.models import GAN
from specgan.models import generator_average as average
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator


def averaged(**kwargs):
    generator = tiny_generator()
    generator.add(keras.layers.BatchNormalization(synchronized=True))
    generator.add(keras.layers.Activation("tanh"))
    gan = GAN(generator, tiny_discriminator(), ema_decay=0.5, **kwargs)
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5))
    return gan


def test_the_average_equals_a_plain_one():
    gan = averaged()
    expected = gan.generator.get_weights()
    for step in range(1, 5):
        gan.fit(uniform(4, SIZE, SIZE, 1, seed=step), verbose=0)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = [
            decay * mean + (1 - decay) * latest
            for mean, latest in zip(
                expected, gan.generator.get_weights(), strict=True
            )
        ]
    for variable, value in zip(
        gan.generator_ema.weights, expected, strict=True
    ):
        if "moving" not in variable.name:  # These are set by `recalibrate`.
            np.testing.assert_allclose(variable, value, rtol=1e-5, atol=1e-6)


def test_it_samples_and_survives_a_file():
    gan = averaged()
    gan.fit(uniform(8, SIZE, SIZE, 1), batch_size=2, verbose=0)
    latents = tf.random.stateless_normal([3, gan.latent_dim], [5, 0])
    np.testing.assert_allclose(
        gan.sample(3, seed=5), gan.generator_ema(latents), atol=1e-6
    )
    assert np.any(gan.sample(3, seed=5) != gan.generator(latents))
    again = saved_and_loaded(gan)
    np.testing.assert_array_equal(again.sample(3), gan.sample(3))
    assert not gan.generator_ema.trainable_variables


def test_two_replicas_average_as_one():
    images = uniform(8, SIZE, SIZE, 1)
    one = averaged()
    with two_replicas().scope():
        both = averaged()
    both.set_weights(one.get_weights())
    for gan in (one, both):
        gan.fit(images, batch_size=4, shuffle=False, verbose=0)
    for mine, theirs in zip(
        one.generator_ema.weights, both.generator_ema.weights, strict=True
    ):
        np.testing.assert_allclose(theirs, mine, rtol=1e-3, atol=1e-5)


def assert_calibrated(gan):
    """The statistics are those of what the average's own weights give."""
    *before, normalization, _ = gan.generator_ema.layers
    latents = tf.random.stateless_normal([512, gan.latent_dim], [0, 0])
    maps = keras.Sequential(before)(latents)
    np.testing.assert_allclose(
        normalization.moving_mean, np.mean(maps, axis=(0, 1, 2)), atol=1e-5
    )


def test_the_sampling_generator_has_the_statistics_of_its_weights():
    """As `sample` has them, without a call of it before."""
    gan = averaged()
    gan.fit(uniform(8, SIZE, SIZE, 1), batch_size=2, verbose=0)
    latents = tf.random.stateless_normal([3, gan.latent_dim], [1, 0])
    made = gan.sampling_generator(latents, training=False)
    np.testing.assert_allclose(made, gan.generate(latents), atol=1e-6)
    assert_calibrated(gan)


def test_samples_have_the_statistics_of_their_weights():
    gan = averaged()
    gan.fit(uniform(8, SIZE, SIZE, 1), batch_size=2, verbose=0)
    gan.sample(1)
    assert_calibrated(gan)


class Samples(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.sample(1)


class GoesBack(keras.callbacks.Callback):
    """Trouble after the second epoch; the third comes to the same step."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            logs["g_loss"] = np.inf


def test_statistics_are_right_after_a_rollback():
    gan = averaged()
    gan.fit(
        uniform(2, SIZE, SIZE, 1),
        epochs=3,
        verbose=0,
        callbacks=[Samples(), GoesBack(), DivergenceGuard()],
    )
    assert int(gan.optimizer.iterations.numpy()) == 2
    assert_calibrated(gan)


WAYS = {
    "load_weights": lambda gan, other, path: gan.load_weights(path),
    "set_weights": lambda gan, other, path: gan.set_weights(
        other.get_weights()
    ),
    "the average alone": lambda gan, other, path: gan.generator_ema.set_weights(
        other.generator_ema.get_weights()
    ),
    "assign": lambda gan, other, path: [
        mine.assign(theirs)
        for mine, theirs in zip(
            gan.generator_ema.weights, other.generator_ema.weights, strict=True
        )
    ],
}


@pytest.mark.parametrize("seed", quick_first(3, 0))
@pytest.mark.parametrize("way", quick_first(*WAYS, quick=2))
def test_weights_that_arrive_have_their_own_statistics(tmp_path, way, seed):
    """Equal weights sample equal images, whatever was sampled before."""
    other = averaged()
    other.fit(uniform(8, SIZE, SIZE, 1), batch_size=2, verbose=0)
    path = tmp_path / "one.weights.h5"
    other.save_weights(path)  # With statistics of before the training.
    gan = averaged(seed=seed)
    gan.sample(1)
    WAYS[way](gan, other, path)
    np.testing.assert_array_equal(gan.sample(3, 1), other.sample(3, 1))
    assert_calibrated(gan)


def test_statistics_are_computed_once(monkeypatch):
    gan = averaged()
    gan.sample(1)
    monkeypatch.setattr(average, "recalibrate", None)
    gan.sample(2)


def test_recalibrated_statistics_are_those_of_the_images():
    latents = keras.Input([3])
    outputs = keras.layers.BatchNormalization(momentum=0.99)(latents)
    generator = keras.Model(latents, outputs)
    generator.trainable = False
    values = 5 + 2 * uniform(64, 3)
    average.recalibrate(generator, values, batch_size=16)
    layer = generator.layers[-1]
    np.testing.assert_allclose(
        layer.moving_mean, values.mean(axis=0), rtol=1e-4
    )
    within = values.reshape(4, 16, 3).var(axis=1).mean(axis=0)
    np.testing.assert_allclose(layer.moving_variance, within, rtol=1e-4)
    assert layer.momentum == 0.99 and not layer.trainable


def test_it_is_evaluated_and_exported(tmp_path):
    gan = averaged()
    images = uniform(8, SIZE, SIZE, 1)
    gan.fit(images, batch_size=2, verbose=0)
    gan.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    latents = tf.random.stateless_normal([3, gan.latent_dim], [5, 0])
    np.testing.assert_allclose(
        exported.serve(latents),
        gan.generator_ema(latents),
        atol=1e-6,
    )
    measured = gan.evaluate(images, verbose=0, return_dict=True)
    gan.generator.set_weights(gan.generator_ema.get_weights())
    again = gan.evaluate(images, verbose=0, return_dict=True)
    assert measured == again


@pytest.mark.parametrize("decay", [-0.1, 1.0, 1.5, float("nan")])
def test_bad_decays(decay):
    with pytest.raises(ValueError, match=f"ema_decay={decay}"):
        GAN(tiny_generator(), tiny_discriminator(), ema_decay=decay)


@pytest.mark.parametrize(
    "step, half_life", [(2, 0.05), (41, 2.0), (6001, 300), (10**6, 312.5)]
)
def test_half_life(step, half_life):
    decay = average.HalfLife()
    np.testing.assert_allclose(decay(step) ** half_life, 0.5, rtol=1e-4)
    np.testing.assert_allclose(decay(1.0), 0, atol=1e-30)
    again = average.HalfLife(100, ramp_up=0.5)
    assert revived(again).get_config() == {"steps": 100, "ramp_up": 0.5}
    np.testing.assert_allclose(again(11.0) ** 5, 0.5, rtol=1e-5)


def test_half_life_in_images():
    """After so many images, half of the share of a step is left."""
    decay = average.HalfLife.of_images(20_000, batch_size=64, ramp_up=1.0)
    share = 1.0
    for _ in range(0, 20_000, 64):
        share *= float(decay(1e6))
    np.testing.assert_allclose(share, 0.5 ** (313 * 64 / 20_000), rtol=1e-4)
    assert decay.get_config() == {"steps": 312.5, "ramp_up": 1.0}


def test_the_name_of_the_half_life():
    assert average.get("half_life").get_config() == {
        "steps": 312.5, "ramp_up": 0.05
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [{"images": 0}, {"images": "many"}, {"batch_size": -1}]
)
def test_bad_half_lives_in_images(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value!r}"):
        average.HalfLife.of_images(
            **{"images": 100, "batch_size": 10, **arguments}
        )


@pytest.mark.parametrize("arguments", [{"steps": 0}, {"ramp_up": "a"}])
def test_bad_half_lives(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"Received: {name}={value!r}"):
        average.HalfLife(**arguments)


@keras.saving.register_keras_serializable(package="tests")
class Passes(keras.layers.Layer):
    """Counts its passes in training: a state that is no statistic."""

    def build(self, input_shape):
        self.count = self.add_weight(
            shape=[], trainable=False, initializer="zeros", name="count"
        )

    def call(self, inputs, training=False):
        if training:
            self.count.assign_add(1.0)
        return inputs


def test_states_are_copied_and_weights_averaged_by_half_life():
    generator = tiny_generator()
    generator.add(Passes())
    decay = average.HalfLife(2.0, ramp_up=0.5)
    gan = GAN(generator, tiny_discriminator(), ema_decay=decay)
    gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5))
    expected = None
    for step in range(1, 7):
        gan.fit(uniform(4, SIZE, SIZE, 1, seed=step), verbose=0)
        latest = gan.generator.trainable_variables[0].numpy()
        if step == 1:  # Nothing stays of the beginning.
            expected = latest
        else:
            kept = 0.5 ** (1 / min(2.0, 0.5 * (step - 1)))
            expected = kept * expected + (1 - kept) * latest
    np.testing.assert_allclose(
        gan.generator_ema.weights[0], expected, rtol=1e-5, atol=1e-6
    )
    assert gan.generator_ema.layers[-1].count.numpy() == 6
    assert saved_and_loaded(gan).ema_decay.get_config() == decay.get_config()


def test_without_a_decay_there_is_no_copy():
    gan = GAN(tiny_generator(), tiny_discriminator())
    assert gan.generator_ema is None
    assert gan.sampling_generator is gan.generator
