"""The residual networks of R3GAN: no normalization, filtered resampling.

Both networks are symmetric: at each size two residual blocks, between two
sizes a filter and a 1 x 1 convolution that changes the number of channels. A
block adds to its input and leaves the rest unchanged:

    x + conv 1x1(lrelu(conv 3x3, grouped(lrelu(conv 1x1(x)))))

with twice as many channels within (an inverted bottleneck). Nothing
normalizes the maps, so the first weights keep the variance: all blocks begin
as the identity (the last kernel is 0), and their other two kernels are
smaller by L^(-1/(2m - 2)), with L blocks of m = 3 convolutions in a network
("fix-up").

Sizes are those of `specgan.models.convolutional`: b 2^n with b of 4 to 7 px.

Reference:
- Huang et al., 2024, Section 3, Config D and E, Table 9
  (https://arxiv.org/abs/2501.05441)
- Zhang, Dauphin & Ma, 2019, Section 3 (https://arxiv.org/abs/1901.09321)
"""

import math

import keras

from specgan.errors import require_positive_integer
from specgan.image_sizes import base_and_levels
from specgan.layers import upsampling as upsampling_units
from specgan.layers.blur_pool2d import BlurPool2D
from specgan.layers.conv2d import Conv2D
from specgan.layers.einsum_dense import EinsumDense
from specgan.layers.spectral_head2d import SpectralHead2D
from specgan.models import convolutional
from specgan.models.chroma_output import UNCONFINED_CHROMA
from specgan.models.chroma_output import chroma_layer

BLOCKS = 2  # At each size.
CONVOLUTIONS = 3  # m, of a block.
EXPANSION = 2  # Channels within a block, per channel outside.
SLOPE = 0.2  # Of the leaky ReLU.

# Units that filter with their learned kernel alone. After an interpolation
# 1 x 1 suffices.
UNFILTERED = ("transposed", "pixel_shuffle", "zero_insertion")


def generator(
    image_size: int,
    channels: int = 3,
    width: int = 64,
    latent_dim: int = 64,
    upsampling: str = "bilinear",
    spectral_head: bool = False,
    chroma: str = "full",
    num_classes: int | None = None,
    group_size: int = 16,
) -> keras.Model:
    """R3GAN's generator.

    It begins with a trained constant, whose channels the latent values scale.
    The last convolution is linear: images are not confined to [-1, 1].

    Args:
        image_size: Side of the images; see `specgan.image_sizes`.
        channels: 1 or 3.
        width: Channels at half the image's size; doubled with every halving,
            at most 8 times, and half as many at the image's own.
        latent_dim: Number of latent values.
        upsampling: A name of `specgan.layers.upsampling`.
        spectral_head: Whether a `SpectralHead2D` stands in the place of the
            last size's unit, blocks and convolution.
        chroma: "full" or "half", see `ChromaSubsampling2D`.
        num_classes: None, or the number of classes; an embedding of the label
            stands beside the latent values then.
        group_size: Positive integer; channels of a group of the 3 x 3
            convolutions, see `R3GAN`.

    Returns:
        A `keras.Model` from `[batch, latent_dim]`, or from [latents, one-hot
        labels], to images in float32.

    Raises:
        ValueError: For a size that cannot be built, an unknown unit, or chroma
            of half the resolution in grey images.
    """
    base, levels = base_and_levels(image_size)
    unit = upsampling_units.get(upsampling)
    kernel_size = convolutional.KERNEL_SIZE if upsampling in UNFILTERED else 1
    recolour = chroma_layer(chroma, channels, UNCONFINED_CHROMA)
    sizes = levels if spectral_head else levels + 1

    inputs = latents = keras.Input([latent_dim], name="latents")
    if num_classes is not None:
        require_positive_integer("num_classes", num_classes)
        labels = keras.Input([num_classes], name="labels")
        inputs = [latents, labels]
        embedding = _dense(latent_dim, use_bias=False, name="embedding")
        latents = keras.layers.Concatenate()([latents, embedding(labels)])
    maps = _channels(levels, width)
    x = _dense(maps, use_bias=False, name="scales")(latents)
    x = EinsumDense(
        (base, base, maps),
        kernel_initializer=keras.initializers.RandomNormal(0.0, 1.0),
        name="constant",
    )(x)
    for level in reversed(range(levels + 1 - sizes, levels + 1)):
        if level < levels:
            x = unit(
                _channels(level, width),
                kernel_size,
                kernel_initializer=_initializer(),
            )(x)
        x = _blocks(x, sizes * BLOCKS, group_size)
    if spectral_head:
        x = SpectralHead2D(channels, width, name="spectral_head")(x)
    else:
        x = Conv2D(channels, 1, kernel_initializer=_initializer())(x)
    images = keras.layers.Activation("linear", dtype="float32", name="images")(
        x
    )
    if recolour is not None:
        images = recolour(images)
    return keras.Model(inputs, images, name="generator")


def discriminator(
    image_size: int,
    channels: int = 3,
    width: int = 64,
    num_classes: int | None = None,
    group_size: int = 16,
) -> keras.Model:
    """R3GAN's discriminator, the mirror image of its generator.

    At the last size a depthwise convolution as large as the maps and a dense
    layer give the logit. With classes it is the product of what the dense
    layer gives with an embedding of the label, divided by the root of their
    length.

    Args:
        image_size, channels, width, num_classes, group_size: As for
            `generator`.

    Returns:
        A `keras.Model` from images, or from [images, one-hot labels], to
        logits `[batch, 1]` in float32.

    Raises:
        ValueError: For a size that cannot be built.
    """
    base, levels = base_and_levels(image_size)
    images = keras.Input([image_size, image_size, channels], name="images")
    x = images
    for level in range(levels + 1):
        if level > 0:
            x = BlurPool2D(4)(x)
        x = Conv2D(
            _channels(level, width), 1, kernel_initializer=_initializer()
        )(x)
        x = _blocks(x, (levels + 1) * BLOCKS, group_size)
    x = keras.layers.DepthwiseConv2D(
        base,
        use_bias=False,
        depthwise_initializer=keras.initializers.RandomNormal(0.0, 1.0 / base),
        dtype="float32",
    )(x)
    x = keras.layers.Flatten(dtype="float32")(x)
    if num_classes is None:
        logits = _dense(1, name="logits", dtype="float32")(x)
        return keras.Model(images, logits, name="discriminator")
    maps = x.shape[-1]
    labels = keras.Input([num_classes], name="labels")
    embedding = _dense(maps, use_bias=False, name="embedding", dtype="float32")(
        labels
    )
    features = _dense(maps, name="features", dtype="float32")(x)
    logits = keras.layers.Dot(1, dtype="float32", name="product")(
        [features, embedding]
    )
    logits = keras.layers.Rescaling(
        1.0 / math.sqrt(maps), dtype="float32", name="logits"
    )(logits)
    return keras.Model([images, labels], logits, name="discriminator")


def _channels(level, width):
    """Channels `level` halvings below the image's size."""
    if level == 0:
        return max(1, width // 2)
    return convolutional.filters(level - 1, width)


def _blocks(x, number, group_size):
    """The residual blocks at one size, of `number` in the network."""
    channels = x.shape[-1]
    within = EXPANSION * channels
    gain = math.sqrt(2.0 / (1.0 + SLOPE**2))  # Of the leaky ReLU's variance.
    gain *= number ** (-1.0 / (2 * CONVOLUTIONS - 2))
    for _ in range(BLOCKS):
        y = Conv2D(within, 1, kernel_initializer=_initializer(gain))(x)
        y = keras.layers.LeakyReLU(negative_slope=SLOPE)(y)
        y = Conv2D(
            within,
            3,
            padding="same",
            groups=_groups(within, group_size),
            kernel_initializer=_initializer(gain),
        )(y)
        y = keras.layers.LeakyReLU(negative_slope=SLOPE)(y)
        y = Conv2D(channels, 1, use_bias=False, kernel_initializer="zeros")(y)
        x = keras.layers.Add()([x, y])
    return x


def _groups(channels, group_size):
    """The fewest equal groups with a maximum number of channels."""
    fewest = math.ceil(channels / group_size)
    return next(n for n in range(fewest, channels + 1) if channels % n == 0)


def _initializer(gain=1.0):
    """Normal, so that a convolution multiplies the variance by `gain^2`."""
    return keras.initializers.VarianceScaling(
        gain**2, "fan_in", "untruncated_normal"
    )


def _dense(units, **kwargs):
    return keras.layers.Dense(
        units, kernel_initializer=_initializer(), **kwargs
    )
