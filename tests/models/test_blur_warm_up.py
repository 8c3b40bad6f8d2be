import math

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from specgan.models.blur_warm_up import BlurWarmUp
from tests.contracts import revived
from tests.contracts import uniform


def kernel(deviation):
    """Powers of 2, not of e, out to three deviations."""
    radius = math.floor(3 * deviation)
    weights = 2.0 ** -((np.arange(-radius, radius + 1) / deviation) ** 2)
    return weights / weights.sum()


@pytest.mark.parametrize("step", [0, 40, 60, 85, 97])
def test_equals_a_plain_convolution(step):
    images = uniform(2, 16, 12, 3)
    augmentation = BlurWarmUp(deviation=4.0, steps=100)
    expected = images.astype("float64")
    for axis in (1, 2):
        expected = scipy.ndimage.convolve1d(
            expected, kernel(4.0 * (1 - step / 100)), axis, mode="constant"
        )
    np.testing.assert_allclose(
        augmentation(images, step=step), expected, atol=1e-5
    )


@pytest.mark.parametrize("step", [100, 1000])
def test_the_blur_comes_to_its_end(step):
    images = uniform(2, 8, 8, 1)
    augmentation = BlurWarmUp(steps=100)
    np.testing.assert_array_equal(augmentation(images, step=step), images)


def test_radius_is_three_deviations():
    point = np.zeros([1, 63, 63, 1], "float32")
    point[0, 31, 31] = 1.0
    # With 4.5 (1 - 0.1) = 4.05 it reaches 12 pixels.
    blurred = BlurWarmUp(4.5, steps=10)(point, step=1)
    lit = np.flatnonzero(np.any(blurred[0, ..., 0] > 0, axis=0))
    assert (lit[0], lit[-1]) == (31 - 12, 31 + 12)
    np.testing.assert_allclose(np.sum(blurred), 1, rtol=1e-5)


def test_gradients_go_through_twice():
    images = tf.constant(uniform(2, 8, 8, 1))
    augmentation = BlurWarmUp(2.0, steps=10)
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            value = tf.reduce_sum(augmentation(images, step=3) ** 3)
        squares = tf.reduce_sum(tape.gradient(value, images) ** 2)
    gradient = outer.gradient(squares, images)
    assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)


def test_configuration():
    augmentation = revived(BlurWarmUp(3.0, steps=7))
    assert (augmentation.deviation, augmentation.steps) == (3.0, 7)
    # The papers': 10 pixels, gone after 200,000 images in batches of 32.
    assert (BlurWarmUp().deviation, BlurWarmUp().steps) == (10.0, 6250)
    assert not augmentation.variables


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"deviation": 0.0}, "deviation=0.0"),
        ({"steps": 0}, "steps=0"),
        ({"steps": 2.5}, "steps=2.5"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=f"Received: {message}"):
        BlurWarmUp(**arguments)
