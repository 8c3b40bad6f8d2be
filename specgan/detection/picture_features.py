import abc
import inspect
from typing import Any
from typing import Self

import numpy as np

from specgan.detection.equal_shapes import Images
from specgan.detection.equal_shapes import map_by_shape
from specgan.detection.equal_shapes import places_by_shape
from specgan.detection.relative import too_small
from specgan.errors import unknown_name
from specgan.signal import frequency_plane


class PictureFeatures(abc.ABC):
    """Abstract: turns pictures of any sizes into rows of numbers.

    A scikit-learn transformer without a state: to call it, or `transform`, is
    the same; `fit` does nothing. It does what scikit-learn asks of one without
    its base classes, whose import takes longer than that of a detector.
    Several of them beside each other are
    a `JoinedFeatures`.
    """

    name: str
    """What records and commands call this kind."""

    title: str
    """What people call it."""

    least_size: Any
    """Pixels of height and of width, at least."""

    length: Any
    """Features of a picture."""

    def fit(self, images: Images, y: Any = None) -> Self:
        self._require_arguments()
        return self

    def fit_transform(self, images: Images, y: Any = None) -> np.ndarray:
        return self.transform(images)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """{name: value} of the arguments it was made with."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **arguments: Any) -> Self:
        """Replace arguments it was made with."""
        for name, value in arguments.items():
            if name not in self.get_params():
                raise unknown_name("argument", name, self.get_params())
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value != defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

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

    def _require_arguments(self) -> None:  # noqa: B027
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
        from sklearn.base import BaseEstimator
        from sklearn.base import TransformerMixin

        class Transformer(TransformerMixin, BaseEstimator):
            """Has the tags of a transformer."""

        tags = Transformer().__sklearn_tags__()
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
