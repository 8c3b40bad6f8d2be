from fractions import Fraction

import numpy as np
import pytest

from specgan.data.area_average import area_average


def exact(pixels, size):
    """The same in integers, and where a half could be rounded either way."""
    side = len(pixels)
    # Each old pixel in size x size parts; each new one has side x side.
    parts = pixels.astype(np.int64).repeat(size, 0).repeat(size, 1)
    sums = parts.reshape(size, side, size, side, -1).sum((1, 3))
    return [Fraction(int(value), side**2) for value in sums.flat]


@pytest.mark.parametrize(
    "side, size, channels",
    [(8, 4, 3), (12, 8, 1), (89, 32, 3), (9, 9, 3), (25, 24, 2), (6, 1, 3)],
)
def test_is_the_exact_mean_rounded_once(side, size, channels):
    pixels = np.random.default_rng(2).integers(
        0, 256, [side, side, channels], dtype=np.uint8
    )
    actual = area_average(pixels, size)
    assert actual.dtype == np.uint8
    assert actual.shape == (size, size, channels)
    # Python rounds halves to even, as NumPy does.
    expected = list(map(round, exact(pixels, size)))
    assert actual.flatten().tolist() == expected


def test_white_stays_white():
    pixels = np.full([107, 107, 3], 255, np.uint8)
    np.testing.assert_array_equal(area_average(pixels, 64), 255)
