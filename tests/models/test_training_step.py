"""Each training step draws anew, also where the optimizer does not count it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses.gradient_penalty import ZeroCenteredGradientPenalty
from specgan.models import GAN
from specgan.models import TrainingSchedule
from specgan.models.adaptive_augmentation import AdaptiveAugmentation
from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import saved_and_loaded
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator
from zoo import VAE

IMAGES = uniform(16, SIZE, SIZE, 1)


@pytest.fixture
def draws(monkeypatch):
    """The first value of every draw of normal numbers, as they come."""
    seen = []
    normal = StatelessRNG.normal

    def recorded(self, shape):
        values = normal(self, shape)
        seen.append(float(tf.reshape(values, [-1])[0]))
        return values

    monkeypatch.setattr(StatelessRNG, "normal", recorded)
    return seen


def accumulating(steps=4, rate=0.1):
    return keras.optimizers.SGD(rate, gradient_accumulation_steps=steps)


def compiled(gan, *optimizers):
    gan.compile(*optimizers, run_eagerly=True)
    return gan


def gan_of(**arguments):
    return GAN(tiny_generator(), tiny_discriminator(), **arguments)


def fit(model, images=IMAGES, epochs=1, **arguments):
    model.fit(
        images,
        batch_size=2,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        **arguments,
    )


def test_every_step_of_a_gan_draws_anew(draws):
    fit(compiled(gan_of(), accumulating(), accumulating()))
    assert len(draws) == len(set(draws)) == 8


def test_every_step_of_a_vae_draws_anew(draws):
    vae = VAE(16, 1, width=2, latent_dim=4)
    fit(compiled(vae, accumulating()), uniform(16, 16, 16, 1))
    assert len(draws) == len(set(draws)) == 8


def test_the_draws_without_accumulation_are_those_of_the_step(draws):
    fit(compiled(gan_of(seed=3), "sgd", "sgd"))
    expected = [
        float(StatelessRNG(3, step).normal([2, 4])[0, 0]) for step in range(8)
    ]
    assert draws[:8] == expected


def test_a_resumed_training_repeats_the_draws(draws):
    gan = compiled(gan_of(), accumulating(3), accumulating(3))
    fit(gan)  # 8 steps: in the middle of an update.
    resumed = saved_and_loaded(gan)
    draws.clear()
    for model in (gan, resumed):
        fit(model, epochs=2, initial_epoch=1)
    assert draws[:8] == draws[8:]
    for mine, theirs in zip(gan.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(theirs, mine, mine.path)


def test_a_step_that_loss_scaling_leaves_out_is_drawn_anew(draws, monkeypatch):
    finite = iter([True, False] + [False, False] + [True, True] * 6)
    monkeypatch.setattr(
        keras.optimizers.LossScaleOptimizer,
        "check_finite",
        lambda self, gradients: tf.constant(next(finite)),
    )
    optimizers = [
        keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
        for _ in range(2)
    ]
    gan = compiled(gan_of(), *optimizers)
    fit(gan)
    assert int(gan.optimizer.iterations.numpy()) == 6  # Two were left out.
    assert len(draws) == len(set(draws)) == 8


def test_a_lazy_penalty_falls_due_every_so_many_steps(monkeypatch):
    due = []
    step = GAN._penalty

    def recorded(self, *arguments, **options):
        due.append(int(self.d_optimizer._iterations.numpy()))
        return step(self, *arguments, **options)

    monkeypatch.setattr(GAN, "_penalty", recorded)
    gan = gan_of(gradient_penalty=ZeroCenteredGradientPenalty(interval=4))
    fit(compiled(gan, accumulating(), "sgd"))
    # In the first and in the fifth step, after the discriminator's own.
    assert due == [1, 6]


@pytest.mark.slow
def test_an_augmentation_learns_every_so_many_steps(monkeypatch):
    steps = []
    update = AdaptiveAugmentation.update

    def recorded(self, real_logits, step):
        steps.append(int(step))
        update(self, real_logits, step)

    monkeypatch.setattr(AdaptiveAugmentation, "update", recorded)
    gan = gan_of(augmentations=[AdaptiveAugmentation()])
    fit(compiled(gan, accumulating(), "sgd"))
    assert steps == list(range(8))


def test_the_average_moves_with_the_weights_alone():
    """Eight steps that make two updates: the average of a training of two."""
    gan = gan_of(ema_decay=0.9)
    before = gan.generator.get_weights()
    compiled(gan, accumulating(), accumulating())
    weights = []
    record = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: weights.append(
            gan.generator.get_weights()
        )
    )
    fit(gan, callbacks=[record])
    expected = before
    for step, latest in ((1, weights[3]), (2, weights[7])):
        decay = (1 + step) / (10 + step)
        expected = [
            decay * mean + (1 - decay) * new
            for mean, new in zip(expected, latest, strict=True)
        ]
    for mine, value in zip(gan.generator_ema.weights, expected, strict=True):
        np.testing.assert_allclose(mine, value, rtol=1e-5, atol=1e-6)


def test_schedules_count_the_steps_that_an_update_takes():
    """Of 8 steps and 2 updates: a schedule of 8 is right, one of 4 short."""
    for steps in (8, 4):
        schedule = TrainingSchedule(0.1, steps, "linear")
        gan = compiled(gan_of(), accumulating(4, schedule), "sgd")
        if steps == 8:
            fit(gan)
            assert float(gan.optimizer.learning_rate) == 0
            continue
        with pytest.raises(ValueError, match="a schedule of 8 steps"):
            fit(gan)
