import keras
import tensorflow as tf

from specgan.layers.upsampling_unit import UpsamplingUnit
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class PixelShuffle2D(UpsamplingUnit):
    """Convolution to four times the maps, shuffled into pixels.

    Also known as sub-pixel convolution: each of the four pixels of an output
    cell has a kernel of its own, all applied before up-sampling. Although no
    zeros are inserted, this equals the transposed convolution with stride 2
    whose kernel is `specgan.signal.responses.interleaved_kernel` of this one,
    `2 * kernel_size` wide (whose output, for an even `kernel_size`, lies one
    pixel further down and right). So it has that kernel's response, learned
    and not fixed; every output pixel meets the same number of kernel entries,
    but nothing makes the four phases alike.

    For the same size it has four times the weights of the other units:
    `kernel_size` 2 compares with 4 there. The bias is one number for each
    output map; one for each phase would draw a pattern of period two by itself.

    Formula:
    `y[2i + p] = sum_j kernel[j, phase p] x[i + j - (kernel_size - 1) // 2] +
    bias` along both axes, p = 0, 1, summed over the input channels; phase (row,
    column) of map n is kernel map `(2 * row + column) * filters + n`. Pixels
    beyond the border count as 0.

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer, on the grid of the input. Defaults to 4.
        use_bias: Boolean. Defaults to True.
        kernel_initializer: Initializer of the kernel,
            `[kernel_size, kernel_size, channels, 4 * filters]`. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, 2 * height, 2 * width, filters)`.

    Example:
    >>> unit = PixelShuffle2D(8, 3)
    >>> unit(keras.random.normal((1, 4, 6, 16))).shape
    TensorShape([1, 8, 12, 8])

    Reference:
        Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
        Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016,
        arXiv:1609.05158, Eq. 3 and 4. Shi et al., "Is the deconvolution layer
        the same as a convolutional layer?", arXiv:1609.07009, for the equality.
    """

    def kernel_shape(self, channels: int) -> tuple[int, ...]:
        return (
            self.kernel_size,
            self.kernel_size,
            channels,
            4 * self.filters,
        )

    def upsample(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        phases = keras.ops.conv(inputs, kernel, padding="same")
        return tf.nn.depth_to_space(phases, 2)
