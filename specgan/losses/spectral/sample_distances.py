"""Distances of two sets of vectors, of which the first one has a gradient.

All are unbiased, or nearly so, in the batch `x`: their mean over batches is
smallest where both sets have the same distribution, not where the batch has
less spread.

Reference:
- `energy_distance`: Szekely & Rizzo, Energy statistics, 2013, Eq. 5.
- `sliced_wasserstein_distance`: Bonneel et al., 2015, Eq. 7.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from specgan.errors import unknown_name
from specgan.typing import Tensor
from specgan.typing import TensorLike

NUM_PROJECTIONS = 128


def energy_distance(x: TensorLike, y: TensorLike) -> Tensor:
    """The energy distance of two sets of vectors.

    Formula, with x' another vector of the same set:

    ```
    2 E|x - y| - E|x - x'| - E|y - y'|
    ```

    without the last term, which depends on y alone. E|x - x'| is the mean
    over all pairs of *different* vectors. Unlike a kernel distance it has no
    bandwidth, and its gradient is a difference of unit vectors: outliers do
    not dominate it.

    Args:
        x: `[n, dimension]`. For n = 1 there is no spread to compare, and the
            distance is 0.
        y: `[m, dimension]`.

    Returns:
        A scalar; `E|y - y'|` where both have one distribution.
    """
    count = tf.shape(x)[0]
    between = tf.reduce_mean(_norms(x, y))
    within = tf.linalg.set_diag(_norms(x, x), tf.zeros([count], x.dtype))
    pairs = tf.cast(count * (count - 1), x.dtype)
    distance = 2 * between - tf.math.divide_no_nan(tf.reduce_sum(within), pairs)
    return tf.where(count > 1, distance, tf.zeros_like(distance))


def _norms(x, y):
    """`[n, m]` Euclidean norms of all differences."""
    squares = (
        tf.reduce_sum(x * x, axis=1)[:, None]
        + tf.reduce_sum(y * y, axis=1)[None, :]
        - 2 * tf.matmul(x, y, transpose_b=True)
    )
    # The root has no gradient at 0.
    return tf.sqrt(tf.maximum(squares, 1e-6))


def sliced_wasserstein_distance(x: TensorLike, y: TensorLike) -> Tensor:
    """Mean square distance of the quantiles of random projections.

    Formula, with fixed random unit vectors w and the sorted projections:

    ```
    mean over w and i of (sort(x w)[i] - sort(y w)[(i + 1/2) m / n])^2
    ```

    Args:
        x: `[n, dimension]`.
        y: `[m, dimension]`, m at least n.

    Returns:
        A scalar.
    """
    directions = np.random.default_rng(0).normal(
        size=[x.shape[1], NUM_PROJECTIONS]
    )
    directions /= np.linalg.norm(directions, axis=0)
    directions = tf.constant(directions, x.dtype)
    ours = tf.sort(tf.matmul(x, directions), axis=0)
    theirs = tf.sort(tf.matmul(y, directions), axis=0)
    count, other = tf.shape(x)[0], tf.shape(y)[0]
    places = ((2 * tf.range(count) + 1) * other) // (2 * count)
    return tf.reduce_mean(tf.square(ours - tf.gather(theirs, places)))


def moment_distance(x: TensorLike, y: TensorLike) -> Tensor:
    """Squared differences of means, and of covariances.

    Formula, with means m and unbiased covariances C:

    ```
    |m_x - m_y|^2 - trace(C_x) / n + |C_x - C_y|^2 / 2
    ```

    The second term is what the noise of the batch's mean adds to the first.

    Args:
        x: `[n, dimension]`. For n = 1 there is no covariance, and the
            distance is 0.
        y: `[m, dimension]`.

    Returns:
        A scalar.
    """
    count = tf.cast(tf.shape(x)[0], x.dtype)
    (mean, covariance), (real_mean, real_covariance) = _moments(x), _moments(y)
    distance = (
        tf.reduce_sum(tf.square(mean - real_mean))
        - tf.linalg.trace(covariance) / count
        + 0.5 * tf.reduce_sum(tf.square(covariance - real_covariance))
    )
    return tf.where(count > 1, distance, tf.zeros_like(distance))


def _moments(x):
    count = tf.cast(tf.shape(x)[0], x.dtype)
    mean = tf.reduce_mean(x, axis=0)
    products = tf.matmul(x - mean, x - mean, transpose_a=True)
    return mean, tf.math.divide_no_nan(products, count - 1)


SAMPLE_DISTANCES = {
    "energy": energy_distance,
    "sliced_wasserstein": sliced_wasserstein_distance,
    "moments": moment_distance,
}


def get(name: str) -> Callable[[TensorLike, TensorLike], Tensor]:
    """The distance of that name, or a `ValueError`."""
    if name not in SAMPLE_DISTANCES:
        raise unknown_name("sample distance", name, SAMPLE_DISTANCES)
    return SAMPLE_DISTANCES[name]
