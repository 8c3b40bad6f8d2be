"""Spectra of single images, in groups of frequencies, against NumPy."""

import numpy as np
import pytest

from specgan.signal import image_levels
from specgan.signal import spectrum
from tests.contracts import uniform

SIZES = [(8, 8), (16, 12), (33, 20), (40, 66)]


def full_power(planes, window="hann"):
    """`[n, height, width]` in NumPy's order of frequencies, all of them."""
    height, width = planes.shape[1:]
    planes = np.float64(planes) - planes.mean((1, 2), keepdims=True)
    if window:
        hann = [
            0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
            for n in (height, width)
        ]
        window = np.outer(*hann)
        planes *= window / np.sqrt(np.mean(window**2))
    return np.abs(np.fft.fft2(planes)) ** 2 / (height * width)


def in_decibels(power):
    return 10 * np.log10(power + (2 / 255) ** 2 / 12)


def frequencies(height, width):
    return np.meshgrid(
        np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij"
    )


def full_rings(height, width):
    size = min(height, width)
    radius = np.hypot(*frequencies(height, width)) * size
    return np.minimum(np.floor(radius + 0.5), size // 2 + 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("window", [None, "hann"])
def test_half_of_the_power(size, window):
    planes = uniform(3, *size)
    power = image_levels.half_plane_power(planes, window)
    expected = full_power(planes, window)[..., : size[1] // 2 + 1]
    np.testing.assert_allclose(power, expected, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_rings_are_means_over_the_plane(size):
    planes = uniform(3, *size)
    levels = image_levels.levels(
        image_levels.half_plane_power(planes), image_levels.rings(*size)
    )
    power, ring = full_power(planes), full_rings(*size)
    means = [power[:, ring == k].mean(1) for k in range(1, int(ring.max()) + 1)]
    expected = in_decibels(np.transpose(means))
    np.testing.assert_allclose(levels, expected, atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_sectors_are_means_over_rings_and_orientations(size):
    planes = uniform(3, *size)
    levels = image_levels.levels(
        image_levels.half_plane_power(planes), image_levels.sectors(*size)
    )
    power, ring = full_power(planes), full_rings(*size)
    vertical, horizontal = frequencies(*size)
    # Waves of the Nyquist frequency run both ways; those to the right count.
    nyquist = (vertical == -0.5) | (horizontal == -0.5)
    horizontal = np.where(nyquist, np.abs(horizontal), horizontal)
    degrees = np.rad2deg(np.arctan2(vertical, horizontal))
    columns = []
    for k in range(1, int(ring.max()) + 1):
        for centre in (0, 45, 90, 135):
            turn = np.abs((degrees - centre + 90) % 180 - 90)
            weights = (ring == k) * (turn < 22.5)
            if weights.any():
                columns.append((power * weights).sum((1, 2)) / weights.sum())
    expected = in_decibels(np.transpose(columns))
    assert levels.shape == expected.shape
    np.testing.assert_allclose(levels, expected, atol=1e-3)


def test_sectors_tell_the_direction_of_a_wave():
    column = np.arange(16)
    for direction, wave in enumerate(
        [
            column + 0 * column[:, None],
            column + column[:, None],
            0 * column + column[:, None],
            column[::-1] + column[:, None],
        ]
    ):
        plane = np.float32(np.cos(2 * np.pi * 4 / 16 * wave))[None]
        power = image_levels.half_plane_power(plane)
        levels = image_levels.levels(power, image_levels.sectors(16, 16))
        assert np.argmax(levels) % 4 == direction


@pytest.mark.parametrize("size", SIZES)
def test_cells_are_means_over_blocks(size):
    planes = uniform(2, *size)
    levels = image_levels.levels(
        image_levels.half_plane_power(planes), image_levels.cells(*size)
    )
    matrix, down, right = image_levels.whole_plane(levels[1].numpy(), *size)
    assert matrix.shape == (len(down) - 1, len(right) - 1)
    assert np.all(np.isfinite(matrix))
    np.testing.assert_allclose(
        [down[[0, -1]], right[[0, -1]]], 2 * [[-0.5, 0.5]]
    )
    # The matrix is symmetric about DC, and so is power.
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1])
    power = full_power(planes)[1]
    vertical, horizontal = frequencies(*size)
    for row in range(len(down) - 1):
        for column in range(len(right) - 1):
            within = (
                (down[row] < vertical)
                & (vertical < down[row + 1])
                & (right[column] < horizontal)
                & (horizontal < right[column + 1])
            )
            # Cells at the border hold half of the Nyquist frequency's.
            inside = (
                max(np.abs([*down[row : row + 2], *right[column : column + 2]]))
                < 0.5 - 1e-9
            )
            if inside and not within[0, 0]:
                assert matrix[row, column] == pytest.approx(
                    in_decibels(power[within].mean()), abs=1e-3
                )


@pytest.mark.parametrize("size", SIZES)
def test_every_frequency_but_dc_is_in_a_cell(size):
    groups = image_levels.cells(*size)
    assert np.argwhere(groups.index < 0).tolist() == [[0, 0]]
    assert set(groups.index.ravel()) == {-1, *range(groups.count)}
    np.testing.assert_allclose(
        np.bincount(groups.index.ravel()[1:], groups.shares.ravel()[1:]), 1
    )


@pytest.mark.parametrize("side, most", [(32, 544), (64, 544), (256, 544)])
def test_maps_do_not_grow(side, most):
    assert 500 < image_levels.cells(side, side).count <= most


def test_colour_differences():
    images = uniform(2, 4, 4, 3)
    luma = images @ np.array(spectrum.LUMINANCE_WEIGHTS, np.float32)
    red, blue = image_levels.colour_differences(images)
    np.testing.assert_allclose(red, images[..., 0] - luma, atol=1e-6)
    np.testing.assert_allclose(blue, images[..., 2] - luma, atol=1e-6)
    grey = image_levels.colour_differences(images[..., :1])
    np.testing.assert_array_equal(grey, 0)
