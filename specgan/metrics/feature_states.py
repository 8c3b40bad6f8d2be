"""What a measure keeps of the features that stream in.

Both grow no further, however many images there are. They make their variables
through the metric that they belong to, so that it can reset and save them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from specgan.typing import TensorLike

if TYPE_CHECKING:
    import keras


def read(variable: "keras.Variable") -> np.ndarray:
    """Its value as NumPy, under a distribution strategy too."""
    return tf.convert_to_tensor(variable.value).numpy()


class Moments:
    """Count, mean and covariance of all features, summed in float64.

    Args:
        variable: Function of a shape, a name and a dtype that makes a
            variable of zeros.
        name: Prefix of the variables' names.
        dimension: Number of features of an image.
    """

    def __init__(self, variable: Callable, name: str, dimension: int):
        self._count = variable([], f"{name}_count", "int64")
        self._sum = variable([dimension], f"{name}_sum", "float64")
        self._products = variable(
            [dimension, dimension], f"{name}_products", "float64"
        )
        self.variables = [self._count, self._sum, self._products]

    def add(self, features: TensorLike) -> None:
        features = tf.cast(features, tf.float64)
        self._count.assign_add(tf.shape(features, tf.int64)[0])
        self._sum.assign_add(tf.reduce_sum(features, axis=0))
        self._products.assign_add(
            tf.matmul(features, features, transpose_a=True)
        )

    @property
    def count(self) -> int:
        return int(read(self._count))

    @property
    def mean(self) -> np.ndarray:
        return read(self._sum) / self.count

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased, `[dimension, dimension]`."""
        mean = self.mean
        return (read(self._products) - self.count * mean[:, None] * mean) / (
            self.count - 1
        )


class FeatureBuffer:
    """The first features, up to a capacity, in float32.

    Args:
        variable: Function of a shape, a name and a dtype that makes a
            variable of zeros.
        name: Prefix of the variables' names.
        dimension: Number of features of an image.
        capacity: How many rows to keep.
    """

    def __init__(
        self, variable: Callable, name: str, dimension: int, capacity: int
    ):
        self._count = variable([], f"{name}_count", "int64")
        self._rows = variable([capacity, dimension], f"{name}_rows", "float32")
        self.variables = [self._count, self._rows]

    def add(self, features: TensorLike) -> None:
        features = tf.cast(features, tf.float32)
        capacity = self._rows.shape[0]
        start = tf.minimum(tf.convert_to_tensor(self._count), capacity)
        features = features[: capacity - start]
        positions = start + tf.range(tf.shape(features, tf.int64)[0])
        self._rows.assign(
            tf.tensor_scatter_nd_update(
                tf.convert_to_tensor(self._rows), positions[:, None], features
            )
        )
        self._count.assign_add(tf.shape(features, tf.int64)[0])

    @property
    def count(self) -> int:
        return int(read(self._count))

    @property
    def room(self) -> int:
        """How many more rows can be kept."""
        return self._rows.shape[0] - self.count

    @property
    def rows(self) -> np.ndarray:
        """`[count, dimension]`."""
        return read(self._rows)[: self.count]
