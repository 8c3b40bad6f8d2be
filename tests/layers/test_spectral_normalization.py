import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import SpectralNormalization
from tests.contracts import run_layer_test
from tests.contracts import uniform

SHAPE = (2, 8, 8, 3)


def wrapped(use_bias=True, **arguments):
    keras.utils.set_random_seed(0)
    inner = keras.layers.Conv2D(
        5, 3, use_bias=use_bias, bias_initializer="normal", **arguments
    )
    layer = SpectralNormalization(inner)
    layer.build(SHAPE)
    return layer


@pytest.mark.parametrize("use_bias", [True, False])
def test_contract(use_bias):
    inner = keras.layers.Conv2D(5, 3, use_bias=use_bias)
    run_layer_test(
        SpectralNormalization,
        {"layer": inner},
        SHAPE,
        (2, 6, 6, 5),
        expected_num_weights=1 + use_bias,
    )


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_kernel_is_divided_by_its_spectral_norm(policy):
    layer = wrapped(dtype=policy)
    kernel = layer.layer.kernel.numpy()
    for _ in range(60):
        outputs = layer(uniform(*SHAPE), training=True)
    norm = np.linalg.svd(kernel.reshape(-1, 5), compute_uv=False)[0]
    plain = tf.nn.conv2d(uniform(*SHAPE), kernel / norm, 1, "VALID")
    tolerance = 1e-4 if policy == "float32" else 0.03
    np.testing.assert_allclose(
        tf.cast(outputs, tf.float32),
        plain + layer.layer.bias.numpy(),
        atol=tolerance,
    )
    # It is not written back, in whatever precision.
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), kernel)


def test_power_iteration_in_training_alone():
    layer = wrapped()
    before = layer.vector_u.numpy()
    layer(uniform(*SHAPE))
    np.testing.assert_array_equal(layer.vector_u, before)
    layer(uniform(*SHAPE), training=True)
    matrix = layer.layer.kernel.numpy().reshape(-1, 5).astype(np.float64)
    v = matrix @ before[0]
    u = matrix.T @ v
    np.testing.assert_allclose(
        layer.vector_u[0], u / np.linalg.norm(u), atol=1e-5
    )


def test_gradient_counts_the_norm():
    """Eq. 12: along the first singular vectors there is none."""
    layer = wrapped(use_bias=False)
    for _ in range(100):
        layer(uniform(*SHAPE), training=True)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.sin(layer(uniform(*SHAPE))))
    gradient = tape.gradient(value, layer.layer.kernel.value).numpy()
    # Scaling the kernel changes nothing, so the gradient is orthogonal to it.
    kernel = layer.layer.kernel.numpy()
    cosine = np.sum(gradient * kernel) / (
        np.linalg.norm(gradient) * np.linalg.norm(kernel)
    )
    assert abs(cosine) < 1e-4


def test_a_layer_without_a_kernel():
    with pytest.raises(ValueError, match="class ReLU"):
        SpectralNormalization(keras.layers.ReLU()).build(SHAPE)
