from typing import Any
from typing import Self

import keras

from specgan.errors import require_positive_integer
from specgan.layers.alias_free.filtered_leaky_relu import FilteredLeakyReLU
from specgan.layers.alias_free.fourier_features import FourierFeatures
from specgan.layers.alias_free.mapping_network import MappingNetwork
from specgan.models.alias_free import configs
from specgan.models.alias_free.schedule import schedule
from specgan.models.alias_free.synthesis_layer import SynthesisLayer
from specgan.models.chroma_output import TRANSLATABLE_CHROMA
from specgan.models.chroma_output import chroma_layer
from specgan.signal import fir
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class AliasFreeGenerator(keras.Model):
    """The generator of StyleGAN3: details move with what they belong to.

    A mapping network makes styles of latents; they drive a synthesis network
    that begins with Fourier features and whose layers treat their features as
    samples of a continuous signal, so that it commutes with translation
    (configuration T) and rotation (R). `configs` describes the others.

    Under the policy "mixed_float16" the layers of the four highest sampling
    rates compute in float16, the others, and everything about styles, in
    float32.

    Args:
        image_size: Height and width of the images, a power of two of at least
            16.
        config: Name of one of `configs.CONFIGS`: "B" to "H", "T" or "R", or a
            `configs.Config` of one's own. Defaults to "T".
        channels: Channels of the images. Defaults to 3.
        latent_dim: Size of the latents. Defaults to 512.
        style_dim: Size of the styles. Defaults to 512.
        num_classes: Number of classes, for a generator of images of a class;
            0 for one without. Defaults to 0.
        channel_base, channel_max, num_layers: As for `schedule`.
        magnitude_half_life: Number of images after which half of the averaged
            magnitudes is new. Defaults to 20000.
        chroma: "full", or "half": without chroma above about 0.25 cycles per
            pixel, as in JPEG files with 4:2:0 subsampling, by a filter that
            commutes with translation; for RGB images alone. See
            `specgan.layers.ChromaLowPass2D`. Defaults to "full".
        implementation: How filters are carried out, as for
            `FilteredLeakyReLU`.
        dtype: A dtype policy or its name; None takes Keras' global one.
        name: Name of the model.

    Call arguments:
        inputs: Latents `[batch, latent_dim]`, standard normal; with classes a
            list of these and one-hot labels `[batch, num_classes]`.
        training: Whether to update the averages of magnitudes and styles.

    Output shape:
        `[batch, image_size, image_size, channels]`, float32, about -1 to 1
        and not clipped.

    Raises:
        ValueError: For a size that is not a power of two, an unknown
            configuration, numbers out of range, or chroma of half the
            resolution in grey images.

    Example:
    >>> generator = AliasFreeGenerator(256, "R", channel_base=16384)
    >>> styles = generator.mapping(tf.random.normal([4, 512]), truncation=0.7)
    >>> shift = [[1, 0, 0.1], [0, 1, 0], [0, 0, 1]]
    >>> generator.synthesis(styles, transform=shift).shape
    TensorShape([4, 256, 256, 3])

    Reference:
    - Karras et al., 2021, Alias-Free Generative Adversarial Networks, NeurIPS
      (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        image_size: int,
        config: str | configs.Config | dict[str, Any] = "T",
        channels: int = 3,
        latent_dim: int = 512,
        style_dim: int = 512,
        num_classes: int = 0,
        channel_base: int = 32768,
        channel_max: int = 512,
        num_layers: int | None = None,
        magnitude_half_life: float = 20000,
        chroma: str = "full",
        implementation: str = "polyphase",
        dtype: Any = None,
        name: str | None = None,
    ):
        require_positive_integer("latent_dim", latent_dim)
        if num_classes != 0:
            require_positive_integer("num_classes", num_classes)
        policy = keras.dtype_policies.get(dtype)
        config = configs.get(config)
        self.specifications = schedule(
            image_size, config, channel_base, channel_max, channels, num_layers
        )
        self.chroma_layer = chroma_layer(chroma, channels, TRANSLATABLE_CHROMA)
        first = self.specifications[0]
        self.mapping_network = MappingNetwork(
            num_styles=len(self.specifications) + 1,
            style_dim=style_dim,
            num_layers=config.mapping_layers,
            name="mapping",
        )
        self.features = FourierFeatures(
            first.in_channels,
            first.in_size,
            first.in_rate,
            first.in_cutoff,
            learned_transform=config.learned_transform,
            name="input",
        )
        self.synthesis_layers = [
            SynthesisLayer(
                specification,
                magnitude_half_life=(
                    magnitude_half_life
                    if config.magnitude_normalization
                    else None
                ),
                noise_seed=(
                    seed
                    if config.noise and not specification.makes_colours
                    else None
                ),
                implementation=implementation,
                dtype=policy if specification.half_precision else "float32",
                name=specification.name,
            )
            for seed, specification in enumerate(self.specifications)
        ]
        # Doubles the images that are added up, where all sizes make colours.
        self.doubling: Any = None
        if config.output_skips:
            self.doubling = FilteredLeakyReLU(
                up_taps=fir.binomial(4),
                up=2,
                padding=(2, 1),
                slope=1.0,
                gain=1.0,
                clamp=None,
                use_bias=False,
                implementation=implementation,
                dtype="float32",
                name="doubling",
            )
        self.config = config
        self.image_size = image_size
        self.channels = channels
        self.latent_dim = latent_dim
        self.style_dim = style_dim
        self.num_classes = num_classes
        self.channel_base = channel_base
        self.channel_max = channel_max
        self.num_layers = num_layers
        self.magnitude_half_life = magnitude_half_life
        self.chroma = chroma
        self.implementation = implementation

        latents = keras.Input([latent_dim], dtype="float32", name="latents")
        labels = None
        if num_classes:
            labels = keras.Input([num_classes], dtype="float32", name="labels")
        images = self.synthesis(self.mapping(latents, labels))
        super().__init__(
            inputs=latents if labels is None else [latents, labels],
            outputs=images,
            name=name,
        )
        self.dtype_policy = policy  # Keras leaves it at the global one.

    def mapping(
        self,
        latents: TensorLike,
        labels: TensorLike | None = None,
        truncation: float = 1.0,
        truncation_cutoff: int | None = None,
        update_average: bool = False,
    ) -> Tensor:
        """Styles of latents.

        Args:
            latents: `[batch, latent_dim]`.
            labels: One-hot `[batch, num_classes]`; None without classes.
            truncation: Finite number; how far from their average styles go: 1
                all the way,
                below 1 likelier and less various images.
            truncation_cutoff: How many of the first styles that concerns;
                None for all.
            update_average: Whether to update the average with these.

        Returns:
            `[batch, num_styles, style_dim]`: one for the Fourier features, and
            one for each layer.

        Raises:
            ValueError: If labels are missing, there are no classes, or a
                truncation is out of range.
        """
        if (labels is None) != (self.num_classes == 0):
            expected = (
                f"one-hot labels [batch, {self.num_classes}]"
                if self.num_classes
                else "no labels"
            )
            raise ValueError(
                f"This generator knows {self.num_classes} classes. Expected "
                f"{expected}. Received: labels={labels!r}."
            )
        # `training` stays as it is unless updating is asked for, so that a
        # call of the model decides.
        training = {"training": True} if update_average else {}
        styles = self.mapping_network(latents, labels, **training)
        return self.mapping_network.truncate(
            styles, truncation, truncation_cutoff
        )

    def synthesis(
        self,
        styles: TensorLike,
        transform: TensorLike | None = None,
        update_magnitudes: bool = False,
    ) -> Tensor:
        """Images of styles.

        Args:
            styles: `[batch, num_styles, style_dim]`.
            transform: None, or `[3, 3]` or `[batch, 3, 3]`: takes homogeneous
                positions (x, y, 1) of the image, from its centre, in widths of
                the image, to positions of the Fourier features: the inverse
                of what is seen to happen. `[[1, 0, -t], [0, 1, 0], [0, 0, 1]]`
                moves what is seen to the right by t.
            update_magnitudes: Whether to update the averages of the layers'
                magnitudes.

        Returns:
            `[batch, image_size, image_size, channels]`, float32.

        Raises:
            ValueError: If a transform has another shape, or is not of finite
                real numbers.
        """
        training = {"training": True} if update_magnitudes else {}
        features = self.features(styles[:, 0], transform=transform)
        images: Any = None
        for i, layer in enumerate(self.synthesis_layers):
            outputs = layer(features, styles[:, i + 1], **training)
            if not layer.specification.makes_colours:
                features = outputs
                continue
            outputs = keras.ops.cast(outputs, "float32")
            if images is not None:
                outputs = outputs + self.doubling(images)
            images = outputs
        images = images * self.config.output_scale
        if self.chroma_layer is not None:
            images = self.chroma_layer(images)
        return images

    def get_config(self) -> Config:
        return {
            "image_size": self.image_size,
            "config": configs.serialize(self.config),
            "channels": self.channels,
            "latent_dim": self.latent_dim,
            "style_dim": self.style_dim,
            "num_classes": self.num_classes,
            "channel_base": self.channel_base,
            "channel_max": self.channel_max,
            "num_layers": self.num_layers,
            "magnitude_half_life": self.magnitude_half_life,
            "chroma": self.chroma,
            "implementation": self.implementation,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: dict[str, Any] | None = None
    ) -> Self:
        return cls(**config)
