import math
import numbers
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.signal.image_values import require_in_range
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


class SpectralLoss(keras.layers.Layer):
    """Distance of generated images' spectrum to that of real ones. Abstract.

    A layer rather than a `keras.losses.Loss`, because it has a state that
    belongs to the model: the target spectrum, which `adapt` computes from real
    images and which is saved with the weights. It computes in float32.

    Args:
        weight: Factor of the term in the generator's loss: the paper's lambda
            of Eq. 10.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Call arguments:
        fakes: `[batch, height, width, channels]` generated images.
        reals: `[batch, height, width, channels]` the batch of real images.

    Raises:
        ValueError: If `weight` is negative.
    """

    # Real images that `adapt` is given, unless another number is asked for.
    num_images = 1000

    def __init__(self, weight: float, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if not isinstance(weight, numbers.Real) or not 0 <= weight < math.inf:
            raise ValueError(
                "A spectral loss needs a weight of at least 0, and finite. "
                f"Received: weight={weight!r}. A negative one would drive the "
                "spectra apart."
            )
        self.weight = weight

    def profile(self, images: TensorLike) -> Tensor:
        """`[batch, rings]`: what the target is the mean of."""
        raise NotImplementedError

    def call(self, fakes: TensorLike, reals: TensorLike | None) -> Tensor:
        raise NotImplementedError

    def penalty(
        self, distance: TensorLike, adversarial_loss: TensorLike
    ) -> Tensor:
        """The term added to the generator's adversarial loss."""
        return self.weight * distance

    def build(
        self, fakes_shape: Shape, reals_shape: Shape | None = None
    ) -> None:
        self.image_shape = tuple(fakes_shape[1:])
        rings = self.profile(tf.zeros([1, *self.image_shape])).shape[-1]
        self.target = self.add_weight(
            shape=[rings], initializer="zeros", trainable=False, name="target"
        )
        self.target_count = self.add_weight(
            shape=[],
            initializer="zeros",
            dtype="int32",
            trainable=False,
            name="target_count",
        )
        self.built = True

    @property
    def adapted(self) -> bool:
        """Whether there is a target: real images have been seen."""
        return self.built and int(self.target_count.numpy()) > 0

    def adapt(self, batches: Iterable[TensorLike]) -> None:
        """Set the target to the mean profile of real images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1], all of one height and width.

        Raises:
            ValueError: If there are no images, or they are no floats in
                [-1, 1].
        """
        total, count = 0.0, 0
        for images in batches:
            require_in_range(images)
            images = tf.cast(images, tf.float32)
            self._build_for(images)
            profile = self.profile(images).numpy().astype(np.float64)
            total = total + profile.sum(axis=0)
            count += len(profile)
        if count == 0:
            raise ValueError(
                "A spectral loss adapts to at least one real image. Received "
                "none. Check that the data set is not empty or exhausted."
            )
        self.target.assign(total / count)
        self.target_count.assign(count)

    def _build_for(self, images):
        """Build, or check that it was built for images of this shape."""
        if not self.built:
            self.build(images.shape)
        if tuple(images.shape[1:]) != self.image_shape:
            raise ValueError(
                "A spectral loss has the targets of one image shape. Expected "
                f"images of shape {self.image_shape}. Received: "
                f"{tuple(images.shape[1:])}. Make a loss object for each GAN."
            )

    def get_config(self) -> Config:
        return {**super().get_config(), "weight": self.weight}
