from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.metrics.feature_metric import FeatureMetric
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.feature_states import FeatureBuffer


class Manifolds(NamedTuple):
    """How the images of two sets lie in each other's neighbourhoods.

    Attributes:
        precision: Share of generated images within reach of a real one.
        recall: Share of real images within reach of a generated one.
        density: Mean number of real images in reach of a generated one, over
            the number of neighbours; above 1 where real images are dense.
        coverage: Share of real images with a generated one in reach.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall(
    *,
    real: np.ndarray,
    fake: np.ndarray,
    neighbours: int = 3,
    density_neighbours: int = 5,
) -> Manifolds:
    """Precision, recall, density and coverage of two sets of features.

    The reach of an image is the distance to its k-th nearest neighbour in its
    own set: k = `neighbours` for precision and recall, `density_neighbours`
    for density and coverage, of real images only.

    Args:
        real: `[m, dimension]`.
        fake: `[n, dimension]`.
        neighbours: As the paper, 3.
        density_neighbours: As the paper, 5.

    Returns:
        `Manifolds`.

    Raises:
        ValueError: If a set has no more images than neighbours are asked for.

    Reference:
        Kynkäänniemi et al., Improved Precision and Recall Metric (2019),
        arXiv:1904.06991, Eqs. 1 and 2. Naeem et al., Reliable Fidelity and
        Diversity Metrics (2020), arXiv:2002.09797, Eqs. 4 and 5.
    """
    most = max(neighbours, density_neighbours)
    if min(len(real), len(fake)) <= most:
        raise ValueError(
            f"Neighbourhoods of {most} images need more images. Expected at "
            f"least {most + 1} of each kind. Received: {len(real)} real and "
            f"{len(fake)} fake."
        )
    # In float64, and about the mean: squares cancel where sets lie far apart.
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    centre = np.mean(real, axis=0)
    real, fake = real - centre, fake - centre
    real_reach = _knn_radii(real, neighbours)
    fake_reach = _knn_radii(fake, neighbours)
    dense_reach = _knn_radii(real, density_neighbours)
    precise = np.zeros(len(fake), bool)
    recalled = np.zeros(len(real), bool)
    reached = np.zeros(len(real), bool)
    within = 0
    for rows, distances in _distance_blocks(real, fake):
        recalled[rows] = np.any(distances <= fake_reach, axis=1)
        precise |= np.any(distances <= real_reach[rows, None], axis=0)
        inside = distances <= dense_reach[rows, None]
        reached[rows] = np.any(inside, axis=1)
        within += np.sum(inside)
    return Manifolds(
        precision=float(np.mean(precise)),
        recall=float(np.mean(recalled)),
        density=float(within / (density_neighbours * len(fake))),
        coverage=float(np.mean(reached)),
    )


def _knn_radii(features, neighbours):
    """Distance of each to its k-th nearest other."""
    reach = np.empty(len(features))
    for rows, distances in _distance_blocks(features, features):
        # Position 0 is the image itself.
        reach[rows] = np.partition(distances, neighbours, axis=1)[:, neighbours]
    return reach


def _distance_blocks(first, second, size=1000):
    """Squared distances, some rows at a time: all at once may be too much."""
    second_squares = np.sum(second**2, axis=1)
    for start in range(0, len(first), size):
        rows = slice(start, start + size)
        block = first[rows]
        products = tf.matmul(block, second, transpose_b=True).numpy()
        squares = np.sum(block**2, axis=1)[:, None]
        yield rows, np.maximum(squares + second_squares - 2 * products, 0)


class PrecisionRecall(FeatureMetric):
    """Precision, recall, density and coverage of generated images.

    Precision and density say whether generated images look real, recall and
    coverage whether all kinds of real images are generated.

    Args:
        features: A `FeatureNetwork`; None takes `InceptionFeatures()`. With
            any other network its name follows those of the values.
        neighbours: For precision and recall.
        density_neighbours: For density and coverage.
        capacity: How many images of each kind to keep, the first ones.

    Example:
    >>> measure = metrics.PrecisionRecall()
    >>> measure.update_state(real=photographs, fake=pictures)
    >>> measure.result()
    {"precision": 0.71, "recall": 0.42, "density": 0.8, "coverage": 0.67}
    """

    def __init__(
        self,
        features: FeatureNetwork | None = None,
        neighbours: int = 3,
        density_neighbours: int = 5,
        capacity: int = 10_000,
    ):
        require_positive_integer("neighbours", neighbours)
        require_positive_integer("density_neighbours", density_neighbours)
        require_positive_integer("capacity", capacity)
        self.neighbours = neighbours
        self.density_neighbours = density_neighbours
        self.capacity = capacity
        super().__init__(features, "precision_recall", "precision_recall")

    def _state(self, variable, name):
        return FeatureBuffer(
            variable, name, self.features.dimension, self.capacity
        )

    def result(self) -> dict[str, float]:
        """Dictionary of the four shares.

        Raises:
            ValueError: If there are too few images for the neighbourhoods.
        """
        self._require(max(self.neighbours, self.density_neighbours) + 1)
        manifolds = precision_recall(
            real=self.real.rows,
            fake=self.fake.rows,
            neighbours=self.neighbours,
            density_neighbours=self.density_neighbours,
        )
        suffix = self.name.removeprefix("precision_recall")
        return {
            f"{name}{suffix}": value
            for name, value in manifolds._asdict().items()
        }
