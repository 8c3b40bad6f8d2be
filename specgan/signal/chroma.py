"""Chroma at half the resolution, as JPEG files with 4:2:0 subsampling hold it.

Of an RGB image, luma is Y = 0.299 R + 0.587 G + 0.114 B and chroma what is
left, x - Y. Most JPEG files hold one value of chroma for 2 x 2 pixels, which
decoders enlarge by the triangle filter (weights 3/4 and 1/4, what libjpeg
calls "fancy upsampling"): above 0.25 cycles per pixel there is next to none.

Reference:
- ITU-T T.871 (JFIF), 2011, Sections 6.2 and 9: luma and the positions of
  chroma samples, in the middle of their 2 x 2 pixels.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specgan.errors import unknown_name
from specgan.signal import spectrum
from specgan.typing import Tensor
from specgan.typing import TensorLike


class Filter(NamedTuple):
    """Halves or doubles a row of chroma samples.

    Halving: `a[i] = outer x[2i-1] + inner (x[2i] + x[2i+1]) + outer x[2i+2]`,
    and doubling is its transpose.
    """

    inner: float
    outer: float


TRIANGLE = Filter(3 / 4, 1 / 4)  # Enlarges.

# "inverse" undoes the triangle filter: the two together are a projection.
PREFILTERS = {
    "inverse": Filter(3 / 4, -1 / 4),
    "box": Filter(1 / 2, 0.0),
}

# The mean of "inverse" and triangle filter over the two positions that the
# grid of chroma samples can have: a half-band filter.
HALF_BAND = np.array([-1, 0, 9, 16, 9, 0, -1]) / 32

# Chroma C = x - Y has two independent channels, (R - Y, B - Y):
# `DIFFERENCES x` gives these, and `COLOURS` all three of them.
RED, GREEN, BLUE = spectrum.LUMINANCE_WEIGHTS
DIFFERENCES = np.array([[1 - RED, -GREEN, -BLUE], [-RED, -GREEN, 1 - BLUE]])
COLOURS = np.array([[1, 0], [-RED / GREEN, -BLUE / GREEN], [0, 1]])


def subsample_chroma(
    images: TensorLike, prefilter: str = "inverse", clip: bool = True
) -> Tensor:
    """Halves the resolution of chroma and enlarges it again: 4:2:0.

    Formula, with luma Y, the prefilter A and the triangle filter E along both
    axes:

    ```
    y = clip(Y + E A (x - Y), -1, 1)
    (A c)[i] = outer c[2i-1] + inner c[2i] + inner c[2i+1] + outer c[2i+2]
    (E a)[2i] = 3/4 a[i] + 1/4 a[i-1],  (E a)[2i+1] = 3/4 a[i] + 1/4 a[i+1]
    ```

    "inverse" (inner 3/4, outer -1/4) inverts the triangle filter, A E = 1.
    Images in [-1, 1] whose chroma is a half-size plane enlarged, as that of
    decoded 4:2:0 JPEG files, thus stay as they are, and each of them is among
    the results. Where nothing is clipped, a second time changes nothing. Up
    to a quarter of the Nyquist frequency it keeps at least 94 % of the
    amplitude along an axis; "box" (inner 1/2, outer 0), what JPEG encoders
    do, 73 %.

    Compiled by XLA, with its derivatives of any order. Beyond the border the
    border pixel is repeated; an odd side is taken as an even one whose last
    pixel is missing.

    Args:
        images: `[batch, height, width, 3]` RGB in [-1, 1], float32 or
            float64; any height and width from 2.
        prefilter: "inverse" or "box".
        clip: Whether to clip to [-1, 1], as decoders do; without, the
            operation is linear.

    Returns:
        Images of the same shape and type, of the same luma where nothing is
        clipped.

    Raises:
        ValueError: If the images are not RGB in floating point, are smaller
            than 2 pixels or of unknown size; for an unknown prefilter.

    Example:
    >>> once = subsample_chroma(tf.random.uniform([4, 32, 32, 3], -1, 1))
    >>> once.shape
    TensorShape([4, 32, 32, 3])
    """
    images = _checked(images)
    if prefilter not in PREFILTERS:
        raise unknown_name("prefilter of chroma", prefilter, PREFILTERS)
    return _subsample_chroma(images, prefilter, clip)


def low_pass_chroma(images: TensorLike) -> Tensor:
    """Removes what chroma holds above about 0.25 cycles per pixel.

    What `subsample_chroma` does on average over all four positions of its
    grid, and so without any grid: it commutes with translation. Linear, not
    clipped.

    Formula, along both axes, with c the chroma x - Y:

    ```
    y = Y + h * c,   h = [-1, 0, 9, 16, 9, 0, -1] / 32
    ```

    a half-band filter: gain 1/2 at 0.25 cycles per pixel, 0 at 0.5.

    Args:
        images: `[batch, height, width, 3]` RGB, float32 or float64; any
            height and width from 2. Beyond the border the border pixel is
            repeated.

    Returns:
        Images of the same shape and type and of the same luma.

    Raises:
        ValueError: As for `subsample_chroma`.
    """
    return _low_pass_chroma(_checked(images))


def _checked(images):
    images = tf.convert_to_tensor(images)
    if images.dtype not in (tf.float32, tf.float64):
        raise ValueError(
            "Chroma is filtered in float32 or float64. Received: "
            f"dtype={images.dtype.name}. Cast the images first."
        )
    require_rgb_shape(images.shape)
    return images


def require_rgb_shape(shape: Sequence[Any]) -> None:
    """Raise a `ValueError` unless images of a shape have chroma to filter.

    Args:
        shape: (batch, height, width, channels); the batch may be None.
    """
    spectrum.require_image_shape(shape)
    if shape[-1] != 3:
        raise ValueError(
            "Grey images have no chroma. Expected RGB images "
            "[batch, height, width, 3]. Received: "
            f"shape={tuple(shape)}."
        )


@tf.function(jit_compile=True, autograph=False)
def _subsample_chroma(images, prefilter, clip):
    prefilter = PREFILTERS[prefilter]
    _, height, width, _ = images.shape
    # x[n] = x[n-1] - 2 outer (x[n-1] - x[n-2]) follows an odd row: what makes
    # the inverse right for the last sample too, and repeats it for the box.
    slope = -2 * prefilter.outer
    images = _to_even(_to_even(images, 1, slope), 2, slope)

    @tf.custom_gradient
    def subsampled(images):
        result = spectrum.luminance(images)[..., None] + _halved_and_doubled(
            images, prefilter, TRIANGLE, DIFFERENCES, COLOURS
        )
        if clip:
            result = tf.clip_by_value(result, -1, 1)

        def gradient(upstream):
            if clip:
                inside = tf.abs(result) < 1
                upstream = tf.where(inside, upstream, tf.zeros_like(upstream))
            # The transpose: filters and colours change places.
            luma = tf.reduce_sum(upstream, axis=-1, keepdims=True)
            weights = tf.constant(spectrum.LUMINANCE_WEIGHTS, images.dtype)
            return luma * weights + _halved_and_doubled(
                upstream, TRIANGLE, prefilter, COLOURS.T, DIFFERENCES.T
            )

        return result, gradient

    return subsampled(images)[:, :height, :width]


def _to_even(x, axis, slope):
    """With a further row or column where their number is odd."""
    size = x.shape[axis]
    if size % 2 == 0:
        return x
    before, last = (tf.gather(x, [size - i], axis=axis) for i in (2, 1))
    return tf.concat([x, last + slope * (last - before)], axis)


def _halved_and_doubled(images, down, up, reduce, enlarge):
    """Both along both axes, of fewer channels in between.

    Args:
        images: `[batch, height, width, channels]` of even sides.
        down: The `Filter` that halves.
        up: The one that doubles.
        reduce: `[2, channels]` matrix of the channels.
        enlarge: `[channels, 2]`, that takes them back.
    """
    _, height, width, channels = images.shape
    # Along columns of pixels by shifts, all of a row together; along rows as
    # matrices, which change the channels too. On a CPU that takes half the
    # time of shifts along both, or of matrices along both.
    rows = tf.constant(np.eye(width)[None], images.dtype)
    reduce = _with_channels(_halved(rows, down)[0], reduce)
    rows = tf.constant(np.eye(width // 2)[None], images.dtype)
    enlarge = _with_channels(_doubled(rows, up)[0], enlarge)
    x = tf.reshape(images, [-1, height, width * channels])
    x = tf.reshape(_halved(x, down), [-1, width * channels])
    x = tf.matmul(tf.matmul(x, reduce), enlarge)
    x = tf.reshape(x, [-1, height // 2, width * channels])
    return tf.reshape(_doubled(x, up), [-1, height, width, channels])


def _halved(x, filter):
    """`[batch, size, columns]` to `[batch, size / 2, columns]`."""
    _, size, columns = x.shape
    x = tf.reshape(x, [-1, size // 2, 2, columns])
    even, odd = x[:, :, 0], x[:, :, 1]
    before = tf.concat([even[:, :1], odd[:, :-1]], axis=1)
    after = tf.concat([even[:, 1:], odd[:, -1:]], axis=1)
    return filter.inner * (even + odd) + filter.outer * (before + after)


def _doubled(x, filter):
    """`[batch, size, columns]` to `[batch, 2 size, columns]`."""
    _, size, columns = x.shape
    before = tf.concat([x[:, :1], x[:, :-1]], axis=1)
    after = tf.concat([x[:, 1:], x[:, -1:]], axis=1)
    inner, outer = filter
    x = tf.stack([inner * x + outer * before, inner * x + outer * after], 2)
    return tf.reshape(x, [-1, 2 * size, columns])


def _with_channels(matrix, channels):
    """A matrix for pixels and one for channels as a single one, transposed.

    `[i, j]` and `[a, b]` give `[j b, i a]`, to be multiplied from the right.
    """
    channels = tf.constant(channels, matrix.dtype)
    product = tf.einsum("ij,ab->jbia", matrix, channels)
    (i, j), (a, b) = matrix.shape, channels.shape
    return tf.reshape(product, [j * b, i * a])


@tf.function(jit_compile=True, autograph=False)
def _low_pass_chroma(images):
    _, height, width, _ = images.shape
    identity = tf.constant(np.eye(width)[None], images.dtype)
    columns = _with_channels(_half_band(identity)[0], COLOURS @ DIFFERENCES)
    chroma = _half_band(tf.reshape(images, [-1, height, 3 * width]))
    chroma = tf.matmul(tf.reshape(chroma, [-1, 3 * width]), columns)
    chroma = tf.reshape(chroma, [-1, height, width, 3])
    return spectrum.luminance(images)[..., None] + chroma


def _half_band(x) -> Tensor:
    size, reach = x.shape[1], len(HALF_BAND) // 2
    first = tf.repeat(x[:, :1], reach, axis=1)
    last = tf.repeat(x[:, -1:], reach, axis=1)
    padded = tf.concat([first, x, last], axis=1)
    return sum(
        tap * padded[:, k : k + size] for k, tap in enumerate(HALF_BAND) if tap
    )
