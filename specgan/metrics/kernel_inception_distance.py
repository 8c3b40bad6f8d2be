import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.metrics.feature_metric import FeatureMetric
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.feature_states import FeatureBuffer


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of two sets of features.

    Formula: mean of k(x, x') over pairs x != x' of the first set, plus the
    same of the second, minus twice the mean of k(x, y) over both, with
    `k(x, y) = (x . y / dimension + 1)^3`. It may be negative.

    Args:
        real: `[m, dimension]`, m at least 2.
        fake: `[n, dimension]`, n at least 2.

    Returns:
        A float.

    Reference:
        Bińkowski et al., Demystifying MMD GANs (2018), arXiv:1801.01401,
        Eq. 4 and Section 4.
    """
    everything = [np.ones([len(rows), 1]) for rows in (real, fake)]
    return float(subset_distances(real, fake, *everything)[0])


def subset_distances(
    real: np.ndarray, fake: np.ndarray, in_real: np.ndarray, in_fake: np.ndarray
) -> np.ndarray:
    """The same of several subsets, each pair's kernel computed once.

    Args:
        real: `[m, dimension]`.
        fake: `[n, dimension]`.
        in_real: `[m, subsets]`, 1 for what is in a subset, else 0.
        in_fake: `[n, subsets]`, the same.

    Returns:
        `[subsets]`.
    """
    m, n = in_real.sum(axis=0), in_fake.sum(axis=0)
    return (
        _sum_of_pairs(real, in_real) / (m * (m - 1))
        + _sum_of_pairs(fake, in_fake) / (n * (n - 1))
        - 2 * _sum(real, fake, in_real, in_fake) / (m * n)
    )


def _sum_of_pairs(x, in_x):
    # Pairs of an image with itself would bias the mean.
    itself = _kernel(np.einsum("id,id->i", x, x), x.shape[1])
    return _sum(x, x, in_x, in_x) - itself @ in_x


def _sum(x, y, in_x, in_y, size=1000):
    """Sum of the kernel over all of x and y in a subset, `[subsets]`."""
    total = np.zeros(in_x.shape[1])
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        products = tf.matmul(x[rows], y, transpose_b=True).numpy()
        total += np.einsum(
            "is,is->s", in_x[rows], _kernel(products, x.shape[1]) @ in_y
        )
    return total


def _kernel(products, dimension):
    base = np.float64(products) / dimension + 1
    return base * base * base


class KernelInceptionDistance(FeatureMetric):
    """KID: an unbiased distance of the features, with its spread.

    Unlike FID, its expectation does not depend on the number of images.
    The mean over random subsets, drawn without replacement, and the standard
    deviation over them, which is that of one subset's value: the mean itself
    is more certain.

    Args:
        features: A `FeatureNetwork`; None takes `InceptionFeatures()`. With
            any other network the metric is named `kernel_` and the network's
            name.
        subsets: How many.
        subset_size: Images of each kind in a subset, at most half of those
            there are.
        capacity: How many images of each kind to keep, the first ones.
        seed: Of the subsets.

    Example:
    >>> kid = metrics.KernelInceptionDistance()
    >>> kid.update_state(real=photographs, fake=pictures)
    >>> kid.result()
    {"kid": 0.0123, "kid_std": 0.0011}

    Reference:
        Bińkowski et al., Demystifying MMD GANs (2018), arXiv:1801.01401.
    """

    def __init__(
        self,
        features: FeatureNetwork | None = None,
        subsets: int = 100,
        subset_size: int = 1000,
        capacity: int = 10_000,
        seed: int = 0,
    ):
        require_positive_integer("subsets", subsets)
        require_positive_integer("subset_size", subset_size)
        require_positive_integer("capacity", capacity)
        self.subsets = subsets
        self.subset_size = subset_size
        self.capacity = capacity
        self.seed = seed
        super().__init__(features, "kid", "kernel")

    def _state(self, variable, name):
        return FeatureBuffer(
            variable, name, self.features.dimension, self.capacity
        )

    def result(self) -> dict[str, float]:
        """Dictionary of the mean and the standard deviation over subsets.

        Raises:
            ValueError: If there are less than 2 images of a kind.
        """
        self._require()
        draw = np.random.default_rng(self.seed)
        real, fake = self.real.rows, self.fake.rows
        fewest = min(len(real), len(fake))
        # Subsets of nearly everything are all alike, and show no spread.
        size = min(self.subset_size, max(2, fewest // 2))
        distances = subset_distances(
            real,
            fake,
            _subsets(draw, len(real), size, self.subsets),
            _subsets(draw, len(fake), size, self.subsets),
        )
        return {
            self.name: float(np.mean(distances)),
            f"{self.name}_std": float(np.std(distances)),
        }


def _subsets(draw, count, size, subsets):
    """Random subsets as `[count, subsets]` of 0 and 1."""
    chosen = np.zeros([count, subsets])
    for column in chosen.T:
        column[draw.choice(count, size, replace=False)] = 1
    return chosen
