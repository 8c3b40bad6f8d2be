import keras
import numpy as np

from specgan.errors import require_positive_integer
from specgan.signal.fir import binomial


@keras.saving.register_keras_serializable(package="specgan")
class BlurPool2D(keras.layers.Layer):
    """Takes every other pixel, after a blur: pooling without aliasing.

    Striding folds the frequencies beyond the new Nyquist frequency into those
    below. A binomial filter before it takes most of them away, so that the
    result changes little when the input moves by a pixel. In the place of
    average pooling; `MaxBlurPool2D` and `AntiAliasedConv2D` are for maxima and
    strided convolutions.

    Formula:
    `y[i] = sum_k taps[k] x[strides i + k - (kernel_size - 1) // 2]` along both
    axes, with the taps of `signal.fir.binomial`; beyond the border the image
    is mirrored, its last pixel not repeated.

    Args:
        kernel_size: Positive integer; taps of the blur. 1 is none, 2 a box, 3
            a triangle. Defaults to 4, which keeps the centre of maps of even
            size where it was.
        strides: Positive integer. Defaults to 2.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`, height and width more than half
        `kernel_size`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), channels)`.

    Raises:
        ValueError: If an argument is not a positive integer, or the maps are
            too small to be mirrored.

    Example:
    >>> BlurPool2D()(keras.random.normal((1, 8, 6, 16))).shape
    TensorShape([1, 4, 3, 16])

    Reference:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML
        2019, arXiv:1904.11486, Section 3.2.
    """

    def __init__(self, kernel_size=4, strides=2, **kwargs):
        super().__init__(**kwargs)
        require_positive_integer("kernel_size", kernel_size)
        require_positive_integer("strides", strides)
        self.kernel_size = kernel_size
        self.strides = strides
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, inputs):
        _require_mirror(inputs.shape, self.kernel_size)
        before, after = (self.kernel_size - 1) // 2, self.kernel_size // 2
        padding = [[0, 0], [before, after], [before, after], [0, 0]]
        padded = keras.ops.pad(inputs, padding, mode="reflect")
        taps = binomial(self.kernel_size)
        kernel = np.outer(taps, taps)[:, :, None, None]
        kernel = np.repeat(kernel, inputs.shape[-1], axis=2)
        return keras.ops.depthwise_conv(
            padded,
            keras.ops.cast(kernel, self.compute_dtype),
            strides=self.strides,
            data_format="channels_last",
        )

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        _require_mirror(input_shape, self.kernel_size)
        return (
            batch,
            _pooled(height, self.strides),
            _pooled(width, self.strides),
            channels,
        )

    def get_config(self):
        config = {"kernel_size": self.kernel_size, "strides": self.strides}
        return {**super().get_config(), **config}


def _require_mirror(shape, kernel_size):
    for length in shape[1:3]:
        if length is not None and length <= kernel_size // 2:
            raise ValueError(
                "The maps are too small to be mirrored at their borders. "
                f"Expected more than {kernel_size // 2} pixels, half the "
                f"kernel's {kernel_size}. Received: {shape[1]} x {shape[2]}. "
                "Choose a smaller kernel, or pool less often."
            )


def _pooled(length, strides):
    return None if length is None else -(-length // strides)
