import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specgan.signal import chroma_cutoff
from specgan.signal import subsample_chroma
from tests.contracts import uniform


def natural_images(count=64, size=32, seed=0):
    """Random images whose amplitude falls with frequency, as photographs'."""
    noise = np.random.default_rng(seed).normal(size=[count, 3, size, size])
    frequency = np.fft.fftfreq(size)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    spectrum = np.fft.fft2(noise) / np.maximum(radius, 1 / size)
    images = np.fft.ifft2(spectrum).real.transpose(0, 2, 3, 1)
    return np.clip(images / images.std() / 4, -1, 1).astype(np.float32)


def jpeg(images, subsampling, quality=90):
    decoded = []
    for image in np.rint((images + 1) * 127.5).astype(np.uint8):
        file = io.BytesIO()
        Image.fromarray(image).save(
            file, "JPEG", quality=quality, subsampling=subsampling
        )
        decoded.append(np.asarray(Image.open(file)))
    return np.stack(decoded) / 127.5 - 1


@pytest.mark.parametrize("quality", [75, 90, 100])
def test_jpeg_files(quality):
    images = natural_images()
    assert chroma_cutoff(jpeg(images, "4:4:4", quality)) is None
    assert 0.15 < chroma_cutoff(jpeg(images, "4:2:0", quality)) < 0.35


@pytest.mark.parametrize("size", [32, 31])
@pytest.mark.parametrize(
    "make", [natural_images, lambda: uniform(64, 32, 32, 3)]
)
def test_chroma_of_half_the_resolution(make, size):
    images = make()[:, :size]
    assert chroma_cutoff(images) is None
    images = subsample_chroma(images, "box")
    assert 0.15 < chroma_cutoff(images) < 0.375


def waves(highest):
    """Luma waves of all frequencies, chroma waves up to one, each as strong."""
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, [16, 64, 1, 1])
    rows, columns = np.indices([32, 32])

    def sum_of_waves(places, count):
        return sum(
            np.cos(2 * np.pi * (k + 1) * places / 32 + phases[k])
            for k in range(count)
        )

    colour = np.array([0.381, 0, -0.999])  # Without luma.
    luma = sum_of_waves(rows, 16)[..., None]
    return (luma + sum_of_waves(columns, highest)[..., None] * colour) / 16


@pytest.mark.parametrize("highest", [2, 7, 11])
def test_frequency_of_the_highest_chroma_wave(highest):
    # The Hann window takes a quarter of a wave's power to the next ring.
    assert chroma_cutoff(waves(highest)) == (highest + 1) / 32


@pytest.mark.parametrize("highest", [12, 15])
def test_a_cutoff_too_high_to_matter(highest):
    assert chroma_cutoff(waves(highest)) is None


def test_images_without_chroma():
    grey = natural_images()[..., :1]
    assert chroma_cutoff(grey) is None
    assert chroma_cutoff(np.repeat(grey, 3, axis=-1)) is None
    assert chroma_cutoff(np.zeros([4, 8, 8, 3]) + [0.5, 0, -0.5]) is None


def test_luma_as_smooth_as_chroma():
    """Nothing is missing in chroma alone where images were enlarged."""
    small = jpeg(natural_images(), "4:2:0")
    large = tf.image.resize(small, [128, 128], "bicubic")
    assert chroma_cutoff(tf.clip_by_value(large, -1, 1)) is None


def test_any_number_of_images():
    images = subsample_chroma(uniform(70, 16, 16, 3))
    assert chroma_cutoff(images) == chroma_cutoff(images[::-1])
    assert chroma_cutoff(images[:1]) is not None


@pytest.mark.parametrize(
    "images, message",
    [
        (uniform(0, 8, 8, 3), "at least one. Received: none"),
        (uniform(8, 8, 3), "1 or 3 channels"),
        (uniform(2, 8, 8, 4), "1 or 3 channels"),
        (uniform(2, 8, 1, 3), "at least 2"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        chroma_cutoff(images)
