"""The residual discriminator of StyleGAN2, which the alias-free GAN keeps."""

import math

import keras

from specgan.errors import require_positive_integer
from specgan.layers.alias_free.equalized_conv2d import EqualizedConv2D
from specgan.layers.alias_free.equalized_dense import EqualizedDense
from specgan.layers.alias_free.minibatch_standard_deviation import (
    MinibatchStandardDeviation,
)

CLAMP = 256.0  # Of all maps, so that float16 does not overflow.
HALF = 0.5**0.5  # A sum of two such branches keeps the power.


def discriminator(
    image_size: int,
    channels: int = 3,
    channel_base: int = 32768,
    channel_max: int = 512,
    num_classes: int | None = None,
    group_size: int = 4,
    num_half_precision: int = 4,
) -> keras.Model:
    """The residual discriminator.

    Blocks of two 3 x 3 convolutions, the second of which halves the maps, and
    a halved 1 x 1 convolution beside them, down to 4 x 4 pixels; there the
    standard deviation of the minibatch is added as a map. At s pixels a block
    takes `min(channel_base / s, channel_max)` channels.

    With classes, the logit is the product of the last features with those
    that a network of eight layers makes of the label (Karras et al., 2020b,
    Appendix C), which takes one-hot labels as a second input.

    Args:
        image_size: Side of the images: a power of two, at least 8.
        channels: 1 or 3.
        channel_base: Positive integer; channels times pixels of a side.
        channel_max: Positive integer; most channels of a map.
        num_classes: None, or the number of classes.
        group_size: Images of a group of `MinibatchStandardDeviation`.
        num_half_precision: Under the policy mixed_float16, how many of the
            highest resolutions are computed in float16; the rest, and all
            under other policies but mixed_bfloat16, is in float32.

    Returns:
        A `keras.Model` from images, or from [images, labels], to logits
        `[batch, 1]` in float32.

    Raises:
        ValueError: For a size that is not a power of two of at least 8.

    Reference:
    - Karras et al., 2020, Section 4.1 and Figure 7
      (https://arxiv.org/abs/1912.04958)
    - Karras et al., 2020b, Appendix C (https://arxiv.org/abs/2006.06676)
    - Karras et al., 2021, Appendix F: unchanged
      (https://arxiv.org/abs/2106.12423)
    """
    require_positive_integer("image_size", image_size)
    if num_classes is not None:
        require_positive_integer("num_classes", num_classes)
    if image_size < 8 or image_size & (image_size - 1):
        raise ValueError(
            "The discriminator halves its maps down to 4 px. Expected a power "
            f"of two of at least 8. Received: image_size={image_size}."
        )

    def width(size):
        return max(1, min(channel_base // size, channel_max))

    mixed = keras.config.dtype_policy()
    low_resolution = image_size >> num_half_precision

    def policy(size):
        return mixed if size > low_resolution else "float32"

    images = keras.Input([image_size, image_size, channels], name="images")
    x = EqualizedConv2D(
        width(image_size),
        1,
        "leaky_relu",
        clamp=CLAMP,
        dtype=policy(image_size),
        name=f"b{image_size}_from_image",
    )(images)
    size = image_size
    while size > 4:
        x = _block(x, size, width(size), width(size // 2), policy(size))
        size //= 2
    x = MinibatchStandardDeviation(
        group_size, dtype="float32", name="b4_deviation"
    )(x)
    x = EqualizedConv2D(
        width(4),
        3,
        "leaky_relu",
        clamp=CLAMP,
        dtype="float32",
        name="b4_convolution",
    )(x)
    x = keras.layers.Flatten(dtype="float32", name="b4_flat")(x)
    x = EqualizedDense(
        width(4), "leaky_relu", dtype="float32", name="b4_dense"
    )(x)
    if num_classes is None:
        logits = EqualizedDense(1, dtype="float32", name="logits")(x)
        return keras.Model(images, logits, name="discriminator")
    features = EqualizedDense(width(4), dtype="float32", name="features")(x)
    labels = keras.Input([num_classes], name="labels")
    logits = keras.ops.sum(
        features * _label_features(labels, width(4)), axis=1, keepdims=True
    ) / math.sqrt(width(4))  # NumPy's would make them float64.
    return keras.Model([images, labels], logits, name="discriminator")


def _block(x, size, filters, next_filters, policy):
    """Two convolutions and a shorter way beside them; halves the maps."""
    shared = {"clamp": CLAMP, "dtype": policy}
    skip = EqualizedConv2D(
        next_filters,
        1,
        use_bias=False,
        downsampling=True,
        gain=HALF,
        dtype=policy,
        name=f"b{size}_skip",
    )(x)
    x = EqualizedConv2D(
        filters, 3, "leaky_relu", name=f"b{size}_convolution0", **shared
    )(x)
    x = EqualizedConv2D(
        next_filters,
        3,
        "leaky_relu",
        downsampling=True,
        gain=HALF,
        name=f"b{size}_convolution1",
        **shared,
    )(x)
    return keras.layers.Add(dtype=policy, name=f"b{size}_sum")([x, skip])


def _label_features(labels, width, num_layers=8):
    """What a mapping network makes of one-hot labels, `[batch, width]`."""
    x = EqualizedDense(width, dtype="float32", name="label_embedding")(labels)
    x *= keras.ops.rsqrt(
        keras.ops.mean(keras.ops.square(x), axis=1, keepdims=True) + 1e-8
    )
    for i in range(num_layers):
        x = EqualizedDense(
            width,
            "leaky_relu",
            learning_rate_multiplier=0.01,
            dtype="float32",
            name=f"label_dense{i}",
        )(x)
    return x
