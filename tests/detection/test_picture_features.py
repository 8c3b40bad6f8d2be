"""Features of pictures beside their definitions, written out."""

import functools
import itertools
import tracemalloc

import numpy as np
import pytest
import scipy.fft
from PIL import Image
from sklearn.base import clone
from sklearn.pipeline import make_union

from specgan.data.lazy_pixels import LazyPixels
from specgan.data.lazy_pixels import blocks
from specgan.detection import ColourCoherenceFeatures
from specgan.detection import CooccurrenceFeatures
from specgan.detection import DctModeFeatures
from specgan.detection import PatchSpectrumFeatures
from specgan.detection import cooccurrence_features
from specgan.detection import dct_mode_features
from specgan.detection import patch_spectra

ALL = [
    PatchSpectrumFeatures,
    CooccurrenceFeatures,
    DctModeFeatures,
    ColourCoherenceFeatures,
]
every = pytest.mark.parametrize("features", ALL)
GREY = np.array([0.299, 0.587, 0.114])


def picture(height, width, channels=3, seed=0):
    draw = np.random.default_rng(seed)
    smooth = draw.normal(size=[height, width, 1]).cumsum(0).cumsum(1)
    smooth = 128 + 60 * smooth / np.abs(smooth).max()
    noise = draw.normal(0, 6, [height, width, channels])
    return np.rint(smooth + noise).clip(0, 255).astype(np.uint8)


# === What all have in common ===


@every
def test_contract(features):
    pictures = [picture(40, 33, seed=1), picture(64, 64, seed=2)]
    pictures += [picture(33, 40, 1, seed=3), picture(40, 33, seed=4)]
    one = clone(features())
    rows = one(pictures)
    assert rows.shape == (4, one.length) and rows.dtype == np.float64
    assert np.all(np.isfinite(rows))
    for image, row in zip(pictures, rows, strict=True):
        np.testing.assert_allclose(one(image[None])[0], row, atol=1e-4)
    np.testing.assert_array_equal(one.fit(pictures).transform(pictures), rows)


@every
def test_flat_pictures_have_finite_features(features):
    flat = np.full([2, 48, 40, 3], 77, np.uint8)
    assert np.all(np.isfinite(features()(flat)))


@every
def test_grey_pictures_are_colour_pictures_of_three_equal_channels(features):
    grey = picture(40, 40, 1)
    colour = np.repeat(grey, 3, axis=-1)
    # A coefficient of nearly 1/2 may count as zero or not: one of 25.
    np.testing.assert_allclose(
        features()(grey[None]), features()(colour[None]), atol=1 / 25 + 1e-6
    )


@every
def test_too_small(features):
    small = picture(features.least_size - 1, 64)
    with pytest.raises(ValueError, match="too small for its spectrum"):
        features()([small])


@every
@pytest.mark.parametrize("images", [[], np.zeros([2, 64, 64, 3], np.float32)])
def test_bad_images(features, images):
    with pytest.raises(ValueError, match="Expected"):
        features()(images)


@every
@pytest.mark.parametrize("shape", [(2000, 1500), (40, 75000)])
def test_memory_is_that_of_a_block(features, shape):
    tile = picture(40, 50)
    height, width = shape
    large = np.tile(tile, (height // 40, width // 50, 1))
    features()([tile])  # Tables that are kept.
    tracemalloc.start()
    features()([large])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The picture itself has 9 MB, in float32 it would have 36.
    assert peak < 25e6


@every
def test_lazy_pixels_are_as_good_as_an_array(features):
    image = Image.fromarray(picture(600, 700))
    lazy, small = LazyPixels.of(image), picture(40, 50)
    np.testing.assert_allclose(
        features()([small, lazy, lazy]),
        features()([small, np.asarray(image), np.asarray(image)]),
    )


def test_beside_each_other():
    union = make_union(*(features() for features in ALL))
    images = np.stack([picture(40, 40, seed=seed) for seed in range(2)])
    rows = union.fit_transform(images)
    assert rows.shape == (2, 544 + 676 + 567 + 48)


# === Each ===


def patches(image, size=32, stride=16):
    """All of one channel, written as loops."""
    height, width = image.shape
    rows = sorted({*range(0, height - size + 1, stride), height - size})
    columns = sorted({*range(0, width - size + 1, stride), width - size})
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    window = np.outer(hann, hann)
    for row, column in itertools.product(rows, columns):
        patch = image[row : row + size, column : column + size]
        patch = (patch - patch.mean()) * window / 127.5
        yield np.fft.fft2(patch) / np.sqrt(np.sum(window**2))


def test_patch_spectrum():
    image = picture(50, 71)
    levels = [
        10 * np.log10(np.maximum(np.abs(one) ** 2, (2 / 255) ** 2 / 12))
        for one in patches(image @ GREY)
    ]
    expected = np.mean(levels, axis=0)[:, :17].ravel()
    (row,) = PatchSpectrumFeatures()([image])
    # Where float32 meets the floor.
    np.testing.assert_allclose(row, expected - expected.mean(), atol=0.05)


def test_patch_spectrum_does_not_know_the_gain():
    grey = 100.0 + 8 * np.random.default_rng(0).integers(-9, 10, [64, 64, 1])
    rows = PatchSpectrumFeatures()(
        np.stack([grey, 100 + (grey - 100) / 2]).astype(np.uint8)
    )
    # Only where there is least power, the floor is seen.
    assert np.mean(np.abs(rows[0] - rows[1]) < 0.01) > 0.99


def test_patch_spectrum_sees_the_direction_of_a_wave():
    wave = 128 + 50 * np.cos(2 * np.pi * np.arange(64) / 4)
    rows = np.broadcast_to(wave[:, None, None], [64, 64, 1]).astype(np.uint8)
    images = np.stack([rows, rows.transpose(1, 0, 2)])
    planes = PatchSpectrumFeatures()(images).reshape(2, 32, 17)
    assert np.unravel_index(planes[1].argmax(), (32, 17)) == (0, 8)
    assert np.unravel_index(planes[0].argmax(), (32, 17)) in [(8, 0), (24, 0)]


def test_colour_coherence():
    image = picture(50, 40).astype(np.float64)
    image[..., 1] = 0.5 * image[..., 0] + 0.5 * image[..., 1]
    image = np.rint(image).astype(np.uint8)
    red, green, blue = (list(patches(image[..., i])) for i in range(3))
    radius = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.fftfreq(32)) * 32
    ring = np.floor(radius + 0.5).astype(int)
    noise = (2 / 255) ** 2 / 12

    def mean(first, second):
        cross = np.mean(
            [a * b.conj() for a, b in zip(first, second, strict=True)], axis=0
        )
        return np.array([cross[ring == k].mean() for k in range(1, 17)])

    expected = [
        np.abs(mean(a, b)) ** 2
        / ((mean(a, a).real + noise) * (mean(b, b).real + noise))
        for a, b in itertools.combinations([red, green, blue], 2)
    ]
    (row,) = ColourCoherenceFeatures()([image])
    np.testing.assert_allclose(row, np.concatenate(expected), atol=1e-3)
    assert row[15] > 0.2 > row[31]  # R and G, R and B at 1/2.


def test_colour_coherence_of_grey_pictures_is_one():
    (row,) = ColourCoherenceFeatures()([picture(48, 48, 1)])
    np.testing.assert_allclose(row, 1, atol=1e-2)


def test_dct_modes():
    image = picture(34, 41)
    # JFIF, by Pillow's rounded tables' definition.
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [luma, (blue - luma) * 0.5 / 0.886, (red - luma) * 0.5 / 0.701]
    expected = np.empty([3, 3, 64])
    for i, plane in enumerate(planes):
        blocks = np.array(
            [
                scipy.fft.dctn(plane[y : y + 8, x : x + 8], norm="ortho")
                for y in range(0, 32, 8)
                for x in range(0, 40, 8)
            ]
        ).reshape(-1, 64)
        root = np.sqrt(np.mean(blocks**2, axis=0))
        expected[0, i] = np.mean(np.log(np.abs(blocks) + 0.5), axis=0)
        expected[1, i] = np.log(root + 0.5)
        expected[2, i] = np.mean(np.abs(blocks) < 0.5 - 1e-9, axis=0)
    (row,) = DctModeFeatures()([image])
    np.testing.assert_allclose(
        row[:378], expected[:2, :, 1:].ravel(), atol=1e-3
    )
    np.testing.assert_allclose(row[378:], expected[2, :, 1:].ravel(), atol=1e-9)


@pytest.mark.parametrize("pixels, share", [(3, 1), (4, 0)])
def test_dct_coefficients_of_a_half_are_no_zeros(pixels, share):
    block = np.full([8, 8, 1], 100, np.uint8)
    # Each adds 1/8 to mode (4, 4).
    for row, column in [(0, 0), (0, 3), (3, 0), (3, 3)][:pixels]:
        block[row, column] += 1
    (row,) = DctModeFeatures()([block])
    assert row[2 * 189 + 4 * 8 + 4 - 1] == share


def test_cooccurrences():
    image = picture(19, 22)
    grey = np.rint(1000 * (image @ GREY)).astype(int)
    grey = (grey + 500) // 1000
    expected = []
    for step in (1.0, 3.0):
        along, across = {}, {}
        for plane in (grey, grey.T):
            residual = plane[:, :-2] - 2 * plane[:, 1:-1] + plane[:, 2:]
            levels = np.rint(residual / step).clip(-2, 2).astype(int)
            for lines, counts in ((levels, along), (levels.T, across)):
                for line in lines:
                    for i in range(len(line) - 3):
                        pattern = tuple(line[i : i + 4])
                        negative = tuple(-value for value in pattern)
                        alike = frozenset(
                            (pattern, pattern[::-1])
                            + (negative, negative[::-1])
                        )
                        counts[alike] = counts.get(alike, 0) + 1
        for counts in (along, across):
            total = sum(counts.values())
            expected.append(sorted(np.sqrt(n / total) for n in counts.values()))
    (row,) = CooccurrenceFeatures()([image])
    found = row.reshape(4, 169)
    for shares, rooted in zip(found, expected, strict=True):
        np.testing.assert_allclose(sorted(shares[shares > 0]), rooted)


@every
def test_blocks_are_as_good_as_the_whole(features, monkeypatch):
    images = [picture(93, 70)]
    whole = features()(images)
    for pixels in (1, 7, 500, 3000):
        for module in (cooccurrence_features, dct_mode_features):
            monkeypatch.setattr(
                module, "blocks", functools.partial(blocks, pixels=pixels)
            )
        monkeypatch.setattr(patch_spectra, "PATCHES", pixels)
        np.testing.assert_allclose(features()(images), whole, atol=1e-5)


def test_steps_that_are_counted_together():
    """As those by themselves; one below 1/2 knows no level of 1."""
    pictures = [picture(40, 37)]
    steps = (0.3, 1.0, 3.0)
    expected = [CooccurrenceFeatures((step,))(pictures) for step in steps]
    np.testing.assert_array_equal(
        CooccurrenceFeatures(steps)(pictures), np.concatenate(expected, axis=1)
    )


@pytest.mark.parametrize("steps", [(), (0.0,), (1.0, -3.0)])
def test_bad_steps(steps):
    with pytest.raises(ValueError, match="argument `steps`"):
        CooccurrenceFeatures(steps)(picture(32, 32)[None])
