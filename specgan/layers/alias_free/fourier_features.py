import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.layers.alias_free.equalized_dense import EqualizedDense
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class FourierFeatures(keras.layers.Layer):
    """Sine waves over a canvas that extends without end: a network's input.

    They can be sampled at any place, so that moving the canvas under them
    moves, exactly, what a network starts from. Frequencies, uniform on the
    disc of radius `bandwidth`, and phases are drawn once and fixed; what is
    learned is a mix of the waves and, if asked for, a rotation and translation
    by the style.

    Formula, at a position p on the canvas (its centre 0, its width 1):

    ```
    x[c](p) = a_c sin(2 pi (f_c . A p + phase_c))
    a_c     = clip(1 - (|f_c'| - bandwidth) / (s / 2 - bandwidth), 0, 1)
    y       = M x / sqrt(channels)
    ```

    where f_c' is the frequency that stands on the canvas after the transform,
    and `A = R T U`: U the user's transform, T the translation by
    (-t_x, -t_y), R the rotation `[[r_c, -r_s], [r_s, r_c]]`, all four numbers
    an affine function of the style, divided by the length of (r_c, r_s).

    Args:
        channels: Positive integer; number of waves.
        size: Positive integer; height and width of the features in pixels.
            With its margin the canvas is larger than 1.
        sampling_rate: s, positive; pixels per canvas width.
        bandwidth: Highest frequency of the waves, in cycles per canvas width,
            positive, at most half the sampling rate. (At half of it waves
            that a transform makes finer are not faded out.)
        learned_transform: Whether the style rotates and translates. Defaults
            to True.
        **kwargs: Arguments of `keras.layers.Layer`. It computes in float32
            under any policy.

    Call arguments:
        styles: `[batch, style_dim]`.
        transform: U, `[3, 3]` or `[batch, 3, 3]`: takes homogeneous positions
            (x, y, 1) of the image to positions of the waves, the inverse of
            what is seen to happen to the image. None leaves the image where
            it is.

    Output shape:
        `[batch, size, size, channels]`, float32.

    Raises:
        ValueError: If a number is out of range, or a transform has another
            shape or is not of finite real numbers.

    Example:
    >>> layer = FourierFeatures(16, size=36, sampling_rate=16, bandwidth=2)
    >>> layer(tf.zeros([2, 8])).shape
    TensorShape([2, 36, 36, 16])

    Reference:
    - Karras et al., 2021, Section 3.1 and 3.2, "Fourier features" and
      "Transformed Fourier features", Appendix F
      (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        channels: int,
        size: int,
        sampling_rate: float,
        bandwidth: float,
        learned_transform: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        require_positive_integer("channels", channels)
        require_positive_integer("size", size)
        if not 0 < bandwidth <= sampling_rate / 2:
            raise ValueError(
                "Waves above half the sampling rate alias to lower "
                f"ones. Expected a bandwidth in (0, {sampling_rate / 2}]. "
                f"Received: bandwidth={bandwidth!r}."
            )
        self.channels = channels
        self.size = size
        self.sampling_rate = sampling_rate
        self.bandwidth = bandwidth
        self.learned_transform = learned_transform
        self.affine = None
        if learned_transform:
            self.affine = EqualizedDense(
                4,
                weight_initial=0.0,
                bias_initial=[1.0, 0.0, 0.0, 0.0],
                dtype="float32",
                name="affine",
            )
        # Positions of the pixels' centres, from the canvas' centre.
        self._positions = (np.arange(size) + 0.5 - size / 2) / sampling_rate

    def build(self, styles_shape: Shape) -> None:
        if self.affine is not None:
            self.affine.build(styles_shape)
        self.kernel = self.add_weight(
            shape=[self.channels, self.channels],
            initializer=keras.initializers.RandomNormal(0.0, 1.0),
            name="kernel",
        )
        self.frequencies = self.add_weight(
            shape=[self.channels, 2],
            initializer=self._draw_frequencies,
            trainable=False,
            name="frequencies",
        )
        self.phases = self.add_weight(
            shape=[self.channels],
            initializer=keras.initializers.RandomUniform(-0.5, 0.5),
            trainable=False,
            name="phases",
        )

    def _draw_frequencies(self, shape, dtype):
        # |v|^2 / 2 of normal v is exponential, so that exp(-|v|^2 / 4) is the
        # root of a uniform number: what a radius uniform on a disc has.
        normal = keras.random.normal(shape, dtype=dtype)
        square = tf.reduce_sum(normal**2, axis=1, keepdims=True)
        radius = self.bandwidth * tf.exp(-square / 4)
        return normal * tf.math.rsqrt(square) * radius

    def __call__(self, styles, transform=None, **kwargs):
        # Keras would convert it first, with errors of its own.
        if transform is not None:
            transform = _real_numbers(transform)
        return super().__call__(styles, transform=transform, **kwargs)

    def call(
        self, styles: TensorLike, transform: TensorLike | None = None
    ) -> Tensor:
        frequencies, phases = self._transformed(styles, transform)
        amplitudes = self._amplitudes(frequencies)
        positions = tf.constant(self._positions, tf.float32)[:, None]
        # The angle at a pixel is the sum of one by its column and one by its
        # row, of which the sine takes those of the two alone.
        # Slices that keep their axis: OpenVINO reads other memory where one is
        # taken away and one added at once.
        columns = frequencies[:, :1] * positions  # [batch, size, channels]
        rows = frequencies[:, 1:] * positions + phases[:, None]
        columns, rows = 2 * math.pi * columns, 2 * math.pi * rows
        sines = amplitudes[:, None] * tf.sin(rows)
        cosines = amplitudes[:, None] * tf.cos(rows)
        waves = (
            sines[:, :, None] * tf.cos(columns)[:, None]
            + cosines[:, :, None] * tf.sin(columns)[:, None]
        )
        mixed = tf.matmul(
            tf.reshape(waves, [-1, self.channels]),
            self.kernel / self.channels**0.5,
        )
        return tf.reshape(mixed, [-1, self.size, self.size, self.channels])

    def _transformed(self, styles, transform):
        """Frequencies `[batch, 2, channels]`, phases `[batch, channels]`."""
        styles = tf.cast(styles, tf.float32)
        batch = tf.shape(styles)[0]
        moved = self._user_transform(transform, styles.shape[0])
        if self.affine is not None:
            moved = tf.matmul(self._learned(self.affine(styles)), moved)
        moved = tf.broadcast_to(moved, [batch, 3, 3])
        frequencies = tf.convert_to_tensor(self.frequencies)
        # Row vectors times matrices, for all images at once.
        # [batch, 3, 2] times [2, channels].
        frequencies = tf.matmul(
            moved[:, :2], frequencies[None], transpose_a=True, transpose_b=True
        )
        phases = self.phases + frequencies[:, 2]
        return frequencies[:, :2], phases

    def _user_transform(self, transform, batch):
        if transform is None:
            return tf.constant(np.eye(3), tf.float32)
        fits = transform.shape.is_compatible_with([3, 3])
        if not fits and not transform.shape.is_compatible_with([batch, 3, 3]):
            raise ValueError(
                "A transform is a matrix of homogeneous positions. Expected "
                f"the shape [3, 3], or [{batch}, 3, 3] for one an image. "
                f"Received: {list(transform.shape)}."
            )
        return transform

    def _learned(self, numbers):
        """R T of the four numbers, `[batch, 3, 3]`."""
        length = tf.norm(numbers[:, :2], axis=1, keepdims=True)
        cosine, sine, x, y = tf.unstack(numbers / length, axis=1)
        zero, one = tf.zeros_like(x), tf.ones_like(x)
        rotation = [[cosine, -sine, zero], [sine, cosine, zero]]
        translation = [[one, zero, -x], [zero, one, -y]]
        last = [zero, zero, one]
        rotation, translation = (
            tf.transpose(tf.convert_to_tensor([*rows, last]), [2, 0, 1])
            for rows in (rotation, translation)
        )
        return tf.matmul(rotation, translation)

    def _amplitudes(self, frequencies):
        """`[batch, channels]`: waves fade out before they would alias."""
        room = self.sampling_rate / 2 - self.bandwidth
        if room == 0:
            return tf.ones_like(frequencies[:, 0])
        # The gradient of a root is infinite at 0.
        length = tf.sqrt(tf.maximum(tf.reduce_sum(frequencies**2, 1), 1e-12))
        excess = (length - self.bandwidth) / room
        return tf.clip_by_value(1 - excess, 0.0, 1.0)

    def compute_output_shape(self, styles_shape: Shape) -> Shape:
        return (styles_shape[0], self.size, self.size, self.channels)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "channels": self.channels,
            "size": self.size,
            "sampling_rate": self.sampling_rate,
            "bandwidth": self.bandwidth,
            "learned_transform": self.learned_transform,
        }
        return {**base_config, **config}


def _real_numbers(transform):
    """A transform in float32; of what is known already, finite."""
    if isinstance(transform, keras.KerasTensor):
        return transform
    # Lists may mix integers and others, arrays and tensors have a type.
    listed = isinstance(transform, (list, tuple))
    try:
        tensor = tf.convert_to_tensor(transform, tf.float32 if listed else None)
    except (ValueError, TypeError) as cause:
        raise _no_transform(transform) from cause
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer):
        raise _no_transform(transform)
    tensor = tf.cast(tensor, tf.float32)
    if not tf.is_symbolic_tensor(tensor) and not np.all(np.isfinite(tensor)):
        raise _no_transform(transform)
    return tensor


def _no_transform(transform):
    return ValueError(
        "A transform is a matrix of homogeneous positions. Expected finite "
        f"real numbers [3, 3] or [batch, 3, 3]. Received: {transform!r}."
    )
