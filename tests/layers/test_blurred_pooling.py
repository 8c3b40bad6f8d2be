import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from specgan.layers import AntiAliasedConv2D
from specgan.layers import BlurPool2D
from specgan.layers import MaxBlurPool2D
from tests.contracts import run_layer_test
from tests.contracts import uniform


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_equals_scipy(kernel_size, strides):
    images = uniform(2, 9, 12, 3)
    taps = np.array([1.0])
    for _ in range(kernel_size - 1):
        taps = np.convolve(taps, [0.5, 0.5])
    expected = images.astype(np.float64)
    for axis in (1, 2):
        # SciPy's centre of an even kernel lies one to the right.
        expected = scipy.ndimage.correlate1d(
            expected,
            taps,
            axis=axis,
            mode="mirror",
            origin=0 if kernel_size % 2 else -1,
        )
    np.testing.assert_allclose(
        BlurPool2D(kernel_size, strides)(images),
        expected[:, ::strides, ::strides],
        atol=1e-6,
    )


@pytest.mark.parametrize("length", [8, 7])
def test_shapes_of_even_and_odd_maps(length):
    half = (length + 1) // 2
    run_layer_test(BlurPool2D, {}, (2, length, 6, 3), (2, half, 3, 3), 0)
    assert BlurPool2D().compute_output_shape((None, None, length, 3)) == (
        None, None, half, 3,
    )  # fmt: skip


def test_contracts():
    shape = (2, 8, 6, 3)
    run_layer_test(BlurPool2D, {"kernel_size": 3}, shape, (2, 4, 3, 3), 0)
    run_layer_test(MaxBlurPool2D, {}, shape, (2, 4, 3, 3), 0)
    run_layer_test(
        MaxBlurPool2D,
        {"pool_size": 3, "padding": "same", "blur_size": 3},
        shape,
        (2, 4, 3, 3),
        0,
    )
    run_layer_test(AntiAliasedConv2D, {"filters": 5}, shape, (2, 4, 3, 5), 2)
    run_layer_test(
        AntiAliasedConv2D,
        {
            "filters": 5,
            "kernel_size": 5,
            "strides": 1,
            "activation": None,
            "blur_size": 2,
            "use_bias": False,
            "kernel_initializer": "he_normal",
        },
        shape,
        (2, 8, 6, 5),
        1,
    )


def test_parts_of_the_others():
    images = uniform(2, 8, 8, 3)
    maxima = tf.nn.max_pool2d(images, 2, 1, "VALID")
    np.testing.assert_allclose(
        MaxBlurPool2D()(images), BlurPool2D()(maxima), atol=1e-6
    )
    layer = AntiAliasedConv2D(4)
    layer(images)
    kernel, bias = layer.weights
    maps = tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME") + bias)
    np.testing.assert_allclose(layer(images), BlurPool2D()(maps), atol=1e-6)


def test_what_would_alias_is_taken_away():
    # The finest stripes become grey; striding alone makes them constant, and
    # of another value when they move by a pixel.
    stripes = np.tile([1.0, -1.0], 8)[None, None, :, None]
    stripes = np.repeat(stripes, 16, axis=1).astype(np.float32)
    pooled = BlurPool2D()(stripes)[:, :, 1:-1]
    np.testing.assert_allclose(pooled, np.zeros_like(pooled), atol=1e-6)
    moved = np.roll(stripes, 1, axis=2)
    difference = BlurPool2D()(moved) - BlurPool2D()(stripes)
    assert np.max(np.abs(difference[:, :, 1:-1])) < 1e-6


def test_constants_and_centres_stay():
    ones = np.ones([1, 8, 8, 1], np.float32)
    for kernel_size in range(1, 8):
        pooled = BlurPool2D(kernel_size)(ones)
        np.testing.assert_allclose(pooled, np.ones_like(pooled), rtol=1e-6)
    # A ramp: four taps put the pixels midway between two of the input's.
    ramp = np.arange(8, dtype=np.float32)[None, :, None, None]
    ramp = np.repeat(ramp, 8, axis=2)
    np.testing.assert_allclose(
        BlurPool2D()(ramp)[0, 1:-1, 0, 0], [2.5, 4.5], rtol=1e-6
    )


def test_differentiable_twice():
    images = tf.constant(uniform(1, 6, 6, 2))
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            value = tf.reduce_sum(BlurPool2D()(images) ** 3)
        penalty = tf.reduce_sum(inner.gradient(value, images) ** 2)
    gradient = outer.gradient(penalty, images)
    assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


def test_maps_of_any_size():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, MaxBlurPool2D()(AntiAliasedConv2D(4)(inputs)))
    assert model.output_shape == (None, None, None, 4)
    assert model(uniform(1, 32, 24, 3)).shape == (1, 8, 6, 4)


@pytest.mark.parametrize("value", [0, -1, 2.5, True])
def test_arguments(value):
    for layer_class, name in (
        (BlurPool2D, "kernel_size"),
        (BlurPool2D, "strides"),
        (MaxBlurPool2D, "pool_size"),
        (MaxBlurPool2D, "strides"),
    ):
        with pytest.raises(ValueError, match=f"{name}={value}"):
            layer_class(**{name: value})


def test_small_maps():
    layer = BlurPool2D(7)
    assert layer(uniform(1, 4, 4, 1)).shape == (1, 2, 2, 1)
    with pytest.raises(ValueError, match="Expected more than 3 pixels"):
        layer(uniform(1, 4, 3, 1))
    with pytest.raises(ValueError, match="Expected more than 3 pixels"):
        layer.compute_output_shape((None, 3, None, 1))


def test_unknown_padding():
    with pytest.raises(ValueError, match="Unknown padding.*'full'"):
        MaxBlurPool2D(padding="full")


def test_channels_last_whatever_keras_is_set_to():
    images = uniform(1, 8, 6, 3)
    keras.backend.set_image_data_format("channels_first")
    try:
        for layer in (BlurPool2D(), MaxBlurPool2D(), AntiAliasedConv2D(3)):
            assert layer(images).shape == (1, 4, 3, 3)
    finally:
        keras.backend.set_image_data_format("channels_last")
