from typing import TYPE_CHECKING

import keras

from specgan.errors import require_positive_integer
from specgan.losses.gradient_penalty import PairedZeroCenteredGradientPenalty
from specgan.models import residual
from specgan.models.convolutional_gan import ConvolutionalGAN
from specgan.typing import Config

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss
    from specgan.models.generator_average import Decay


@keras.saving.register_keras_serializable(package="specgan")
class R3GAN(ConvolutionalGAN):
    """R3GAN: a relativistic loss with R1 and R2 on plain residual networks.

    The relativistic pairing loss keeps modes, the two zero-centred penalties
    keep it stable, so that the networks need no normalization and no tricks:
    residual blocks with grouped convolutions (Config E of the paper), filtered
    resampling, a linear output.

    The paper changes four settings by a cosine over the first tenth to fifth
    of a training (Table 9): learning rate 2e-4 to 5e-5, gamma to a tenth,
    Adam's beta_2 0.9 to 0.99, the average's half-life from 0. These are
    constants here: the first learning rate and gamma, the last beta_2.

    Args:
        image_size, channels, spectral_regularization, spectral_weight,
            spectral_head, chroma, augment, discriminator_steps, ema_decay,
            seed, name: As in `ConvolutionalGAN`.
        width: Channels of the map at half the image's size, in both networks.
            The paper's for faces of 64 px is 768, with at most as many at
            smaller sizes.
        latent_dim: Number of latent values.
        upsampling: A name of `specgan.layers.upsampling`. After an
            interpolation stands a 1 x 1 convolution; the units that learn
            their filter have 4 x 4.
        num_classes: None, or the number of classes of a conditional GAN: an
            embedding of the label beside the latent values, another that the
            discriminator's features are multiplied with (Appendix D).
        gamma: Weight of R1 and R2; None takes `2 (image_size / 64)^3`, close
            to the paper's first values for faces: 2 at 64 px, 150 at 256 px.
        penalty_every: Positive integer; with k > 1 the penalties are taken in
            a step of their own every k steps, k times as heavy. That is
            faster; the paper saw slightly worse FID with 8, and no
            convergence on StackedMNIST (Appendix E).
        group_size: Positive integer; channels of a group of the 3 x 3
            convolutions, at most: the paper's 16. Groups are computed by
            oneDNN on CPUs, forwards and backwards, for less than a plain
            convolution as wide costs. As many as there are channels make
            plain convolutions.

    Raises:
        ValueError: As there; if `gamma` is not positive, or `penalty_every`
            or `group_size` no positive integer.

    Example:
    >>> gan = R3GAN(64, width=32, penalty_every=4)
    >>> gan.compile()
    >>> gan.fit(images, epochs=25)

    Reference:
    - Huang et al., 2024, Section 3 and Table 9
      (https://arxiv.org/abs/2501.05441)
    """

    adversarial = "relativistic_pairing"
    generator_adam = {"learning_rate": 2e-4, "beta_1": 0.0, "beta_2": 0.99}
    discriminator_adam = {"learning_rate": 2e-4, "beta_1": 0.0, "beta_2": 0.99}

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 3,
        width: int = 64,
        latent_dim: int = 64,
        upsampling: str = "bilinear",
        spectral_regularization: "str | bool | SpectralLoss | None" = None,
        spectral_weight: float | None = None,
        spectral_head: bool | None = None,
        chroma: str = "full",
        num_classes: int | None = None,
        augment: bool = False,
        discriminator_steps: int | None = None,
        ema_decay: "float | str | Decay | None" = None,
        gamma: float | None = None,
        penalty_every: int = 1,
        group_size: int = 16,
        seed: int = 0,
        name: str | None = None,
    ):
        require_positive_integer("penalty_every", penalty_every)
        require_positive_integer("group_size", group_size)
        if gamma is not None and not gamma > 0:
            raise ValueError(
                "R1 and R2 need a positive weight, or the training diverges. "
                f"Received: gamma={gamma}. Leave it out for the default."
            )
        super().__init__(
            image_size=image_size,
            channels=channels,
            width=width,
            latent_dim=latent_dim,
            upsampling=upsampling,
            spectral_regularization=spectral_regularization,
            spectral_weight=spectral_weight,
            spectral_head=spectral_head,
            chroma=chroma,
            num_classes=num_classes,
            augment=augment,
            discriminator_steps=discriminator_steps,
            ema_decay=ema_decay,
            seed=seed,
            name=name,
            gamma=gamma,
            penalty_every=penalty_every,
            group_size=group_size,
        )
        self.gamma = gamma
        self.penalty_every = penalty_every
        self.group_size = group_size

    @classmethod
    def _parts(
        cls,
        image_size,
        channels,
        width,
        latent_dim,
        upsampling,
        spectral_head,
        chroma,
        num_classes,
        gamma,
        penalty_every,
        group_size,
    ):
        if gamma is None:
            gamma = 2.0 * (image_size / 64) ** 3
        return {
            "generator": residual.generator(
                image_size,
                channels,
                width,
                latent_dim,
                upsampling,
                spectral_head,
                chroma,
                num_classes,
                group_size,
            ),
            "discriminator": residual.discriminator(
                image_size, channels, width, num_classes, group_size
            ),
            "gradient_penalty": PairedZeroCenteredGradientPenalty(
                gamma, penalty_every
            ),
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "penalty_every": self.penalty_every,
            "group_size": self.group_size,
        }
