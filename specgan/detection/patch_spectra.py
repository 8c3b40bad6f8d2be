"""Spectra of patches of pictures, under a Hann window."""

import functools
from collections.abc import Callable
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from specgan.data.lazy_pixels import blocks
from specgan.signal.frequency_plane import window_function

if TYPE_CHECKING:  # Whose import takes a tenth of NumPy's.
    from numpy.typing import NDArray

PATCH = 32
"""Pixels of a patch's side."""

PATCHES = 512
"""That are in memory at once, of each image and plane."""

STRIDE = PATCH // 2
"""Half a patch: squares of Hann windows at this distance sum up evenly."""


def starts(size: int) -> np.ndarray:
    """Where patches begin along a side; the last one ends with the picture.

    Args:
        size: Pixels of the side, at least `PATCH`.
    """
    last = size - PATCH
    return np.array(sorted({*range(0, last + 1, STRIDE), last}))


@functools.cache
def patch_window() -> np.ndarray:
    """What patches of grey levels are multiplied by: float64, 2-D."""
    window = window_function("hann", PATCH, PATCH)
    return window / np.sqrt(np.sum(window**2)) / 127.5


def patch_transforms(
    images: np.ndarray, planes: Callable[[np.ndarray], np.ndarray]
) -> "Iterator[NDArray[np.complex64]]":
    """Fourier transforms of all patches, some of them at a time.

    Each patch is without its mean, in units of 127.5 grey levels (of images
    in [-1, 1]), under a Hann window of unit mean square: white noise has the
    power of its variance at all frequencies, whatever the window.

    Args:
        images: uint8 [n, height, width, channels].
        planes: Function of parts of the images, uint8 [n, rows, columns,
            channels], that gives what is transformed: float32 [..., rows,
            columns], 0..255.

    Yields:
        complex64 [..., patches, PATCH, PATCH // 2 + 1].
    """
    window = patch_window().astype(np.float32)
    tops, lefts = starts(images.shape[1]), starts(images.shape[2])
    for some_rows, some_columns in blocks(len(tops), len(lefts), 1, PATCHES):
        rows, columns = tops[some_rows], lefts[some_columns]
        part = planes(
            images[
                :,
                rows[0] : rows[-1] + PATCH,
                columns[0] : columns[-1] + PATCH,
            ]
        )
        windows = np.lib.stride_tricks.sliding_window_view(
            part, (PATCH, PATCH), axis=(-2, -1)
        )
        patches = windows[
            ..., rows[:, None] - rows[0], columns - columns[0], :, :
        ]
        patches = patches.reshape(*part.shape[:-2], -1, PATCH, PATCH)
        patches -= patches.mean(axis=(-2, -1), keepdims=True)
        patches *= window
        down, across = _fourier_matrices()
        # By one name, so that each of them is let go of at once.
        patches = (patches @ across).view(np.complex64)
        patches = down @ patches
        yield patches
        del patches


@functools.cache
def _fourier_matrices():
    """By which patches are transformed along their columns, and their rows.

    For so few pixels products take as long as fast transforms in float32,
    which only SciPy has, whose import takes longer than NumPy's.

    Returns:
        (complex64 [PATCH, PATCH], float32 [PATCH, 2 * (PATCH // 2 + 1)]: the
        real and imaginary part of each column in turn).
    """
    places = np.arange(PATCH)
    # Whole turns left out: angles that float64 has exactly.
    turns = np.outer(places, places) % PATCH / PATCH
    down = np.exp(-2j * np.pi * turns).astype(np.complex64)
    across = np.ascontiguousarray(down[:, : PATCH // 2 + 1])
    return down, across.view(np.float32)
