"""Spectra of single images: rows, quantiles, and how they vary."""

import numpy as np
import pytest

from specgan.metrics import SingleImageSpectra
from specgan.metrics.first_images import first_images
from specgan.signal import to_uint8

FLOOR = (2 / 255) ** 2 / 12


def noise(count, seed, deviation=0.2, size=16):
    draw = np.random.default_rng(seed)
    return draw.normal(0, deviation, [count, size, size, 1]).astype(np.float32)


def numpy_power(images):
    """2-D power of 8-bit pictures less their mean, under a Hann window."""
    grey = to_uint8(images).numpy() / 127.5 - 1
    if grey.shape[-1] == 3:
        grey = grey @ [0.299, 0.587, 0.114]
    else:
        grey = grey[..., 0]
    height, width = grey.shape[1:]
    one, other = (
        0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
        for size in (height, width)
    )
    window = np.outer(one, other)
    window /= np.sqrt(np.mean(window**2))
    grey = (grey - grey.mean((1, 2), keepdims=True)) * window
    return np.abs(np.fft.fft2(grey)) ** 2 / (height * width)


@pytest.mark.parametrize("shape", [(16, 16, 1), (16, 16, 3), (12, 17, 3)])
def test_equals_numpy(shape):
    draw = np.random.default_rng(0)
    images = draw.uniform(-0.9, 0.9, [7, *shape]).astype(np.float32)
    spectra = SingleImageSpectra.of([images])
    power = numpy_power(images)
    height, width = shape[:2]
    size = min(height, width)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    ring = np.minimum(np.floor(radius * size + 0.5), size // 2 + 1)
    rows = [power[:, ring == k].mean(1) for k in range(1, size // 2 + 2)]
    levels = 10 * np.log10(np.transpose(rows) + FLOOR)
    np.testing.assert_allclose(spectra.levels, levels, atol=1e-3)
    np.testing.assert_allclose(
        spectra.frequencies, np.arange(1, size // 2 + 1) / size
    )
    mean_map = np.mean(10 * np.log10(power + FLOOR), axis=0)
    np.testing.assert_allclose(
        spectra.mean_map, np.fft.fftshift(mean_map), atol=1e-3
    )
    np.testing.assert_allclose(
        spectra.quantiles([0.25, 0.5]),
        np.quantile(levels[:, :-1], [0.25, 0.5], axis=0),
        atol=1e-3,
    )
    np.testing.assert_allclose(spectra.spread, levels[:, :-1].std(0), atol=1e-3)


def test_batches_do_not_matter():
    images = noise(10, 0)
    whole = SingleImageSpectra.of([images[:7]])
    parts = SingleImageSpectra.of([images[:4], images[4:8], images[8:]], 7)
    assert whole.count == parts.count == 7
    np.testing.assert_allclose(parts.levels, whole.levels, atol=1e-4)
    np.testing.assert_allclose(parts.mean_map, whole.mean_map, atol=1e-4)


def test_brightness_does_not_matter():
    images = noise(5, 0, 0.1)
    pictures = to_uint8(images).numpy()
    brighter = (pictures + 60) / 127.5 - 1
    np.testing.assert_allclose(
        SingleImageSpectra.of([brighter.astype(np.float32)]).levels,
        SingleImageSpectra.of([images]).levels,
        atol=1e-2,
    )


def test_spread_ratio_of_a_contrast_that_varies_half_as_much():
    def varying(decibels):
        """One image at contrasts that differ by some dB."""
        contrast = 10 ** (np.linspace(-decibels, decibels, 9) / 20)
        image = noise(1, 0, 0.1)
        return image * contrast[:, None, None, None].astype(np.float32)

    real = SingleImageSpectra.of([varying(6)])
    fake = SingleImageSpectra.of([varying(3)])
    np.testing.assert_allclose(
        real.spread, np.std(np.linspace(-6, 6, 9)), atol=0.06
    )
    assert fake.spread_ratio(real) == pytest.approx(0.5, abs=0.02)
    assert real.spread_ratio(fake) == pytest.approx(2, abs=0.08)


def test_images_of_one_value():
    flat = SingleImageSpectra.of([np.zeros([3, 8, 8, 1], np.float32)])
    np.testing.assert_allclose(flat.levels, 10 * np.log10(FLOOR), atol=1e-3)
    np.testing.assert_allclose(flat.spread, 0, atol=1e-5)
    assert flat.spread_ratio(flat) == pytest.approx(0, abs=1e-3)
    assert np.isfinite(
        SingleImageSpectra.of([noise(3, 0, size=8)]).spread_ratio(flat)
    )


# === The first images ===


@pytest.mark.parametrize(
    "num_images, sizes", [(None, [4, 2]), (9, [4, 2]), (5, [4, 1]), (4, [4])]
)
def test_first_images(num_images, sizes):
    batches = [np.ones([0, 2]), np.ones([4, 2]), np.ones([2, 2])]
    assert [len(one) for one in first_images(batches, num_images)] == sizes


def test_first_images_take_no_more_batches_than_they_need():
    def endless():
        while True:
            yield np.ones([4, 2])

    assert sum(map(len, first_images(endless(), 8))) == 8


@pytest.mark.parametrize("batches", [[], [np.zeros([0, 8, 8, 1])]])
def test_no_images(batches):
    with pytest.raises(ValueError, match="at least one image"):
        SingleImageSpectra.of(batches)
