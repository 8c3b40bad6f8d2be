import dataclasses
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer
from specgan.layers.alias_free.minibatch_standard_deviation import (
    require_whole_groups,
)
from specgan.losses import spectral
from specgan.losses.gradient_penalty import ZeroCenteredGradientPenalty
from specgan.models import generator_average as moving_average
from specgan.models.adaptive_augmentation import augmentations_of
from specgan.models.alias_free import configs
from specgan.models.alias_free.discriminator import discriminator
from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.models.blur_warm_up import BlurWarmUp
from specgan.models.exports.served_model import ServedModel
from specgan.models.exports.served_model import served_generator
from specgan.models.gan import GAN
from specgan.models.image_model import ImageModel
from specgan.models.sampling import in_batches
from specgan.models.sampling import in_range
from specgan.typing import Config

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss
    from specgan.models.generator_average import Decay


@keras.saving.register_keras_serializable(package="specgan")
class AliasFreeGAN(GAN):
    """Alias-free GAN (StyleGAN3): details move with the things they are of.

    Its generator treats all maps as samples of continuous signals, so that a
    translation (configuration T) or a rotation as well (R) of its first
    features is one of the image, details and all.

    Args:
        image_size: Side of the square images, a power of two of at least 16.
        channels: 1 (grey) or 3 (RGB).
        config: "B", "C" ... "H" (the steps from StyleGAN2 to), "T" or "R"; or
            a `specgan.models.alias_free.configs.Config`.
        channel_base: Channels of a map times its sampling rate in pixels; R
            doubles them in its generator. With `channel_max` what
            decides on memory and time.
        channel_max: Most channels of a map; R doubles them likewise.
        discriminator_width: Positive integer; how many times as many channels
            the discriminator has, relative to these two numbers.
        num_layers: None, or the number of layers of the generator in T or R,
            at least 3; the papers' 14 are many for small images.
        latent_dim: Number of latent values, and of those of a style.
        num_classes: None, or the number of classes of a conditional GAN,
            which is trained on images with integer labels.
        gamma: Weight of the R1 penalty; None takes `2 (image_size / 256)^2`,
            the papers' rule for a batch of 32.
        blur_steps: Steps in which the blur of what the discriminator sees
            fades; None takes 6250 for R and 0, no blur, for all others.
        augment: Whether the discriminator sees adaptively altered images
            (ADA), for fewer than some 100,000 training images.
        chroma: "full", or "half": chroma of half the resolution, smoothly
            enlarged, as in JPEG files with 4:2:0 subsampling; for RGB images
            alone. See `specgan.layers.ChromaLowPass2D`.
        spectral_regularization, spectral_weight: As in
            `ConvolutionalGAN`; there is no head.
        ema_decay: As in `specgan.models.GAN`; "half_life" is the papers'.
        seed: Integer from which the training's noise derives.
        name: Name of the model.

    `fit` and `evaluate` take batches that the discriminator's groups of four
    images divide, of a static size (`drop_remainder=True`).
    Its precision is that of Keras' dtype policy when it is made, and when it is
    loaded: set "mixed_float16" before either.

    Raises:
        ValueError: For a size that is not a power of two, another number of
            channels, an unknown configuration, or non-positive widths.

    Example:
    >>> gan = AliasFreeGAN(256, config="R")
    >>> gan.adapt(images)
    >>> gan.compile()
    >>> gan.fit(images, epochs=25)
    >>> gan.sample(16, seed=1, truncation=0.7).shape
    (16, 256, 256, 3)

    Reference:
    - Karras et al., 2021 (https://arxiv.org/abs/2106.12423)
    """

    generator_adam = {
        "learning_rate": 2.5e-3,
        "beta_1": 0.0,
        "beta_2": 0.99,
        "epsilon": 1e-8,
    }
    discriminator_adam = {**generator_adam, "learning_rate": 2e-3}
    sanitizes_gradients = True

    def __init__(
        self,
        image_size: int = 256,
        channels: int = 3,
        config: str | configs.Config | dict[str, Any] = "T",
        channel_base: int = 32768,
        channel_max: int = 512,
        discriminator_width: int = 1,
        num_layers: int | None = None,
        latent_dim: int = 512,
        num_classes: int | None = None,
        gamma: float | None = None,
        blur_steps: int | None = None,
        augment: bool = False,
        chroma: str = "full",
        spectral_regularization: "str | bool | SpectralLoss | None" = None,
        spectral_weight: float | None = None,
        ema_decay: "float | str | Decay | None" = "half_life",
        seed: int = 0,
        name: str | None = None,
    ):
        if channels not in (1, 3):
            raise ValueError(
                f"Images have 1 or 3 channels. Received: channels={channels}."
            )
        if num_classes is not None:
            require_positive_integer("num_classes", num_classes)
        generator = AliasFreeGenerator(
            image_size,
            config,
            channels,
            latent_dim=latent_dim,
            style_dim=latent_dim,
            num_classes=num_classes or 0,
            channel_base=channel_base,
            channel_max=channel_max,
            num_layers=num_layers,
            chroma=chroma,
            name="generator",
        )
        require_positive_integer("discriminator_width", discriminator_width)
        if gamma is None:
            gamma = 2.0 * (image_size / 256) ** 2
        if blur_steps is None:
            blur_steps = 6250 if generator.config.name == "R" else 0
        augmentations = [BlurWarmUp(steps=blur_steps)] if blur_steps else []
        augmentations += augmentations_of(augment)
        super().__init__(
            generator,
            discriminator(
                image_size,
                channels,
                channel_base * discriminator_width,
                channel_max * discriminator_width,
                num_classes,
            ),
            adversarial_loss="non_saturating",
            gradient_penalty=ZeroCenteredGradientPenalty(gamma),
            spectral_loss=spectral.get(
                spectral_regularization, spectral_weight
            ),
            ema_decay=ema_decay,
            augmentations=augmentations,
            seed=seed,
            name=name,
        )
        self.image_size = image_size
        self.channels = channels
        self.config = configs.serialize(generator.config)
        self.channel_base = channel_base
        self.channel_max = channel_max
        self.discriminator_width = discriminator_width
        self.num_layers = num_layers
        self.gamma = gamma
        self.blur_steps = blur_steps
        self.augment = augment
        self.chroma = chroma
        self.spectral_regularization = spectral_regularization
        self.spectral_weight = spectral_weight

    def get_config(self) -> Config:
        return {
            "image_size": self.image_size,
            "channels": self.channels,
            "config": self.config,
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            "discriminator_width": self.discriminator_width,
            "num_layers": self.num_layers,
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "gamma": self.gamma,
            "blur_steps": self.blur_steps,
            "augment": self.augment,
            "chroma": self.chroma,
            "spectral_regularization": spectral.serialized(
                self.spectral_regularization
            ),
            "spectral_weight": self.spectral_weight,
            "ema_decay": moving_average.serialized(self.ema_decay),
            **ImageModel.get_config(self),
        }

    def _require_even_shares(self, sizes):
        super()._require_even_shares(sizes)
        require_whole_groups(
            sizes,
            self.discriminator.get_layer("b4_deviation").group_size,
            self.distribute_strategy.num_replicas_in_sync,
        )

    def sample_batches(
        self,
        num: int,
        seed: int = 0,
        batch_size: int = 64,
        labels: ArrayLike | None = None,
        truncation: float = 1.0,
    ) -> Iterator[np.ndarray]:
        """The images of `sample`, a batch at a time, where all are too many.

        Args:
            num, seed, batch_size, labels: As for `specgan.models.GAN`.
            truncation: How far styles go from their average: 1 all the way,
                0.7 for likelier and less various images.

        Returns:
            An iterator of `[batch, height, width, channels]`, NumPy float32
            in [-1, 1].

        Raises:
            ValueError: As for `specgan.models.GAN`.
        """
        return super().sample_batches(num, seed, batch_size, labels, truncation)

    def _generated(self, inputs, batch_size, truncation):
        function = self._sampling_function()
        if truncation not in (None, 1):
            function = functools.partial(self._truncated, truncation)
        return in_batches(function, inputs, batch_size)

    def _truncated(self, truncation, inputs):
        generator = self.sampling_generator
        latents, labels = self._split_inputs(inputs), None
        if self.num_classes is not None:
            latents, labels = latents
        styles = generator.mapping(latents, labels, truncation)
        return in_range(generator.synthesis(styles))

    def served(self) -> ServedModel:
        """What `export` writes: the generator, that of the average if any.

        TensorFlow has the filters as XLA compiles them; in other formats they
        are products with matrices, a third of the operations.
        """
        generator = self.sampling_generator
        portable = type(generator).from_config(
            {**generator.get_config(), "implementation": "tiles"}
        )
        served = super().served()  # Before the weights are read.
        portable.set_weights(generator.get_weights())
        return dataclasses.replace(
            served, portable=served_generator(portable).serve
        )
