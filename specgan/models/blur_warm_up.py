from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.models.discriminator_augmentation import DiscriminatorAugmentation
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.models.stateless_rng import StatelessRNG


@keras.saving.register_keras_serializable(package="specgan")
class BlurWarmUp(DiscriminatorAugmentation):
    """Images that are blurred at first, less and less.

    Without it the rotation-equivariant configuration collapses early: the
    discriminator would attend to high frequencies before there is anything
    else to learn from.

    Formula, separable, with zeros beyond the border:

    ```
    deviation = first (1 - step / steps),    at least 0
    weight(i) ~ 2^(-(i / deviation)^2),      |i| <= 3 deviation
    ```

    Args:
        deviation: Positive number of pixels; the first deviation (with the
            power of 2, 0.59 of it is the Gaussian's). Defaults to 10, the
            papers', at every size.
        steps: Positive integer; steps until nothing is blurred. Defaults to
            6250, the papers' 200,000 images with a batch of 32.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `deviation` is not positive, or `steps` no positive
            integer.

    Reference:
    - Karras et al., 2021, Appendix C.3 (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self, deviation: float = 10.0, steps: int = 6250, **kwargs: Any
    ):
        super().__init__(**kwargs)
        if not deviation > 0:
            raise ValueError(
                "The deviation of a blur is a positive number of pixels. "
                f"Received: deviation={deviation!r}."
            )
        require_positive_integer("steps", steps)
        self.deviation = deviation
        self.steps = steps

    def call(
        self,
        images: TensorLike,
        rng: "StatelessRNG | None" = None,
        step: TensorLike = 0,
    ) -> Tensor:
        left = 1.0 - tf.cast(step, tf.float32) / self.steps
        # Never left out: XLA has no second gradient of a branch.
        deviation = self.deviation * tf.maximum(left, 0.0)
        return blurred(images, deviation, self.deviation)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {"deviation": self.deviation, "steps": self.steps}
        return {**base_config, **config}


def blurred(
    images: TensorLike, deviation: TensorLike, largest_deviation: float
) -> Tensor:
    """Images blurred by a Gaussian with zeros beyond the border.

    Args:
        images: `[batch, height, width, channels]`.
        deviation: Scalar tensor of at least 0; see `BlurWarmUp`.
        largest_deviation: Number, at least as large.

    Returns:
        Images of that shape.
    """
    height, width = images.shape[1:3]
    weights = _weights(deviation, int(3 * largest_deviation))
    rows = tf.cast(_toeplitz(weights, height), images.dtype)
    columns = tf.cast(_toeplitz(weights, width), images.dtype)
    images = tf.einsum("ij,bjwc->biwc", rows, images)
    return tf.einsum("ij,bhjc->bhic", columns, images)


def _weights(deviation, largest_radius):
    """Weights of the offsets 0 .. `largest_radius`, normalized over +-."""
    offsets = tf.range(largest_radius + 1, dtype=tf.float32)
    weights = tf.pow(2.0, -tf.square(offsets / tf.maximum(deviation, 1e-6)))
    weights *= tf.cast(offsets <= tf.floor(3 * deviation), tf.float32)
    return weights / (2 * tf.reduce_sum(weights) - weights[0])


def _toeplitz(weights, size):
    offsets = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    weights = tf.pad(weights, [[0, size]])  # Zeros beyond the radius.
    return tf.gather(weights, offsets)
