"""Spectra of single images in decibels, as detectors look at them.

An image less its mean, under a window, is transformed; its power is averaged
over groups of frequencies (rings, orientations, cells of a map) and put in
decibels above the noise of 8 bits. The mean is subtracted since the window
would let brightness leak from DC into the first ring.

Unlike in `spectrum.azimuthal_integral`, one transform gives all groups, and
nothing is compiled for each batch size.
"""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specgan.signal import spectrum
from specgan.typing import Tensor
from specgan.typing import TensorLike

SECTORS = 4
"""Orientations of `sectors`: 0, 45, 90 and 135 degrees, each +-22.5."""

CELLS = 32
"""Pixels of a side up to which each frequency is a cell of `cells`."""


LARGEST_MATRIX = 2**23
"""Entries up to which a matrix takes the means of groups: 256 px for rings."""


class Groups(NamedTuple):
    """Groups of frequencies of the half plane of `tf.signal.rfft2d`.

    A group holds its frequencies and their conjugates, whose power is equal.
    """

    index: np.ndarray  # [height, width // 2 + 1], its group; -1 is in none
    shares: np.ndarray  # same shape, weights that sum to 1 over each group

    @property
    def count(self) -> int:
        return int(self.index.max()) + 1


def half_plane_power(planes: TensorLike, window: str | None = "hann") -> Tensor:
    """Power of images less their mean, at the frequencies of half the plane.

    Formula: that of `spectrum.power_spectrum`, of `window * (x - mean(x))`.

    Args:
        planes: `[n, height, width]`, float32: grey values, or any other
            plane of a picture.
        window: None or "hann".

    Returns:
        `[n, height, width // 2 + 1]`, DC first; in squared units of the
        planes.
    """
    height, width = planes.shape[1:]
    planes -= tf.reduce_mean(planes, axis=(1, 2), keepdims=True)
    planes *= tf.constant(
        spectrum.window_function(window, height, width), planes.dtype
    )
    return spectrum.half_plane_power(planes)


def levels(power: TensorLike, groups: Groups) -> Tensor:
    """Mean power of each group of frequencies, in dB.

    Formula: `10 log10(mean over the group of power + 8-bit noise)`

    Args:
        power: `[n, height, width // 2 + 1]`, of `half_plane_power`.
        groups: `rings`, `sectors` or `cells` of that height and width.

    Returns:
        `[n, groups.count]`.

    Example:
    >>> grey = spectrum.luminance(images)  # [n, 64, 64]
    >>> levels(half_plane_power(grey), rings(64, 64)).shape
    TensorShape([n, 33])
    """
    return spectrum.decibels(group_means(power, groups))


def group_means(power: TensorLike, groups: Groups) -> Tensor:
    """Mean power of each group of frequencies.

    Args:
        power: As for `levels`.
        groups: The same.

    Returns:
        `[n, groups.count]`, in units of `power`.
    """
    size, count = groups.index.size, groups.count
    if size * count <= LARGEST_MATRIX:
        # Faster, with its gradient, than sums of segments.
        matrix = np.zeros([size, count + 1])  # The last one is of no group.
        matrix[np.arange(size), groups.index.ravel()] = groups.shares.ravel()
        matrix = tf.constant(matrix[:, :count], power.dtype)
        return tf.matmul(tf.reshape(power, [-1, size]), matrix)
    shares = tf.constant(groups.shares.reshape(-1, 1), power.dtype)
    # Frequencies first: segments are sums of rows.
    flat = tf.transpose(power, [1, 2, 0])
    flat = tf.reshape(flat, [size, tf.shape(power)[0]]) * shares
    return tf.transpose(
        tf.math.unsorted_segment_sum(flat, groups.index.ravel(), count)
    )


def colour_differences(images: TensorLike) -> tuple[Tensor, Tensor]:
    """The planes R - Y and B - Y of images, Y being Rec. 601 luma.

    They are Cr and Cb of JPEG, each divided by its factor. Grey images have
    none: all is 0.

    Args:
        images: `[n, height, width, 1 or 3]`.

    Returns:
        Two tensors `[n, height, width]`, in units of the images.
    """
    luma = spectrum.luminance(images)
    return images[..., 0] - luma, images[..., -1] - luma


@functools.lru_cache(maxsize=32)
def rings(height: int, width: int) -> Groups:
    """The rings k = 1..M // 2 and the corner: all of `spectrum.rings` but DC.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        A `Groups`; M = min(height, width).
    """
    return _groups(spectrum.rings(height, width).index - 1, height, width)


@functools.lru_cache(maxsize=32)
def sectors(height: int, width: int) -> Groups:
    """Each of the `rings`, split into 4 orientations.

    The orientation of a frequency is the angle of its wave's direction: 0 is
    a wave along the rows (vertical stripes), 45 degrees one that runs down to
    the right, 90 one along the columns. A sector reaches 22.5 degrees to
    either side, and the opposite one belongs to it. Waves that have the
    Nyquist frequency down the columns run both ways: they count as running up.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        A `Groups`, ordered by ring, then orientation; those without a
        frequency are left out (the corner of a square has none along rows or
        columns).
    """
    ring = spectrum.rings(height, width).index
    vertical = np.fft.fftfreq(height)[:, None]
    horizontal = np.fft.rfftfreq(width)[None, :]
    # No frequency lies on a border: tan(22.5 degrees) is irrational.
    turn = np.arctan2(vertical, horizontal) / np.pi * SECTORS
    sector = np.floor(turn + 0.5).astype(int) % SECTORS
    index = np.where(ring == 0, -1, (ring - 1) * SECTORS + sector)
    return _groups(_numbered(index), height, width)


@functools.lru_cache(maxsize=32)
def cells(height: int, width: int) -> Groups:
    """A map of the frequency plane: cells that a detector can be fitted to.

    For sides up to 32 pixels, each frequency is a cell. For others a cell
    holds `ceil(side / 32)` frequencies each way, which keeps a map at some
    500 cells. They are counted from DC outwards, so that a cell's mirror
    image is a cell; the axes, on which images have lines, are cells of a width
    of one frequency. DC is left out.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        A `Groups`.

    Example:
    >>> cells(64, 64).count
    544
    """
    place = cell_places(height, width)
    rows, columns = place.max(axis=(0, 1)) - place.min(axis=(0, 1)) + 1
    flat = place[..., 0] % rows * columns + place[..., 1]
    return _groups(_numbered(np.where(flat == 0, -1, flat)), height, width)


def cell_places(height: int, width: int) -> np.ndarray:
    """Where the cell of each frequency lies, counted from DC.

    Args:
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        `[height, width // 2 + 1, 2]` integers: rows down, columns to the
        right.
    """
    vertical = _counted(np.round(np.fft.fftfreq(height) * height), height)
    horizontal = _counted(np.arange(width // 2 + 1), width)
    place = np.stack(np.meshgrid(vertical, horizontal, indexing="ij"), axis=-1)
    # Those that are conjugate to each other are one cell.
    own_conjugate = spectrum.rings(height, width).multiplicity == 1
    place[own_conjugate, 0] = np.abs(place[own_conjugate, 0])
    return place


def whole_plane(
    values: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A value of each cell, laid out as a picture of the whole plane.

    Args:
        values: `[cells(height, width).count]`.
        height: Rows of the images.
        width: Columns of the images.

    Returns:
        The matrix, DC (0) in the centre, in float64; and the edges of its rows
        and of its columns, from -0.5 to 0.5 cycles per pixel.
    """
    place = cell_places(height, width)
    index = cells(height, width).index
    down, right = np.abs(place).max(axis=(0, 1))
    matrix = np.full([2 * down + 1, 2 * right + 1], np.nan)
    rows, columns = place[index >= 0].T
    for sign in (1, -1):  # Each frequency, and its conjugate.
        matrix[down + sign * rows, right + sign * columns] = values[
            index[index >= 0]
        ]
    matrix[down, right] = 0
    # The Nyquist frequency of an even side is -0.5 and 0.5.
    for one, other in (
        (matrix[0], matrix[-1]),
        (matrix[-1], matrix[0]),
        (matrix[:, 0], matrix[:, -1]),
        (matrix[:, -1], matrix[:, 0]),
    ):
        one[np.isnan(one)] = other[np.isnan(one)]
    return matrix, _cell_edges(down, height), _cell_edges(right, width)


def _cell_edges(number, size):
    edges = (np.arange(number + 1) * _block(size) + 0.5) / size
    edges = np.minimum(edges, 0.5)
    return np.concatenate([-edges[::-1], edges])


def _block(size):
    return -(-size // CELLS)


def _counted(frequency, size):
    """Number of the cell along a side: 0, +-1 for the next ones, ..."""
    frequency = frequency.astype(int)
    return np.sign(frequency) * -(-np.abs(frequency) // _block(size))


def _numbered(index):
    """Groups numbered without gaps, in their order; -1 stays."""
    numbers = np.unique(index[index >= 0])
    return np.where(index < 0, -1, np.searchsorted(numbers, index))


def _groups(index, height, width):
    weights = spectrum.rings(height, width).multiplicity * (index >= 0)
    sums = np.bincount(index[index >= 0], weights[index >= 0])
    return Groups(index, weights / sums[index])
