import numbers
from typing import Any

import keras
import tensorflow as tf

from specgan.errors import unknown_name
from specgan.signal import chroma
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike

FINE = 0.1
"""Share of fine chroma that is left: that of generators was -24 dB, and that of
4:2:0 JPEG files is -44 dB."""


def checked_share(fine: float) -> float:
    """A share of fine chroma, a `ValueError` unless it is one."""
    if not isinstance(fine, numbers.Real) or not 0 <= fine <= 1:
        raise ValueError(
            "The share of fine chroma that is left is a number from 0 to 1. "
            f"Received: fine={fine!r}."
        )
    return fine


@keras.saving.register_keras_serializable(package="specgan")
class ChromaSubsampling2D(keras.layers.Layer):
    """Gives images the chroma of a JPEG file: half the resolution, enlarged.

    The last layer of a generator whose training images are such files (4:2:0,
    as most photographs are): their chroma is 20 dB weaker at high frequencies
    than a generator of full chroma resolution makes it. Luma stays as it is.

    Formula, with S(x) the linear part of `specgan.signal.subsample_chroma`:

    ```
    y = clip(S(x) + fine (x - S(x)), -1, 1)
    ```

    What is left of the finer chroma, a tenth (-20 dB) by default,
    lets a generator learn the weak fine chroma that decoded files do have
    (their chroma has been rounded to 8 bits): without it, what S(x) has there
    is a copy of the coarse chroma, and a detector sees that. The layer
    computes in float32 whatever the dtype policy, and its gradient is exact.

    Args:
        fine: Share of the amplitude of the finer chroma that is left, from 0
            to 1.
        prefilter: "inverse", which can make every decoded 4:2:0 image and
            leaves it as it is; or "box", the mean of 2 x 2 pixels, as JPEG
            encoders take it.
        clip: Whether to clip to [-1, 1], as decoders do, for generators whose
            images lie there. Without, the layer is linear: a pixel beyond has
            a gradient.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, 3]`, RGB, any height and width from 2.

    Output shape:
        The same.

    Raises:
        ValueError: For an unknown prefilter, a share that is not from 0 to 1,
            or images that are not RGB.

    Example:
    >>> images = tf.random.uniform([8, 64, 64, 3], -1, 1)
    >>> ChromaSubsampling2D()(images).shape
    TensorShape([8, 64, 64, 3])
    """

    def __init__(
        self,
        prefilter: str = "inverse",
        fine: float = FINE,
        clip: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if prefilter not in chroma.PREFILTERS:
            raise unknown_name("chroma prefilter", prefilter, chroma.PREFILTERS)
        self.prefilter = prefilter
        self.fine = checked_share(fine)
        self.clip = clip

    def call(self, images: TensorLike) -> Tensor:
        images = tf.cast(images, tf.float32)
        if not self.fine:
            return chroma.subsample_chroma(images, self.prefilter, self.clip)
        coarse = chroma.subsample_chroma(images, self.prefilter, clip=False)
        mixed = coarse + self.fine * (images - coarse)
        return tf.clip_by_value(mixed, -1.0, 1.0) if self.clip else mixed

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        chroma.require_rgb_shape(input_shape)
        return tuple(input_shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "prefilter": self.prefilter,
            "fine": self.fine,
            "clip": self.clip,
        }
