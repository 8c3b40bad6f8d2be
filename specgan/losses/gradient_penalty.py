"""Gradient penalties: they hold the discriminator's gradient at some norm.

A penalty is called with the discriminator, a batch of real and of generated
images and the step's random numbers, and gives a scalar that is added to the
discriminator's loss. Side by side, with e and u uniform in [0, 1]:

| penalty  | norm | where the gradient is taken                           |
|----------|------|-------------------------------------------------------|
| wgan_gp  | 1    | between real and generated: e x + (1 - e) G(z)        |
| dragan   | 1    | around real images: x + (1 - e) u std(x) / 2          |
| r1       | 0    | at real images: x                                     |
| r1_r2    | 0    | at real images, and at generated ones: x, G(z)        |

e is one number for each sample (a normal e, as in some tutorials, leaves the
segment), u one for each value of the image. The norm is of a single sample's
gradient, which batch normalization would mix with its neighbours': the
engine refuses a discriminator that has it.
"""

from collections.abc import Callable
from typing import Self

import keras
import tensorflow as tf

from specgan.distribution import mean_over_replicas
from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


def gradient_norms(
    discriminator: Callable[..., Tensor], images: TensorLike
) -> Tensor:
    """Norm of the logits' gradient with respect to each image.

    Formula: `||dD(x)/dx||_2` over height, width and channels of each sample.

    Args:
        discriminator: Function of images that gives logits, sample by sample.
        images: `[batch, height, width, channels]`.

    Returns:
        `[batch]` in float32; differentiable with respect to the
        discriminator's weights.
    """
    # The root's gradient is infinite at 0, where a dead network would be.
    return tf.sqrt(squared_gradient_norms(discriminator, images) + 1e-12)


def squared_gradient_norms(
    discriminator: Callable[..., Tensor], images: TensorLike
) -> Tensor:
    """The squares of `gradient_norms`, whose gradient is finite at 0.

    Args:
        discriminator, images: As there.

    Returns:
        `[batch]` in float32.
    """
    return _logits_and_squares(discriminator, images)[1]


def _logits_and_squares(discriminator, images):
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = tf.cast(discriminator(images, training=True), tf.float32)
    gradients = tf.cast(tape.gradient(logits, images), tf.float32)
    return logits, tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3])


class GradientPenalty:
    """`weight * mean((norm - 1)^2)` at points between two batches. Abstract.

    A penalty of an `interval` above 1 is lazy: it is not part of every step's
    loss, but every `interval` steps the discriminator takes an extra step on
    it, with `interval` times the weight.

    Args:
        weight: The papers' lambda, 10 in both.

    Raises:
        ValueError: If `weight` is not positive.
    """

    def __init__(self, weight: float = 10.0):
        if not weight > 0:
            raise ValueError(
                "A gradient penalty needs a positive weight. "
                f"Received: weight={weight}. Leave it out instead."
            )
        self.weight = weight

    interval = 1  # Steps from one time to the next.

    def other_ends(
        self, reals: TensorLike, fakes: TensorLike, rng: tf.random.Generator
    ) -> Tensor:
        """The images to which the segments from the real ones lead."""
        raise NotImplementedError

    def __call__(self, discriminator, reals, fakes, rng):
        ends = self.other_ends(reals, fakes, rng)
        epsilon = rng.uniform([tf.shape(reals)[0], 1, 1, 1])
        between = epsilon * reals + (1 - epsilon) * ends
        norms = gradient_norms(discriminator, between)
        return self.weight * tf.reduce_mean(tf.square(norms - 1.0))

    def with_logits(
        self,
        discriminator: Callable[..., Tensor],
        reals: TensorLike,
        fakes: TensorLike,
        rng: tf.random.Generator,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The logits of both batches, and the penalty.

        A penalty at these very images takes no passes of its own.

        Args:
            discriminator, reals, fakes, rng: As for the call.

        Returns:
            (logits of real images, logits of generated ones, the penalty).
        """
        real_logits = discriminator(reals, training=True)
        fake_logits = discriminator(fakes, training=True)
        penalty = self(discriminator, reals, fakes, rng)
        return real_logits, fake_logits, penalty

    def get_config(self) -> Config:
        return {"weight": self.weight}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@keras.saving.register_keras_serializable(package="specgan")
class WassersteinGradientPenalty(GradientPenalty):
    """Gradient of norm 1 between real and generated images.

    Reference:
    - Gulrajani et al., 2017, Eq. 3 and Algorithm 1
      (https://arxiv.org/abs/1704.00028)
    """

    def other_ends(
        self, reals: TensorLike, fakes: TensorLike, rng: tf.random.Generator
    ) -> Tensor:
        return fakes


@keras.saving.register_keras_serializable(package="specgan")
class DraganGradientPenalty(GradientPenalty):
    """Gradient of norm 1 in the neighbourhood of real images.

    Reference:
    - Kodali et al., 2017, Section 2.3 and Algorithm 1
      (https://arxiv.org/abs/1705.07215)
    """

    def other_ends(
        self, reals: TensorLike, fakes: TensorLike, rng: tf.random.Generator
    ) -> Tensor:
        noise = rng.uniform([tf.shape(reals)[0], *reals.shape[1:]])
        # The deviation of all values of the batch, on all replicas.
        mean = mean_over_replicas(tf.reduce_mean(reals))
        square = mean_over_replicas(tf.reduce_mean(tf.square(reals)))
        return reals + 0.5 * tf.sqrt(square - tf.square(mean)) * noise


@keras.saving.register_keras_serializable(package="specgan")
class ZeroCenteredGradientPenalty(GradientPenalty):
    """R1: gradient of norm 0 at real images, every few steps.

    Formula: `weight / 2 * mean(||dD(x)/dx||^2)`

    Args:
        weight: The papers' gamma. The alias-free GAN takes about four times
            as much for each doubling of the images' size. Defaults to 10.
        interval: Positive integer; steps from one time to the next. Defaults
            to 16.

    Raises:
        ValueError: If `weight` is not positive, or `interval` no positive
            integer.

    Reference:
    - Mescheder et al., 2018, Eq. 9 (https://arxiv.org/abs/1801.04406)
    - Karras et al., 2020, Appendix B, lazy regularization
      (https://arxiv.org/abs/1912.04958)
    """

    def __init__(self, weight: float = 10.0, interval: int = 16):
        super().__init__(weight)
        require_positive_integer("interval", interval)
        self.interval = interval

    at_fakes = False  # Whether at generated images, too.

    def __call__(self, discriminator, reals, fakes, rng):
        places = [reals, fakes] if self.at_fakes else [reals]
        return self._penalty(
            *[squared_gradient_norms(discriminator, place) for place in places]
        )

    def with_logits(
        self,
        discriminator: Callable[..., Tensor],
        reals: TensorLike,
        fakes: TensorLike,
        rng: tf.random.Generator,
    ) -> tuple[Tensor, Tensor, Tensor]:
        real_logits, squares = _logits_and_squares(discriminator, reals)
        if not self.at_fakes:
            fake_logits = discriminator(fakes, training=True)
            return real_logits, fake_logits, self._penalty(squares)
        fake_logits, others = _logits_and_squares(discriminator, fakes)
        return real_logits, fake_logits, self._penalty(squares, others)

    def _penalty(self, *squares):
        return 0.5 * self.weight * sum(map(tf.reduce_mean, squares))

    def get_config(self) -> Config:
        return {**super().get_config(), "interval": self.interval}


@keras.saving.register_keras_serializable(package="specgan")
class PairedZeroCenteredGradientPenalty(ZeroCenteredGradientPenalty):
    """R1 and R2: gradient of norm 0 at real and at generated images.

    Early in a training, when the two are far apart, R1 alone leaves the
    gradient at generated images free to explode.

    Formula:
    `weight / 2 * (mean(||dD(x)/dx||^2) + mean(||dD(G(z))/dG(z)||^2))`

    Args:
        weight: The paper's gamma: from 0.05 to 150, the more the larger the
            images. Defaults to 10.
        interval: Positive integer; steps from one time to the next. Defaults
            to 1, every step. With 8 the paper's FID became slightly worse on
            photographs, and on StackedMNIST the training diverged (Appendix
            E).

    Raises:
        ValueError: If `weight` is not positive, or `interval` no positive
            integer.

    Reference:
    - Huang et al., 2024, Eq. 3 (https://arxiv.org/abs/2501.05441)
    """

    at_fakes = True

    def __init__(self, weight: float = 10.0, interval: int = 1):
        super().__init__(weight, interval)


GRADIENT_PENALTIES = {
    "wgan_gp": WassersteinGradientPenalty,
    "dragan": DraganGradientPenalty,
    "r1": ZeroCenteredGradientPenalty,
    "r1_r2": PairedZeroCenteredGradientPenalty,
}


def get(identifier: str | GradientPenalty | None) -> GradientPenalty | None:
    """The gradient penalty of a name, or the object itself.

    Args:
        identifier: None, a key of `GRADIENT_PENALTIES`, or a
            `GradientPenalty`.

    Returns:
        A `GradientPenalty` or None.

    Raises:
        ValueError: For an unknown name.
    """
    if identifier is None or isinstance(identifier, GradientPenalty):
        return identifier
    if identifier not in GRADIENT_PENALTIES:
        raise unknown_name("gradient penalty", identifier, GRADIENT_PENALTIES)
    return GRADIENT_PENALTIES[identifier]()
