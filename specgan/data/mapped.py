"""Reading from arrays that are larger than memory."""

import mmap

import numpy as np


def rows_of(array: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    """Copies of some rows of an array, which may be memory-mapped.

    The pages of a file that were read are released at once: the operating
    system counts them as the process's, and in an epoch they would become the
    whole file. It keeps them in its cache for as long as there is room, so
    that they are not read from the disk again.

    Args:
        array: A NumPy array.
        rows: Integers `[n]`, or a slice.

    Returns:
        An array of its own.

    Example:
    >>> images = load_array("faces.zip", image_size=64)
    >>> rows_of(images, [3, 1]).shape
    (2, 64, 64, 3)
    """
    copied = np.array(array[rows])
    # Of an array that may be written to, the changes would be lost.
    if isinstance(array, np.memmap) and array.mode == "r":
        owner = array
        while isinstance(owner, np.ndarray):
            owner = owner.base
        if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            owner.madvise(mmap.MADV_DONTNEED)
    return copied
