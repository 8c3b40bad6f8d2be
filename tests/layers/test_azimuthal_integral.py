import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import AzimuthalIntegral
from specgan.signal import azimuthal_integral
from tests.contracts import run_layer_test
from tests.contracts import uniform


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize(
    "shape", [(2, 16, 16, 1), (3, 17, 20, 3), (1, 21, 9, 1)]
)
def test_contract(shape, window):
    run_layer_test(
        AzimuthalIntegral,
        {"window": window},
        shape,
        expected_output_shape=(shape[0], min(shape[1:3]) // 2 + 2),
        expected_num_weights=0,
    )


@pytest.mark.parametrize("window", [None, "hann"])
def test_equals_the_function(window):
    images = uniform(2, 16, 16, 3)
    np.testing.assert_array_equal(
        AzimuthalIntegral(window)(images), azimuthal_integral(images, window)
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_computes_in_float32_from_any_precision(dtype):
    images = tf.cast(uniform(2, 16, 16, 1), dtype)
    outputs = AzimuthalIntegral()(images)
    assert outputs.dtype == tf.float32
    np.testing.assert_allclose(
        outputs, azimuthal_integral(tf.cast(images, tf.float32)), rtol=1e-5
    )


def test_keeps_its_precision_under_mixed_float16():
    # Its inputs must not pass through float16 on their way: 1e-5 vanishes in
    # a half-precision sum with 1.
    keras.config.set_dtype_policy("mixed_float16")
    images = 1 + 1e-5 * uniform(1, 16, 16, 1)
    np.testing.assert_allclose(
        AzimuthalIntegral()(images), azimuthal_integral(images), rtol=1e-6
    )


def test_invalid_window():
    with pytest.raises(ValueError, match="Expected None or 'hann'"):
        AzimuthalIntegral(window="hamming")
