from collections.abc import Sequence

import numpy as np


def standard_error(
    values: Sequence[float] | np.ndarray, held_out: float
) -> float:
    """Standard error of a mean over splits, which share their images.

    Formula: `sqrt(variance * (1 / splits + held_out / (1 - held_out)))`

    Args:
        values: One of each split, at least 2.
        held_out: Share of the images that a split holds out, in (0, 1).

    Returns:
        A float.

    Reference:
        Nadeau and Bengio, Inference for the Generalization Error, Machine
        Learning 52 (2003).
    """
    overlap = held_out / (1 - held_out)
    variance = np.var(values, ddof=1) * (1 / len(values) + overlap)
    return float(np.sqrt(variance))
