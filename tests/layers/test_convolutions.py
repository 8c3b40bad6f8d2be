"""`Conv2D` and `Conv2DTranspose`, against the layers of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import Conv2D
from specgan.layers import Conv2DTranspose
from specgan.layers import conv2d
from tests.contracts import revived
from tests.contracts import run_layer_test
from tests.contracts import two_replicas

ORIGINALS = {
    Conv2D: keras.layers.Conv2D,
    Conv2DTranspose: keras.layers.Conv2DTranspose,
}

# Layer, arguments, shape of the input, and whether it is a matrix product.
CASES = [
    (Conv2D, {"kernel_size": 4}, (3, 4, 4, 5), True),
    (Conv2D, {"kernel_size": (2, 3), "strides": 2}, (3, 2, 3, 5), True),
    (Conv2D, {"kernel_size": 4, "padding": "same"}, (3, 4, 4, 5), False),
    (Conv2D, {"kernel_size": 3}, (3, 4, 4, 5), False),
    (Conv2D, {"kernel_size": 2, "dilation_rate": 2}, (3, 3, 3, 5), False),
    (
        Conv2D,
        {"kernel_size": 4, "strides": 2, "padding": "same"},
        (3, 6, 8, 3),
        False,
    ),
    (
        Conv2D,
        {"kernel_size": 3, "strides": 2, "padding": "same"},
        (3, 5, 7, 3),
        False,
    ),
    *(
        (
            Conv2D,
            {"kernel_size": 3, "groups": 2, "strides": strides, "padding": pad},
            (3, 5, 7, 6),
            False,
        )
        for strides, pad in [(1, "same"), (1, "valid"), (2, "same")]
    ),
    (Conv2DTranspose, {"kernel_size": 4}, (3, 1, 1, 5), True),
    (Conv2DTranspose, {"kernel_size": (2, 3)}, (3, 1, 1, 5), True),
    (Conv2DTranspose, {"kernel_size": 4, "strides": 2}, (3, 1, 1, 5), False),
    (
        Conv2DTranspose,
        {"kernel_size": 4, "padding": "same"},
        (3, 1, 1, 5),
        False,
    ),
    (Conv2DTranspose, {"kernel_size": 4}, (3, 2, 1, 5), False),
]
every_case = pytest.mark.parametrize("kind, arguments, shape, product", CASES)


def normal(shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(values, tf.float32)


def pair(kind, arguments, shape, **others):
    """Keras' layer and ours, with the same weights."""
    layers = []
    for each in (ORIGINALS[kind], kind):
        layer = each(4, bias_initializer="random_normal", **arguments, **others)
        layer.build(shape)
        layers.append(layer)
    layers[1].set_weights(layers[0].get_weights())
    return layers


def derivatives(layer, inputs):
    variables = [inputs, *[each.value for each in layer.trainable_weights]]
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            value = tf.reduce_sum(tf.sin(outputs))
        first = tape.gradient(value, variables)
        norm = tf.reduce_sum(tf.sin(first[0]))
    return [outputs, *first, *outer.gradient(norm, variables)]


@every_case
def test_equals_keras_layer(kind, arguments, shape, product):
    reference, layer = pair(kind, arguments, shape, activation="tanh")
    inputs = normal(shape)
    for found, expected in zip(
        derivatives(layer, inputs), derivatives(reference, inputs), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    graph = tf.function(layer).get_concrete_function(inputs).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert ("MatMul" in kinds) == product


@every_case
def test_without_bias_in_bfloat16(kind, arguments, shape, product):
    reference, layer = pair(
        kind, arguments, shape, use_bias=False, dtype="mixed_bfloat16"
    )
    inputs = normal(shape)
    outputs, expected = layer(inputs), reference(inputs)
    assert outputs.dtype == expected.dtype == "bfloat16"
    np.testing.assert_allclose(
        tf.cast(outputs, "float32"), tf.cast(expected, "float32"), atol=0.05
    )


@pytest.mark.parametrize("kind", ORIGINALS)
def test_layer_contract(kind):
    size = 4 if kind is Conv2D else 1
    run_layer_test(
        kind,
        {"filters": 6, "kernel_size": 4},
        (2, size, size, 5),
        (2, 5 - size, 5 - size, 6),
        2,
    )


def test_layer_contract_with_strides():
    run_layer_test(
        Conv2D,
        {"filters": 6, "kernel_size": 4, "strides": 2, "padding": "same"},
        (2, 6, 4, 3),
        (2, 3, 2, 6),
        2,
    )


@pytest.mark.parametrize("kind", ORIGINALS)
def test_same_configuration_as_keras(kind):
    layers = [each(6, 4, name="it") for each in (kind, ORIGINALS[kind])]
    assert layers[0].get_config() == layers[1].get_config()
    assert type(revived(layers[0])) is kind
    assert keras.saving.get_registered_name(kind) == f"specgan>{kind.__name__}"


@pytest.mark.parametrize("kind", ORIGINALS)
def test_weights_of_keras_layer_load(kind, tmp_path):
    # A file of weights names layers by their class.
    reference, model = (
        keras.Sequential([keras.Input((1, 1, 3)), each(2, 1)])
        for each in (ORIGINALS[kind], kind)
    )
    reference.save_weights(tmp_path / "model.weights.h5")
    model.load_weights(tmp_path / "model.weights.h5")
    for mine, other in zip(model.weights, reference.weights, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("work", [True, False])
def test_groups_where_their_gradients_work_and_do_not(work, monkeypatch):
    monkeypatch.setattr(conv2d, "_grouped_gradients_work", lambda: work)
    reference, layer = pair(
        Conv2D, {"kernel_size": 4, "groups": 2}, (2, 4, 4, 4)
    )
    inputs = normal((2, 4, 4, 4))
    np.testing.assert_allclose(layer(inputs), reference(inputs), atol=1e-5)


def test_under_spectral_normalization():
    images = normal((2, 8, 8, 3))
    layers = []
    for kind in (keras.layers.Conv2D, Conv2D):
        keras.utils.set_random_seed(0)
        inner = kind(4, 4, strides=2, padding="same")
        layers.append(keras.layers.SpectralNormalization(inner))
        layers[-1](images)
    layers[1].set_weights(layers[0].get_weights())
    outputs = [layer(images, training=True) for layer in layers]
    np.testing.assert_allclose(outputs[1], outputs[0], atol=1e-5)


def test_replicas():
    images = normal((4, 8, 8, 3))
    strategy = two_replicas()
    with strategy.scope():
        layer = Conv2D(4, 4, strides=2, padding="same")
        layer.build(images.shape)

    @tf.function
    def run():
        def call():
            context = tf.distribute.get_replica_context()
            start = 2 * context.replica_id_in_sync_group
            part = images[start : start + 2]
            with tf.GradientTape() as tape:
                value = tf.reduce_sum(tf.sin(layer(part)))
            return tape.gradient(value, layer.trainable_weights)[0]

        return strategy.reduce("sum", strategy.run(call), axis=None)

    one = keras.layers.Conv2D(4, 4, strides=2, padding="same")
    one.build(images.shape)
    one.set_weights(layer.get_weights())
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.sin(one(images)))
    expected = tape.gradient(value, one.kernel.value)
    np.testing.assert_allclose(run(), expected, atol=1e-4)


@pytest.mark.parametrize("kind", ORIGINALS)
def test_bad_arguments(kind):
    for arguments in ((0, 4), (4, 0), (4, (1, 2, 3))):
        with pytest.raises(ValueError, match="Received"):
            kind(*arguments)
