"""Ring powers of pictures of any size, beside the azimuthal integral."""

import functools
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from specgan.data.lazy_pixels import LazyPixels
from specgan.detection import relative_spectrum
from specgan.detection import ring_powers as module
from specgan.detection.ring_powers import ring_powers
from specgan.signal.spectrum import azimuthal_integral


def pictures(count, height, width, channels=3):
    draw = np.random.default_rng(0)
    noise = draw.normal(size=[count, height, width, channels]).cumsum(1)
    noise = 128 + 50 * noise / noise.std()
    return np.rint(noise).clip(0, 255).astype(np.uint8)


def expected(images):
    images = images / 127.5
    if images.shape[-1] == 3:
        images = images @ np.array([[0.299], [0.587], [0.114]])
    images = images - images.mean(axis=(1, 2), keepdims=True)
    return azimuthal_integral(images, "hann").numpy()


@pytest.mark.parametrize("size", [(16, 16), (40, 33), (31, 64)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 3])
def test_small_and_large(size, channels, count, monkeypatch):
    images = pictures(count, *size, channels)
    powers, side = ring_powers(images)
    assert side == min(size)
    np.testing.assert_allclose(powers, expected(images), rtol=1e-9)
    monkeypatch.setattr(module, "_SMALL", 100)
    monkeypatch.setattr(
        module, "blocks", functools.partial(module.blocks, pixels=200)
    )
    powers, side = ring_powers(images)
    assert side == min(size)
    np.testing.assert_allclose(powers, expected(images), rtol=1e-9)


def test_the_largest_are_averaged_over_squares(monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 100)
    monkeypatch.setattr(module, "LARGEST", 2000)
    monkeypatch.setattr(module, "SIDE", 20)
    images = pictures(2, 50, 70)
    powers, side = ring_powers(images)
    assert side == 20
    squares = [
        expected(images[:, top : top + 20, left : left + 20])
        for top in (0, 15, 30)
        for left in (0, 17, 33, 50)
    ]
    np.testing.assert_allclose(powers, np.mean(squares, axis=0), rtol=1e-9)
    # And narrow ones over rectangles.
    powers, side = ring_powers(images[:, :16])
    assert side == 16
    monkeypatch.setattr(module, "LARGEST", 1000)
    rectangles = [
        expected(images[:, :16, left : left + 20]) for left in (0, 17, 33, 50)
    ]
    powers, side = ring_powers(images[:, :16])
    assert side == 16
    np.testing.assert_allclose(powers, np.mean(rectangles, axis=0), rtol=1e-9)


def test_averages_are_near_the_whole(monkeypatch):
    draw = np.random.default_rng(0)
    frequencies = np.hypot(
        np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :]
    )
    noise = np.fft.rfft2(draw.normal(0, 3, [512, 512]))
    noise = np.fft.irfft2(noise / np.maximum(frequencies, 1 / 64))
    images = np.rint(128 + noise).clip(0, 255).astype(np.uint8)
    images = images[None, ..., None]
    whole = relative_spectrum(images, 16)
    monkeypatch.setattr(module, "_SMALL", 100)
    monkeypatch.setattr(module, "LARGEST", 2**17)
    monkeypatch.setattr(module, "SIDE", 128)
    lazy = LazyPixels.of(Image.fromarray(images[0, ..., 0]))
    averaged = relative_spectrum(lazy[None], 16)
    np.testing.assert_allclose(averaged, whole, atol=0.3)


@pytest.mark.parametrize("largest", [10**7, 10**6])
def test_memory(largest, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", largest)
    images = np.zeros([1, 1200, 1500, 3], np.uint8)
    relative_spectrum(images, 64)  # Tables that are kept.
    tracemalloc.start()
    relative_spectrum(images, 64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Beside it 8 bytes a pixel: half a plane of complex numbers.
    assert peak < 8 * 1200 * 1500 + 20e6
