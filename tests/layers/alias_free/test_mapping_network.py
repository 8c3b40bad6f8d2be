import numpy as np
import pytest
import tensorflow as tf

from specgan.layers.alias_free.mapping_network import MappingNetwork
from tests.contracts import run_layer_test


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def expected(layer, latents, labels=None):
    values = _normalized(latents.astype("float64"))
    if labels is not None:
        kernel = layer.embedding.kernel.numpy()
        embedded = labels @ kernel / np.sqrt(len(kernel))
        embedded += layer.embedding.bias.numpy()
        values = np.concatenate([values, _normalized(embedded)], axis=1)
    multiplier = layer.learning_rate_multiplier
    for dense in layer.dense:
        kernel, bias = dense.kernel.numpy(), dense.bias.numpy()
        values = values @ kernel * multiplier / np.sqrt(len(kernel))
        values += multiplier * bias
        values = np.sqrt(2) * np.maximum(values, 0.2 * values)
    return values


def _normalized(values):
    return values / np.sqrt(np.mean(values**2, axis=1, keepdims=True) + 1e-8)


def test_layer():
    run_layer_test(
        MappingNetwork,
        {"num_styles": 5, "style_dim": 8, "num_layers": 3},
        input_shape=(4, 6),
        expected_output_shape=(4, 5, 8),
        expected_num_weights=6,
    )


@pytest.mark.parametrize("num_classes", [0, 3])
def test_styles(num_classes):
    layer = MappingNetwork(5, style_dim=8)
    latents = 7 * normal(4, 6)
    labels = np.eye(3, dtype="float32")[[0, 2, 2, 1]] if num_classes else None
    layer(latents, labels)
    for dense in layer.dense:
        dense.bias.assign(100 * normal(8))
    styles = layer(latents, labels)
    assert styles.shape == (4, 5, 8)
    for i in range(5):
        np.testing.assert_allclose(
            styles[:, i], expected(layer, latents, labels), rtol=1e-4, atol=1e-5
        )


def test_average():
    layer = MappingNetwork(2, style_dim=8, average_decay=0.75)
    first, second = normal(4, 6), normal(4, 6, seed=1)
    layer(first)
    np.testing.assert_array_equal(layer.average, np.zeros(8))
    layer(first, training=True)
    layer(second, training=True)
    means = [np.mean(layer(z)[:, 0], axis=0) for z in (first, second)]
    np.testing.assert_allclose(
        layer.average, 0.1875 * means[0] + 0.25 * means[1], rtol=1e-5
    )


def test_truncation():
    layer = MappingNetwork(4, style_dim=8)
    styles = layer(normal(3, 6)).numpy()
    layer.average.assign(normal(8))
    np.testing.assert_allclose(layer.truncate(styles, 1.0), styles, atol=1e-6)
    expected = np.broadcast_to(layer.average, styles.shape)
    np.testing.assert_allclose(layer.truncate(styles, 0.0), expected, atol=0)
    half = layer.truncate(styles, 0.5, cutoff=3)
    middle = (styles + expected) / 2
    np.testing.assert_allclose(half[:, :3], middle[:, :3], atol=1e-6)
    np.testing.assert_array_equal(half[:, 3:], styles[:, 3:])


def test_errors():
    with pytest.raises(ValueError, match="`num_styles`"):
        MappingNetwork(0)
    with pytest.raises(ValueError, match="average_decay=1"):
        MappingNetwork(2, average_decay=1)
    layer = MappingNetwork(2, style_dim=8)
    layer(normal(3, 6), tf.one_hot([0, 1, 2], 4))
    with pytest.raises(ValueError, match=r"\[batch, 4\]"):
        layer(normal(3, 6))


@pytest.mark.parametrize("value", [np.nan, np.inf, "a", None, 1j, [1.0]])
def test_truncations_that_are_no_numbers(value):
    layer = MappingNetwork(3, style_dim=4)
    styles = layer(tf.ones([2, 4]))
    with pytest.raises(ValueError, match="`truncation`. Expected a finite"):
        layer.truncate(styles, value)


@pytest.mark.parametrize("value", [-1, 4, 1.5, "a", True])
def test_cutoffs_out_of_range(value):
    layer = MappingNetwork(3, style_dim=4)
    styles = layer(tf.ones([2, 4]))
    with pytest.raises(ValueError, match="from 0 to 3, or None"):
        layer.truncate(styles, 0.5, value)
