import numpy as np
import pytest
import tensorflow as tf

from specgan.metrics import SpectrumStatistics
from specgan.signal import azimuthal_integral
from specgan.signal import power_spectrum
from tests.contracts import uniform

FLOOR = (2 / 255) ** 2 / 12


@pytest.mark.parametrize("window", [None, "hann"])
@pytest.mark.parametrize("shape", [(10, 16, 16, 3), (5, 17, 20, 1)])
def test_equals_numpy(shape, window):
    images = uniform(*shape)
    statistics = SpectrumStatistics.of([images], window=window)
    powers = np.array(azimuthal_integral(images.astype(float), window))
    levels = 10 * np.log10(powers + FLOOR)
    assert statistics.count == len(images)
    np.testing.assert_allclose(
        statistics.mean_power, powers.mean(axis=0), rtol=1e-4
    )
    np.testing.assert_allclose(
        statistics.decibels,
        10 * np.log10(powers.mean(axis=0) + FLOOR),
        atol=1e-3,
    )
    np.testing.assert_allclose(statistics.spread, levels.std(axis=0), atol=2e-3)
    np.testing.assert_allclose(
        statistics.mean_spectrum,
        np.mean(power_spectrum(images, window), axis=0),
        rtol=1e-3,
        atol=1e-6,
    )
    shortest = min(shape[1:3])
    np.testing.assert_allclose(
        statistics.frequencies, np.arange(shortest // 2 + 1) / shortest
    )


def test_batches_do_not_matter():
    images = uniform(10, 16, 16, 1)
    whole = SpectrumStatistics.of([images])
    batched = SpectrumStatistics.of(
        tf.data.Dataset.from_tensor_slices(images).batch(3)
    )
    assert whole.count == batched.count == 10
    for name in ("mean_power", "spread", "mean_spectrum"):
        np.testing.assert_allclose(
            getattr(whole, name), getattr(batched, name), rtol=1e-4
        )


@pytest.mark.parametrize("num_images", [1, 3, 4, 10, 99])
def test_takes_the_first_images_and_no_more_batches(num_images):
    images = uniform(10, 16, 16, 1)
    batches = iter([images[:3], images[3:6], images[6:]])
    statistics = SpectrumStatistics.of(batches, num_images)
    count = min(num_images, 10)
    assert statistics.count == count
    np.testing.assert_allclose(
        statistics.mean_power,
        SpectrumStatistics.of([images[:count]]).mean_power,
        rtol=1e-5,
    )
    left = sum(len(batch) for batch in batches)
    assert left == {1: 7, 3: 7, 4: 4, 10: 0, 99: 0}[num_images]


def test_identical_images_have_no_spread():
    statistics = SpectrumStatistics.of([uniform(1, 16, 16, 1)] * 50)
    np.testing.assert_allclose(statistics.spread, 0, atol=1e-3)


def test_spread_of_scaled_images_is_that_of_their_gains():
    image = uniform(1, 16, 16, 1)
    gains = np.array([0.25, 0.5, 1.0]).reshape(3, 1, 1, 1)
    statistics = SpectrumStatistics.of([(gains * image).astype(np.float32)])
    expected = np.std(20 * np.log10(gains))
    np.testing.assert_allclose(statistics.spread, expected, rtol=1e-2)


def test_rms_error():
    images = uniform(20, 16, 16, 1) / 2
    real = SpectrumStatistics.of([images])
    doubled = SpectrumStatistics.of([2 * images])
    assert real.rms_error(real) == 0
    np.testing.assert_allclose(doubled.rms_error(real), 6.0206, rtol=1e-3)
    np.testing.assert_allclose(real.rms_error(doubled), 6.0206, rtol=1e-3)


def test_rms_error_beyond_counts_the_high_rings_only():
    rows = np.arange(32)[:, None, None]
    images = uniform(20, 32, 32, 1) / 4
    real = SpectrumStatistics.of([images])
    # A wave of 3/8 cycles per pixel, above half Nyquist.
    wave = 0.5 * np.cos(2 * np.pi * 3 / 8 * rows) * np.ones([1, 32, 1])
    high = SpectrumStatistics.of([(images + wave).astype(np.float32)])
    low_wave = 0.5 * np.cos(2 * np.pi / 8 * rows) * np.ones([1, 32, 1])
    low = SpectrumStatistics.of([(images + low_wave).astype(np.float32)])
    assert high.rms_error(real, beyond=0.25) > high.rms_error(real) > 1
    assert low.rms_error(real, beyond=0.25) < 0.5 < 1 < low.rms_error(real)


@pytest.mark.parametrize("batches", [[], [np.zeros([0, 16, 16, 1], "float32")]])
def test_no_images(batches):
    with pytest.raises(ValueError, match="at least one image. Received none"):
        SpectrumStatistics.of(batches)
