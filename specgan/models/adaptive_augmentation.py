from typing import TYPE_CHECKING
from typing import Any
from typing import cast

import keras
import tensorflow as tf

from specgan.distribution import mean_over_replicas
from specgan.errors import invalid_argument
from specgan.errors import require_positive_integer
from specgan.models import augmentations
from specgan.models.discriminator_augmentation import DiscriminatorAugmentation
from specgan.models.replicas import replicas
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.models.stateless_rng import StatelessRNG


@keras.saving.register_keras_serializable(package="specgan")
class AdaptiveAugmentation(DiscriminatorAugmentation):
    """Images altered at random, as often as the discriminator overfits (ADA).

    With few images a discriminator learns them by heart. It is shown altered
    ones, real and generated, each alteration with a probability that rises
    while it classifies too many real images correctly: flips, quarter turns,
    shifts, scalings and rotations, then brightness, contrast, colours. Up to a
    probability of about 0.8 the generator does not learn them.

    Formula, every `interval` steps, with r the mean sign of the logits of the
    real images since the last time:

    ```
    probability += sign(r - target) batch interval / images,  kept in [0, 1]
    ```

    Args:
        target: r that is aimed at, in (-1, 1). Defaults to 0.6.
        images: Positive integer; number of images in which the probability can
            rise from 0 to 1. Defaults to 500,000.
        interval: Positive integer; steps from one change to the next.
            Defaults to 4.
        **kwargs: Arguments of `keras.layers.Layer`.

    Logs:
        augmentation: The probability.

    Raises:
        ValueError: If a number is out of range.

    Reference:
    - Karras et al., 2020b, Sections 2 and 3, Appendix B
      (https://arxiv.org/abs/2006.06676)
    """

    def __init__(
        self,
        target: float = 0.6,
        images: int = 500_000,
        interval: int = 4,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not -1 < target < 1:
            raise ValueError(
                "The mean sign of logits that is aimed at is between -1 and "
                f"1. Received: target={target!r}."
            )
        require_positive_integer("images", images)
        require_positive_integer("interval", interval)
        self.target = target
        self.images = images
        self.interval = interval
        self.probability = self._scalar("probability")
        self.signs = self._scalar("signs")  # Their sum since the last change.

    def _scalar(self, name):
        return self.add_weight(
            shape=[],
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def call(
        self,
        images: TensorLike,
        rng: "StatelessRNG | None" = None,
        step: TensorLike = 0,
    ) -> Tensor:
        rng = cast("StatelessRNG", rng)  # As a GAN gives it.
        probability = tf.convert_to_tensor(self.probability)
        transforms = augmentations.random_transforms(
            tf.shape(images)[0], probability, images.shape[1:3], rng
        )
        colours = augmentations.random_colours(
            tf.shape(images)[0], probability, rng
        )
        altered = augmentations.transformed(images, transforms)
        altered = augmentations.recoloured(altered, *colours)
        # No branch, of which XLA has no second gradient. Borders are not
        # exact where nothing is altered.
        return tf.where(probability > 0, altered, images)

    def update(self, real_logits: TensorLike, step: TensorLike) -> None:
        signs = tf.sign(tf.cast(real_logits, tf.float32))
        signs = self.signs + mean_over_replicas(tf.reduce_mean(signs))
        batch = tf.cast(tf.shape(real_logits)[0] * replicas(), tf.float32)
        due = (step + 1) % self.interval == 0
        change = tf.sign(signs / self.interval - self.target)
        change *= batch * self.interval / self.images
        changed = tf.clip_by_value(self.probability + change, 0.0, 1.0)
        self.probability.assign(tf.where(due, changed, self.probability))
        self.signs.assign(tf.where(due, 0.0, signs))

    def logs(self) -> dict[str, Tensor]:
        return {"augmentation": tf.convert_to_tensor(self.probability)}

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "target": self.target,
            "images": self.images,
            "interval": self.interval,
        }
        return {**base_config, **config}


def augmentations_of(augment: bool) -> list[AdaptiveAugmentation]:
    """What the argument `augment` of a GAN stands for.

    Args:
        augment: True or False.

    Returns:
        A list of one `AdaptiveAugmentation`, or of none.

    Raises:
        ValueError: If it is neither.
    """
    if not isinstance(augment, bool):
        raise invalid_argument("augment", "True or False", augment)
    return [AdaptiveAugmentation()] if augment else []
