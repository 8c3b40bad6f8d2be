from collections.abc import Sequence

import numpy as np

from specgan.detection.picture_features import PictureFeatures


class JoinedFeatures(PictureFeatures):
    """Several kinds of features of the same pictures, beside each other.

    Args:
        parts: Sequence of `PictureFeatures`, at least one, of different kinds.

    Attributes:
        columns: Dictionary of each part's `name` and the `slice` of its
            columns.

    Raises:
        ValueError: On a call, if there are no parts, or two of one kind.

    Example:
    >>> features = JoinedFeatures([SpectralFeatures(), DctModeFeatures()])
    >>> features([face, landscape]).shape  # uint8 arrays
    (2, 631)
    """

    name = "joined"
    title = "features"

    def __init__(self, parts: Sequence[PictureFeatures]):
        self.parts = parts

    @property
    def least_size(self) -> int:
        return max(part.least_size for part in self.parts)

    @property
    def length(self) -> int:
        return sum(part.length for part in self.parts)

    @property
    def columns(self) -> dict[str, slice]:
        ends = np.cumsum([part.length for part in self.parts])
        return {
            part.name: slice(int(end) - part.length, int(end))
            for part, end in zip(self.parts, ends, strict=True)
        }

    def require_size(self, height: int, width: int) -> None:
        """A `ValueError` unless pictures of a size have all features."""
        for part in self.parts:
            part.require_size(height, width)

    def _require_arguments(self):
        names = [part.name for part in self.parts]
        if not names or len(set(names)) < len(names):
            raise ValueError(
                "Invalid value for argument `parts`. Expected features of at "
                f"least one kind, each kind once. Received: {names}."
            )
        for part in self.parts:
            part.fit([])  # Which checks its arguments.

    def _rows(self, images):
        # Their arguments and sizes are checked.
        return np.concatenate(
            [part._rows(images) for part in self.parts], axis=1
        )
