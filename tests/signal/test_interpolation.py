import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.signal.interpolation import interpolate
from specgan.signal.responses import KERNELS
from specgan.signal.responses import get


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def along_one_axis(signal, kernel):
    """Zeros inserted into the signal, its border repeated, then filtered."""
    border = len(kernel.taps)
    signal = np.pad(signal, border, mode="edge")
    inserted = np.zeros(2 * len(signal))
    inserted[::2] = signal
    filtered = np.convolve(inserted, kernel.taps)[kernel.origin :]
    return filtered[2 * border :][: 2 * (len(signal) - 2 * border)]


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("shape", [(2, 8, 8, 3), (1, 5, 7, 2), (1, 1, 3, 1)])
def test_equals_zero_insertion_and_filtering(name, shape):
    images = normal(*shape)
    expected = np.apply_along_axis(along_one_axis, 1, images, get(name))
    expected = np.apply_along_axis(along_one_axis, 2, expected, get(name))
    np.testing.assert_allclose(
        interpolate(images, name).numpy(), expected, atol=1e-12
    )


@pytest.mark.parametrize(
    ("name", "border"), [("nearest", 0), ("bilinear", 0), ("bicubic", 4)]
)
def test_equals_keras_away_from_the_border(name, border):
    images = tf.constant(normal(2, 9, 8, 3), tf.float32)
    weights = tf.constant(normal(2, 18, 16, 3), tf.float32)
    layer = keras.layers.UpSampling2D(2, interpolation=name)
    inner = (
        slice(None),
        slice(border, 18 - border),
        slice(border, 16 - border),
    )
    weights = tf.where(
        tf.pad(
            tf.ones_like(weights[inner], tf.bool),
            [[0, 0], [border, border], [border, border], [0, 0]],
        ),
        weights,
        0,
    )
    results = []
    for upsample in (layer, lambda x: interpolate(x, name)):
        with tf.GradientTape() as tape:
            tape.watch(images)
            upsampled = upsample(images)
        gradient = tape.gradient(upsampled, images, weights)
        results.append((upsampled[inner], gradient))
    for expected, received in zip(*results, strict=True):
        np.testing.assert_allclose(received, expected, atol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiles(name, jit_compile):
    images = tf.constant(normal(2, 5, 6, 3), tf.float32)
    compiled = tf.function(
        lambda images: interpolate(images, name), jit_compile=jit_compile
    )
    np.testing.assert_allclose(
        compiled(images), interpolate(images, name), atol=1e-6
    )


def test_size_may_be_unknown():
    images = tf.constant(normal(2, 5, 6, 3), tf.float32)
    compiled = tf.function(
        lambda images: interpolate(images, "bicubic"),
        input_signature=[tf.TensorSpec([None, None, None, 3])],
    )
    np.testing.assert_allclose(
        compiled(images), interpolate(images, "bicubic"), atol=1e-6
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_keeps_the_type(dtype):
    images = tf.constant(normal(1, 4, 4, 1), dtype)
    upsampled = interpolate(images, "bicubic")
    assert upsampled.dtype == dtype
    np.testing.assert_allclose(
        tf.cast(upsampled, tf.float64),
        interpolate(tf.cast(images, tf.float64), "bicubic"),
        atol=0.02,
    )


def test_unknown_kernel():
    with pytest.raises(ValueError, match="Did you mean 'bicubic'"):
        interpolate(normal(1, 2, 2, 1), "cubic")
