"""Mean spectra of a batch in two dimensions, channel by channel.

A GAN's images have no real counterparts, so that losses of pairs of images
compare means over a batch with means over real images. Which means matters:
that of complex values is the spectrum of the mean *image*, in which the phases
of single images cancel; that of amplitudes keeps the power of each frequency.
"""

import tensorflow as tf

from specgan.distribution import mean_over_replicas
from specgan.signal import spectrum
from specgan.typing import Tensor
from specgan.typing import TensorLike


def amplitudes(images: TensorLike) -> Tensor:
    """Amplitude spectra of single images.

    Formula, with the orthonormal transform F of each channel and the power of
    8-bit rounding, which keeps the gradient of the root finite:

    ```
    amplitude[u, v, c] = sqrt(|F[u, v, c]|^2 + floor)
    ```

    Args:
        images: `[batch, height, width, channels]`, float32 or float64.

    Returns:
        `[batch, channels * height * (width // 2 + 1)]`, in units of the
        images.
    """
    power = spectrum.half_plane_power(_planes(images))
    values = tf.sqrt(power + spectrum.QUANTIZATION_NOISE)
    return tf.reshape(values, [tf.shape(images)[0], _bins(images.shape)])


def complex_values(images: TensorLike) -> Tensor:
    """Real, then imaginary parts of the spectra of single images.

    Args:
        images: `[batch, height, width, channels]`, float32 or float64.

    Returns:
        `[batch, 2 * channels * height * (width // 2 + 1)]`, orthonormal.
    """
    planes = _planes(images)
    height, width = planes.shape[1:]
    values = tf.signal.rfft2d(planes)
    shape = [tf.shape(images)[0], _bins(images.shape)]
    parts = [
        tf.reshape(part(values), shape) for part in (tf.math.real, tf.math.imag)
    ]
    scale = tf.cast((height * width) ** -0.5, planes.dtype)
    return scale * tf.concat(parts, axis=1)


def square_errors(
    spectra: TensorLike, target: TensorLike, image_shape: tuple[int, ...]
) -> Tensor:
    """Squared distance of the batch's mean spectrum to the target.

    Args:
        spectra: `[batch, values]`, of `amplitudes` or `complex_values`; under
            several replicas the mean is taken over all of them.
        target: `[values]`, their mean over real images.
        image_shape: (height, width, channels).

    Returns:
        `[channels, height, width // 2 + 1]`.
    """
    height, width, channels = image_shape
    mean = mean_over_replicas(tf.reduce_mean(spectra, axis=0))
    squares = tf.square(mean - target)
    # One part of amplitudes, two of complex values.
    shape = [-1, channels, height, width // 2 + 1]
    return tf.reduce_sum(tf.reshape(squares, shape), axis=0)


def plane_mean(values: TensorLike, image_shape: tuple[int, ...]) -> Tensor:
    """Mean over the whole plane, of which half is given.

    Args:
        values: `[channels, height, width // 2 + 1]`.
        image_shape: (height, width, channels).

    Returns:
        A scalar.
    """
    height, width, channels = image_shape
    multiplicity = spectrum.rings(height, width).multiplicity
    shares = tf.constant(multiplicity / (height * width), values.dtype)
    return tf.reduce_sum(shares * values) / channels


def _planes(images):
    """`[batch * channels, height, width]`."""
    _, height, width, _ = images.shape
    return tf.reshape(tf.transpose(images, [0, 3, 1, 2]), [-1, height, width])


def _bins(shape):
    _, height, width, channels = shape
    return channels * height * (width // 2 + 1)
