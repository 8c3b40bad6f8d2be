import abc
from typing import Any

import numpy as np

INCEPTION = "inception-2015-12-05"
"""Name of the network that the FID is defined by."""


class FeatureNetwork(abc.ABC):
    """Turns images into feature vectors, and names the metrics on them.

    A metric of features is only as comparable as the network, the resizing
    and the weights behind them. Each network therefore states all of these:
    metrics write its `name` into theirs, and its `protocol` beside every
    number. Only `InceptionFeatures` may make a "FID".

    Attributes:
        name: Short name, in file-name letters: `"inception-2015-12-05"`.
        dimension: Number of features of an image.
        protocol: Dictionary of what JSON can hold: everything that changes
            the features (network, weights' SHA-256, resizer, image size).

    Example:
    >>> features = metrics.InceptionFeatures()
    >>> features(images).shape                  # uint8 [16, 64, 64, 3]
    (16, 2048)
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Short name, in file-name letters."""

    @property
    @abc.abstractmethod
    def dimension(self) -> int:
        """Number of features of an image."""

    @property
    @abc.abstractmethod
    def protocol(self) -> dict[str, Any]:
        """All that changes the features, as JSON can hold it."""

    @abc.abstractmethod
    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Features of a batch.

        Args:
            images: uint8 NumPy array `[batch, height, width, 1 or 3]`. Grey
                images stand for three equal channels.

        Returns:
            float32 NumPy array `[batch, dimension]`.
        """
