import functools
import itertools

import numpy as np

from specgan.detection.picture_features import PictureFeatures
from specgan.detection.picture_features import luma

LEVELS = 5
"""Of a quantized residual: -2..2."""

NEIGHBOURS = 4
"""Residuals that are looked at together."""

STRIP = 512
"""Rows of a picture that are in memory at once."""

LARGEST = 2 * 255
"""No second difference is larger."""


class CooccurrenceFeatures(PictureFeatures):
    """How often four neighbouring second differences go together.

    1. The second difference of luma, `x[i-1] - 2 x[i] + x[i+1]`, along rows
       and along columns: what linear interpolation cannot predict.
    2. Divided by a step, rounded and clipped to -2..2.
    3. How often each four neighbours in a line occur, along the differences
       and across them; rows and columns together. A pattern, its mirror image
       and its negative count as one: 169 of 625.
    4. The square root of these shares, so that linear models compare rare and
       common patterns alike.

    Unlike spectra they see phases: whether fine detail is of edges, of noise
    or of interpolation.

    Args:
        steps: Grey levels of the quantization, a tuple of positive numbers.

    Raises:
        ValueError: On a call, if a step is not positive.

    Example:
    >>> CooccurrenceFeatures()([face, landscape]).shape  # uint8 arrays
    (2, 676)

    Reference:
    - Fridrich & Kodovsky, 2012, Section II: rich models of residuals
      (https://doi.org/10.1109/TIFS.2012.2190402)
    """

    name = "cooccurrences"
    title = "co-occurrences of fine detail"
    least_size = 16

    def __init__(self, steps: tuple[float, ...] = (1.0, 3.0)):
        self.steps = steps

    @property
    def length(self) -> int:
        return 2 * len(self.steps) * _classes().shape[1]

    def _require_arguments(self):
        if not self.steps or not all(step > 0 for step in self.steps):
            raise ValueError(
                "Invalid value for argument `steps`. Expected positive "
                f"numbers. Received: steps={self.steps!r}."
            )

    def _rows(self, images):
        return np.stack([self._row(image) for image in images])

    def _row(self, image):
        # [step, along or across, pattern]
        counts = np.zeros([len(self.steps), 2, LEVELS**NEIGHBOURS])
        for start in range(0, len(image), STRIP):
            # With the rows in which patterns end that begin in the strip.
            strip = image[start : start + STRIP + 2 + NEIGHBOURS - 1]
            grey = np.rint(luma(strip)).astype(np.int16)
            before, middle, after = grey[:-2], grey[1:-1], grey[2:]
            self._count(before - 2 * middle + after, counts[:, ::-1])
            grey = grey[: STRIP + NEIGHBOURS - 1]
            before, middle, after = grey[:, :-2], grey[:, 1:-1], grey[:, 2:]
            self._count(before - 2 * middle + after, counts)
        shares = counts @ _classes()
        shares /= shares.sum(axis=-1, keepdims=True)
        return np.sqrt(shares).ravel()

    def _count(self, residual, counts):
        """Add the patterns along the rows, and those along the columns."""
        for i, step in enumerate(self.steps):
            quantized = _quantizer(step)[residual + LARGEST]
            counts[i, 0] += _pattern_counts(quantized[:STRIP])
            counts[i, 1] += _pattern_counts(quantized.T)


def _pattern_counts(quantized):
    """[625], how often each pattern occurs along the rows."""
    width = max(quantized.shape[1] - NEIGHBOURS + 1, 0)
    patterns = np.zeros([len(quantized), width], np.int16)
    for i in range(NEIGHBOURS):
        patterns = LEVELS * patterns + quantized[:, i : i + width]
    return np.bincount(patterns.ravel(), minlength=LEVELS**NEIGHBOURS)


@functools.cache
def _quantizer(step):
    """int16 [...], 0..4 for the differences -LARGEST..LARGEST."""
    differences = np.arange(-LARGEST, LARGEST + 1)
    half = LEVELS // 2
    rounded = np.rint(differences / step).clip(-half, half)
    return (rounded + half).astype(np.int16)


@functools.cache
def _classes():
    """[625, 169] of 0 and 1: which patterns count as one."""
    names = {}
    index = []
    for pattern in itertools.product(range(LEVELS), repeat=NEIGHBOURS):
        negative = tuple(LEVELS - 1 - digit for digit in pattern)
        alike = (pattern, pattern[::-1], negative, negative[::-1])
        index.append(names.setdefault(min(alike), len(names)))
    return np.eye(len(names))[index]
