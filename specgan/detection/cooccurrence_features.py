import functools
import itertools

import numpy as np

from specgan.data.lazy_pixels import blocks
from specgan.detection.picture_features import PictureFeatures
from specgan.detection.picture_features import luma

LEVELS = 5
"""Of a quantized residual: -2..2."""

NEIGHBOURS = 4
"""Residuals that are looked at together."""

KINDS = LEVELS**NEIGHBOURS
"""Of patterns, before some count as one."""

REACH = NEIGHBOURS - 1
"""Residuals after the first one of a pattern."""

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
        return 2 * len(self.steps) * len(pattern_classes()[1])

    def _require_arguments(self):
        if not self.steps or not all(step > 0 for step in self.steps):
            raise ValueError(
                "Invalid value for argument `steps`. Expected positive "
                f"numbers. Received: steps={self.steps!r}."
            )

    def _rows(self, images):
        number, height, width, _ = images.shape
        # [image, step, along or across the differences, pattern]
        counts = np.zeros([number, len(self.steps), 2, KINDS])
        for rows, columns in blocks(height, width):
            # With all pixels of the patterns that begin in the block.
            grey = luma(
                images[
                    :,
                    rows.start : rows.stop + 2 + REACH,
                    columns.start : columns.stop + 2 + REACH,
                ]
            )
            # A thousandth more than whole numbers of thousandths: rounding
            # errors never decide on which side of 1/2 it lies.
            grey = np.rint(grey + np.float32(0.0005)).astype(np.int16)
            size = rows.stop - rows.start, columns.stop - columns.start
            before, middle, after = grey[:, :-2], grey[:, 1:-1], grey[:, 2:]
            vertical = before - 2 * middle + after
            self._count(vertical, size, counts[:, :, ::-1])
            before, middle, after = (
                grey[..., :-2], grey[..., 1:-1], grey[..., 2:]
            )  # fmt: skip
            self._count(before - 2 * middle + after, size, counts)
        order, firsts = pattern_classes()
        shares = np.add.reduceat(counts[..., order], firsts, axis=-1)
        shares /= shares.sum(axis=-1, keepdims=True)
        return np.sqrt(shares).reshape(number, -1)

    def _count(self, residual, size, counts):
        """Add the patterns along the rows, and those along the columns."""
        height, width = size
        for i, step in enumerate(self.steps):
            levels = np.zeros(residual.shape, np.uint8)
            for threshold in thresholds(step):
                levels += (residual >= threshold).view(np.uint8)
            rows, columns = levels[:, :height], levels[..., :width]
            counts[:, i, 0] += _pattern_counts(rows[..., : width + REACH])
            counts[:, i, 1] += _pattern_counts(
                columns[:, : height + REACH].swapaxes(1, 2)
            )


def _pattern_counts(levels):
    """[n, 625], how often each pattern occurs along the last axis."""
    pairs = np.uint8(LEVELS) * levels[..., :-1] + levels[..., 1:]
    patterns = np.uint16(LEVELS**2) * pairs[..., :-2] + pairs[..., 2:]
    return [np.bincount(one.ravel("K"), minlength=KINDS) for one in patterns]


@functools.cache
def thresholds(step: float) -> tuple[int, ...]:
    """The least differences of levels 1..4 of 0..4."""
    differences = np.arange(-LARGEST, LARGEST + 1)
    half = LEVELS // 2
    levels = np.rint(differences / step).clip(-half, half) + half
    places = np.searchsorted(levels, range(1, LEVELS))
    return tuple(int(place) - LARGEST for place in places)


@functools.cache
def pattern_classes() -> tuple[np.ndarray, np.ndarray]:
    """Patterns that count as one beside each other, and where each begin."""
    names = {}
    index = []
    for pattern in itertools.product(range(LEVELS), repeat=NEIGHBOURS):
        negative = tuple(LEVELS - 1 - digit for digit in pattern)
        alike = (pattern, pattern[::-1], negative, negative[::-1])
        index.append(names.setdefault(min(alike), len(names)))
    order = np.argsort(index, kind="stable")
    return order, np.searchsorted(np.array(index)[order], range(len(names)))
