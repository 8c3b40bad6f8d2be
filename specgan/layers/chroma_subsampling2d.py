import keras
import tensorflow as tf

from specgan.errors import unknown_name
from specgan.signal import chroma


@keras.saving.register_keras_serializable(package="specgan")
class ChromaSubsampling2D(keras.layers.Layer):
    """Gives images the chroma of a JPEG file: half the resolution, enlarged.

    The last layer of a generator whose training images are such files (4:2:0,
    as most photographs are): their chroma is 20 dB weaker at high frequencies
    than a generator of full chroma resolution makes it. Luma stays as it is.

    See `specgan.signal.subsample_chroma` for the formula. The layer computes
    in float32 whatever the dtype policy, and its gradient is exact.

    Args:
        prefilter: "inverse", which can make every decoded 4:2:0 image and
            leaves it as it is; or "box", the mean of 2 x 2 pixels, as JPEG
            encoders take it.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, 3]`, RGB in [-1, 1], any height and width from
        2.

    Output shape:
        The same.

    Raises:
        ValueError: For an unknown prefilter, or images that are not RGB.

    Example:
    >>> images = tf.random.uniform([8, 64, 64, 3], -1, 1)
    >>> ChromaSubsampling2D()(images).shape
    TensorShape([8, 64, 64, 3])
    """

    def __init__(self, prefilter="inverse", **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if prefilter not in chroma.PREFILTERS:
            raise unknown_name("chroma prefilter", prefilter, chroma.PREFILTERS)
        self.prefilter = prefilter

    def call(self, images):
        return chroma.subsample_chroma(
            tf.cast(images, tf.float32), self.prefilter
        )

    def compute_output_shape(self, input_shape):
        chroma.require_rgb_shape(input_shape)
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "prefilter": self.prefilter}
