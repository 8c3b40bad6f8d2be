"""The convolutional networks of the zoo.

Maps are `[batch, height, width, filters]`. An image of size s = b 2^n, with a
base b of 4 to 7 px, takes n up-sampling units in the generator and n strided
convolutions in the discriminator.
"""

from collections.abc import Callable

import keras

from specgan.errors import require_positive_integer
from specgan.image_sizes import base_and_levels
from specgan.layers import upsampling as upsampling_units
from specgan.layers.batch_normalization import BatchNormalization
from specgan.layers.class_conditional_batch_normalization import (
    ClassConditionalBatchNormalization,
)
from specgan.layers.conv2d import Conv2D
from specgan.layers.conv2d_transpose import Conv2DTranspose
from specgan.layers.spectral_head2d import SpectralHead2D
from specgan.models.chroma_output import chroma_layer
from specgan.models.replicas import replicas

KERNEL_SIZE = 4  # Twice the stride: every output pixel sees as many taps.

# A slower average (Keras' 0.99) would remember the first steps for hundreds
# of others, and images in inference mode would have another spectrum than
# those that the losses have seen.
BATCH_NORMALIZATION = {"momentum": 0.9, "epsilon": 1e-5}


def filters(level: int, width: int) -> int:
    """Filters of a map `level` halvings below the image's half size."""
    return width * min(2**level, 8)


def _normal():
    return keras.initializers.RandomNormal(0.0, 0.02)


def generator(
    image_size: int,
    channels: int = 3,
    width: int = 64,
    latent_dim: int = 100,
    upsampling: str = "transposed",
    spectral_head: bool = False,
    chroma: str = "full",
    num_classes: int | None = None,
) -> keras.Model:
    """The DCGAN generator, with exchangeable up-sampling units.

    Fractionally strided or up-sampling convolutions, batch normalization and
    ReLU, no dense layer, tanh at the end. With classes, batch normalization
    has a scale and an offset for each.

    Args:
        image_size: Side of the images; see `specgan.image_sizes`.
        channels: 1 or 3.
        width: Filters of the last hidden map; doubled with every halving of
            the size, at most 8 times.
        latent_dim: Number of latent values.
        upsampling: A name of `specgan.layers.upsampling`.
        spectral_head: Whether the last unit is a `SpectralHead2D`.
        chroma: "full" or "half", see `ChromaSubsampling2D`.
        num_classes: None, or the number of classes.

    Returns:
        A `keras.Model` from `[batch, latent_dim]`, or from latents and one-hot
        labels `[batch, num_classes]`, to images in [-1, 1].

    Raises:
        ValueError: For a size that cannot be built, an unknown unit, or chroma
            of half the resolution in grey images.

    Reference:
    - Radford, Metz & Chintala, 2016, Section 3 and Figure 1
      (https://arxiv.org/abs/1511.06434)
    - Miyato & Koyama, 2018, Section 4: the classes
      (https://arxiv.org/abs/1802.05637)
    """
    base, levels = base_and_levels(image_size)
    unit = upsampling_units.get(upsampling)
    recolour = chroma_layer(chroma, channels)

    def hidden(x):
        if num_classes is None:
            x = batch_normalization()(x)
        else:
            x = class_conditional_batch_normalization(num_classes)([x, labels])
        return keras.layers.ReLU()(x)

    latents = keras.Input([latent_dim], name="latents")
    labels = _labels(num_classes)
    x = keras.layers.Reshape([1, 1, latent_dim])(latents)
    x = Conv2DTranspose(
        filters(levels - 1, width),
        base,
        use_bias=False,
        kernel_initializer=_normal(),
    )(x)  # [batch, base, base, filters]
    x = hidden(x)
    for level in reversed(range(levels - 1)):
        x = unit(
            filters(level, width),
            KERNEL_SIZE,
            use_bias=False,
            kernel_initializer=_normal(),
        )(x)
        x = hidden(x)
    if spectral_head:
        x = SpectralHead2D(channels, width, name="spectral_head")(x)
    else:
        x = unit(channels, KERNEL_SIZE, kernel_initializer=_normal())(x)
    images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    if recolour is not None:
        images = recolour(images)
    return keras.Model(_beside(latents, labels), images, name="generator")


def _labels(num_classes):
    """An input of one-hot labels, or None without classes."""
    if num_classes is None:
        return None
    require_positive_integer("num_classes", num_classes)
    return keras.Input([num_classes], name="labels")


def _beside(inputs, labels):
    return inputs if labels is None else [inputs, labels]


def unconstrained(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A layer as it is: only SNGAN bounds its weights."""
    return layer


def discriminator(
    image_size: int,
    channels: int = 3,
    width: int = 64,
    normalization: Callable[[], keras.layers.Layer] | None = None,
    constraint: Callable[
        [keras.layers.Layer], keras.layers.Layer
    ] = unconstrained,
    num_classes: int | None = None,
) -> keras.Model:
    """The DCGAN discriminator: strided convolutions and LeakyReLU.

    With classes, the logit has a further summand: the product of the last
    maps' sums over all positions with a trained vector for the class (the
    "projection" of Miyato & Koyama).

    Formula: `logit = w * phi(x) + b + <v[c], sum_ij phi(x)[i, j]>`

    Args:
        image_size: Side of the images; see `specgan.image_sizes`.
        channels: 1 or 3.
        width: Filters of the first map; doubled with every halving, at most 8
            times.
        normalization: None, or a function that makes a normalization layer,
            used on all but the first map.
        constraint: Function of each convolution that gives the layer to use,
            such as `specgan.layers.SpectralNormalization`.
        num_classes: None, or the number of classes.

    Returns:
        A `keras.Model` from images, or from images and one-hot labels
        `[batch, num_classes]`, to logits `[batch, 1]`.

    Raises:
        ValueError: For a size that cannot be built.

    Reference:
    - Radford, Metz & Chintala, 2016, Section 3
      (https://arxiv.org/abs/1511.06434)
    - Miyato & Koyama, 2018, Eq. 3 (https://arxiv.org/abs/1802.05637)
    """
    base, levels = base_and_levels(image_size)
    images = keras.Input([image_size, image_size, channels], name="images")
    x = _halvings(images, levels, width, normalization, constraint)
    last = Conv2D(1, base, kernel_initializer=_normal())
    logits = keras.layers.Flatten(dtype="float32", name="logits")(
        constraint(last)(x)
    )
    labels = _labels(num_classes)
    if labels is not None:
        # The products with the vectors of all classes, then that of the one.
        vectors = keras.layers.Dense(
            num_classes,
            use_bias=False,
            kernel_initializer=_normal(),
            dtype="float32",
        )
        sums = keras.ops.sum(keras.ops.cast(x, "float32"), axis=(1, 2))
        logits += keras.ops.sum(
            constraint(vectors)(sums) * labels, axis=1, keepdims=True
        )
    return keras.Model(_beside(images, labels), logits, name="discriminator")


def encoder(
    image_size: int, channels: int = 3, width: int = 64, latent_dim: int = 100
) -> keras.Model:
    """The encoder of a VAE: the discriminator's body with another end.

    Args:
        image_size: Side of the images; see `specgan.image_sizes`.
        channels: 1 or 3.
        width: Filters of the first map; doubled with every halving, at most 8
            times.
        latent_dim: Number of latent values.

    Returns:
        A `keras.Model` from images to `[batch, 2 * latent_dim]`: the means
        and the log-variances of the latent values.

    Raises:
        ValueError: For a size that cannot be built.
    """
    base, levels = base_and_levels(image_size)
    images = keras.Input([image_size, image_size, channels], name="images")
    x = _halvings(images, levels, width, batch_normalization)
    last = Conv2D(2 * latent_dim, base, kernel_initializer=_normal())
    moments = keras.layers.Flatten(dtype="float32", name="moments")(last(x))
    return keras.Model(images, moments, name="encoder")


def _halvings(x, levels, width, normalization, constraint=unconstrained):
    """Strided convolutions, each with LeakyReLU, to the base's size."""
    for level in range(levels):
        normalized = normalization is not None and level > 0
        convolution = Conv2D(
            filters(level, width),
            KERNEL_SIZE,
            strides=2,
            padding="same",
            use_bias=not normalized,
            kernel_initializer=_normal(),
        )
        x = constraint(convolution)(x)
        if normalization is not None and level > 0:
            x = normalization()(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    return x


def batch_normalization() -> keras.layers.Layer:
    """Batch normalization as the networks of the zoo use it.

    Over the whole batch, also where replicas hold a part of it each.
    """
    return BatchNormalization(
        **BATCH_NORMALIZATION, synchronized=replicas() > 1
    )


def class_conditional_batch_normalization(
    num_classes: int,
) -> keras.layers.Layer:
    """The same, with a scale and an offset for each class."""
    return ClassConditionalBatchNormalization(
        num_classes, **BATCH_NORMALIZATION, synchronized=replicas() > 1
    )


def layer_normalization() -> keras.layers.Layer:
    """Layer normalization over height, width and channels of each sample."""
    return keras.layers.GroupNormalization(groups=1)
