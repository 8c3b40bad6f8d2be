"""A `Resampling` as sums of shifted images, phase by phase."""

import functools
import math
from collections.abc import Sequence

import tensorflow as tf

from specgan.signal.resampling import Resampling
from specgan.typing import Tensor
from specgan.typing import TensorLike


def polyphase(operator: Resampling, images: TensorLike) -> Tensor:
    """Apply a `Resampling` without ever multiplying by an inserted zero.

    Of the outputs `m = q U + p` (U phases), phase p is a sum of shifted
    images: input `i = q D - t` meets the tap `j = p down + offset + t up`.
    Each term would be a pass through memory of its own in TensorFlow; XLA,
    which this is meant for, makes one loop of a whole sum.

    Args:
        operator: A `Resampling`.
        images: Tensor `[batch, height, width, channels]`, float32 or float64.

    Returns:
        Tensor of the images' type.
    """
    columns = _Phases(operator, axis=2)
    if not operator.separable:
        return _plane(operator, _Phases(operator, axis=1), columns, images)
    # Interleaved phases end a loop of XLA's. With one phase the second filter
    # would take in the first, and compute it again for each of its own taps.
    rows = _Phases(operator, axis=1, least=min(2, len(operator.taps)))
    images = _line([operator.gain * tap for tap in operator.taps], rows, images)
    return _line(operator.taps, columns, images)


class _Phases:
    """How the phases of the outputs along an axis meet inputs and taps."""

    def __init__(self, operator: Resampling, axis: int, least: int = 1):
        self.axis = axis
        self.size = operator.output_size[axis - 1]
        common = math.gcd(operator.up, operator.down)
        count = operator.up // common  # U
        count *= -(-least // count)
        self.step = count * operator.down // operator.up  # D
        self.terms = []  # For every phase p, the pairs (t, j).
        for p in range(count):
            first = p * operator.down + operator.offset
            self.terms.append(
                [
                    ((j - first) // operator.up, j)
                    for j in range(len(operator.taps))
                    if (j - first) % operator.up == 0
                ]
            )
        periods = -(-self.size // count)
        self.span = (periods - 1) * self.step + 1
        shifts = [t for terms in self.terms for t, _ in terms] + [0]
        self.before = max(shifts)
        end = self.span - min(shifts)
        after = max(0, end - operator.input_size[axis - 1])
        self.padding = [[0, 0]] * 4
        self.padding[axis] = [self.before, after]

    def shifted(self, padded: Tensor, t: int) -> Tensor:
        """The inputs `q D - t` of all periods q."""
        start = self.before - t
        return self._sliced(padded, start, start + self.span, self.step)

    def interleaved(self, phases: Sequence[Tensor]) -> Tensor:
        """The outputs, of all their phases."""
        stacked = tf.stack(phases, axis=self.axis + 1)
        # The batch's size alone may be unknown: -1 elsewhere would lose a size.
        shape = [-1, *stacked.shape[1:]]
        count, phases = shape[self.axis : self.axis + 2]
        shape[self.axis : self.axis + 2] = [count * phases]
        return self._sliced(tf.reshape(stacked, shape), 0, self.size)

    def _sliced(self, images, start, stop, step=1):
        index = [slice(None)] * 4
        index[self.axis] = slice(start, stop, step)
        return images[tuple(index)]


def _line(taps, phases, images):
    padded = tf.pad(images, phases.padding)

    def phase(terms):
        if not terms:
            return tf.zeros_like(phases.shifted(padded, 0))
        return _sum(taps[j] * phases.shifted(padded, t) for t, j in terms)

    return phases.interleaved([phase(terms) for terms in phases.terms])


def _plane(operator, rows, columns, images):
    padded = tf.pad(tf.pad(images, rows.padding), columns.padding)

    def phase(row_terms, column_terms):
        shifts = {}
        for t, j in row_terms:
            for s, i in column_terms:
                tap = operator.gain * operator.taps[j][i]
                shifts.setdefault(tap, []).append((t, s))
        if not shifts:
            shifts = {0.0: [(0, 0)]}
        # Pixels that meet the same tap are added before they are multiplied:
        # a radial filter has four of each, or eight.
        return _sum(
            tap
            * _sum(columns.shifted(rows.shifted(padded, t), s) for t, s in at)
            for tap, at in shifts.items()
        )

    return rows.interleaved(
        [
            columns.interleaved(
                [phase(row_terms, terms) for terms in columns.terms]
            )
            for row_terms in rows.terms
        ]
    )


def _sum(images):
    return functools.reduce(tf.add, images)
