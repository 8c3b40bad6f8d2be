"""The lazy penalty: a step of the discriminator's own, every so often."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses.gradient_penalty import ZeroCenteredGradientPenalty
from specgan.models import GAN
from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from tests.tiny_gan import LATENT_DIM
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

INTERVAL, WEIGHT, STEPS, BATCH = 3, 5.0, 5, 4  # Due at the steps 0 and 3.


def lazy_gan():
    penalty = ZeroCenteredGradientPenalty(WEIGHT, INTERVAL)
    return GAN(tiny_generator(), tiny_discriminator(), gradient_penalty=penalty)


def copy_of(gan):
    copy = GAN.from_config(gan.get_config())
    copy.set_weights(gan.get_weights())
    return copy


def adam():
    return keras.optimizers.Adam(1e-2, beta_1=0.0, beta_2=0.9)


def scaled_adam():
    return keras.optimizers.LossScaleOptimizer(adam(), initial_scale=64.0)


def batches(steps=STEPS):
    images = uniform(steps * BATCH, SIZE, SIZE, 1)
    images *= np.linspace(0.2, 1, len(images))[:, None, None, None]
    images = tf.data.Dataset.from_tensor_slices(images.astype("float32"))
    return images.batch(BATCH, drop_remainder=True)


def trained(gan, optimizer=adam, **kwargs):
    gan.compile(optimizer(), optimizer(), **kwargs)
    gan.history = gan.fit(batches(), verbose=0).history
    return gan


def assert_weights_equal(one, other):
    for mine, others in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=1e-4, atol=1e-5, err_msg=mine.path
        )


def written_out(gan):
    """The training as a textbook writes it; returns the penalties taken."""
    g_optimizer, d_optimizer = adam(), adam()
    generator, discriminator = gan.generator, gan.discriminator

    def descend(tape, loss, network, optimizer):
        variables = network.trainable_variables
        gradients = [
            tf.zeros_like(variable) if gradient is None else gradient
            for gradient, variable in zip(
                tape.gradient(loss, variables), variables, strict=True
            )
        ]
        optimizer.apply(gradients, variables)

    penalties = []
    for step, reals in enumerate(batches()):
        latents = StatelessRNG(gan.noise_seed, step).normal([BATCH, LATENT_DIM])
        with tf.GradientTape() as tape:
            fakes = generator(latents)
            loss = tf.reduce_mean(tf.nn.softplus(-discriminator(reals)))
            loss += tf.reduce_mean(tf.nn.softplus(discriminator(fakes)))
        descend(tape, loss, discriminator, d_optimizer)
        if step % INTERVAL == 0:
            with tf.GradientTape() as tape:
                with tf.GradientTape() as inner:
                    inner.watch(reals)
                    logits = discriminator(reals)
                squares = tf.square(inner.gradient(logits, reals))
                penalty = WEIGHT / 2 * tf.reduce_sum(squares) / BATCH
                loss = INTERVAL * penalty
            descend(tape, loss, discriminator, d_optimizer)
            penalties.append(penalty)
        with tf.GradientTape() as tape:
            logits = discriminator(generator(latents))
            loss = tf.reduce_mean(tf.nn.softplus(-logits))
        descend(tape, loss, generator, g_optimizer)
    return penalties


@pytest.fixture(scope="module")
def both():
    """One GAN as it was, and trained."""
    keras.utils.set_random_seed(0)
    untrained = lazy_gan()
    return untrained, trained(copy_of(untrained))


def test_training_equals_the_same_written_out(both):
    untrained, gan = both
    plain = copy_of(untrained)
    penalties = written_out(plain)
    assert_weights_equal(gan, plain)
    (logged,) = gan.history["gradient_penalty"]
    np.testing.assert_allclose(logged, np.mean(penalties), rtol=1e-4)
    assert int(gan.optimizer.iterations.numpy()) == STEPS
    assert int(gan.d_optimizer.iterations.numpy()) == STEPS + 2


@pytest.mark.parametrize("optimizer", quick_first(adam, scaled_adam))
def test_two_replicas_equal_one(optimizer, both):
    untrained, gan = both
    with two_replicas().scope():
        mirrored = GAN.from_config(untrained.get_config())
    mirrored.set_weights(untrained.get_weights())
    with two_replicas().scope():
        trained(mirrored, optimizer)
    assert_weights_equal(gan, mirrored)
    for name, values in gan.history.items():
        np.testing.assert_allclose(
            mirrored.history[name], values, rtol=1e-4, atol=1e-6, err_msg=name
        )


@pytest.mark.parametrize(
    "compile_kwargs",
    quick_first(
        {"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 5}
    ),
    ids=["eager", "jit", "steps_per_execution"],
)
def test_ways_of_execution_agree(compile_kwargs, both, monkeypatch):
    untrained, gan = both
    if "jit_compile" in compile_kwargs:
        # XLA draws other normal values from the same seeds.
        noise = tf.random.stateless_normal([BATCH, LATENT_DIM], [0, 0])
        monkeypatch.setattr(StatelessRNG, "normal", lambda self, shape: noise)
        gan = trained(copy_of(untrained))
    other = trained(copy_of(untrained), **compile_kwargs)
    assert_weights_equal(gan, other)


def test_training_resumes_between_two_penalties(both):
    _, gan = both
    resumed = saved_and_loaded(gan)
    assert resumed.gradient_penalty.interval == INTERVAL
    twin = saved_and_loaded(gan)
    for model in (twin, resumed):
        model.fit(batches(1), verbose=0)  # Step 5: none is due.
    resumed = saved_and_loaded(resumed)
    for model in (twin, resumed):
        model.fit(batches(1), verbose=0)  # Step 6: one is.
        assert int(model.d_optimizer.iterations.numpy()) == STEPS + 2 + 3
    for mine, theirs in zip(twin.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_default_optimizer_s_constants_are_corrected():
    gan = lazy_gan()
    gan.compile()
    part = INTERVAL / (INTERVAL + 1)
    np.testing.assert_allclose(gan.d_optimizer.learning_rate, 2e-4 * part)
    np.testing.assert_allclose(gan.d_optimizer.beta_1, 0.5**part)
    np.testing.assert_allclose(gan.d_optimizer.beta_2, 0.999**part)
    np.testing.assert_allclose(gan.g_optimizer.learning_rate, 2e-4)
    assert gan.g_optimizer.beta_1 == 0.5


def test_evaluation_tells_the_penalty(both):
    _, gan = both
    reals = np.concatenate(list(batches()))
    measured = gan.evaluate(reals, return_dict=True, verbose=0)
    reals = tf.constant(reals)
    with tf.GradientTape() as tape:
        tape.watch(reals)
        logits = gan.discriminator(reals)
    squares = np.sum(np.square(tape.gradient(logits, reals)), axis=(1, 2, 3))
    np.testing.assert_allclose(
        measured["gradient_penalty"], WEIGHT / 2 * np.mean(squares), rtol=1e-4
    )
