from typing import Any

import keras
import tensorflow as tf

from specgan.layers.chroma_subsampling2d import FINE
from specgan.layers.chroma_subsampling2d import checked_share
from specgan.signal import chroma
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class ChromaLowPass2D(keras.layers.Layer):
    """Takes from images the chroma above about 0.25 cycles per pixel.

    `ChromaSubsampling2D` for generators that commute with translation: the
    same on average over the positions of the grid of chroma samples, and so
    without a grid. Luma stays as it is; nothing is clipped.

    Formula, with S(x) of `specgan.signal.low_pass_chroma`:
    `y = S(x) + fine (x - S(x))`. The layer computes in float32 whatever the
    dtype policy, and its gradient is exact.

    Args:
        fine: Share of the amplitude of the finer chroma that is left, from 0
            to 1.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, 3]`, RGB, any height and width from 2.

    Output shape:
        The same.

    Raises:
        ValueError: For a share that is not from 0 to 1, or images that are not
            RGB.

    Example:
    >>> ChromaLowPass2D()(tf.random.normal([8, 64, 64, 3])).shape
    TensorShape([8, 64, 64, 3])
    """

    def __init__(self, fine: float = FINE, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.fine = checked_share(fine)

    def call(self, images: TensorLike) -> Tensor:
        images = tf.cast(images, tf.float32)
        coarse = chroma.low_pass_chroma(images)
        return coarse + self.fine * (images - coarse)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        chroma.require_rgb_shape(input_shape)
        return tuple(input_shape)

    def get_config(self) -> Config:
        return {**super().get_config(), "fine": self.fine}
