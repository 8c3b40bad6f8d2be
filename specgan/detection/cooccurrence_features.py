import functools
import itertools
from typing import NamedTuple

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
        lots = _lots(self.steps)
        # For each lot [image, along or across the differences, pattern].
        counts = [np.zeros([number, 2, lot.cells**NEIGHBOURS]) for lot in lots]
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
            before, middle, after = (
                grey[..., :-2], grey[..., 1:-1], grey[..., 2:]
            )  # fmt: skip
            horizontal = before - 2 * middle + after
            for lot, some in zip(lots, counts, strict=True):
                _count(lot, vertical, size, some[:, ::-1])
                _count(lot, horizontal, size, some)
        rows = [
            _shares(some, *merging)
            for lot, some in zip(lots, counts, strict=True)
            for merging in lot.mergings
        ]
        return np.concatenate(rows, axis=1)


class _Lot(NamedTuple):
    """Up to two steps whose patterns are counted together.

    It takes half the time. The residuals are cut where any of the steps cuts
    them; each step merges the patterns that are one to it.
    """

    thresholds: tuple  # The least difference of each cell but the first.
    mergings: list  # Of each step, as for `_shares`.

    @property
    def cells(self) -> int:
        """9 at most, of whose patterns 16 bits hold the numbers."""
        return len(self.thresholds) + 1


@functools.cache
def _lots(steps):
    lots = []
    for start in range(0, len(steps), 2):
        some = steps[start : start + 2]
        cuts = sorted({cut for step in some for cut in thresholds(step)})
        mergings = [_merging(cuts, step) for step in some]
        lots.append(_Lot(tuple(cuts), mergings))
    return lots


def _merging(cuts, step):
    """How patterns of cells become those of a step that count as one."""
    levels = np.searchsorted(thresholds(step), [-np.inf, *cuts], "right")
    patterns = np.zeros(1, int)
    for _ in range(NEIGHBOURS):
        patterns = np.add.outer(LEVELS * patterns, levels).ravel()
    order, firsts = pattern_classes()
    classes = np.empty(KINDS, int)
    classes[order] = np.repeat(
        np.arange(len(firsts)), np.diff(firsts, append=KINDS)
    )
    classes = classes[patterns]
    order = np.argsort(classes, kind="stable")
    # Steps below 1/2 know no level of 1, and not all patterns.
    classes = classes[order]
    firsts = np.flatnonzero(np.diff(classes, prepend=-1))
    return order, firsts, classes[firsts]


def _shares(counts, order, firsts, present):
    """[n, features of a step], of [n, 2, patterns of cells]."""
    shares = np.zeros([*counts.shape[:2], len(pattern_classes()[1])])
    merged = np.add.reduceat(counts.take(order, axis=-1), firsts, axis=-1)
    shares[..., present] = merged / merged.sum(axis=-1, keepdims=True)
    return np.sqrt(shares).reshape(len(counts), -1)


def _count(lot, residual, size, counts):
    """Add the patterns along the rows, and those along the columns."""
    height, width = size
    levels = np.zeros(residual.shape, np.uint8)
    for threshold in lot.thresholds:
        levels += (residual >= threshold).view(np.uint8)
    rows, columns = levels[:, :height], levels[..., :width]
    counts[:, 0] += _pattern_counts(rows[..., : width + REACH], lot.cells)
    counts[:, 1] += _pattern_counts(
        columns[:, : height + REACH].swapaxes(1, 2), lot.cells
    )


def _pattern_counts(levels, cells):
    """[n, patterns], how often each occurs along the last axis."""
    pairs = np.uint8(cells) * levels[..., :-1] + levels[..., 1:]
    patterns = np.uint16(cells**2) * pairs[..., :-2] + pairs[..., 2:]
    return [
        np.bincount(one.ravel("K"), minlength=cells**NEIGHBOURS)
        for one in patterns
    ]


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
