import abc
import contextlib
import math
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import TooFewImages
from specgan.errors import require_seed
from specgan.signal.image_values import require_finite
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

RANGE = 2
"""Distance between black and white, of images in [-1, 1]."""


class Equivariance(keras.metrics.Metric):
    """Abstract: whether a generator's images move as its input does.

    A generator without aliasing generates the same image at any position
    draw it. The measure compares two images of the same latents: one whose
    input was moved, and one that was moved itself, by an operator of its own.

    Formula:
    `10 log10(4 / e)` in dB, where e is the mean squared difference over all
    images, pixels and channels that the mask lets through: one mean of all,
    not a mean of decibels. Images of low contrast differ by little, so that
    `_relative` gives the same with the variance of the moved images in the
    place of 4.

    Transforms are 3x3 matrices in the units of the canvas: width and height
    1, centre (0, 0), x to the right, y down. They take a place in the image to
    the place in the generator's coordinates where its value is found, so that
    moving an image to the right by t is a transform by -t.

    Images count in any number of batches of any size; sums are in float64.
    Every image has its own transform, which depends on the seed and on its
    number since the last reset alone.

    A subclass implements `draw`, `transforms`, `reference` and, where the
    generator's image needs a filter as well, `filtered`.

    Args:
        name: Name of the metric, and of its first result.
        seed: Integer from 0, of the random transforms.

    Raises:
        ValueError: If the seed is not such an integer.

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Section 3, Eq. 3 and Appendix E.
    """

    def __init__(self, name: str, seed: int):
        require_seed(seed)
        super().__init__(name=name, dtype="float64")
        self.seed = seed
        self._count = self._sum("count", "int64")
        self._weight = self._sum("weight")
        self._errors = self._sum("squared_errors")
        self._values = self._sum("values")
        self._squares = self._sum("squares")

    def _sum(self, name, dtype="float64"):
        return self.add_variable((), "zeros", dtype, name=name)

    @abc.abstractmethod
    def draw(
        self, random: np.random.Generator, height: int, width: int
    ) -> np.ndarray | float:
        """Random parameters of one transform, as NumPy.

        Args:
            random: `numpy.random.Generator`.
            height: Rows of the image.
            width: Columns of the image.
        """

    @abc.abstractmethod
    def transforms(
        self, parameters: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        """The transforms `[batch, 3, 3]` of parameters `[batch, ...]`."""

    @abc.abstractmethod
    def reference(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        """(images, mask): the images moved, and where that is valid."""

    def filtered(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        """(images, mask) of the generator's moved images."""
        return images, tf.ones_like(images[..., :1])

    def measure(
        self, synthesize: Callable[[Any, Any], Tensor], ws: Any
    ) -> None:
        """Draw transforms, generate images with and without, compare them.

        Tensor cores' rounded multiplications (TF32) are turned off meanwhile.
        Generate in float32 too: half precision costs some decibels.

        Args:
            synthesize: Function of latents and transforms `[batch, 3, 3]`,
                which gives images `[batch, height, width, channels]`:
                `generator.synthesis` of an alias-free generator.
            ws: Its latents, whatever it takes; a batch of them.

        Raises:
            ValueError: If there are no latents.

        Example:
        >>> metric = TranslationEquivariance()
        >>> for ws in batches: metric.measure(generator.synthesis, ws)
        >>> metric.result()
        {'eq_t': 63.0, 'eq_t_relative': 51.2}
        """
        if len(ws) == 0:
            raise ValueError(
                f"{self.name} compares pairs of images. Expected the latents "
                "of at least one. Received none."
            )
        with full_precision():
            identity = np.tile(np.eye(3), (len(ws), 1, 1))
            images = synthesize(ws, tf.constant(identity, tf.float32))
            height, width = images.shape[1:3]
            parameters = self._drawn(len(ws), height, width)
            transforms = self.transforms(parameters, height, width)
            moved = synthesize(ws, tf.constant(transforms, tf.float32))
        self.update_state(images, moved, parameters)

    def _drawn(self, batch, height, width):
        """Parameters of the next images, `[batch, ...]`."""
        start = int(self._count)
        seeds = ([self.seed, start + index] for index in range(batch))
        return np.stack(
            [
                self.draw(np.random.default_rng(seed), height, width)
                for seed in seeds
            ]
        )

    def update_state(
        self, images: TensorLike, moved: TensorLike, parameters: np.ndarray
    ) -> None:
        """Add pairs of images.

        Args:
            images: `[batch, height, width, channels]` in [-1, 1], of the
                generator as it is.
            moved: The same, of the same latents with a moved input.
            parameters: `[batch, ...]`, how each input was moved, as `draw`
                gives it.

        Raises:
            ValueError: If the shapes do not fit, there are no images, or
                they are not finite.
        """
        images = tf.cast(images, tf.float32)
        moved = tf.cast(moved, tf.float32)
        if (
            images.shape.rank != 4
            or images.shape != moved.shape
            or 0 in images.shape
        ):
            raise ValueError(
                f"{self.name} compares pairs of images. Expected two batches "
                "of one shape [batch, height, width, channels], not empty. "
                "Received: "
                f"shapes {images.shape} and {moved.shape}."
            )
        # A generator without aliasing does not end in [-1, 1].
        require_finite(images)
        require_finite(moved)
        reference, valid = self.reference(images, parameters)
        moved, unspoilt = self.filtered(moved, parameters)
        mask = tf.cast(valid * unspoilt, tf.float64)
        reference = tf.cast(reference, tf.float64)
        error = reference - tf.cast(moved, tf.float64)
        self._count.assign_add(images.shape[0])
        self._weight.assign_add(tf.reduce_sum(mask) * images.shape[3])
        self._errors.assign_add(tf.reduce_sum(mask * error**2))
        self._values.assign_add(tf.reduce_sum(mask * reference))
        self._squares.assign_add(tf.reduce_sum(mask * reference**2))

    def result(self) -> dict[str, float]:
        """Dictionary of names and floats, in dB; infinite if nothing differs.

        Raises:
            ValueError: If there are no images.
        """
        weight = float(self._weight)
        if weight == 0:
            raise TooFewImages(
                f"{self.name} compares pairs of images. Expected at least one, "
                "and a part of it that stays in the image. Received none. Add "
                "them with measure(synthesize, ws)."
            )
        error = float(self._errors) / weight
        mean = float(self._values) / weight
        variance = max(float(self._squares) / weight - mean**2, 0.0)
        return {
            self.name: ratio_in_decibels(RANGE**2, error),
            f"{self.name}_relative": ratio_in_decibels(variance, error),
        }

    def get_config(self) -> Config:
        return {"name": self.name, "seed": self.seed}


def ratio_in_decibels(power: float, error: float) -> float:
    """`10 log10(power / error)`, infinite where one of them is 0.

    Args:
        power: Number from 0.
        error: Number from 0.

    Returns:
        A float.
    """
    if error == 0:
        return math.inf
    if power == 0:
        return -math.inf
    return 10 * math.log10(power / error)


@contextlib.contextmanager
def full_precision() -> Iterator[None]:
    """Multiplications of float32 as they should be, without TF32."""
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(enabled)
