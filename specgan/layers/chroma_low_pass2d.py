import keras
import tensorflow as tf

from specgan.signal import chroma


@keras.saving.register_keras_serializable(package="specgan")
class ChromaLowPass2D(keras.layers.Layer):
    """Takes from images the chroma above about 0.25 cycles per pixel.

    `ChromaSubsampling2D` for generators that commute with translation: the
    same on average over the positions of the grid of chroma samples, and so
    without a grid. Luma stays as it is; nothing is clipped.

    See `specgan.signal.low_pass_chroma` for the formula. The layer computes in
    float32 whatever the dtype policy, and its gradient is exact.

    Args:
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, 3]`, RGB, any height and width from 2.

    Output shape:
        The same.

    Raises:
        ValueError: If the images are not RGB.

    Example:
    >>> ChromaLowPass2D()(tf.random.normal([8, 64, 64, 3])).shape
    TensorShape([8, 64, 64, 3])
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})

    def call(self, images):
        return chroma.low_pass_chroma(tf.cast(images, tf.float32))

    def compute_output_shape(self, input_shape):
        chroma.require_rgb_shape(input_shape)
        return tuple(input_shape)
