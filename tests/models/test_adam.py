import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models.adam import Adam
from tests.contracts import two_replicas

SHAPE = [3, 5]


def gradients(steps):
    return np.random.default_rng(1).normal(size=[steps, *SHAPE])


def trained(optimizer, steps, dtype="float32"):
    """A variable of ones after some steps, all in one graph."""
    variable = keras.Variable(np.ones(SHAPE), dtype=dtype)
    optimizer.build([variable])
    apply = tf.function(lambda g: optimizer.apply([g], [variable]))
    for gradient in gradients(steps):
        apply(tf.cast(gradient, dtype))
    return np.array(variable.numpy(), np.float64)


def expected(steps, rate, beta_1, beta_2, epsilon):
    """Algorithm 1 in float64, with epsilon as in the end of Section 2."""
    m = v = 0.0
    w = np.ones(SHAPE)
    for t, gradient in enumerate(gradients(steps), start=1):
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        alpha = rate(t) * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w -= alpha * m / (np.sqrt(v) + epsilon)
    return w


@pytest.mark.parametrize(
    "beta_1, beta_2, epsilon",
    [(0.5, 0.999, 1e-7), (0.0, 0.9, 1e-7), (0.0, 0.99, 1e-2)],
)
def test_is_the_algorithm_of_the_paper(beta_1, beta_2, epsilon):
    adam = Adam(0.1, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    np.testing.assert_allclose(
        trained(adam, 7),
        expected(7, lambda _: 0.1, beta_1, beta_2, epsilon),
        rtol=1e-5,
        atol=1e-5,
    )


def test_follows_a_schedule():
    rate = keras.optimizers.schedules.PolynomialDecay(0.1, 4, 0.02)
    np.testing.assert_allclose(
        trained(Adam(rate), 6),
        # Keras' counts the steps from 0.
        expected(6, lambda t: float(rate(t - 1)), 0.9, 0.999, 1e-7),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "arguments",
    [{}, {"amsgrad": True}, {"weight_decay": 0.1}, {"clipnorm": 0.5}],
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_is_keras_adam(arguments, dtype):
    np.testing.assert_allclose(
        trained(Adam(0.1, **arguments), 5, dtype),
        trained(keras.optimizers.Adam(0.1, **arguments), 5, dtype),
        rtol=1e-5,
        atol=1e-6,
    )


def test_sparse_gradients():
    results = []
    for optimizer in (Adam(0.1), keras.optimizers.Adam(0.1)):
        variable = keras.Variable(np.ones(SHAPE))
        optimizer.build([variable])
        rows = tf.IndexedSlices(tf.ones([1, 5]), tf.constant([1]), SHAPE)
        optimizer.apply([rows], [variable])
        results.append(variable.numpy())
    np.testing.assert_allclose(*results, atol=1e-6)


def test_on_two_replicas():
    strategy = two_replicas()
    with strategy.scope():
        variable = keras.Variable(np.ones(SHAPE))
        optimizer = Adam(0.1)
        optimizer.build([variable])
    gradient = tf.constant(gradients(1)[0], tf.float32)
    # The sum over both replicas counts.
    strategy.run(lambda: optimizer.apply([gradient / 2], [variable]))
    np.testing.assert_allclose(
        variable.numpy(),
        expected(1, lambda _: 0.1, 0.9, 0.999, 1e-7),
        atol=1e-5,
    )


def test_goes_through_its_configuration():
    adam = Adam(0.1, beta_1=0.3, epsilon=1e-3)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(adam))
    assert type(again) is Adam
    assert again.get_config() == adam.get_config()
