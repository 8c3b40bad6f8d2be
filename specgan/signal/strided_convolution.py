"""The 4 x 4 convolution with stride 2 and its adjoint, computed faster.

Both are `tf.nn.conv2d` and `tf.nn.conv2d_transpose` with `"SAME"` padding up
to rounding, with their gradients of all orders; only the order of the
operations differs, and only where that has been measured to be quicker on a
CPU (`specgan benchmark`).

Grouped in cells of 2 x 2 pixels, one pixel aside, an image `[2h, 2w, c]` is
`[h + 1, w + 1, 4c]`, and the convolution with stride 2 one of 2 x 2 cells with
stride 1. Two things follow:

- *Few channels.* To an image of up to `FEW_CHANNELS` channels the adjoint runs
  at a fraction of the speed of others; in cells it has four times as many.
- *Small maps of many channels in bfloat16.* The gradient of the kernel is four
  products of matrices, one for each of the 2 x 2 cells: `image_cells' * maps`,
  with one row for each position in the batch. They use the processor better
  than the convolution's own kernel does, and so does the adjoint in cells.
"""

import contextlib
import contextvars
from collections.abc import Iterator

import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike

KERNEL_SIZE = 4

FEW_CHANNELS = 4

# The product of matrices is quicker where the image has this many channels
# for every pixel along a side of the maps: 64 channels at 8 x 8, 128 at
# 16 x 16.
CHANNELS_PER_PIXEL = 8

_FOR_OTHER_RUNTIMES = contextvars.ContextVar(
    "_FOR_OTHER_RUNTIMES", default=False
)


@contextlib.contextmanager
def for_other_runtimes() -> Iterator[None]:
    """Traces `transposed_convolution` as what is quick outside TensorFlow.

    Within it, transposed convolutions of 4 x 4 are convolutions in cells with
    stride 1, and depth-to-space. ONNX Runtime and LiteRT compute convolutions
    well, and transposed ones at a fraction of that speed
    (`specgan benchmark exported_samples`). TensorFlow's are quicker as they
    are.
    """
    token = _FOR_OTHER_RUNTIMES.set(True)
    try:
        yield
    finally:
        _FOR_OTHER_RUNTIMES.reset(token)


def convolution(images: TensorLike, kernel: TensorLike) -> Tensor:
    """Convolution with stride 2 and `"SAME"` padding.

    Formula: `y[m, n, f] = sum_ijc x[2m + i - 1, 2n + j - 1, c] k[i, j, c, f]`
    for a kernel of 4 x 4 and even sizes, with zeros beyond the border. Other
    kernels and sizes are those of `tf.nn.conv2d`.

    Args:
        images: Tensor `[batch, 2 height, 2 width, channels]`.
        kernel: Tensor `[4, 4, channels, filters]` of the same type.

    Returns:
        Tensor `[batch, height, width, filters]`.
    """
    images, kernel = tf.convert_to_tensor(images), tf.convert_to_tensor(kernel)
    height, width = _halved(images.shape[1]), _halved(images.shape[2])
    if not _is_quicker(images.dtype, height, width, kernel):
        return _convolution(images, kernel)
    return _rewritten_convolution(images, kernel)


def transposed_convolution(maps: TensorLike, kernel: TensorLike) -> Tensor:
    """The adjoint of `convolution` with the same kernel.

    Formula: `x[p, q, c] = sum_ijf y[i, j, f] k[p + 1 - 2i, q + 1 - 2j, c, f]`
    for a kernel of 4 x 4. Others are those of `tf.nn.conv2d_transpose`.

    Args:
        maps: Tensor `[batch, height, width, filters]`.
        kernel: Tensor `[4, 4, channels, filters]` of the same type.

    Returns:
        Tensor `[batch, 2 height, 2 width, channels]`.
    """
    maps, kernel = tf.convert_to_tensor(maps), tf.convert_to_tensor(kernel)
    _, height, width, _ = maps.shape
    if _FOR_OTHER_RUNTIMES.get() and _is_four_by_four(kernel):
        return _transposed_convolution_as_convolution(maps, kernel)
    if not _is_quicker(maps.dtype, height, width, kernel):
        return _transposed_convolution(maps, kernel)
    return _rewritten_transposed_convolution(maps, kernel)


def _halved(length):
    return None if length is None or length % 2 else length // 2


def _is_quicker(dtype, height, width, kernel):
    """Whether anything below is, for maps of this height and width."""
    if (
        not _is_four_by_four(kernel)
        or None in (height, width)
        or tf.config.get_visible_devices("GPU")
    ):
        return False
    return _has_few_channels(dtype, kernel) or _suits_products(
        dtype, height, width, kernel.shape[2]
    )


def _is_four_by_four(kernel):
    return tuple(kernel.shape[:2]) == (KERNEL_SIZE, KERNEL_SIZE)


def _has_few_channels(dtype, kernel):
    return dtype == tf.float32 and kernel.shape[2] <= FEW_CHANNELS


def _suits_products(dtype, height, width, channels):
    return (
        dtype == tf.bfloat16
        and CHANNELS_PER_PIXEL * max(height, width) <= channels
    )


@tf.custom_gradient
def _rewritten_convolution(images, kernel):
    maps = _convolution(images, kernel)

    def gradient(upstream):
        upstream.set_shape(maps.shape)
        return (
            _rewritten_transposed_convolution(upstream, kernel),
            _kernel_gradient(images, upstream),
        )

    return maps, gradient


@tf.custom_gradient
def _rewritten_transposed_convolution(maps, kernel):
    images = _transposed_convolution_in_cells(maps, kernel)

    def gradient(upstream):
        upstream.set_shape(images.shape)
        return (
            _rewritten_convolution(upstream, kernel),
            _kernel_gradient(upstream, maps),
        )

    return images, gradient


def _convolution(images, kernel):
    return tf.nn.conv2d(images, kernel, strides=2, padding="SAME")


def _transposed_convolution(maps, kernel):
    batch, height, width = _sizes(maps)
    shape = [batch, 2 * height, 2 * width, kernel.shape[2]]
    return tf.nn.conv2d_transpose(maps, kernel, shape, 2, padding="SAME")


def _transposed_convolution_in_cells(maps, kernel):
    batch, height, width = _sizes(maps)
    cells = tf.nn.conv2d_transpose(
        maps,
        _kernel_of_cells(kernel),
        [batch, height + 1, width + 1, 4 * kernel.shape[2]],
        strides=1,
        padding="VALID",
    )
    return _pixels(cells)


def _transposed_convolution_as_convolution(maps, kernel):
    cells = tf.nn.conv2d(
        tf.pad(maps, [[0, 0], [1, 1], [1, 1], [0, 0]]),
        tf.transpose(_kernel_of_cells(kernel)[::-1, ::-1], [0, 1, 3, 2]),
        strides=1,
        padding="VALID",
    )
    return _pixels(cells)


def _kernel_of_cells(kernel):
    channels, filters = kernel.shape[2:]
    return tf.reshape(_swapped(kernel), [2, 2, 4 * channels, filters])


def _pixels(cells):
    """The image of cells that lie one pixel aside."""
    return tf.nn.depth_to_space(cells, 2)[:, 1:-1, 1:-1]


def _kernel_gradient(images, maps):
    """Gradient of the kernel: `sum(maps * convolution(images, kernel))`."""
    channels, filters = images.shape[3], maps.shape[3]
    _, height, width, _ = maps.shape
    if _suits_products(maps.dtype, height, width, channels):
        return _kernel_gradient_by_products(images, maps)
    return tf.raw_ops.Conv2DBackpropFilter(
        input=images,
        filter_sizes=[KERNEL_SIZE, KERNEL_SIZE, channels, filters],
        out_backprop=maps,
        strides=[1, 2, 2, 1],
        padding="SAME",
    )


def _kernel_gradient_by_products(images, maps):
    channels, filters = images.shape[3], maps.shape[3]
    one_aside = [[0, 0], [1, 1], [1, 1], [0, 0]]
    cells = tf.nn.space_to_depth(tf.pad(images, one_aside), 2)
    cells = tf.reshape(cells, [-1, 4 * channels])
    # As many positions as there are cells. A step down or to the right is a
    # number of rows then: what it takes beyond the border meets zeros.
    maps_and_zeros = tf.pad(maps, [[0, 0], [0, 1], [0, 1], [0, 0]])
    rows = tf.reshape(maps_and_zeros, [-1, filters])
    count, width = tf.shape(rows)[0], maps.shape[2] + 1
    gradient = tf.stack(
        [
            tf.matmul(cells[step:], rows[: count - step], transpose_a=True)
            for step in (0, 1, width, width + 1)
        ]
    )
    gradient = tf.reshape(gradient, [2, 2, 2, 2, channels, filters])
    return _swapped(gradient, [KERNEL_SIZE, KERNEL_SIZE, channels, filters])


def _swapped(kernel, shape=None):
    """From rows and columns of pixels to cells and pixels in them, or back."""
    channels, filters = kernel.shape[-2:]
    pairs = tf.reshape(kernel, [2, 2, 2, 2, channels, filters])
    pairs = tf.transpose(pairs, [0, 2, 1, 3, 4, 5])
    return pairs if shape is None else tf.reshape(pairs, shape)


def _sizes(maps):
    shape = tf.shape(maps)
    return [
        shape[axis] if maps.shape[axis] is None else maps.shape[axis]
        for axis in range(3)
    ]
