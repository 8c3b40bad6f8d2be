"""Adversarial losses: what the discriminator and the generator minimise.

All take logits (no activation on the discriminator's output) of any shape and
return a scalar, the mean over them. They are stateless; side by side, with
D(x) the logits of real and D(G(z)) those of generated images:

| loss           | discriminator                                | generator            |
|----------------|----------------------------------------------|----------------------|
| non-saturating | softplus(-D(x)) + softplus(D(G(z)))          | softplus(-D(G(z)))   |
| least squares  | (D(x) - 1)^2 / 2 + D(G(z))^2 / 2             | (D(G(z)) - 1)^2 / 2  |
| Wasserstein    | D(G(z)) - D(x)                               | -D(G(z))             |
| hinge          | relu(1 - D(x)) + relu(1 + D(G(z)))           | -D(G(z))             |
"""  # noqa: E501

import keras
from keras import ops

from specgan.errors import unknown_name


class AdversarialLoss:
    """What the two players minimise. Abstract.

    Subclasses hold no state; they are made by `get` from their name, and
    written into a model's configuration by Keras.
    """

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss, a scalar."""
        raise NotImplementedError

    def generator(self, fake_logits):
        """The generator's loss, a scalar."""
        raise NotImplementedError

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="specgan")
class NonSaturating(AdversarialLoss):
    """The original GAN's loss with the non-saturating generator.

    `softplus(-l)` is the binary cross-entropy of the logit l against 1.

    Reference:
    - Goodfellow et al., 2014, Eq. 1 and Section 3
      (https://arxiv.org/abs/1406.2661)
    """

    def discriminator(self, real_logits, fake_logits):
        return ops.mean(ops.softplus(-real_logits)) + ops.mean(
            ops.softplus(fake_logits)
        )

    def generator(self, fake_logits):
        return ops.mean(ops.softplus(-fake_logits))


@keras.saving.register_keras_serializable(package="specgan")
class LeastSquares(AdversarialLoss):
    """Least squares towards 1 for real and 0 for generated images.

    With the factor 1/2 of the paper.

    Reference:
    - Mao et al., 2017, Eq. 2 with a = 0, b = c = 1
      (https://arxiv.org/abs/1611.04076)
    """

    def discriminator(self, real_logits, fake_logits):
        return 0.5 * ops.mean(ops.square(real_logits - 1.0)) + 0.5 * ops.mean(
            ops.square(fake_logits)
        )

    def generator(self, fake_logits):
        return 0.5 * ops.mean(ops.square(fake_logits - 1.0))


@keras.saving.register_keras_serializable(package="specgan")
class Wasserstein(AdversarialLoss):
    """Difference of the critic's means; it needs a gradient penalty.

    Reference:
    - Arjovsky et al., 2017, Eq. 2 (https://arxiv.org/abs/1701.07875)
    """

    def discriminator(self, real_logits, fake_logits):
        return ops.mean(fake_logits) - ops.mean(real_logits)

    def generator(self, fake_logits):
        return -ops.mean(fake_logits)


@keras.saving.register_keras_serializable(package="specgan")
class Hinge(AdversarialLoss):
    """Hinge loss of the discriminator, with margin 1.

    Reference:
    - Miyato et al., 2018, Eq. 16 and 17 (https://arxiv.org/abs/1802.05957)
    """

    def discriminator(self, real_logits, fake_logits):
        return ops.mean(ops.relu(1.0 - real_logits)) + ops.mean(
            ops.relu(1.0 + fake_logits)
        )

    def generator(self, fake_logits):
        return -ops.mean(fake_logits)


ADVERSARIAL_LOSSES = {
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
}


def get(identifier):
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
