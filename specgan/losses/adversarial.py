"""Adversarial losses: what the discriminator and the generator minimise.

All take logits (no activation on the discriminator's output) of any shape and
return a scalar, the mean over them. They are stateless; side by side, with
D(x) the logits of real and D(G(z)) those of generated images:

| loss           | discriminator                                | generator                 |
|----------------|----------------------------------------------|---------------------------|
| non-saturating | softplus(-D(x)) + softplus(D(G(z)))          | softplus(-D(G(z)))        |
| least squares  | (D(x) - 1)^2 / 2 + D(G(z))^2 / 2             | (D(G(z)) - 1)^2 / 2       |
| Wasserstein    | D(G(z)) - D(x)                               | -D(G(z))                  |
| hinge          | relu(1 - D(x)) + relu(1 + D(G(z)))           | -D(G(z))                  |
| relativistic   | softplus(-(D(x) - D(G(z))))                  | softplus(D(x) - D(G(z)))  |
|  pairing       |                                              |                           |
"""  # noqa: E501

from typing import Self

import keras
from keras import ops

from specgan.errors import unknown_name
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


class AdversarialLoss:
    """What the two players minimise. Abstract.

    Subclasses hold no state; they are made by `get` from their name, and
    written into a model's configuration by Keras. One with `relativistic =
    True` has `generator(fake_logits, real_logits)`: the engine then computes
    the logits of the step's real images for the generator as well.
    """

    # Whether only differences of real and generated logits count.
    relativistic = False

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        """The discriminator's loss, a scalar."""
        raise NotImplementedError

    def generator(self, fake_logits: TensorLike) -> Tensor:
        """The generator's loss, a scalar."""
        raise NotImplementedError

    def get_config(self) -> Config:
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@keras.saving.register_keras_serializable(package="specgan")
class NonSaturating(AdversarialLoss):
    """The original GAN's loss with the non-saturating generator.

    `softplus(-l)` is the binary cross-entropy of the logit l against 1.

    Reference:
    - Goodfellow et al., 2014, Eq. 1 and Section 3
      (https://arxiv.org/abs/1406.2661)
    """

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        return ops.mean(ops.softplus(-real_logits)) + ops.mean(
            ops.softplus(fake_logits)
        )

    def generator(self, fake_logits: TensorLike) -> Tensor:
        return ops.mean(ops.softplus(-fake_logits))


@keras.saving.register_keras_serializable(package="specgan")
class LeastSquares(AdversarialLoss):
    """Least squares towards 1 for real and 0 for generated images.

    With the factor 1/2 of the paper.

    Reference:
    - Mao et al., 2017, Eq. 2 with a = 0, b = c = 1
      (https://arxiv.org/abs/1611.04076)
    """

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        return 0.5 * ops.mean(ops.square(real_logits - 1.0)) + 0.5 * ops.mean(
            ops.square(fake_logits)
        )

    def generator(self, fake_logits: TensorLike) -> Tensor:
        return 0.5 * ops.mean(ops.square(fake_logits - 1.0))


@keras.saving.register_keras_serializable(package="specgan")
class Wasserstein(AdversarialLoss):
    """Difference of the critic's means; it needs a gradient penalty.

    Reference:
    - Arjovsky et al., 2017, Eq. 2 (https://arxiv.org/abs/1701.07875)
    """

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, fake_logits: TensorLike) -> Tensor:
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable(package="specgan")
class Hinge(AdversarialLoss):
    """Hinge loss of the discriminator, with margin 1.

    Reference:
    - Miyato et al., 2018, Eq. 16 and 17 (https://arxiv.org/abs/1802.05957)
    """

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        return ops.mean(ops.relu(1.0 - real_logits)) + ops.mean(
            ops.relu(1.0 + fake_logits)
        )

    def generator(self, fake_logits: TensorLike) -> Tensor:
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable(package="specgan")
class RelativisticPairing(AdversarialLoss):
    """Each generated image against one real image of the same batch (RpGAN).

    The n-th logits of both kinds are a pair, and only their difference
    counts. A boundary that all real images lie beyond does not suffice then:
    the discriminator keeps one near each real image, so that the generator
    cannot gain by giving a few of them alone. Without a penalty on the
    discriminator's gradient at real and generated images ("r1_r2") it need
    not converge.

    Formula, with the non-saturating generator:

    ```
    discriminator: mean(softplus(-(D(x) - D(G(z)))))
    generator:     mean(softplus(-(D(G(z)) - D(x))))
    ```

    Raises:
        ValueError: If the two batches are not of one shape.

    Reference:
    - Jolicoeur-Martineau, 2020, Section 3 (https://arxiv.org/abs/1901.02474)
    - Huang et al., 2024, Eq. 2 (https://arxiv.org/abs/2501.05441)
    """

    relativistic = True

    def discriminator(
        self, real_logits: TensorLike, fake_logits: TensorLike
    ) -> Tensor:
        return _mean_softplus_of_difference(fake_logits, real_logits)

    def generator(
        self, fake_logits: TensorLike, real_logits: TensorLike
    ) -> Tensor:
        return _mean_softplus_of_difference(real_logits, fake_logits)


def _mean_softplus_of_difference(logits, others):
    shapes = tuple(ops.shape(logits)), tuple(ops.shape(others))
    if len(shapes[0]) != len(shapes[1]) or any(
        isinstance(one, int) and isinstance(other, int) and one != other
        for one, other in zip(*shapes, strict=True)
    ):
        raise ValueError(
            "A relativistic loss compares real and generated images in pairs. "
            "Expected as many logits of both, in one shape. Received: shapes "
            f"{shapes[0]} and {shapes[1]}."
        )
    return ops.mean(ops.softplus(logits - others))


ADVERSARIAL_LOSSES = {
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "relativistic_pairing": RelativisticPairing,
}


def get(identifier: str | AdversarialLoss) -> AdversarialLoss:
    """The adversarial loss of a name, or the object itself.

    Args:
        identifier: A key of `ADVERSARIAL_LOSSES` or an `AdversarialLoss`.

    Returns:
        An `AdversarialLoss`.

    Raises:
        ValueError: For an unknown name.
    """
    if isinstance(identifier, AdversarialLoss):
        return identifier
    if identifier not in ADVERSARIAL_LOSSES:
        raise unknown_name("adversarial loss", identifier, ADVERSARIAL_LOSSES)
    return ADVERSARIAL_LOSSES[identifier]()
