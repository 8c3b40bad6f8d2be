import warnings

import numpy as np
import scipy.linalg
import threadpoolctl

from specgan.metrics.feature_metric import FeatureMetric
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.feature_states import Moments

ENOUGH_IMAGES = 2048
"""With fewer, the covariance of 2048 features is singular."""


def frechet_distance(
    mean_1: np.ndarray,
    covariance_1: np.ndarray,
    mean_2: np.ndarray,
    covariance_2: np.ndarray,
) -> float:
    """Squared Fréchet distance of two normal distributions.

    Formula: `|m_1 - m_2|^2 + tr(S_1) + tr(S_2) - 2 tr((S_1 S_2)^(1/2))`

    The last trace is the sum of the singular values of `A_1^T A_2`, where
    `S_i = A_i A_i^T`: no root of a matrix, no complex numbers, and singular
    covariances do no harm. In float64.

    Args:
        mean_1, mean_2: `[dimension]`.
        covariance_1, covariance_2: `[dimension, dimension]`.

    Returns:
        A float.

    Reference:
        Dowson and Landau, The Fréchet distance between multivariate normal
        distributions, Journal of Multivariate Analysis 12 (1982), Eq. 4.
    """
    for moment in (mean_1, covariance_1, mean_2, covariance_2):
        if not np.all(np.isfinite(moment)):
            raise ValueError(
                "A Fréchet distance needs finite features. Received: NaN or "
                "infinite ones. Look at the images and the network."
            )
    product = _factor(covariance_1).T @ _factor(covariance_2)
    # Several threads would take four times as much of the processor.
    with threadpoolctl.threadpool_limits(1, "blas"):
        overlap = np.linalg.svd(product, compute_uv=False).sum()
    difference = np.asarray(mean_1, np.float64) - mean_2
    return float(
        difference @ difference
        + np.trace(covariance_1)
        + np.trace(covariance_2)
        - 2 * overlap
    )


def _factor(covariance):
    """A of `[dimension, rank]` with A A^T = covariance."""
    covariance = np.asarray(covariance, np.float64)
    # Cholesky's, with pivots: it stops where a singular matrix has nothing
    # left but rounding, whose root would not be small any more.
    factor, pivots, rank, _ = scipy.linalg.lapack.dpstrf(covariance, lower=1)
    rows = np.empty_like(factor[:, :rank])
    rows[pivots - 1] = np.tril(factor)[:, :rank]
    return rows


class FrechetInceptionDistance(FeatureMetric):
    """FID: Fréchet distance of the features of real and generated images.

    0 for equal distributions. Its expectation falls with the number of
    images, so that only values of equal numbers can be compared; below
    2048 images, a warning says so.

    Args:
        features: A `FeatureNetwork`; None takes `InceptionFeatures()`. With
            any other network the metric is named `frechet_` and the network's
            name: such a number is not an FID.

    Example:
    >>> fid = metrics.FrechetInceptionDistance()
    >>> for batch in images: fid.update_state(real=signal.to_uint8(batch))
    >>> fid.update_state(fake=signal.to_uint8(gan.sample(5000)))
    >>> fid.result()

    Reference:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule (2017),
        arXiv:1706.08500, Eq. 6.
    """

    def __init__(self, features: FeatureNetwork | None = None):
        super().__init__(features, "fid", "frechet")

    def _state(self, variable, name):
        return Moments(variable, name, self.features.dimension)

    def result(self) -> float:
        """The distance, a float.

        Raises:
            ValueError: If there are less than 2 images of a kind.
        """
        self._require()
        if min(self.real.count, self.fake.count) < ENOUGH_IMAGES:
            warnings.warn(
                f"{self.name} of {self.real.count} real and "
                f"{self.fake.count} generated images is biased upwards. "
                f"Expected at least {ENOUGH_IMAGES} of each. Compare it only "
                "with values of as many images, or look at KID.",
                stacklevel=2,
            )
        return frechet_distance(
            self.real.mean,
            self.real.covariance,
            self.fake.mean,
            self.fake.covariance,
        )
