"""The three verdicts of a detector, and the two of real pictures alone."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # Whose import takes a tenth of NumPy's.
    from numpy.typing import ArrayLike

REAL, GENERATED, UNSURE = "real", "generated", "unsure"
USUAL, UNUSUAL = "usual", "unusual"


def verdicts(values: "ArrayLike", lower: float, upper: float) -> np.ndarray:
    """ "real", "generated" or "unsure", by two bounds.

    Args:
        values: [n] probabilities of being generated, or log odds.
        lower: Below it the verdict is "real".
        upper: Above it the verdict is "generated".

    Returns:
        [n] strings.
    """
    values = np.asarray(values)
    return np.where(
        values > upper, GENERATED, np.where(values < lower, REAL, UNSURE)
    )
