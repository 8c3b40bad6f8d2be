import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from specgan.detection import feature_sets
from specgan.detection.detector_arrays import ONE_CLASS
from specgan.detection.detector_checks import checked_description
from specgan.detection.detector_checks import checked_features
from specgan.detection.detector_checks import checked_rows
from specgan.detection.detector_files import to_json
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNUSUAL
from specgan.detection.verdicts import USUAL
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.detection.picture_features import PictureFeatures


class OneClassDetector(TrainedDetector):
    """A detector that knows real images alone.

    Its verdicts are "usual" and "unusual", which 5 % of further images like
    those of its training are. It has no probabilities: what is unusual need
    not be generated. On disk it is a `TrainedDetector`, whose `load` gives it.

    Make one by `of_real`.

    Attributes:
        held_out_distances: Distances of real training images from a model
            without them, sorted: float64 [images].

    Example:
    >>> features = SpectralFeatures()
    >>> detector = OneClassDetector.of_real(features, {}, features(images))
    >>> detector.judge(features(others))[0]
    array(['usual', 'unusual'], dtype='<U7')
    """

    is_one_class = True

    @classmethod
    def of_real(
        cls,
        features: "PictureFeatures | Sequence[str | PictureFeatures]",
        about: dict[str, Any],
        rows: ArrayLike,
        name: str = "",
        groups: ArrayLike | None = None,
        perturbed: ArrayLike | None = None,
        seed: int = 0,
    ) -> Self:
        """A detector of the features of real images.

        Args:
            features, about, name: As for `TrainedDetector.of`.
            rows: [n, features] of real training images.
            groups: [n], what is held out together; by default each image is a
                group of its own. At least 5 groups.
            perturbed: [n, features] of perturbed copies, which belong to what
                is usual, or `None`.
            seed: Integer from 0, of the folds.

        Returns:
            A `OneClassDetector`.

        Raises:
            ValueError: If the features or the rows are others than these, or
                `about` is not JSON.
        """
        # Here, since all else needs no scikit-learn.
        from specgan.detection.domain_fitting import domain_of_real

        joined = checked_features(feature_sets.get(features))
        rows = checked_rows(REAL, rows, joined.length)
        if perturbed is not None:
            perturbed = checked_rows("perturbed", perturbed, joined.length)
        arrays = domain_of_real(rows, groups, perturbed, seed)
        description = checked_description(about)
        about = json.loads(to_json(about))  # As it will be loaded again.
        return cls(
            name, description, about, ONE_CLASS, joined, 0.0, 1.0, arrays
        )

    @property
    def held_out_distances(self) -> np.ndarray:
        return self._arrays["domain_real_distances"]

    def judge(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What to say of images of these features.

        Args:
            features: float64 [batch, features], as `features` gives them.

        Returns:
            (verdicts, distances), [batch] each: "unusual" for what is beyond
            `limit`, "usual" for the others.
        """
        distances = self.distances(features)
        return np.where(distances > self.limit, UNUSUAL, USUAL), distances

    def probabilities_of_features(self, features: np.ndarray) -> NoReturn:
        """A `ValueError`: there are none."""
        raise ValueError(
            f"The detector {self.name} knows real images alone, and no "
            "probability of being generated. Expected one that was trained on "
            "generated images as well. Use `judge` or `unusualness`."
        )

    def export(self, path: PathLike) -> NoReturn:
        """A `ValueError`: a SavedModel gives probabilities."""
        self.probabilities_of_features(np.empty(0))
