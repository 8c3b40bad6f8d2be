import keras
import numpy as np
import pytest

from specgan.signal.interpolation_taps import INTERPOLATORS
from specgan.signal.interpolation_taps import interpolation_taps
from specgan.signal.responses import KERNELS

every_interpolation = pytest.mark.parametrize("name", INTERPOLATORS)


@every_interpolation
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_is_the_impulse_response_of_keras(name, factor):
    impulse = np.zeros((1, 25, 1, 1), np.float32)
    impulse[0, 12] = 1
    layer = keras.layers.UpSampling2D((factor, 1), interpolation=name)
    response = np.asarray(layer(impulse))[0, :, 0, 0]
    taps = interpolation_taps(name, factor)
    found = response[np.flatnonzero(np.abs(response) > 1e-6)]
    # TensorFlow rounds the distances of its bicubic to 1/1024.
    tolerance = 1e-3 if name == "bicubic" else 2e-6
    np.testing.assert_allclose(
        found, taps[np.abs(taps) > 1e-6], rtol=0, atol=tolerance
    )


@every_interpolation
@pytest.mark.parametrize("factor", [1, 2, 3, 4, 7])
def test_symmetric_and_even_in_all_phases(name, factor):
    taps = interpolation_taps(name, factor)
    np.testing.assert_allclose(taps, taps[::-1], atol=1e-15)
    sums = np.bincount(np.arange(len(taps)) % factor, taps)
    np.testing.assert_allclose(sums, 1)


@pytest.mark.parametrize("name", ["nearest", "bilinear", "bicubic"])
def test_by_two_these_are_the_kernels(name):
    np.testing.assert_allclose(
        interpolation_taps(name, 2), KERNELS[name].taps, atol=1e-15
    )


def test_unknown_interpolation():
    with pytest.raises(ValueError, match="Did you mean 'bicubic'"):
        interpolation_taps("cubic", 2)
