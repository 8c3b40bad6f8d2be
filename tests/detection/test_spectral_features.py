"""Spectral features of pictures: the reference code, and the default."""

import math

import numpy as np
import pytest
import scipy.interpolate
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from specgan.detection import SpectralFeatures
from specgan.detection import bin_frequencies
from specgan.detection import durall_spectrum
from specgan.detection import grey_levels
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies

SIZES = [(16, 16), (33, 40), (40, 33), (63, 63), (64, 64), (218, 178)]


def pictures(count, height, width, channels=1, seed=0):
    """Natural enough: noise of power 1/f^2, and a little white noise."""
    draw = np.random.default_rng(seed)
    frequency = np.hypot(
        np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    )
    frequency[0, 0] = np.inf
    noise = draw.normal(size=[count, channels, height, width])
    shaped = np.fft.irfft2(np.fft.rfft2(noise) / frequency, (height, width))
    shaped *= 40 / shaped.std()
    grey = 128 + shaped + draw.normal(size=shaped.shape)
    return np.moveaxis(np.rint(grey).clip(0, 255), 1, -1).astype(np.uint8)


# === The released code ===


def released_profile(grey):
    """As `spectrum.md` 1.1 describes it, ring by ring on the whole plane."""
    transform = np.fft.fftshift(np.fft.fft2(grey))
    transform += 1e-8
    level = 20 * np.log(np.abs(transform))
    rows, columns = np.indices(level.shape)
    height, width = level.shape
    radius = np.hypot(columns - (width - 1) / 2, rows - (height - 1) / 2)
    ring = np.floor(radius)
    return np.array(
        [level[ring == k].mean() for k in range(1, int(ring.max()))]
    )


def released_interpolation(profile, length):
    count = len(profile)
    return scipy.interpolate.griddata(
        np.linspace(0, length, count),
        profile,
        np.linspace(0, length, length),
        method="cubic",
    )


@pytest.mark.parametrize("size", [*SIZES, (4, 4), (5, 9), (1, 12)])
def test_reference_rings_equal_the_definition(size):
    images = pictures(3, *size) if min(size) > 1 else noise(3, *size)
    expected = [released_profile(image[..., 0]) for image in images]
    features = SpectralFeatures(
        reference_code=True, length=None, normalize=False
    )
    np.testing.assert_allclose(features(images), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("length", [80, 300])
@pytest.mark.parametrize("size", SIZES)
def test_reference_features_equal_the_definition(size, length):
    images = pictures(2, *size)
    expected = []
    for image in images:
        profile = released_profile(image[..., 0])
        profile = released_interpolation(profile, length)
        expected.append(profile / profile[0])
    features = SpectralFeatures(reference_code=True, length=length)(images)
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-10)


def noise(count, height, width, channels=1, seed=0):
    draw = np.random.default_rng(seed)
    shape = [count, height, width, channels]
    return draw.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    "size, count",  # As measured on the released code and its data.
    [((64, 64), 43), ((128, 128), 88), ((256, 256), 179), ((218, 178), 139)],
)
def test_reference_lengths(size, count):
    assert durall_spectrum(np.ones([1, *size])).shape == (1, count)


def test_the_released_code_differs_by_its_running_sum():
    [image] = pictures(1, 256, 256)
    transform = np.fft.fftshift(np.fft.fft2(image[..., 0]))
    level = 20 * np.log(np.abs(transform + 1e-8))
    rows, columns = np.indices(level.shape) - 127.5
    ring = np.hypot(rows, columns).astype(int)
    order = np.argsort(ring, axis=None, kind="stable")
    ends = np.cumsum(np.bincount(ring.ravel()))[:-1]
    rings = np.split(level.ravel()[order], ends)[1:-1]
    exact = [math.fsum(some) / len(some) for some in rings]
    [ours] = durall_spectrum(image[None, ..., 0])
    np.testing.assert_allclose(ours, exact, rtol=0, atol=2e-12)
    sums = np.cumsum(level.ravel()[order])[ends - 1]
    released = np.diff(sums) / [len(some) for some in rings]
    assert 1e-11 < np.abs(released - exact).max() < 1e-9
    normalised = released / released[0]
    np.testing.assert_allclose(ours / ours[0], normalised, rtol=0, atol=1e-11)


def test_reference_profile_of_an_impulse_is_flat():
    # |F| = 200 at every frequency.
    image = np.zeros([1, 32, 32])
    image[0, 0, 0] = 200
    np.testing.assert_allclose(durall_spectrum(image), 20 * np.log(200))


def test_reference_spectrum_stays_finite_where_there_is_none():
    image = np.full([1, 32, 32], 7.0)
    np.testing.assert_allclose(durall_spectrum(image), 20 * np.log(1e-8))


def test_grey_levels_are_those_of_opencv():
    # cv2.imread(png, 0) of OpenCV 5.0.0; to the nearest, green were 150.
    pixels = [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [12, 173, 1],
        [250, 200, 90],
        [77, 77, 77],
    ]
    images = np.array(pixels, np.uint8).reshape(1, 2, 3, 3)
    expected = [[76, 149, 29, 105, 202, 77]]
    np.testing.assert_array_equal(grey_levels(images).reshape(1, -1), expected)


def test_colours_are_those_of_their_grey_levels():
    images = pictures(2, 33, 40, 3)
    features = SpectralFeatures(reference_code=True, length=80)
    np.testing.assert_array_equal(
        features(images), features(grey_levels(images)[..., None])
    )


# === Those to rely on ===


def relative(image, length):
    """By the azimuthal integral of one image, and means over a fine grid."""
    grey = from_uint8(image).numpy().astype(np.float64)
    if image.shape[-1] == 3:
        grey = grey @ np.array([[0.299], [0.587], [0.114]])
    power = azimuthal_integral((grey - grey.mean())[None], "hann")[0]
    level = decibels(np.maximum(power, (2 / 255) ** 2 / 12), floor=0).numpy()
    frequencies = ring_frequencies(*image.shape[:2])

    def mean(low, high):
        grid = np.linspace(low, high, 20001)
        grid = (grid[1:] + grid[:-1]) / 2
        return np.interp(grid, frequencies[1:], level[1:-1]).mean()

    edges = np.linspace(1 / 16, 1 / 2, length)
    bins = [mean(*pair) for pair in zip(edges, edges[1:], strict=False)]
    return np.array([*bins, level[-1]]) - mean(1 / 8, 1 / 4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_equals_the_azimuthal_integral(size, channels):
    images = pictures(2, *size, channels)
    expected = [relative(image, 24) for image in images]
    features = SpectralFeatures(length=24)(images)
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_white_noise_is_flat():
    features = SpectralFeatures(length=16)(noise(200, 64, 64))
    # The lowest ring has few frequencies: of these, the log of the mean power
    # is less on average.
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=0.3)


def test_a_power_law_is_a_line():
    # 1/f^2 is -20 dB a decade; the white noise adds to the upper end.
    features = SpectralFeatures(length=16)(pictures(50, 128, 128)).mean(axis=0)
    frequencies = bin_frequencies(16)
    low = frequencies < 0.3
    slope, _ = np.polyfit(np.log10(frequencies[low]), features[:-1][low], 1)
    assert slope == pytest.approx(-20, abs=1)


@pytest.mark.parametrize("gain", [0.5, 0.25])
def test_gain_is_no_evidence(gain):
    # Whose power is everywhere far above that of rounding.
    images = (noise(20, 64, 64).astype(np.float64) - 128) * 0.9
    loud = np.rint(128 + images).astype(np.uint8)
    soft = np.rint(128 + gain * images).astype(np.uint8)
    ours = SpectralFeatures()
    np.testing.assert_allclose(ours(loud), ours(soft), atol=0.1)
    # By a gain g, the paper's features fall by 20 ln g.
    reference = SpectralFeatures(
        reference_code=True, length=80, normalize=False
    )
    difference = (reference(soft) - reference(loud)).mean(axis=0)
    np.testing.assert_allclose(difference, 20 * np.log(gain), atol=0.3)


def test_brightness_is_no_evidence():
    dark = noise(5, 40, 40) // 2
    np.testing.assert_allclose(
        SpectralFeatures()(dark), SpectralFeatures()(dark + 90), atol=1e-9
    )


@pytest.mark.parametrize("size", [(32, 32), (48, 64), (65, 65), (160, 100)])
def test_size_is_no_evidence(size):
    """Parts of one texture, which falls by 20 dB from 0 to 1/2."""
    draw = np.random.default_rng(3)
    frequency = np.hypot(np.fft.fftfreq(640)[:, None], np.fft.rfftfreq(640))
    noise = np.fft.rfft2(draw.normal(size=[6, 640, 640]))
    texture = np.fft.irfft2(noise * 10 ** (-2 * frequency))
    texture = np.rint(128 + 40 * texture / texture.std()).clip(0, 255)
    texture = texture.astype(np.uint8)[..., None]
    height, width = size
    parts = texture.reshape(6, 640, 640, 1)[:, : 640 // height * height]
    parts = parts[:, :, : 640 // width * width]
    parts = parts.reshape(
        6, parts.shape[1] // height, height, parts.shape[2] // width, width, 1
    )
    parts = parts.swapaxes(2, 3).reshape(-1, height, width, 1)
    features = SpectralFeatures(length=12)
    expected = features(texture).mean(axis=0)
    measured = features(parts).mean(axis=0)
    np.testing.assert_allclose(measured[:-1], expected[:-1], atol=0.6)
    # Where the corner begins depends a little on the size.
    assert measured[-1] == pytest.approx(expected[-1], abs=1)


def test_below_32_pixels_the_lowest_frequencies_are_evidence():
    images = pictures(100, 128, 128)
    features = SpectralFeatures()
    expected = features(images).mean(axis=0)
    bias = {
        size: features(images[:, :size, :size]).mean(axis=0) - expected
        for size in (32, 24, 16)
    }
    np.testing.assert_allclose(bias[32][:-1], 0, atol=0.7)
    assert bias[16][0] < bias[24][0] - 0.5 < -0.9


def test_a_flat_picture_has_no_spectrum():
    flat = np.full([1, 20, 20, 1], 9, np.uint8)
    np.testing.assert_allclose(SpectralFeatures()(flat), 0, atol=1e-9)
    floor = 10 * np.log10((2 / 255) ** 2 / 12)
    absolute = SpectralFeatures(normalize=False)(flat)
    np.testing.assert_allclose(absolute, floor)


def test_checkerboard_is_in_the_corner():
    board = np.indices([32, 32]).sum(axis=0) % 2 * 100
    board = board[None, ..., None].astype(np.uint8)
    features = SpectralFeatures(length=8)(board + pictures(1, 32, 32) // 8)
    assert np.argmax(features) == 7


# === Both ===


@pytest.mark.parametrize("reference_code", [True, False])
def test_mixed_sizes_keep_their_order(reference_code):
    features = SpectralFeatures(reference_code=reference_code)
    images = [
        noise(1, *size, channels, seed)[0]
        for seed, (size, channels) in enumerate(
            [((20, 30), 3), ((16, 16), 1), ((20, 30), 1), ((20, 30), 3)]
        )
    ]
    expected = np.concatenate([features(image[None]) for image in images])
    assert expected.shape == (4, 64)
    # Rounding may depend on the size of a batch.
    np.testing.assert_allclose(features(images), expected, rtol=1e-12)


@pytest.mark.parametrize("reference_code", [True, False])
def test_more_than_one_chunk(reference_code):
    features = SpectralFeatures(reference_code=reference_code)
    images = noise(5, 160, 160)  # Two to a chunk.
    expected = np.concatenate([features(images[:1]), features(images[1:])])
    np.testing.assert_allclose(features(images), expected, rtol=1e-12)


def test_is_a_transformer():
    features = SpectralFeatures(reference_code=True, length=20)
    assert clone(features).get_params() == features.get_params()
    images = noise(6, 20, 20)
    rows = make_pipeline(features, StandardScaler()).fit_transform(images)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize(
    "images, message",
    [
        ([], "There are no pictures.*Received: list of none"),
        (np.zeros([0, 32, 32, 1], np.uint8), "There are no pictures"),
        ("photo.png", "There are no pictures.*Received: str"),
        (np.zeros([2, 32, 32, 1]), "Expected uint8. Received: float64 at"),
        (np.full([1, 32, 32, 1], np.nan), "Expected uint8.*float64"),
        ([[1, 2]], "Expected uint8. Received: list at place 0"),
        (np.zeros([32, 32, 1], np.uint8), "shape .32, 1. at place 0"),
        (np.zeros([1, 32, 32, 4], np.uint8), "1 or 3 channels"),
        (noise(1, 1, 1), "too small.*16 pixels.*Received: 1x1"),
        (noise(1, 15, 99), "too small.*Received: 15x99"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        SpectralFeatures()(images)


@pytest.mark.parametrize(
    "arguments, size, message",
    [
        ({"reference_code": True}, (8, 8), "at least 4 rings"),
        ({"reference_code": True, "length": None}, (3, 3), "at least 1 rings"),
        ({"reference_code": True, "length": None}, (1, 1), "at least 1 rings"),
        ({"reference_code": True, "length": None}, (0, 5), "at least 1 rings"),
        ({"length": None}, (32, 32), "argument `length`"),
        ({"length": 1}, (32, 32), "at least 2"),
        ({"length": 4.0}, (32, 32), "argument `length`"),
    ],
)
def test_bad_sizes_and_arguments(arguments, size, message):
    with pytest.raises(ValueError, match=message):
        SpectralFeatures(**arguments)(noise(1, *size))


def test_rings_of_several_sizes():
    images = [noise(1, 20, 20)[0], noise(1, 30, 30)[0]]
    with pytest.raises(ValueError, match="several numbers of rings"):
        SpectralFeatures(reference_code=True, length=None)(images)
