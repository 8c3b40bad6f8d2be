from typing import TYPE_CHECKING
from typing import Any

import keras

from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.models.stateless_rng import StatelessRNG


class DiscriminatorAugmentation(keras.layers.Layer):
    """How a discriminator in training sees images. Abstract.

    It shows real and generated ones alike, and gradients go through it to
    them. Its state, if any, is in variables, which a file keeps, and its
    random numbers are drawn from what the engine hands it, so that a training
    can be resumed exactly.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`. It computes in float32
            under any policy.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.built = True

    def call(
        self,
        images: TensorLike,
        rng: "StatelessRNG | None" = None,
        step: TensorLike = 0,
    ) -> Tensor:
        """What is seen of images.

        Args:
            images: `[batch, height, width, channels]`.
            rng: The `specgan.models.stateless_rng.StatelessRNG` of the step.
            step: Scalar; steps that the generator has taken.

        Returns:
            Images of that shape.
        """
        raise NotImplementedError

    def update(self, real_logits: TensorLike, step: TensorLike) -> None:
        """Learn from the logits of real images, once a step; nothing here.

        Args:
            real_logits: `[batch, 1]`.
            step: As in `call`.
        """

    def logs(self) -> dict[str, Tensor]:
        """Dictionary of names and scalars to be logged with the losses."""
        return {}
