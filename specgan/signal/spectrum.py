"""The power spectrum of images and its azimuthal integral.

Conventions, the same everywhere in specgan:

- Images are `[batch, height, width, channels]`, nominally in [-1, 1].
- Frequencies are in cycles per pixel; the Nyquist frequency is 0.5.
- The Fourier transform is orthonormal, so that white noise of variance v has
  the power v at every frequency, whatever the size of the image.
- Powers in decibels are `10 log10(power)`.

Reference:
- Durall, Keuper & Keuper, 2020, Section 2.1, Eq. 1 and 2
  (https://arxiv.org/abs/2003.01826). Two deviations, with their reasons: the
  rings are centred on DC exactly (half a pixel beside it, as in the authors'
  code, 73 % of the frequencies fall into another ring than their conjugate),
  and each is the *mean* power of the ring (Eq. 2's integral divided by its
  length 2 pi k), so that white noise is flat.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.signal.frequency_plane import LUMINANCE_WEIGHTS
from specgan.signal.frequency_plane import QUANTIZATION_NOISE
from specgan.signal.frequency_plane import Rings as Rings
from specgan.signal.frequency_plane import ring_frequencies as ring_frequencies
from specgan.signal.frequency_plane import rings
from specgan.signal.frequency_plane import window_function
from specgan.typing import Tensor
from specgan.typing import TensorLike


def luminance(images: TensorLike) -> Tensor:
    """Grey values of images: Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B.

    Args:
        images: `[batch, height, width, channels]`, 1 or 3 channels.

    Returns:
        `[batch, height, width]`.

    Raises:
        ValueError: If the images have not 4 dimensions or 1 or 3 channels.
    """
    images = tf.convert_to_tensor(images)
    _require_channels(images.shape)
    if images.shape[-1] == 1:
        return images[..., 0]
    red, green, blue = LUMINANCE_WEIGHTS
    return red * images[..., 0] + green * images[..., 1] + blue * images[..., 2]


def require_image_shape(shape: Sequence[Any]) -> None:
    """Raise a `ValueError` unless spectra of images of a shape can be had.

    Args:
        shape: (batch, height, width, channels); the batch may be None.
    """
    _require_channels(shape)
    shape = tuple(shape)
    if None in shape[1:3] or min(shape[1:3]) < 2:
        raise ValueError(
            "A spectrum needs images of a known height and width, at least 2 "
            f"pixels. Received: shape={shape}."
        )


def _require_channels(shape):
    shape = tuple(shape)
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise ValueError(
            "A spectrum needs images [batch, height, width, channels] of 1 or "
            f"3 channels. Received: shape={shape}. Add the missing dimension, "
            "or select the channels."
        )


def power_spectrum(images: TensorLike, window: str | None = None) -> Tensor:
    """The 2-D power spectrum, DC at row height // 2 and column width // 2.

    Formula:

    ```
    power[k, l] = |sum_mn x[m, n] exp(-2 pi i (k m / H + l n / W))|^2 / (H W)
    ```

    For a picture of it take `decibels` of its mean over the batch.

    Args:
        images: `[batch, height, width, channels]`, 1 or 3 channels.
        window: None or "hann".

    Returns:
        `[batch, height, width]`, in squared units of the images.

    Reference:
    - Durall et al., 2020, Eq. 1.
    """
    grey = _windowed(images, window)
    height, width = grey.shape[1:]
    spectrum = tf.signal.fft2d(tf.complex(grey, tf.zeros_like(grey)))
    power = (spectrum * tf.math.conj(spectrum)) / (height * width)
    return tf.signal.fftshift(tf.math.real(power), axes=(1, 2))


def _windowed(images, window):
    grey = luminance(images)
    if window is None:
        return grey
    return grey * tf.constant(
        window_function(window, *grey.shape[1:]), grey.dtype
    )


def azimuthal_integral(images: TensorLike, window: str | None = None) -> Tensor:
    """Mean power of every ring of the spectrum: the 1-D power spectrum.

    Formula, with the ring R_k of n_k frequencies:

    ```
    AI[k] = 1 / n_k * sum_{(u, v) in R_k} power[u, v],   k = 0..M//2, corner
    ```

    The whole function is compiled by XLA, and its gradient is exact: one
    inverse transform of the spectrum weighted ring by ring, itself
    differentiable. `sum_k n_k AI[k] = sum_mn x[m, n]^2` (Parseval) without a
    window.

    Args:
        images: `[batch, height, width, channels]`, 1 or 3 channels, float32
            or float64; any height and width from 2.
        window: None or "hann".

    Returns:
        `[batch, M // 2 + 2]`, M = min(height, width): rings k = 0..M//2 at
        k/M cycles per pixel, then the pooled corner beyond them.

    Raises:
        ValueError: If the shape is not a batch of images or the window unknown.

    Example:
    >>> noise = tf.random.normal([64, 32, 32, 1])
    >>> azimuthal_integral(noise).shape
    TensorShape([64, 18])

    Reference:
    - Durall et al., 2020, Eq. 2.
    """
    images = tf.convert_to_tensor(images)
    if images.dtype not in (tf.float32, tf.float64):
        raise ValueError(
            "The azimuthal integral is computed in float32 or float64. "
            f"Received: dtype={images.dtype.name}. Cast the images first."
        )
    # Here, where an error is not wrapped in a traceback of the graph.
    require_image_shape(images.shape)
    window_function(window, 2, 2)
    compiled = _compiled(tuple(images.shape[1:]), images.dtype, window)
    ring_means = compiled(images)
    ring_means.set_shape([images.shape[0], None])
    return ring_means


@functools.cache
def _compiled(shape, dtype, window):
    """One function for batches of any size: each one's own were traced anew."""
    return tf.function(
        lambda images: _ring_means(_windowed(images, window)),
        autograph=False,
        jit_compile=True,
        input_signature=[tf.TensorSpec([None, *shape], dtype)],
    )


@tf.custom_gradient
def _ring_means(grey):
    height, width = grey.shape[1:]
    index, multiplicity, counts = rings(height, width)
    spectrum = tf.signal.rfft2d(grey)  # F: [batch, height, width // 2 + 1]
    power = tf.math.real(spectrum) ** 2 + tf.math.imag(spectrum) ** 2
    shares = multiplicity / counts[index] / (height * width)
    # Frequencies first: the segments of `unsorted_segment_sum` are rows, and
    # it is the one segment sum that XLA compiles.
    flat = tf.reshape(
        tf.transpose(power, [1, 2, 0]), [index.size, tf.shape(grey)[0]]
    )
    flat *= tf.constant(shares.reshape(-1, 1), grey.dtype)
    ring_means = tf.transpose(
        tf.math.unsorted_segment_sum(flat, index.ravel(), len(counts))
    )

    def gradient(upstream):
        # dL/dx = 2 irfft2(g[ring] / n[ring] * F), since
        # L = sum_k g_k / n_k sum_{R_k} |F|^2 / (H W).
        per_ring = upstream / tf.constant(counts, grey.dtype)
        factors = tf.gather(per_ring, index, axis=1)
        weighted = tf.complex(
            factors * tf.math.real(spectrum), factors * tf.math.imag(spectrum)
        )
        return 2.0 * tf.signal.irfft2d(weighted, [height, width])

    return ring_means, gradient


@tf.custom_gradient
def half_plane_power(planes: TensorLike) -> Any:
    """Power at the frequencies of half the plane: those of `tf.signal.rfft2d`.

    Formula: that of `power_spectrum`, of planes as they are. The gradient is
    exact, one inverse transform of the weighted spectrum, and differentiable
    in its turn.

    Args:
        planes: `[n, height, width]`, float32 or float64.

    Returns:
        `[n, height, width // 2 + 1]`, DC first; in squared units of the
        planes.
    """
    height, width = planes.shape[1:]
    spectrum = tf.signal.rfft2d(planes)  # F
    real, imaginary = tf.math.real(spectrum), tf.math.imag(spectrum)
    power = (real**2 + imaginary**2) / (height * width)
    multiplicity = rings(height, width).multiplicity

    def gradient(upstream):
        # `irfft2d` counts a frequency and its conjugate, `power` has one.
        weights = upstream * tf.constant(2 / multiplicity, planes.dtype)
        weighted = tf.complex(weights * real, weights * imaginary)
        return tf.signal.irfft2d(weighted, [height, width])

    return power, gradient


def decibels(power: TensorLike, floor: float = QUANTIZATION_NOISE) -> Tensor:
    """Power in decibels above a floor: `10 log10(power + floor)`.

    The floor keeps the logarithm and its gradient bounded where a spectrum
    vanishes. The default is the power of rounding to 8 bits, which is no
    restriction on pictures: -53 dB for images in [-1, 1].

    Args:
        power: Any shape, not negative.
        floor: Power added, in the same units.

    Returns:
        Decibels, same shape.
    """
    power = tf.convert_to_tensor(power)
    return (10 / np.log(10)) * tf.math.log(power + floor)


def ring_levels(images: TensorLike, window: str | None = "hann") -> Tensor:
    """Ring powers of single images in dB: what a spectral detector sees.

    Formula, with the mean m of each image over its pixels:

    ```
    levels[k] = 10 log10(AI(images - m)[k] + floor),  k = 1..M//2, corner
    ```

    AI is the `azimuthal_integral`, the floor that of `decibels`. DC is left
    out, and the mean is subtracted, since a window would let brightness leak
    from DC into the first ring. Differentiable, as its parts are.

    Args:
        images: `[batch, height, width, channels]`, 1 or 3 channels, float32
            or float64.
        window: None or "hann". Without a window the jump between opposite
            borders hides the high frequencies of single images.

    Returns:
        `[batch, M // 2 + 1]` in dB, M = min(height, width): rings 1..M//2 at
        `ring_frequencies(height, width)[1:]`, then the pooled corner. An image
        of one value has the floor, -53 dB, in every ring.

    Raises:
        ValueError: As `azimuthal_integral`.

    Example:
    >>> noise = tf.random.normal([64, 32, 32, 1])
    >>> ring_levels(noise).shape
    TensorShape([64, 17])
    """
    images = tf.convert_to_tensor(images)
    _require_channels(images.shape)
    if images.dtype.is_floating:  # Else the integral raises.
        images -= tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    return decibels(azimuthal_integral(images, window))[:, 1:]


def rms_decibel_error(
    power: TensorLike,
    target: TensorLike,
    frequencies: np.ndarray,
    beyond: float = 0.0,
) -> float:
    """Root mean square difference of two 1-D spectra in decibels.

    Args:
        power: `[M // 2 + 2]` ring powers, e.g. the mean of
            `azimuthal_integral` over generated images.
        target: Same shape, of real images.
        frequencies: `ring_frequencies(height, width)`, cycles per pixel.
        beyond: Only rings above this frequency count, in cycles per pixel;
            0 leaves out DC alone, 0.25 all up to half Nyquist. The pooled
            corner never counts.

    Returns:
        The error in dB, a float.
    """
    difference = decibels(power) - decibels(target)
    rings_counted = np.asarray(frequencies) > beyond
    difference = np.asarray(difference)[: len(rings_counted)][rings_counted]
    return float(np.sqrt(np.mean(difference**2)))
