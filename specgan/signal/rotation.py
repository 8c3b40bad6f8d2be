"""Turn images of limited band, each by its own angle.

A square grid of pixels holds the frequencies of a square; the turned image's
are those of the turned square. What both hold, the octagon, is what an image
and its turned self can have in common: the filter here passes it, and stops
the rest.
"""

import functools

import numpy as np
import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike

LANCZOS_LOBES = 3
UPSAMPLING = 4
SUPPORT = 6
"""Pixels to each side where the cropped filter ends."""

_REACH = 64
"""Pixels to each side over which the sinc functions are convolved."""


def oriented_low_pass(angle: float, upsampling: int = 1) -> np.ndarray:
    """A filter that passes what a square grid and a turned one both hold.

    Formula:
    `h = (s * s_a) (w * w_a)`, where `*` is the convolution, s the separable
    sinc function of one pixel, w the Lanczos window of three lobes, `s_a` and
    `w_a` the same turned by the angle. The sinc functions are convolved over
    64 pixels to each side, the product is cropped to less than 6, and every
    one of the `upsampling^2` phases is divided so that all sum to the same.

    Args:
        angle: Number, in radians; the turned pattern is `s(R x)` with
            `R = [[cos, sin], [-sin, cos]]`.
        upsampling: Positive integer; taps for each pixel along an axis.

    Returns:
        float64 `[taps, taps]`, `taps = 12 upsampling - 1`; they sum to 1. The
        first axis is that of the rows.

    Example:
    >>> oriented_low_pass(0.3).shape, oriented_low_pass(0.3, 4).shape
    ((11, 11), (47, 47))

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Appendix E.3.
    """
    plain_sinc, plain_window = _plain_spectra(upsampling)
    sincs = plain_sinc * _spectrum(_sinc, _REACH, upsampling, angle)
    windows = plain_window * _spectrum(
        _window, _window_reach(), upsampling, angle
    )
    taps = _centre(sincs, _REACH, upsampling) * _centre(
        windows, _window_reach(), upsampling
    )
    # Phases: taps that meet the pixels from one and the same sub-pixel.
    for row in range(upsampling):
        for column in range(upsampling):
            phase = taps[row::upsampling, column::upsampling]
            phase /= np.sum(phase) * upsampling**2
    return taps


def _sinc(x, y):
    return np.sinc(x) * np.sinc(y)


def _window(x, y):
    inside = np.maximum(np.abs(x), np.abs(y)) < LANCZOS_LOBES
    return inside * np.sinc(x / LANCZOS_LOBES) * np.sinc(y / LANCZOS_LOBES)


def _window_reach():
    # The windows' convolution ends within, so that it does not wrap around.
    return 8


@functools.lru_cache
def _plain_spectra(upsampling):
    return (
        _spectrum(_sinc, _REACH, upsampling, 0.0),
        _spectrum(_window, _window_reach(), upsampling, 0.0),
    )


def _spectrum(pattern, reach, upsampling, angle):
    """Fourier transform of a turned pattern, its centre at pixel 0."""
    # In the order of the discrete transform: 0, 1, ..., -2, -1.
    x = np.fft.fftfreq(2 * reach * upsampling) * 2 * reach
    y = x[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.fft.rfft2(pattern(cos * x + sin * y, cos * y - sin * x))


def _centre(spectrum, reach, upsampling):
    """What lies less than SUPPORT from the centre."""
    size = 2 * reach * upsampling
    values = np.fft.irfft2(spectrum, (size, size))
    taps = np.arange(1 - SUPPORT * upsampling, SUPPORT * upsampling)
    return values[taps[:, None], taps]


def rotate(images: TensorLike, angles: TensorLike) -> tuple[Tensor, Tensor]:
    """Turns images about their centre, counter-clockwise.

    Images are up-sampled four times with the `oriented_low_pass` of the angle,
    which takes away what the turned grid cannot hold, and read by bilinear
    interpolation where the turned pixels lie. What comes in from outside is 0.

    Args:
        images: Floating tensor `[batch, height, width, channels]`.
        angles: `[batch]`, in radians; no symbolic tensor.

    Returns:
        (turned, mask): float32 images, and `[batch, height, width, 1]` in
        float32, 1 where nothing from outside contributes.

    Raises:
        ValueError: If the shapes do not fit.

    Example:
    >>> turned, mask = rotate(images, np.full(len(images), np.pi / 6))

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Appendix E.3: the reference of EQ-R.
    """
    images, angles = _checked(images, angles)
    _, height, width, _ = images.shape
    fine = _filtered(images, angles, UPSAMPLING)
    x, y = _turned_grid(height, width, angles)
    turned = _bilinear(
        fine, UPSAMPLING * (y + SUPPORT), UPSAMPLING * (x + SUPPORT)
    )
    mask = _inside(UPSAMPLING * x, width) & _inside(UPSAMPLING * y, height)
    return turned, tf.constant(mask[..., None], tf.float32)


def _inside(place, length):
    """Whether the nearest sub-pixel is a tap's reach from the border.

    The sub-pixels run from -25 to 4 length + 20, with number 0 at the first
    pixel, and 47 on either side are left out.
    """
    nearest = np.rint(place)
    return (nearest >= 22) & (nearest < UPSAMPLING * length - 26)


def _turned_grid(height, width, angles):
    """Where the pixels of the turned images lie in the images.

    Returns:
        Columns and rows, `[batch, height, width]` each, in pixels, 0 being
        the first pixel's centre.
    """
    x = np.arange(width) - (width - 1) / 2
    y = (np.arange(height) - (height - 1) / 2)[:, None]
    cos = np.cos(angles)[:, None, None]
    sin = np.sin(angles)[:, None, None]
    return (
        cos * x - sin * y + (width - 1) / 2,
        sin * x + cos * y + (height - 1) / 2,
    )


def pseudo_rotate(
    images: TensorLike, angles: TensorLike
) -> tuple[Tensor, Tensor]:
    """Takes from images what they would lose if they were turned back.

    A turned image may have frequencies in the corners of its square band that
    the image before had no place for. They are not the generator's fault:
    EQ-R filters them out before it compares.

    The filter is that of the published measure. It is made of sinc functions
    sampled once a pixel, so that the corners of the turned band, which lie
    beyond the pixels' Nyquist frequency, fold back and add up: at 45 degrees
    it amplifies frequencies above 0.3 cycles per pixel along an axis, by up to
    1.7. Images with much of the finest detail thus have a somewhat lower EQ-R
    than they should, in the paper as here.

    Args:
        images: Floating tensor `[batch, height, width, channels]`.
        angles: `[batch]`, in radians; no symbolic tensor.

    Returns:
        (filtered, mask): float32 images of the same size, and `[batch, height,
        width, 1]` in float32, 1 except for five pixels along the border.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Appendix E.3.
    """
    images, angles = _checked(images, angles)
    batch, height, width, _ = images.shape
    wide = _filtered(images, -angles, 1)
    filtered = wide[:, SUPPORT : SUPPORT + height, SUPPORT : SUPPORT + width]
    border = SUPPORT - 1
    mask = np.zeros([batch, height, width, 1], np.float32)
    mask[:, border : height - border, border : width - border] = 1
    return filtered, tf.constant(mask)


def _filtered(images, angles, upsampling):
    """Images up-sampled with their own filters, beyond their borders too.

    Returns:
        float32 `[batch, upsampling * (height + 12), upsampling * (width +
        12), channels]`; the first pixel lies at `6 * upsampling`.
    """
    batch, height, width, channels = images.shape
    size = [height + 2 * SUPPORT, width + 2 * SUPPORT]
    images = tf.transpose(images, [0, 3, 1, 2])[:, None]
    padding = [[0, 0]] * 3 + [[0, 2 * SUPPORT]] * 2
    spectra = tf.signal.rfft2d(tf.pad(images, padding))
    phases = np.stack([_phases(angle, upsampling) for angle in angles])
    # [batch, phase of row, phase of column, rows, columns]
    responses = tf.signal.rfft2d(tf.constant(phases, tf.float32), size)
    responses = tf.reshape(
        responses, [batch, upsampling**2, 1, *responses.shape[3:]]
    )
    fine = tf.signal.irfft2d(spectra * responses, size)
    fine = tf.reshape(fine, [batch, upsampling, upsampling, channels, *size])
    fine = tf.transpose(fine, [0, 4, 1, 5, 2, 3])
    return tf.reshape(
        fine, [batch, upsampling * size[0], upsampling * size[1], channels]
    )


def _phases(angle, upsampling):
    """The filter `[phase of row, phase of column, 12, 12]`, gain 1 each."""
    taps = np.pad(oriented_low_pass(angle, upsampling), [[1, 0], [1, 0]])
    taps = taps.reshape([2 * SUPPORT, upsampling] * 2)
    return taps.transpose(1, 3, 0, 2) * upsampling**2


def _bilinear(images, rows, columns):
    """Values at fractional places of each image, `[batch, height, width]`."""
    height, width = images.shape[1:3]
    top, left = np.floor(rows), np.floor(columns)
    down, right = rows - top, columns - left
    total = 0
    for row, column, weight in (
        (top, left, (1 - down) * (1 - right)),
        (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)),
        (top + 1, left + 1, down * right),
    ):
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        places = np.stack([row, column], axis=-1) * inside[..., None]
        values = tf.gather_nd(images, places.astype(np.int32), batch_dims=1)
        weight = (weight * inside)[..., None]
        total += tf.constant(weight, tf.float32) * values
    return total


def _checked(images, angles):
    images = tf.cast(images, tf.float32)
    angles = np.asarray(angles, np.float64)
    if images.shape.rank != 4 or angles.shape != tuple(images.shape[:1]):
        raise ValueError(
            "Images are turned each by its own angle. Expected images [batch, "
            "height, width, channels] and angles [batch]. Received: images of "
            f"shape {images.shape}, angles of shape {angles.shape}. Repeat "
            "the angle for every image."
        )
    return images, angles
