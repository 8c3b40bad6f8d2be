"""Models: the adversarial engine and the networks of the zoo."""

from specgan.models.gan import GAN as GAN
