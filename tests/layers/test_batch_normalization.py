import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import BatchNormalization
from tests.contracts import revived
from tests.contracts import run_layer_test
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas

SHAPE = (6, 5, 4, 3)
ARGUMENTS = [
    {},
    {"momentum": 0.9, "epsilon": 1e-5},
    {"center": False},
    {"scale": False, "momentum": 0.0},
]


def normal(*shape, seed=0):
    values = np.random.default_rng(seed).normal(2.0, 3.0, shape)
    return values.astype("float32")


def uses_kernel(layer, inputs, **options):
    """Whether the call is one of TensorFlow's fused kernel."""
    traced = tf.function(lambda x: layer(x, **options))
    graph = traced.get_concrete_function(tf.constant(inputs)).graph
    kernels = {operation.type for operation in graph.get_operations()}
    return "FusedBatchNormV3" in kernels


def pair(shape, **arguments):
    """Keras' layer and ours, with the same weights, none of them trivial."""
    keras.utils.set_random_seed(0)
    layers = []
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        layer = kind(
            gamma_initializer="uniform",
            moving_mean_initializer="normal",
            **arguments,
        )
        layer.build(shape)
        layers.append(layer)
    layers[1].set_weights(layers[0].get_weights())
    return layers


def trained(layer, inputs, **options):
    """Outputs, first and second gradients, and the weights afterwards."""
    inputs = tf.constant(inputs)
    upstream = tf.constant(normal(*inputs.shape, seed=1))
    watched = [inputs, *layer.trainable_weights]
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, **options)
            value = tf.reduce_sum(
                upstream * tf.tanh(tf.cast(outputs, upstream.dtype))
            )
        gradients = tape.gradient(value, watched)
        norm = tf.reduce_sum(tf.square(tf.cast(gradients[0], "float32")))
    second = outer.gradient(norm, watched)
    second = [None if g is None else tf.cast(g, "float32") for g in second]
    return outputs, gradients, second, layer.get_weights()


def assert_equal(found, expected, tolerance=1e-5):
    for mine, other in zip(
        tf.nest.flatten(found), tf.nest.flatten(expected), strict=True
    ):
        assert (mine is None) == (other is None)
        if mine is not None:
            mine, other = tf.cast(mine, "float32"), tf.cast(other, "float32")
            scale = np.max(np.abs(other))
            np.testing.assert_allclose(
                mine, other, rtol=0, atol=tolerance * max(scale, 1e-3)
            )


@pytest.mark.parametrize("shape", [SHAPE, (1, 2, 2, 3), (8, 1, 1, 5)])
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_training_equals_keras_layer(arguments, shape):
    reference, layer = pair(shape, **arguments)
    inputs = normal(*shape)
    assert uses_kernel(layer, inputs, training=True)
    expected = trained(reference, inputs, training=True)
    assert_equal(trained(layer, inputs, training=True), expected, 1e-4)


def test_training_equals_numpy():
    _, layer = pair(SHAPE, momentum=0.75)
    gamma, beta, mean, variance = layer.get_weights()
    inputs = normal(*SHAPE)
    outputs = layer(inputs, training=True)
    values = inputs.astype("float64")
    axes = (0, 1, 2)
    normalized = (values - values.mean(axes)) / np.sqrt(values.var(axes) + 1e-3)
    np.testing.assert_allclose(outputs, gamma * normalized + beta, atol=1e-5)
    np.testing.assert_allclose(
        layer.moving_mean, 0.75 * mean + 0.25 * values.mean(axes), rtol=1e-5
    )
    np.testing.assert_allclose(
        layer.moving_variance,
        0.75 * variance + 0.25 * values.var(axes),
        rtol=1e-5,
    )


def test_one_pixel():
    # Its variance is 0; the kernel's n - 1 must not divide.
    reference, layer = pair((1, 1, 1, 3))
    inputs = normal(1, 1, 1, 3)
    np.testing.assert_allclose(
        layer(inputs, training=True), reference(inputs, training=True)
    )
    assert_equal(layer.get_weights(), reference.get_weights())


@pytest.mark.parametrize("options", [{}, {"training": False}])
def test_inference_is_that_of_keras(options):
    reference, layer = pair(SHAPE)
    inputs = normal(*SHAPE)
    np.testing.assert_array_equal(
        layer(inputs, **options), reference(inputs, **options)
    )
    assert_equal(layer.get_weights(), reference.get_weights(), 0)


def test_frozen_layer_is_in_inference_mode():
    reference, layer = pair(SHAPE)
    layer.trainable = reference.trainable = False
    inputs = normal(*SHAPE)
    np.testing.assert_array_equal(
        layer(inputs, training=True), reference(inputs, training=True)
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_equals_keras_layer(policy):
    reference, layer = pair(SHAPE, dtype=policy)
    inputs = normal(*SHAPE)
    assert uses_kernel(
        layer, tf.cast(inputs, layer.compute_dtype), training=True
    )
    outputs, gradients, _, weights = trained(layer, inputs, training=True)
    expected, others, _, other_weights = trained(
        reference, inputs, training=True
    )
    assert outputs.dtype == expected.dtype == layer.compute_dtype
    resolution = 2**-8 if policy == "mixed_bfloat16" else 2**-11
    assert_equal(outputs, expected, resolution)
    assert_equal(gradients[0], others[0], resolution)
    # Statistics and parameters stay float32.
    assert_equal([gradients[1:], weights], [others[1:], other_weights], 1e-4)
    assert {weight.dtype for weight in layer.weights} == {"float32"}


@pytest.mark.parametrize("policy", ["float64", "bfloat16"])
def test_other_policies_equal_keras_layer(policy):
    reference, layer = pair(SHAPE, dtype=policy)
    inputs = tf.cast(normal(*SHAPE), policy)
    outputs, expected = (
        each(inputs, training=True) for each in (layer, reference)
    )
    assert outputs.dtype == expected.dtype == policy
    tolerance = 1e-12 if policy == "float64" else 2**-7
    np.testing.assert_allclose(
        tf.cast(outputs, "float64"), tf.cast(expected, "float64"),
        atol=8 * tolerance,
    )  # fmt: skip
    assert_equal(layer.get_weights(), reference.get_weights(), 2**-7)


since_keras_3_14 = pytest.mark.skipif(
    "renorm"
    not in inspect.signature(keras.layers.BatchNormalization).parameters,
    reason="Keras has renorm from 3.14 on",
)


@pytest.mark.parametrize(
    "shape, arguments",
    [
        ((6, 3), {}),
        ((6, 5, 3), {}),
        ((2, 3, 4, 5, 3), {}),
        (SHAPE, {"axis": 1}),
        pytest.param(SHAPE, {"renorm": True}, marks=since_keras_3_14),
        (SHAPE, {"synchronized": True}),
        (SHAPE, {"dtype": "float64"}),
    ],
)
def test_left_to_keras(shape, arguments):
    reference, layer = pair(shape, **arguments)
    inputs = normal(*shape)
    assert not uses_kernel(
        layer, tf.cast(inputs, layer.compute_dtype), training=True
    )
    np.testing.assert_array_equal(
        layer(inputs, training=True), reference(inputs, training=True)
    )


def test_masks_are_left_to_keras():
    reference, layer = pair(SHAPE)
    inputs, mask = normal(*SHAPE), normal(*SHAPE[:-1]) > 0
    np.testing.assert_array_equal(
        layer(inputs, training=True, mask=mask),
        reference(inputs, training=True, mask=mask),
    )


def test_layer_contract():
    run_layer_test(BatchNormalization, {"momentum": 0.9}, SHAPE, SHAPE, 2)


def test_same_configuration_as_keras():
    layer = BatchNormalization(momentum=0.9, synchronized=True, name="norm")
    reference = keras.layers.BatchNormalization(
        momentum=0.9, synchronized=True, name="norm"
    )
    assert layer.get_config() == reference.get_config()
    assert revived(layer).get_config() == layer.get_config()
    assert keras.saving.get_registered_name(BatchNormalization) == (
        "specgan>BatchNormalization"
    )


def test_weights_of_keras_layer_load(tmp_path):
    # A file of weights names layers by their class.
    models = []
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        models.append(keras.Sequential([keras.Input(SHAPE[1:]), kind()]))
    reference, model = models
    reference(normal(*SHAPE), training=True)
    reference.save_weights(tmp_path / "model.weights.h5")
    model.load_weights(tmp_path / "model.weights.h5")
    for mine, other in zip(model.weights, reference.weights, strict=True):
        assert mine.name == other.name
        np.testing.assert_array_equal(mine, other)


def test_file_with_keras_layer_loads():
    model = keras.Sequential(
        [keras.Input(SHAPE[1:]), keras.layers.BatchNormalization()]
    )
    again = saved_and_loaded(model)
    assert type(again.layers[0]) is keras.layers.BatchNormalization


def test_unknown_batch_and_size():
    reference, layer = pair((None, None, None, 3))
    traced = tf.function(
        lambda x: layer(x, training=True),
        input_signature=[tf.TensorSpec([None, None, None, 3])],
    )
    inputs = normal(*SHAPE)
    np.testing.assert_allclose(
        traced(inputs), reference(inputs, training=True), atol=1e-5
    )
    assert_equal(layer.get_weights(), reference.get_weights())


def test_compiled_by_xla():
    reference, layer = pair(SHAPE)
    inputs = normal(*SHAPE)
    compiled = tf.function(lambda x: layer(x, training=True), jit_compile=True)
    np.testing.assert_allclose(
        compiled(inputs), reference(inputs, training=True), atol=1e-5
    )
    assert_equal(layer.get_weights(), reference.get_weights())


@pytest.mark.parametrize("synchronized", [False, True])
def test_replicas(synchronized):
    inputs = normal(*SHAPE)
    images = tf.constant(inputs)
    strategy = two_replicas()
    with strategy.scope():
        both = BatchNormalization(momentum=0.0, synchronized=synchronized)
        both.build(SHAPE)

    @tf.function
    def run():
        def call():
            context = tf.distribute.get_replica_context()
            start = 3 * context.replica_id_in_sync_group
            return both(images[start : start + 3], training=True)

        return strategy.run(call)

    outputs = np.concatenate(strategy.experimental_local_results(run()))
    one = keras.layers.BatchNormalization()
    parts = [inputs] if synchronized else np.split(inputs, 2)
    expected = np.concatenate([one(part, training=True) for part in parts])
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_bad_arguments():
    with pytest.raises(ValueError, match="renorm_clipping"):
        BatchNormalization(renorm=True, renorm_clipping={"most": 1})
    layer = BatchNormalization()
    with pytest.raises(ValueError, match="mask"):
        layer(normal(*SHAPE), training=True, mask=np.ones([6], bool))
