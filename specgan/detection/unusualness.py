import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_TELLING = 0.95
"""Share from which on it is said what is unusual."""


class Unusualness(NamedTuple):
    """How unusual a picture is among real ones.

    Args:
        share: Of the real pictures, how many are less unusual: 0..1.
        real_pictures: How many these are. No smaller share than 1 of them can
            be told from none.
        strangest: `PictureFeatures.title` of the features in which it is
            farthest from them.
    """

    share: float
    real_pictures: int
    strangest: str

    def __str__(self) -> str:
        if self.share == 1:
            share = "all"
        elif self.share == 0:
            share = "none"
        else:
            # Rounded down: only the most unusual one is so beyond 99.9 %.
            share = f"{math.floor(1000 * self.share) / 1000:.1%}"
        text = (
            f"more unusual than {share} of {self.real_pictures} real pictures"
        )
        if self.share >= _TELLING:
            text += f", most of all in {self.strangest}"
        return text


def ranked(
    distances: np.ndarray, known: np.ndarray, strangest: Sequence[str]
) -> list[Unusualness]:
    """The `Unusualness` of pictures at distances from real ones.

    Args:
        distances: [n].
        known: [real pictures], sorted: those of these, held out.
        strangest: [n], as `Unusualness` takes it.

    Returns:
        A list of `Unusualness`, one for each picture.
    """
    return [
        Unusualness(float(rank / len(known)), len(known), one)
        for rank, one in zip(
            np.searchsorted(known, distances), strangest, strict=True
        )
    ]
