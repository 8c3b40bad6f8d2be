"""What happens to pictures on their way."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.ndimage
from PIL import Image

from specgan.data.jpeg import compressed
from specgan.data.jpeg import to_image
from specgan.detection.matching import require_quality
from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.errors import is_number
from specgan.errors import unknown_name

REPOST_FACTOR, REPOST_QUALITY = 0.8, 75
"""What a social network does to a picture: it shrinks and compresses it.

Three times in a row leave half of height and width.
"""


class Perturbation(NamedTuple):
    """A change of pictures, and the strengths at which to look at it.

    Args:
        function: (uint8 pictures [height, width, channels] of any sizes,
            strength) -> list of uint8 pictures.
        strengths: From weak to strong; then what goes the other way, beyond
            the one at which nothing happens.
        unit: What a strength is, in words.
        neutral: The strength at which nothing happens, or `None`.
    """

    function: Callable
    strengths: tuple
    unit: str
    neutral: float | None


def get(identifier: str) -> Perturbation:
    """A perturbation by its name.

    Args:
        identifier: "jpeg", "resize", "crop", "blur", "noise", "gain" or
            "reposts".

    Raises:
        ValueError: For another name.
    """
    if not isinstance(identifier, str) or identifier not in PERTURBATIONS:
        raise unknown_name("perturbation", identifier, PERTURBATIONS)
    return PERTURBATIONS[identifier]


def scaled(image: np.ndarray, factor: float) -> np.ndarray:
    """A picture of `factor` times the height and width, at least a pixel.

    By Pillow's bicubic filter, which averages where it shrinks.

    Args:
        image: uint8 [height, width, channels], 1 or 3 channels.
        factor: Positive.
    """
    height, width = (max(1, round(n * factor)) for n in image.shape[:2])
    return resized(image, height, width)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The same as `scaled`, to a height and width in pixels."""
    size = width, height
    pixels = to_image(image).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(pixels).reshape(height, width, -1)


def blurred(image: np.ndarray, deviation: float) -> np.ndarray:
    """A picture under a Gaussian filter; channels stay apart.

    Args:
        image: uint8 [height, width, channels].
        deviation: The filter's standard deviation in pixels, from 0.
    """
    deviations = (deviation, deviation, 0)
    levels = image.astype(np.float32)
    return _rounded(scipy.ndimage.gaussian_filter(levels, deviations))


def noisy(
    image: np.ndarray, deviation: float, rng: np.random.Generator
) -> np.ndarray:
    """A picture with Gaussian noise, independent in pixels and channels.

    Args:
        image: uint8 [height, width, channels].
        deviation: The noise's standard deviation, in grey levels of 255.
        rng: Where the noise comes from.
    """
    return _rounded(image + rng.normal(0, deviation, image.shape))


def _jpeg(images, quality):
    require_quality("strength", quality)
    return [compressed(image, quality) for image in images]


def _resize(images, factor):
    _require_factor("resize", factor)
    return [scaled(image, factor) for image in images]


def _crop(images, share):
    if not is_number(share) or not 0 < share <= 1:
        raise _invalid("crop", "a share above 0, up to 1", share)
    return [_cropped(image, share) for image in images]


def _cropped(image, share):
    height, width = (max(1, round(n * share)) for n in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def _blur(images, deviation):
    _require_deviation("blur", deviation)
    return [blurred(image, deviation) for image in images]


def _noise(images, deviation):
    _require_deviation("noise", deviation)
    rng = np.random.default_rng(0)
    return [noisy(image, deviation, rng) for image in images]


def _gain(images, factor):
    _require_factor("gain", factor)
    return [_rounded(image * float(factor)) for image in images]


def _reposts(images, times):
    if not is_integer(times) or times < 0:
        raise _invalid("reposts", "a whole number from 0", times)
    images = list(images)
    for _ in range(times):
        images = _jpeg(_resize(images, REPOST_FACTOR), REPOST_QUALITY)
    return images


def _rounded(levels):
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _require_factor(name, strength):
    if not is_number(strength) or not 0 < strength < np.inf:
        raise _invalid(name, "a positive factor", strength)


def _require_deviation(name, strength):
    if not is_number(strength) or not 0 <= strength < np.inf:
        raise _invalid(name, "a standard deviation from 0", strength)


def _invalid(name, expected, strength):
    return invalid_argument("strength", f"{expected}, for '{name}'", strength)


PERTURBATIONS = {
    "jpeg": Perturbation(_jpeg, (95, 90, 75, 50, 30), "quality", None),
    "resize": Perturbation(_resize, (0.9, 0.75, 0.5, 1.25), "factor", 1),
    "crop": Perturbation(_crop, (0.9, 0.75, 0.5), "share of each side", 1),
    "blur": Perturbation(_blur, (0.5, 1.0, 2.0), "deviation in pixels", 0),
    "noise": Perturbation(_noise, (1.0, 2.0, 5.0, 10.0), "grey levels", 0),
    "gain": Perturbation(_gain, (0.9, 0.75, 0.5, 1.25), "factor", 1),
    "reposts": Perturbation(_reposts, (1, 2, 3), "times", 0),
}
"""The perturbations by name.

- jpeg: compression at a quality from 1 to 100, colours at half resolution.
- resize: by a factor, with Pillow's bicubic filter, which averages where it
  shrinks. The size is not restored.
- crop: to a share of height and width around the centre; nothing is resampled.
- blur: by a Gaussian filter of a standard deviation in pixels.
- noise: Gaussian, of a standard deviation in grey levels of 255, independent
  in each pixel and channel; the same whenever it is called.
- gain: grey levels are multiplied by a factor, and cut at 255.
- reposts: how often a social network passes it on, which each time resizes it
  by 0.8 and compresses it at quality 75.
"""
