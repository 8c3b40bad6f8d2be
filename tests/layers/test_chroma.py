import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers import ChromaLowPass2D
from specgan.layers import ChromaSubsampling2D
from specgan.signal import low_pass_chroma
from specgan.signal import subsample_chroma
from tests.contracts import run_layer_test
from tests.contracts import uniform
from tests.slow_cases import quick_first


@pytest.mark.parametrize(
    "layer_class, arguments",
    quick_first(
        (ChromaSubsampling2D, {"prefilter": "box", "fine": 0.0}),
        (ChromaLowPass2D, {"fine": 0.5}),
        (ChromaSubsampling2D, {}),
        (ChromaSubsampling2D, {"clip": False}),
        quick=2,
    ),
)
@pytest.mark.parametrize("shape", [(2, 16, 16, 3), (3, 7, 10, 3)])
def test_contract(layer_class, arguments, shape):
    run_layer_test(
        layer_class,
        arguments,
        shape,
        expected_output_shape=shape,
        expected_num_weights=0,
    )


def test_equal_the_functions():
    images = uniform(2, 16, 16, 3)
    for layer, expected in (
        (ChromaSubsampling2D(fine=0), subsample_chroma(images)),
        (ChromaSubsampling2D("box", 0), subsample_chroma(images, "box")),
        (ChromaLowPass2D(0), low_pass_chroma(images)),
        (ChromaSubsampling2D(fine=1), images),
        (ChromaLowPass2D(1), images),
    ):
        np.testing.assert_allclose(layer(images), expected, atol=1e-6)


def test_a_tenth_of_fine_chroma_is_left():
    images = uniform(2, 16, 16, 3) / 4  # Nothing is clipped.
    for layer, coarse in (
        (ChromaSubsampling2D(), subsample_chroma(images)),
        (ChromaLowPass2D(), low_pass_chroma(images)),
    ):
        np.testing.assert_allclose(
            layer(images), 0.9 * coarse + 0.1 * images, atol=1e-6
        )


@pytest.mark.parametrize("fine", [0.0, 0.1])
def test_beyond_the_range(fine):
    images = 3 * uniform(2, 8, 8, 3)
    clipped = ChromaSubsampling2D(fine=fine)(images)
    linear = ChromaSubsampling2D(fine=fine, clip=False)(images)
    assert np.max(np.abs(linear)) > 1.5
    np.testing.assert_allclose(clipped, np.clip(linear, -1, 1), atol=1e-6)


@pytest.mark.parametrize("layer_class", [ChromaSubsampling2D, ChromaLowPass2D])
@pytest.mark.parametrize("fine", [-0.1, 1.1, "all", None])
def test_a_share_that_is_none(layer_class, fine):
    with pytest.raises(ValueError, match="number from 0 to 1"):
        layer_class(fine=fine)


@pytest.mark.parametrize("layer_class", [ChromaSubsampling2D, ChromaLowPass2D])
def test_float32_under_any_policy(layer_class):
    keras.config.set_dtype_policy("mixed_bfloat16")
    layer = layer_class()
    for dtype in ("bfloat16", "float64"):
        images = tf.cast(uniform(2, 8, 8, 3), dtype)
        outputs = layer(images)
        assert outputs.dtype == tf.float32
        expected = layer_class(dtype="float32")(tf.cast(images, tf.float32))
        np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("layer_class", [ChromaSubsampling2D, ChromaLowPass2D])
@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8, 4), (1, 8, 3)])
def test_bad_shape(layer_class, shape):
    with pytest.raises(ValueError, match="Received: shape"):
        layer_class()(keras.Input(shape))


def test_unknown_prefilter():
    with pytest.raises(ValueError, match="'bx'. Did you mean 'box'"):
        ChromaSubsampling2D("bx")
