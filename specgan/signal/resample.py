"""Resampling of images: zeros inserted, a FIR filter, pixels dropped."""

from collections.abc import Sequence

import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.signal import implementations
from specgan.signal.resampling import Resampling
from specgan.signal.resampling import resampling
from specgan.typing import Tensor
from specgan.typing import TensorLike


def resample(
    images: TensorLike,
    taps: ArrayLike | None,
    up: int = 1,
    down: int = 1,
    padding: Sequence[int] = (0, 0),
    gain: float = 1.0,
    implementation: str = "polyphase",
) -> Tensor:
    """Inserts zeros, pads or crops, filters, and keeps every down-th pixel.

    Along both axes alike. The filter is a true convolution, and there is no
    result where it would need pixels beyond the padded image. Accumulates in
    float32 for half precision too. The gradient is the exact adjoint: the same
    operator with up and down exchanged, so it is as quick, and differentiable
    again any number of times.

    Formula:
    `y[m] = sum_j taps[j] u[m down + num_taps - 1 - j]` along each axis, all
    times `gain`; u is the images with `up - 1` zeros after each pixel, then
    padded.

    Args:
        images: Floating tensor `[batch, height, width, channels]` of known
            height and width.
        taps: None (no filter), sequence `[num_taps]` (separable: the same
            along both axes) or `[num_taps, num_taps]`.
        up: Positive integer, factor of zero-insertion.
        down: Positive integer, factor of decimation.
        padding: Pair of integers: zeros before and after, along both axes,
            counted in pixels once zeros are inserted; negative numbers crop.
        gain: Number. Taps that sum to 1 keep the images' mean with `up^2`.
        implementation: Name of one of `IMPLEMENTATIONS`, which all give the
            same. `"polyphase"`, the quickest: sums of shifted images, compiled
            by XLA. `"tiles"`: overlapping tiles times a Toeplitz matrix.
            `"convolution"`: zeros inserted for real, a depthwise convolution.

    Returns:
        Tensor `[batch, new height, new width, channels]` of the images' type,
        with `ceil((height up + sum(padding) - num_taps + 1) / down)` rows.

    Raises:
        ValueError: If an argument is out of range, the height or width
            unknown or too small, or no implementation has that name.

    Example:
    >>> images = tf.ones([1, 4, 4, 1])
    >>> resample(images, [1, 1], up=2, padding=(1, 0)).shape
    TensorShape([1, 8, 8, 1])

    Reference:
    - Karras et al., 2021, Section 3.1 and Appendix D
      (https://arxiv.org/abs/2106.12423).
    """
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4:
        raise ValueError(
            "Expected images [batch, height, width, channels]. Received: "
            f"shape={images.shape}."
        )
    operator = resampling(images.shape[1:3], taps, up, down, padding, gain)
    return apply(operator, images, implementation)


def apply(
    operator: Resampling, images: TensorLike, implementation: str = "polyphase"
) -> Tensor:
    """Apply a `Resampling` to images, its adjoint being the gradient.

    Args:
        operator: A `Resampling`.
        images: Floating tensor `[batch, height, width, channels]`.
        implementation: Name of one of `IMPLEMENTATIONS`.

    Returns:
        Tensor of the images' type.

    Raises:
        ValueError: If no implementation has that name.
    """
    compute = implementations.get(implementation)

    @tf.custom_gradient
    def function(images):
        def gradient(upstream):
            return apply(operator.adjoint, upstream, implementation)

        return compute.run(_applied, operator, images), gradient

    return function(images)


def _applied(operator, resample, images):
    return resample(operator, images)
