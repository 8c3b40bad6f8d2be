from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import TooFewImages
from specgan.errors import require_positive_integer
from specgan.errors import require_seed
from specgan.signal.image_values import require_finite
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class ShiftConsistency(keras.metrics.Metric):
    """How often a classifier decides the same about two crops of an image.

    The crops are `max_shift` pixels smaller than the image and lie anywhere
    in it: a network whose pooling aliases changes its mind by where they lie.
    Blurred pooling (`layers.BlurPool2D`) makes it steadier.

    Formula:
    the mean of `argmax f(crop_1) == argmax f(crop_2)`; times 100, the
    percentage that Zhang gives, for crops of 224 of images of 256 pixels.

    Args:
        max_shift: Positive integer; pixels by which crops are smaller.
            Defaults to 32.
        seed: Integer from 0, of the random places; an image's depend on it and
            on the image's number since the last reset alone.
        name: Name of the metric.

    Raises:
        ValueError: If `max_shift` is not a positive integer, or `seed` not one
            from 0.

    Example:
    >>> metric = ShiftConsistency(max_shift=4)
    >>> for images in batches: metric.measure(classifier, images)
    >>> float(metric.result())
    0.94

    Reference:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
        2019, arXiv:1904.11486, Section 4.
    """

    def __init__(
        self,
        max_shift: int = 32,
        seed: int = 0,
        name: str = "shift_consistency",
    ):
        require_positive_integer("max_shift", max_shift)
        require_seed(seed)
        super().__init__(name=name, dtype="float64")
        self.max_shift = max_shift
        self.seed = seed
        self._count = self.add_variable((), "zeros", "int64", name="count")
        self._equal = self.add_variable((), "zeros", "int64", name="equal")

    def measure(
        self, classifier: Callable[[Tensor], Tensor], images: TensorLike
    ) -> None:
        """Classify two crops of every image, and compare.

        Args:
            classifier: Function of images that gives scores `[batch,
                classes]`, for images of the crops' size: a Keras model, say.
            images: `[batch, height, width, channels]`.

        Raises:
            ValueError: If there are no images, they are no larger than
                `max_shift`, or they are not finite.
        """
        images = tf.convert_to_tensor(images)
        if (
            images.shape.rank != 4
            or 0 in images.shape
            or min(images.shape[1:3]) <= self.max_shift
        ):
            raise ValueError(
                "Crops are smaller than their images by max_shift. Expected "
                "at least one image, [batch, height, width, channels], of more "
                f"than {self.max_shift} pixels. Received: shape "
                f"{images.shape}. Choose a smaller max_shift."
            )
        require_finite(images)
        start = int(self._count)
        places = np.stack(
            [
                np.random.default_rng([self.seed, start + index]).integers(
                    self.max_shift, size=[2, 2], endpoint=True
                )
                for index in range(len(images))
            ]
        )
        self.update_state(
            *(
                classifier(self._cropped(images, places[:, crop]))
                for crop in (0, 1)
            )
        )

    def _cropped(self, images, places):
        """A crop of each image; places are rows and columns `[batch, 2]`."""
        _, height, width, _ = images.shape
        rows = places[:, :1] + np.arange(height - self.max_shift)
        columns = places[:, 1:] + np.arange(width - self.max_shift)
        images = tf.gather(images, rows, axis=1, batch_dims=1)
        return tf.gather(images, columns, axis=2, batch_dims=1)

    def update_state(self, first: TensorLike, second: TensorLike) -> None:
        """Add the scores of pairs.

        Args:
            first: `[batch, classes]`, of the first crops.
            second: The same, of the second ones.

        Raises:
            ValueError: If the shapes are not of this kind, or differ; if
                scores are not finite.
        """
        first = tf.convert_to_tensor(first)
        second = tf.convert_to_tensor(second)
        if (
            first.shape.rank != 2
            or first.shape != second.shape
            or 0 in first.shape
        ):
            raise ValueError(
                "Decisions are compared by pairs. Expected two tensors of "
                "scores [batch, classes], not empty. Received: shapes "
                f"{first.shape} and {second.shape}."
            )
        for scores in (first, second):
            if not np.all(np.isfinite(scores)):
                raise ValueError(
                    "A decision is for the highest score. Expected finite "
                    "scores. Received some that are not. Look after the "
                    "classifier's weights and the range of its images."
                )
        equal = tf.argmax(first, axis=1) == tf.argmax(second, axis=1)
        self._count.assign_add(first.shape[0])
        self._equal.assign_add(tf.reduce_sum(tf.cast(equal, tf.int64)))

    def result(self) -> float:
        """Between 0 and 1.

        Raises:
            ValueError: If there are no images.
        """
        if int(self._count) == 0:
            raise TooFewImages(
                f"{self.name} is a mean over images. Expected at least one. "
                "Received none. Add them with measure(classifier, images)."
            )
        return float(self._equal) / float(self._count)

    def get_config(self) -> Config:
        return {
            "name": self.name,
            "max_shift": self.max_shift,
            "seed": self.seed,
        }
