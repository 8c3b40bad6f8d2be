import keras

from specgan.layers.upsampling_unit import UpsamplingUnit
from specgan.signal.strided_convolution import transposed_convolution
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class TransposedConv2D(UpsamplingUnit):
    """Transposed convolution with stride 2: the up-sampling unit of DCGAN.

    It inserts zeros between the pixels, which repeats the spectrum, and
    convolves with the learned kernel, which alone decides how much of the
    replica is left (`specgan.signal.responses`). Its response from one input
    to one output channel is `frequency_response` of that slice of the kernel.

    Formula:
    `y[m] = sum_i kernel[m - 2i + pad] x[i] + bias` along both axes, with
    `pad = max(kernel_size - 2, 0) // 2`, summed over the input channels.
    Pixels beyond the border count as 0. With an even kernel size each output
    pixel meets the same number of kernel entries, with an odd one it does not
    (Odena et al.: the checkerboard).

    Args:
        filters: Positive integer; number of output channels.
        kernel_size: Positive integer. Defaults to 4.
        use_bias: Boolean. Defaults to True.
        kernel_initializer: Initializer of the kernel. Defaults to
            `"glorot_uniform"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, 2 * height, 2 * width, filters)`.

    Example:
    >>> unit = TransposedConv2D(8)
    >>> unit(keras.random.normal((1, 4, 6, 16))).shape
    TensorShape([1, 8, 12, 8])

    Reference:
        Durall, Keuper & Keuper, CVPR 2020, arXiv:2003.01826, Section 2.3,
        "transposed convolution". Odena, Dumoulin & Olah, "Deconvolution and
        Checkerboard Artifacts", Distill 2016.
    """

    def upsample(self, inputs: TensorLike, kernel: TensorLike) -> Tensor:
        # [height, width, channels, filters] -> [height, width, filters,
        # channels], as transposed convolutions want it.
        kernel = keras.ops.transpose(kernel, (0, 1, 3, 2))
        return transposed_convolution(inputs, kernel)
