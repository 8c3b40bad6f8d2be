import numpy as np
import pytest
import tensorflow as tf

from specgan.layers.alias_free.noise import Noise
from tests.contracts import run_layer_test
from tests.contracts import two_replicas


def built(seed=0):
    layer = Noise(seed)
    layer.build((None, 32, 32, 3))
    layer.strength.assign(0.5)
    return layer


def test_layer():
    run_layer_test(Noise, {"seed": 3}, (2, 8, 8, 4), (2, 8, 8, 4), 1)


def test_noise_of_the_layer():
    layer = built()
    noise = layer(tf.zeros([2, 32, 32, 3])).numpy()
    np.testing.assert_array_equal(noise[0], noise[1])
    np.testing.assert_array_equal(noise[..., 0], noise[..., 2])
    assert noise.std() == pytest.approx(0.5, rel=0.1)
    np.testing.assert_array_equal(built()(tf.zeros([2, 32, 32, 3])), noise)
    assert np.any(built(seed=1)(tf.zeros([2, 32, 32, 3])) != noise)


def test_noise_of_training():
    layer = built()
    first = layer(tf.zeros([2, 32, 32, 3]), training=True).numpy()
    second = layer(tf.zeros([2, 32, 32, 3]), training=True).numpy()
    assert int(layer.passes.numpy()) == 2
    for one, other in [(first[0], first[1]), (first, second)]:
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.1
    again = built()
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(
        again(tf.zeros([2, 32, 32, 3]), training=True),
        layer(tf.zeros([2, 32, 32, 3]), training=True),
    )


def test_replicas_draw_what_one_draws():
    whole = built()(tf.zeros([4, 32, 32, 3]), training=True)
    strategy = two_replicas()
    with strategy.scope():
        layer = built()

    @tf.function
    def run():
        return strategy.run(
            lambda: layer(tf.zeros([2, 32, 32, 3]), training=True)
        )

    parts = strategy.experimental_local_results(run())
    np.testing.assert_array_equal(tf.concat(parts, axis=0), whole)
    assert int(layer.passes.numpy()) == 1


def test_errors():
    with pytest.raises(ValueError, match="seed=-1"):
        Noise(-1)
