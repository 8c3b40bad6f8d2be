from typing import Any

import keras
import numpy as np

from specgan.layers.upsampling_unit import UpsamplingUnit
from specgan.signal import responses
from specgan.signal.interpolation import interpolate
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class UpConv2D(UpsamplingUnit):
    """Fixed interpolation by two, then a convolution: "up+conv".

    The interpolation weakens the replica of the spectrum before the learned
    kernel sees it, by how much stands in `specgan.signal.responses`: the
    weakest is `"zero_insertion"`, which leaves all of it and makes this unit a
    transposed convolution. Its own response is fixed; the unit's, from one
    input to one output channel, is that times the `frequency_response` of the
    learned kernel.

    Interpolation repeats the border pixel beyond the border; the convolution
    is "same", so it takes what lies beyond the interpolated image as 0.

    Formula:
    `y[m] = sum_j kernel[j] b[m + j - (kernel_size - 1) // 2] + bias` along both
    axes, with b the interpolated input, summed over the input channels.

    Where each pixel of b stems from one pixel of the input alone (nearest, zero
    insertion), interpolation and convolution are carried out as the one
    transposed convolution that they equal: 1.2 to 4 times the speed on a CPU,
    and the same result up to rounding.

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer. Defaults to 4.
        interpolation: Name of one of `specgan.signal.responses.KERNELS`:
            `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos"`, `"kaiser"`,
            `"aligned_bilinear"` or `"zero_insertion"`. Defaults to
            `"nearest"`.
        use_bias: Boolean. Defaults to True.
        kernel_initializer: Initializer of the kernel. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, 2 * height, 2 * width, filters)`.

    Raises:
        ValueError: If no interpolation has that name.

    Example:
    >>> unit = UpConv2D(8, 3, interpolation="bilinear")
    >>> unit(keras.random.normal((1, 4, 6, 16))).shape
    TensorShape([1, 8, 12, 8])

    Reference:
        Durall, Keuper & Keuper, CVPR 2020, arXiv:2003.01826, Section 2.3,
        "up+conv".
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 4,
        *,
        interpolation: str = "nearest",
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, **kwargs)
        self.interpolation = interpolation
        self._interpolation_kernel = responses.get(interpolation)

    def upsample(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        taps = self._interpolation_kernel.taps
        if len(taps) <= 2:
            return keras.ops.conv_transpose(
                inputs,
                _transposed_kernel(kernel, taps),
                strides=2,
                padding="same",
            )
        inputs = interpolate(inputs, self._interpolation_kernel)
        return keras.ops.conv(inputs, kernel, padding="same")

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {"interpolation": self.interpolation}
        return {**base_config, **config}


def _transposed_kernel(kernel, taps):
    """Kernel of the transposed convolution that interpolates and convolves.

    That is the kernel, flipped (a transposed convolution does not correlate),
    and convolved with the one or two taps of the interpolation.
    """
    size, _, channels, filters = kernel.shape
    # Even, so that "same" pads both sides alike and the output does not shift.
    transposed_size = 2 * (size // 2 + 1)
    placement = np.zeros((transposed_size, size))
    for index in range(size):
        start = size - 1 - index
        placement[start : start + len(taps), index] = taps
    kernel = keras.ops.transpose(kernel, (0, 1, 3, 2))
    kernel = keras.ops.reshape(kernel, (size * size, filters * channels))
    placement = np.kron(placement, placement)  # both axes at once
    kernel = keras.ops.matmul(
        keras.ops.convert_to_tensor(placement, kernel.dtype), kernel
    )
    return keras.ops.reshape(
        kernel, (transposed_size, transposed_size, filters, channels)
    )
