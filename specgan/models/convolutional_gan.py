from typing import TYPE_CHECKING
from typing import Any

from specgan.errors import require_positive_integer
from specgan.losses import spectral
from specgan.models import convolutional
from specgan.models import generator_average as moving_average
from specgan.models.adaptive_augmentation import augmentations_of
from specgan.models.gan import GAN
from specgan.models.image_model import ImageModel
from specgan.typing import Config

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss
    from specgan.models.generator_average import Decay


class ConvolutionalGAN(GAN):
    """A GAN of the convolutional networks above. Abstract.

    A class of the zoo says how it differs in its class attributes and nowhere
    else; see CONTRIBUTING.md.

    Args:
        image_size: Side of the square images, 16 to 256 px: 4, 5, 6 or 7
            times a power of two.
        channels: 1 (grey) or 3 (RGB).
        width: Filters of the map at half the image's size, in both networks.
        latent_dim: Number of latent values.
        upsampling: How the generator doubles its maps: a name of
            `specgan.layers.upsampling`, such as "transposed" or "nearest".
        spectral_regularization: None or False (off); True (what has been
            measured to serve best: "distribution"); "decibel";
            "cross_entropy" (Eq. 11 of the paper); "paper" (Eq. 11 and the
            paper's head); "scaling" (what the authors' code does); or an
            object of `specgan.losses.spectral`. It regularizes the spectrum
            of images and is not spectral normalization of weights.
        spectral_weight: Factor of the spectral term; None takes the default
            of the loss that `spectral_regularization` names.
        spectral_head: Whether the generator ends in a `SpectralHead2D`; None
            leaves it to `spectral_regularization` ("paper" has one).
        chroma: "full", or "half": chroma of half the resolution, smoothly
            enlarged, as in JPEG files with 4:2:0 subsampling; for RGB images
            alone. See `specgan.layers.ChromaSubsampling2D`.
        num_classes: None, or the number of classes of a conditional GAN,
            which is trained on images with integer labels.
        augment: Whether the discriminator sees adaptively altered images
            (ADA), for fewer than some 100,000 training images. See
            `specgan.models.adaptive_augmentation.AdaptiveAugmentation`.
        discriminator_steps: Steps of the discriminator per generator step;
            None takes the class's, 1 or its paper's.
        ema_decay: None; or the decay of the generator's moving average, a
            number, "half_life" or a `specgan.models.HalfLife`.
        seed: Integer from which the training's noise derives.
        name: Name of the model.

    Raises:
        ValueError: For a size that the networks cannot build, another number
            of channels, non-positive widths, or unknown names.
    """

    adversarial: Any = None  # A name of `specgan.losses.adversarial`.
    penalty = None  # A name of `specgan.losses.gradient_penalty`.
    steps = 1  # Of the discriminator, per generator step.
    discriminator_normalization = None
    discriminator_constraint = staticmethod(convolutional.unconstrained)
    paper_spectral_weight = 2.0  # The paper's lambda for this GAN.

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 3,
        width: int = 64,
        latent_dim: int = 100,
        upsampling: str = "transposed",
        spectral_regularization: "str | bool | SpectralLoss | None" = None,
        spectral_weight: float | None = None,
        spectral_head: bool | None = None,
        chroma: str = "full",
        num_classes: int | None = None,
        augment: bool = False,
        discriminator_steps: int | None = None,
        ema_decay: "float | str | Decay | None" = None,
        seed: int = 0,
        name: str | None = None,
        **options: Any,
    ):
        if channels not in (1, 3):
            raise ValueError(
                f"Images have 1 or 3 channels. Received: channels={channels}."
            )
        require_positive_integer("width", width)
        require_positive_integer("latent_dim", latent_dim)
        if spectral_head not in (None, True, False):
            raise ValueError(
                "A spectral head is there or not. Expected None, True or "
                f"False. Received: spectral_head={spectral_head!r}."
            )
        as_in_paper = spectral_regularization == "paper"
        has_head = as_in_paper if spectral_head is None else spectral_head
        weight = spectral_weight
        if as_in_paper and weight is None:
            weight = self.paper_spectral_weight
        super().__init__(
            **self._parts(
                image_size,
                channels,
                width,
                latent_dim,
                upsampling,
                has_head,
                chroma,
                num_classes,
                **options,
            ),
            adversarial_loss=self.adversarial,
            spectral_loss=spectral.get(spectral_regularization, weight),
            discriminator_steps=(
                self.steps
                if discriminator_steps is None
                else discriminator_steps
            ),
            ema_decay=ema_decay,
            augmentations=augmentations_of(augment),
            seed=seed,
            name=name,
        )
        self.image_size = image_size
        self.channels = channels
        self.width = width
        self.upsampling = upsampling
        self.spectral_regularization = spectral_regularization
        self.spectral_weight = spectral_weight
        self.spectral_head = spectral_head
        self.chroma = chroma
        self.augment = augment

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
    ):
        """The networks and the penalty; a class with others has its own.

        What arguments that takes besides, its constructor hands on by name.
        """
        return {
            "generator": convolutional.generator(
                image_size,
                channels,
                width,
                latent_dim,
                upsampling,
                spectral_head,
                chroma,
                num_classes,
            ),
            "discriminator": convolutional.discriminator(
                image_size,
                channels,
                width,
                cls.discriminator_normalization,
                cls.discriminator_constraint,
                num_classes,
            ),
            "gradient_penalty": cls.penalty,
        }

    def get_config(self) -> Config:
        return {
            "image_size": self.image_size,
            "channels": self.channels,
            "width": self.width,
            "latent_dim": self.latent_dim,
            "upsampling": self.upsampling,
            "spectral_regularization": spectral.serialized(
                self.spectral_regularization
            ),
            "spectral_weight": self.spectral_weight,
            "spectral_head": self.spectral_head,
            "chroma": self.chroma,
            "num_classes": self.num_classes,
            "augment": self.augment,
            "discriminator_steps": self.discriminator_steps,
            "ema_decay": moving_average.serialized(self.ema_decay),
            **ImageModel.get_config(self),
        }
