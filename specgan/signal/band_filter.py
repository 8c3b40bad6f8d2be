"""Band-pass filtering: what a band of frequencies holds."""

import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike


def band_pass(images: TensorLike, low: float, high: float) -> Tensor:
    """Keeps what images hold between two radial frequencies.

    For looking at a band: `band_pass(images, 0.25, 1)` shows what lies beyond
    half Nyquist. The mask is ideal (1 within, 0 outside), so bands that share
    no frequency add up exactly to the image, and filtering twice is filtering
    once; but it rings at edges, and the image is taken as periodic, so that a
    jump between opposite borders appears too. It is not a filter to train
    through, though it can be differentiated.

    Formula:
    `F'(fy, fx) = F(fy, fx)` if `low <= hypot(fy, fx) <= high`, else 0, with F
    the discrete Fourier transform of each channel.

    Args:
        images: Floating tensor `[batch, height, width, channels]`; any height
            and width. Half precision is filtered in float32.
        low: Number >= 0, in cycles per pixel. 0 keeps the mean.
        high: Number >= `low`, in cycles per pixel; Nyquist is 0.5 along an
            axis and 0.7071 in the corners.

    Returns:
        Tensor of the same shape and type.

    Raises:
        ValueError: If the band is not one, or `images` are not floating images.

    Example:
    >>> images = tf.random.normal([2, 33, 48, 3])
    >>> base = band_pass(images, 0, 0.25)
    >>> details = band_pass(images, np.nextafter(0.25, 1), 1)
    >>> float(tf.reduce_max(tf.abs(base + details - images))) < 1e-5
    True
    """
    if not 0 <= low <= high:
        raise ValueError(
            "Invalid band. Expected 0 <= low <= high, in cycles per pixel. "
            f"Received: low={low}, high={high}."
        )
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4 or not images.dtype.is_floating:
        raise ValueError(
            "Invalid value for argument `images`. Expected floating images "
            "[batch, height, width, channels]. Received: shape "
            f"{tuple(images.shape)}, {images.dtype.name}. Cast integers to "
            "float32 first."
        )
    size = tf.shape(images)[1:3]
    planes = tf.transpose(images, [0, 3, 1, 2])  # [b, c, height, width]
    if images.dtype.size < 4:
        planes = tf.cast(planes, tf.float32)
    spectrum = tf.signal.rfft2d(planes)  # [b, c, height, width // 2 + 1]
    radius = _radial_frequency(size[0], size[1])
    mask = (radius >= low) & (radius <= high)
    spectrum *= tf.cast(mask, spectrum.dtype)
    planes = tf.signal.irfft2d(spectrum, fft_length=size)
    planes = tf.ensure_shape(tf.transpose(planes, [0, 2, 3, 1]), images.shape)
    return tf.cast(planes, images.dtype)


def _radial_frequency(height, width):
    """Radial frequency of each bin of `rfft2d`, in cycles per pixel."""
    # float64, so that a bin on the edge of the band is not lost to rounding.
    rows = (tf.range(height) + height // 2) % height - height // 2
    vertical = tf.cast(rows, tf.float64) / tf.cast(height, tf.float64)
    columns = tf.range(width // 2 + 1)
    horizontal = tf.cast(columns, tf.float64) / tf.cast(width, tf.float64)
    return tf.sqrt(vertical[:, None] ** 2 + horizontal**2)
