"""The linear operator behind `resample`, and its adjoint, as data."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer


@dataclasses.dataclass(frozen=True)
class Resampling:
    """Zeros inserted, a FIR filter, pixels dropped: for one size of image.

    Formula:
    `y[m] = gain sum_i x[i] h[m down - i up + offset]` for 0 <= m < size, along
    both axes, with x = 0 outside the image. The adjoint has the same form: up
    and down change places, and the taps are reversed.

    Args:
        taps: h, a tuple of numbers (separable: the same along both axes) or
            a square tuple of such tuples.
        up: Positive integer, factor of zero-insertion.
        down: Positive integer, factor of decimation.
        offset: Integer, the tap that the first pixels of input and output
            share.
        gain: Number.
        input_size: `(height, width)` of the images.
        output_size: `(height, width)` of the result.

    Reference:
    - Karras et al., 2021, Appendix D (https://arxiv.org/abs/2106.12423).
    """

    taps: tuple
    up: int
    down: int
    offset: int
    gain: float
    input_size: tuple[int, int]
    output_size: tuple[int, int]

    @property
    def separable(self) -> bool:
        """Whether the axes are filtered one after the other."""
        return not isinstance(self.taps[0], tuple)

    @property
    def adjoint(self) -> "Resampling":
        """The transposed operator."""
        taps = self.taps[::-1]
        if not self.separable:
            taps = tuple(row[::-1] for row in taps)
        return Resampling(
            taps,
            up=self.down,
            down=self.up,
            offset=len(taps) - 1 - self.offset,
            gain=self.gain,
            input_size=self.output_size,
            output_size=self.input_size,
        )


def resampling(
    input_size: tuple[int, int],
    taps: ArrayLike | None,
    up: int = 1,
    down: int = 1,
    padding: Sequence[int] = (0, 0),
    gain: float = 1.0,
) -> Resampling:
    """The operator that `resample` applies to images of one size.

    Args:
        input_size: `(height, width)` of the images.
        taps: None, sequence `[num_taps]`, or `[num_taps, num_taps]`.
        up: Positive integer.
        down: Positive integer.
        padding: Pair of integers, after the zero-insertion.
        gain: Number.

    Returns:
        A `Resampling`.

    Raises:
        ValueError: If an argument is out of range, or the size is unknown or
            too small for the filter.

    Example:
    >>> resampling((8, 8), [0.5, 0.5], down=2).output_size
    (4, 4)
    """
    require_positive_integer("up", up)
    require_positive_integer("down", down)
    taps = checked_taps("taps", taps)
    low, high = checked_padding(padding)
    num_taps = 1 if taps is None else len(taps)
    sizes = []
    for length in input_size:
        if length is None:
            raise ValueError(
                "The size of the images is unknown. Expected a fixed height "
                f"and width. Received: size={tuple(input_size)}. Give "
                "`keras.Input` the size."
            )
        padded = length * up + low + high
        if padded < num_taps:
            raise ValueError(
                "The images are too small for the filter. Expected at least "
                f"{num_taps} pixels along each axis, as many as taps, once "
                f"zeros are inserted and padded. Received: {padded}, from "
                f"{length} pixels, up={up}, padding={(low, high)}."
            )
        sizes.append((padded - num_taps) // down + 1)
    return Resampling(
        taps=(1.0,) if taps is None else taps,
        up=int(up),
        down=int(down),
        offset=num_taps - 1 - low,
        gain=float(gain),
        input_size=(input_size[0], input_size[1]),
        output_size=(sizes[0], sizes[1]),
    )


def checked_taps(name: str, taps: ArrayLike | None) -> tuple | None:
    """Taps as tuples of numbers, hashable and ready for JSON.

    Args:
        name: The argument's name, for the message.
        taps: None, sequence `[num_taps]`, or `[num_taps, num_taps]`.

    Returns:
        None, a tuple of floats, or a tuple of tuples of floats.

    Raises:
        ValueError: If it is none of these.
    """
    if taps is None:
        return None
    array = np.asarray(taps, np.float64)
    square = array.ndim == 2 and array.shape[0] == array.shape[1]
    if array.size == 0 or not (array.ndim == 1 or square):
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected None, taps of "
            "shape [num_taps] for a separable filter, or of shape [num_taps, "
            f"num_taps]. Received: shape={list(array.shape)}."
        )
    if square:
        return tuple(tuple(row) for row in array.tolist())
    return tuple(array.tolist())


def checked_padding(padding: Any) -> tuple[int, int]:
    """The pair of integers that a padding must be.

    Args:
        padding: What was received.

    Returns:
        Tuple of two Python integers.

    Raises:
        ValueError: If it is none.
    """
    array = np.asarray(padding)
    if array.shape != (2,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            "Invalid value for argument `padding`. Expected a pair of "
            "integers, before and after; negative ones crop. Received: "
            f"padding={padding!r}."
        )
    return tuple(array.tolist())
