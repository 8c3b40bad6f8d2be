import abc
from typing import Any
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin

from specgan.detection.equal_shapes import Images
from specgan.detection.equal_shapes import map_by_shape
from specgan.detection.equal_shapes import places_by_shape
from specgan.detection.relative import too_small
from specgan.signal import frequency_plane


class PictureFeatures(TransformerMixin, BaseEstimator, abc.ABC):
    """Abstract: turns pictures of any sizes into rows of numbers.

    A scikit-learn transformer without a state: to call it, or `transform`, is
    the same; `fit` does nothing. Several of them beside each other are a
    `sklearn.pipeline.make_union`.
    """

    least_size: int
    """Pixels of height and of width, at least."""

    length: Any
    """Features of a picture."""

    def fit(self, images: Images, y: Any = None) -> Self:
        self._require_arguments()
        return self

    def __call__(self, images: Images) -> np.ndarray:
        return self.transform(images)

    def transform(self, images: Images) -> np.ndarray:
        """Features of pictures.

        Args:
            images: uint8 [batch, height, width, channels], or a list of uint8
                [height, width, channels] of any sizes; 1 or 3 channels.

        Returns:
            float64 [batch, length], in the order of the images.

        Raises:
            ValueError: If an argument is out of its range, or the images are
                others, too small, or none.
        """
        self._require_arguments()
        places = places_by_shape(images)
        for shape in places:
            self.require_size(*shape[:2])
        return map_by_shape(
            self._rows, images, places, self._columns(set(places))
        )

    def require_size(self, height: int, width: int) -> None:
        """A `ValueError` unless pictures of a size have these features."""
        if min(height, width) < self.least_size:
            raise too_small(
                f"at least {self.least_size} pixels of height and width",
                height,
                width,
            )

    def _require_arguments(self) -> None:
        """Raise a `ValueError` for an argument out of its range."""

    def _columns(self, shapes: set[tuple[int, ...]]) -> int:
        """Features of each picture, all of these shapes."""
        return self.length

    @abc.abstractmethod
    def _rows(self, images: Any) -> np.ndarray:
        """[n, length], of uint8 [n, height, width, channels].

        Of one large picture, these may be `LazyPixels`.
        """

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def luma(images: np.ndarray) -> np.ndarray:
    """Rec. 601 luma, 0..255, float32 [..., height, width].

    Args:
        images: uint8 [..., height, width, channels], 1 or 3 channels.
    """
    if images.shape[-1] == 1:
        return images[..., 0].astype(np.float32)
    weights = np.array(frequency_plane.LUMINANCE_WEIGHTS, np.float32)
    return images.astype(np.float32) @ weights
