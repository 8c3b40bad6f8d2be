"""The auto-encoder of the paper's Figure 4: one up-sampling unit to look at.

The image is brought down by two without any learning, so that what the
reconstruction's spectrum lacks or has too much above half the Nyquist
frequency is the doing of the up-sampling unit and of the convolutions after it
alone."""

import functools
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.layers.max_pool2d_with_positions import MaxPool2DWithPositions
from specgan.layers.max_unpool2d import MaxUnpool2D
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.models.chroma_output import chroma_layer
from specgan.models.convolutional import KERNEL_SIZE
from specgan.models.exports.saved_model_folder import spectrum_endpoint
from specgan.models.exports.served_model import ServedModel
from specgan.models.reconstruction import Reconstruction
from specgan.signal import from_uint8
from specgan.signal import to_uint8
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss

SMALLEST = 4


def _mean_and_unit(unit, images, maps, kernel_size):
    x = keras.layers.AveragePooling2D(2, name="down")(images)
    return unit(maps, kernel_size, name="up")(x)


def _max_unpooling(images, maps, kernel_size):
    # A kernel of its own, as the other units have one.
    maxima, positions = MaxPool2DWithPositions(name="down")(images)
    x = MaxUnpool2D(name="up")(maxima, positions)
    return keras.layers.Conv2D(
        maps, kernel_size, padding="same", name="up_kernel"
    )(x)


# Functions of images, a number of maps and the width of the unit's kernel:
# down by two and up again.
DOWN_AND_UP = {
    **{
        name: functools.partial(_mean_and_unit, unit)
        for name, unit in UPSAMPLING_UNITS.items()
    },
    "max_unpooling": _max_unpooling,
}


def autoencoder(
    image_size: int,
    channels: int = 3,
    width: int = 32,
    upsampling: str = "transposed",
    depth: int = 3,
    kernel_size: int = 5,
    chroma: str = "full",
    unit_kernel_size: int = KERNEL_SIZE,
) -> keras.Model:
    """The network of the auto-encoder.

    ```
    image -> down by two -> up-sampling unit -> depth convolutions -> tanh
    ```

    Down by two is the mean of 2 x 2 pixels; for max-unpooling their maximum,
    of which the unit also knows where it was. With ReLU between the unit and
    the convolutions, `width` maps in between.

    Args:
        image_size: Side of the square images: any even number from 4.
        channels: 1 or 3.
        width: Maps of all layers but the last.
        upsampling: A name of `specgan.layers.upsampling`, or "max_unpooling".
        depth: Convolutions after the unit; with 0 the unit gives the image,
            and the network is linear up to the tanh.
        kernel_size: Width of those convolutions.
        chroma: "full" or "half", see `ChromaSubsampling2D`.
        unit_kernel_size: Width of the unit's own kernel: 4 px, as in the
            zoo's generators, unless given.

    Returns:
        A `keras.Model` from images to images in [-1, 1].

    Raises:
        ValueError: For a size that cannot be built, an unknown unit, or chroma
            of half the resolution in grey images.

    Reference:
    - Durall, Keuper & Keuper, 2020, Figure 4
      (https://arxiv.org/abs/2003.01826)
    """
    _check(image_size, channels, width, depth, kernel_size, unit_kernel_size)
    if upsampling not in DOWN_AND_UP:
        raise unknown_name("up-sampling unit", upsampling, DOWN_AND_UP)
    recolour = chroma_layer(chroma, channels)
    images = keras.Input([image_size, image_size, channels], name="images")
    first, *rest = [width] * depth + [channels]
    x = DOWN_AND_UP[upsampling](images, first, unit_kernel_size)
    for maps in rest:
        x = keras.layers.ReLU()(x)
        x = keras.layers.Conv2D(maps, kernel_size, padding="same")(x)
    x = keras.layers.Activation("tanh", dtype="float32", name="output")(x)
    if recolour is not None:
        x = recolour(x)
    return keras.Model(images, x, name="autoencoder")


def _check(image_size, channels, width, depth, kernel_size, unit_kernel_size):
    require_positive_integer("image_size", image_size)
    if image_size < SMALLEST or image_size % 2:
        raise ValueError(
            "The auto-encoder cannot build this image size. Expected an even "
            f"number of pixels from {SMALLEST}, to be halved and doubled. "
            f"Received: image_size={image_size}."
        )
    if channels not in (1, 3):
        raise ValueError(
            f"Images have 1 or 3 channels. Received: channels={channels}."
        )
    require_positive_integer("width", width)
    require_positive_integer("kernel_size", kernel_size)
    require_positive_integer("unit_kernel_size", unit_kernel_size)
    if depth != 0:
        require_positive_integer("depth", depth)


class ConvolutionalAutoEncoder(Reconstruction):
    """An auto-encoder of the network above. Abstract.

    Formula of the loss, with the mean over all values of all images:

    ```
    mean((reconstruction - image)^2) + weight * spectral_loss
    ```

    Args:
        image_size: Side of the square images: any even number from 4.
        channels: 1 (grey) or 3 (RGB).
        width: Maps between the layers.
        upsampling: How the half-sized image is doubled: a name of
            `specgan.layers.upsampling`, or "max_unpooling".
        depth: Number of convolutions after the up-sampling, 0 or more.
        kernel_size: Width of those convolutions.
        chroma: "full", or "half": chroma of half the resolution, smoothly
            enlarged, as in JPEG files with 4:2:0 subsampling; for RGB images
            alone. See `specgan.layers.ChromaSubsampling2D`.
        unit_kernel_size: Width of the up-sampling unit's own kernel. With
            depth 0 it is the only one.
        spectral_regularization: None or False (off); True (the decibel loss);
            a name or an object of `specgan.losses.spectral`.
        spectral_weight: Factor of the spectral term; None takes 0.01 for a
            loss given by name.
        seed: Integer. This training draws no noise, so that it changes
            nothing; all models of the zoo have one.
        name: Name of the model.

    Raises:
        ValueError: For a size that the network cannot build, another number
            of channels, non-positive numbers, or unknown names.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 3,
        width: int = 32,
        upsampling: str = "transposed",
        depth: int = 3,
        kernel_size: int = 5,
        chroma: str = "full",
        spectral_regularization: "str | bool | SpectralLoss | None" = None,
        spectral_weight: float | None = None,
        seed: int = 0,
        name: str | None = None,
        unit_kernel_size: int = KERNEL_SIZE,
    ):
        network = autoencoder(
            image_size, channels, width, upsampling, depth, kernel_size,
            chroma, unit_kernel_size,
        )  # fmt: skip
        super().__init__(
            network.output_shape[1:],
            spectral_regularization,
            spectral_weight,
            seed,
            name,
        )
        self.network = network
        self.image_size = image_size
        self.channels = channels
        self.width = width
        self.upsampling = upsampling
        self.depth = depth
        self.kernel_size = kernel_size
        self.chroma = chroma
        self.unit_kernel_size = unit_kernel_size
        self.built = True

    def call(self, images: TensorLike, training: bool = False) -> Tensor:
        return self.network(images, training=training)

    def reconstructed(self, outputs: Tensor) -> Tensor:
        return outputs

    def reconstruction_loss(
        self, images: TensorLike, outputs: Tensor
    ) -> Tensor:
        return tf.reduce_mean(tf.square(outputs - images))

    def sample(self, num: int, seed: int = 0, **options: Any) -> NoReturn:
        """An auto-encoder has nothing to draw images from.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "An auto-encoder makes no images of its own: it only reconstructs. "
            f"Received: sample({num}). Use reconstruct(images), or a VAE or "
            "GAN to sample from."
        )

    def served(self) -> ServedModel:
        """What `export` writes: the network, from images to images.

        A SavedModel has an endpoint `reconstruct(images)` from uint8 images to
        uint8 images.
        """
        shape = [None, *self.image_shape]

        def serve(images):
            return self.network(images, training=False)

        def reconstruct(images):
            return to_uint8(serve(from_uint8(images)))

        def examples(num):
            rng = np.random.default_rng(0)
            return [rng.uniform(-1, 1, [num, *shape[1:]]).astype(np.float32)]

        return ServedModel(
            self.network,
            serve,
            [tf.TensorSpec(shape, name="images")],
            examples,
            {
                "reconstruct": (reconstruct, [tf.TensorSpec(shape, tf.uint8)]),
                "spectrum": spectrum_endpoint(self.image_shape),
            },
            output="reconstructions",
            has_latents=False,
        )

    def get_config(self) -> Config:
        return {
            "image_size": self.image_size,
            "channels": self.channels,
            "width": self.width,
            "upsampling": self.upsampling,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "chroma": self.chroma,
            "unit_kernel_size": self.unit_kernel_size,
            **super().get_config(),
        }
