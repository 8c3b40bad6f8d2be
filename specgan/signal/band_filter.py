"""Filters in the frequency domain: what a band of frequencies holds.

All multiply the discrete Fourier transform of each channel by a real response
that depends on the radial frequency alone, `hypot(fy, fx)` in cycles per
pixel: the Nyquist frequency is 0.5 along an axis and 0.7071 in the corners.
They shift nothing (the response is real), treat all directions alike, and take
the image as periodic, so that opposite borders meet.

Reference:
    Gonzalez & Woods, "Digital Image Processing", 4th edition, 2018, Sections
    4.8 and 4.9: ideal, Butterworth and Gaussian filters.
"""

import math

import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.signal.channel_planes import checked_images
from specgan.signal.channel_planes import to_images
from specgan.signal.channel_planes import to_planes
from specgan.signal.real_tensor import real_tensor
from specgan.typing import Tensor
from specgan.typing import TensorLike


def band_pass(images: TensorLike, low: float, high: float) -> Tensor:
    """Keeps what images hold between two radial frequencies.

    For looking at a band: `band_pass(images, 0.25, 1)` shows what lies above
    half the Nyquist frequency. The mask is ideal (1 within, 0 outside), so
    bands that share no frequency add up exactly to the image, and filtering
    twice is filtering once; but it rings at edges, which `low_pass` and
    `high_pass` with a smooth transition do not, or less. The image is taken as
    periodic, so that a jump between opposite borders appears too. It is not a
    filter to train through, though it can be differentiated.

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
        ValueError: If the band is not one, or `images` are not finite
            floating images.

    Example:
    >>> images = tf.random.normal([2, 33, 48, 3])
    >>> base = band_pass(images, 0, 0.25)
    >>> details = band_pass(images, np.nextafter(0.25, 1), 1)
    >>> float(tf.reduce_max(tf.abs(base + details - images))) < 1e-5
    True
    """
    if not (is_number(low) and is_number(high) and 0 <= low <= high):
        raise ValueError(
            "Invalid band. Expected 0 <= low <= high, in cycles per pixel. "
            f"Received: low={low!r}, high={high!r}."
        )
    return _filtered(images, lambda radius: (radius >= low) & (radius <= high))


def low_pass(
    images: TensorLike,
    cutoff: float,
    transition: str = "hann",
    *,
    width: float | None = None,
    order: int | None = None,
) -> Tensor:
    """Keeps what images hold below a radial frequency.

    The steeper the transition, the further the filter rings at edges: the
    impulse response of an ideal one decays only as 1 / distance^(3/2). The
    Gaussian does not ring, unless Nyquist cuts it off: edges overshoot by 1 %
    at a cutoff of 0.4.

    Formula:
    `F'(fy, fx) = H(hypot(fy, fx)) F(fy, fx)`, H the `low_pass_response`.

    Args:
        images: Floating tensor `[batch, height, width, channels]`; any height
            and width. Half precision is filtered in float32.
        cutoff: Number in cycles per pixel, above 0 and up to 0.7071 (the
            corners). The response there is 1/2 (-6 dB); the ideal one's, 1.
        transition: Name of one of the `TRANSITIONS`, see `low_pass_response`.
        width: Of `"hann"`: full width of the transition in cycles per pixel.
        order: Of `"butterworth"`: positive integer.

    Returns:
        Tensor of the same shape and type.

    Raises:
        ValueError: If an argument is out of range, or belongs to another
            transition, or `images` are not finite floating images.

    Example:
    >>> images = tf.random.normal([2, 33, 48, 3])
    >>> low_pass(images, 0.1, "gaussian").shape
    TensorShape([2, 33, 48, 3])
    """
    response = _response(cutoff, transition, width, order)
    return _filtered(images, response)


def high_pass(
    images: TensorLike,
    cutoff: float,
    transition: str = "hann",
    *,
    width: float | None = None,
    order: int | None = None,
) -> Tensor:
    """Keeps what images hold above a radial frequency.

    The complement of `low_pass` with the same arguments: both add up to the
    images. The mean is removed.

    Formula:
    `F'(fy, fx) = (1 - H(hypot(fy, fx))) F(fy, fx)`, H the
    `low_pass_response`.

    Args:
        images: Floating tensor `[batch, height, width, channels]`; any height
            and width. Half precision is filtered in float32.
        cutoff: Number in cycles per pixel, above 0 and up to 0.7071 (the
            corners). The response there is 1/2 (-6 dB); the ideal one's, 0.
        transition: Name of one of the `TRANSITIONS`, see `low_pass_response`.
        width: Of `"hann"`: full width of the transition in cycles per pixel.
        order: Of `"butterworth"`: positive integer.

    Returns:
        Tensor of the same shape and type.

    Raises:
        ValueError: If an argument is out of range, or belongs to another
            transition, or `images` are not finite floating images.

    Example:
    >>> images = tf.random.normal([2, 33, 48, 3])
    >>> both = low_pass(images, 0.1) + high_pass(images, 0.1)
    >>> float(tf.reduce_max(tf.abs(both - images))) < 1e-5
    True
    """
    response = _response(cutoff, transition, width, order)
    return _filtered(images, lambda radius: 1 - response(radius))


def low_pass_response(
    frequencies: TensorLike,
    cutoff: float,
    transition: str = "hann",
    *,
    width: float | None = None,
    order: int | None = None,
) -> Tensor:
    """The response of `low_pass`: the factor of each frequency.

    It is even, as that of all real filters: -f has the factor of f.

    Formula, with f = |frequency|, the cutoff c, the width w and the order n:

    ```
    ideal        1 if f <= c, else 0
    hann         1/2 + 1/2 cos(pi (f - c + w/2) / w) within c -+ w/2,
                 1 below, 0 above
    gaussian     2^-(f / c)^2
    butterworth  1 / (1 + (f / c)^(2 n))
    ```

    The Gaussian's impulse response has the standard deviation
    `sqrt(ln 2 / 2) / (pi c)` = 0.187 / c pixels. The Butterworth response is
    that of the analog filter applied forwards and backwards, which shifts
    nothing.

    Args:
        frequencies: Radial frequencies in cycles per pixel, of any shape and
            sign.
        cutoff: Number in cycles per pixel, above 0 and up to 0.7071.
        transition: `"ideal"`, `"hann"`, `"gaussian"` or `"butterworth"`.
        width: Of `"hann"`: full width of the transition in cycles per pixel,
            above 0 and up to twice the cutoff. Defaults to the cutoff.
        order: Of `"butterworth"`: positive integer. Defaults to 2.

    Returns:
        float64 tensor of the frequencies' shape, values 0 to 1.

    Raises:
        ValueError: If an argument is out of range, or belongs to another
            transition.

    Example:
    >>> low_pass_response([0.1, 0.2, 0.3, 0.4], 0.2, width=0.2).numpy().round(3)
    array([1. , 0.5, 0. , 0. ])
    """
    response = _response(cutoff, transition, width, order)
    expected = "real numbers, in cycles per pixel"
    frequencies = real_tensor("frequencies", frequencies, expected)
    return response(tf.abs(tf.cast(frequencies, tf.float64)))


def _ideal(radius, cutoff):
    return tf.cast(radius <= cutoff, radius.dtype)


def _hann(radius, cutoff, width):
    position = (radius - cutoff) / width + 0.5  # 0 to 1 within.
    return 0.5 + 0.5 * tf.cos(math.pi * tf.clip_by_value(position, 0, 1))


def _gaussian(radius, cutoff):
    return tf.exp(-math.log(2) * (radius / cutoff) ** 2)


def _butterworth(radius, cutoff, order):
    return 1 / (1 + (radius / cutoff) ** (2 * order))


TRANSITIONS = {
    "ideal": _ideal,
    "hann": _hann,
    "gaussian": _gaussian,
    "butterworth": _butterworth,
}
"""Shapes of the response around the cutoff, by name."""


def _response(cutoff, transition, width, order):
    """The function of the radial frequency, once its arguments are checked."""
    if not is_number(cutoff) or not 0 < cutoff <= math.sqrt(0.5):
        raise invalid_argument(
            "cutoff",
            "a frequency above 0 and up to 0.7071 cycles per pixel (Nyquist "
            "is 0.5 along an axis)",
            cutoff,
        )
    if not isinstance(transition, str) or transition not in TRANSITIONS:
        raise unknown_name("transition", transition, TRANSITIONS)
    for name, value, owner in (
        ("width", width, "hann"),
        ("order", order, "butterworth"),
    ):
        if value is not None and transition != owner:
            raise ValueError(
                f"The transition {transition!r} has no `{name}`. Expected it "
                f"with {owner!r} alone. Received: {name}={value!r}."
            )
    settings = {}
    if transition == "hann":
        settings["width"] = width = cutoff if width is None else width
        if not is_number(width) or not 0 < width <= 2 * cutoff:
            raise invalid_argument(
                "width",
                "a number of cycles per pixel above 0 and up to twice the "
                f"cutoff, {2 * cutoff:g}",
                width,
            )
    elif transition == "butterworth":
        settings["order"] = order = 2 if order is None else order
        require_positive_integer("order", order)
    shape = TRANSITIONS[transition]
    return lambda radius: shape(radius, cutoff, **settings)


def _filtered(images, response):
    """Images whose spectrum is multiplied by a function of the frequency."""
    images = checked_images(images)
    planes = to_planes(images)
    size = tf.shape(images)[1:3]
    spectrum = tf.signal.rfft2d(planes)  # [b, c, height, width // 2 + 1]
    gain = response(_radial_frequency(size[0], size[1]))
    spectrum *= tf.cast(gain, spectrum.dtype)
    planes = tf.signal.irfft2d(spectrum, fft_length=size)
    return tf.ensure_shape(to_images(planes, images.dtype), images.shape)


def _radial_frequency(height, width):
    """Radial frequency of each bin of `rfft2d`, in cycles per pixel."""
    # float64, so that a bin on the edge of the band is not lost to rounding.
    rows = (tf.range(height) + height // 2) % height - height // 2
    vertical = tf.cast(rows, tf.float64) / tf.cast(height, tf.float64)
    columns = tf.range(width // 2 + 1)
    horizontal = tf.cast(columns, tf.float64) / tf.cast(width, tf.float64)
    return tf.sqrt(vertical[:, None] ** 2 + horizontal**2)
