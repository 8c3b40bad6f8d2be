"""The variational auto-encoder of the zoo's convolutional networks."""

from typing import TYPE_CHECKING

import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.models import convolutional
from specgan.models.exports.served_model import ServedModel
from specgan.models.exports.served_model import served_generator
from specgan.models.reconstruction import Reconstruction
from specgan.models.sampling import Sampler
from specgan.models.training_step import step_rng
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss


def kl_divergence(mean: TensorLike, log_variance: TensorLike) -> Tensor:
    """Divergence of diagonal normal distributions from the standard one.

    Formula: `1/2 sum_j (mean_j^2 + exp(log_variance_j) - log_variance_j - 1)`

    Args:
        mean: `[batch, latent_dim]`.
        log_variance: `[batch, latent_dim]`, natural logarithm.

    Returns:
        `[batch]`, in nats, at least 0.

    Reference:
    - Kingma & Welling, 2014, Appendix B (https://arxiv.org/abs/1312.6114)

    Example:
    >>> kl_divergence(tf.constant([[2.0, 0.0]]), tf.zeros([1, 2])).numpy()
    array([2.], dtype=float32)
    """
    terms = tf.square(mean) + tf.exp(log_variance) - log_variance - 1.0
    return 0.5 * tf.reduce_sum(terms, axis=-1)


class ConvolutionalVAE(Sampler, Reconstruction):
    """A variational auto-encoder of the zoo's convolutional networks. Abstract.

    The encoder is built as the GANs' discriminator is, with a mean and a
    log-variance for each latent value at its end; the decoder is the GANs'
    generator, so that both families can be compared in every up-sampling unit
    and head. In training the latents are drawn (`mean + deviation * noise`),
    in inference they are the mean.

    Formula of the loss, with x' the reconstruction of an image x of n values
    (height * width * channels) and s the class's `noise_deviation`:

    ```
    (sum((x' - x)^2) / (2 s^2) + KL) / n + weight * spectral_loss
    = mean((x' - x)^2) / (2 s^2) + KL / n + weight * spectral_loss
    ```

    that is, up to a constant, the negative evidence lower bound of Kingma &
    Welling's Eq. 10 in nats per value, with a normal p(x | z) of the standard
    deviation s; the spectral term of Durall et al. is added to it.

    The spectral loss is taken on the reconstructions, not on samples from the
    prior: they are at hand, where samples would take a second pass through
    the decoder whose batch statistics would mix with the first one's; and the
    blur that it has to mend is the reconstruction term's doing. It mends the
    power and not the blur: what the latents do not encode, the decoder can only
    replace by patterns of the right power.

    Args:
        image_size: Side of the square images, 16 to 256 px: 4, 5, 6 or 7
            times a power of two.
        channels: 1 (grey) or 3 (RGB).
        width: Filters of the map at half the image's size, in both networks.
        latent_dim: Number of latent values.
        upsampling: How the decoder doubles its maps: a name of
            `specgan.layers.upsampling`.
        spectral_regularization: None or False (off); True (the decibel loss);
            "paper" (Eq. 11 and the paper's head); another name or an object
            of `specgan.losses.spectral`.
        spectral_weight: Factor of the spectral term; None takes the class's
            `default_spectral_weight` for a loss given by name.
        spectral_head: Whether the decoder ends in a `SpectralHead2D`; None
            leaves it to `spectral_regularization` ("paper" has one).
        chroma: "full", or "half": chroma of half the resolution, smoothly
            enlarged, as in JPEG files with 4:2:0 subsampling; for RGB images
            alone. See `specgan.layers.ChromaSubsampling2D`.
        seed: Integer from which the training's noise derives.
        name: Name of the model.

    Logs:
        loss: What is minimized; like all that follow a mean over the
            epoch's images.
        reconstruction: Mean square error of the images' values.
        kl: Divergence of the latents' distribution, in nats an image.
        spectral_loss: The spectral distance, before its weight.

    Raises:
        ValueError: For a size that the networks cannot build, another number
            of channels, non-positive widths, or unknown names.
    """

    # Standard deviation s of a pixel given the latents, where white is 1 and
    # black -1.
    noise_deviation = 0.2

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
        seed: int = 0,
        name: str | None = None,
    ):
        require_positive_integer("width", width)
        require_positive_integer("latent_dim", latent_dim)
        if channels not in (1, 3):
            raise ValueError(
                f"Images have 1 or 3 channels. Received: channels={channels}."
            )
        has_head = spectral_head
        if has_head is None:
            has_head = spectral_regularization == "paper"
        encoder = convolutional.encoder(image_size, channels, width, latent_dim)
        decoder = convolutional.generator(
            image_size,
            channels,
            width,
            latent_dim,
            upsampling,
            has_head,
            chroma,
        )
        super().__init__(
            decoder.output_shape[1:],
            spectral_regularization,
            spectral_weight,
            seed,
            name,
        )
        self.encoder = encoder
        self.decoder = decoder
        self.image_size = image_size
        self.channels = channels
        self.width = width
        self.latent_dim = latent_dim
        self.upsampling = upsampling
        self.spectral_head = spectral_head
        self.chroma = chroma
        self.track("kl")
        self.built = True

    def call(
        self, images: TensorLike, training: bool = False
    ) -> dict[str, Tensor]:
        mean, log_variance = tf.split(
            self.encoder(images, training=training), 2, axis=-1
        )
        latents = mean
        if training:
            rng = step_rng(self.noise_seed, self.optimizer)
            noise = rng.normal([tf.shape(mean)[0], self.latent_dim])
            latents += tf.exp(0.5 * log_variance) * noise
        return {
            "reconstructions": self.decoder(latents, training=training),
            "mean": mean,
            "log_variance": log_variance,
        }

    def reconstructed(self, outputs: dict[str, Tensor]) -> Tensor:
        return outputs["reconstructions"]

    def reconstruction_loss(
        self, images: TensorLike, outputs: dict[str, Tensor]
    ) -> Tensor:
        errors = outputs["reconstructions"] - images
        divergence = tf.reduce_mean(
            kl_divergence(outputs["mean"], outputs["log_variance"])
        )
        self.log("kl", divergence, images)
        values = self.image_size**2 * self.channels
        return (
            tf.reduce_mean(tf.square(errors)) / (2 * self.noise_deviation**2)
            + divergence / values
        )

    def _sampling_function(self):
        if self._decoding is None:
            self._decoding = tf.function(
                lambda latents: self.decoder(latents, training=False),
                reduce_retracing=True,
            )
        return self._decoding

    _decoding = None

    def served(self) -> ServedModel:
        """What `export` writes: the decoder."""
        return served_generator(self.decoder)

    def get_config(self) -> Config:
        return {
            "image_size": self.image_size,
            "channels": self.channels,
            "width": self.width,
            "latent_dim": self.latent_dim,
            "upsampling": self.upsampling,
            "spectral_head": self.spectral_head,
            "chroma": self.chroma,
            **super().get_config(),
        }
