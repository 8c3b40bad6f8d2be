import numpy as np
import tensorflow as tf

from specgan.signal import from_uint8
from specgan.signal import to_uint8


def test_every_level_survives_the_round_trip():
    levels = np.arange(256, dtype=np.uint8)
    images = from_uint8(levels)
    assert images.dtype == tf.float32
    np.testing.assert_allclose(images, np.linspace(-1, 1, 256), atol=1e-6)
    pictures = to_uint8(images)
    assert pictures.dtype == tf.uint8
    np.testing.assert_array_equal(pictures, levels)


def test_rounds_to_the_nearest_level():
    step = 2 / 255
    for level in (0, 1, 100, 254, 255):
        value = -1 + level * step
        for offset in (-0.49, 0.49):
            assert to_uint8(value + offset * step) == level


def test_clips():
    np.testing.assert_array_equal(
        to_uint8([-1.5, -1e9, 1.01, 1e9]), [0, 0, 255, 255]
    )


def test_accepts_half_precision_and_doubles():
    for dtype in ("float16", "float64"):
        np.testing.assert_array_equal(
            to_uint8(tf.constant([-1.0, 1.0], dtype)), [0, 255]
        )
