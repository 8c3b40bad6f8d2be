from typing import Any

import keras
import tensorflow as tf

from specgan.signal import spectrum
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class AzimuthalIntegral(keras.layers.Layer):
    """The 1-D power spectrum of images: the mean power of every ring.

    See `specgan.signal.azimuthal_integral` for the formula. The layer computes
    in float32 whatever the dtype policy, because half precision has neither a
    Fourier transform nor the range of a spectrum (60 dB and more). Its
    gradient is exact and costs one inverse transform; memory is proportional
    to the number of pixels.

    Args:
        window: None, or "hann" against leakage from the borders.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, channels]`, any height and width, 1 or 3
        channels. Three channels are reduced to Rec. 601 luma.

    Output shape:
        `[batch, M // 2 + 2]`, M = min(height, width): rings k = 0..M//2 at
        k/M cycles per pixel, then one for the corners beyond Nyquist.

    Example:
    >>> profile = AzimuthalIntegral()(tf.random.normal([8, 64, 64, 3]))
    >>> profile.shape
    TensorShape([8, 34])

    Reference:
    - Durall, Keuper & Keuper, 2020, Eq. 2 (https://arxiv.org/abs/2003.01826)
    """

    def __init__(self, window: str | None = None, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        spectrum.window_function(window, 2, 2)  # Raises for an unknown name.
        self.window = window

    def call(self, images: TensorLike) -> Tensor:
        return spectrum.azimuthal_integral(
            tf.cast(images, tf.float32), self.window
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spectrum.require_image_shape(input_shape)
        batch, height, width, _ = input_shape
        return (batch, min(height, width) // 2 + 2)

    def get_config(self) -> Config:
        return {**super().get_config(), "window": self.window}
