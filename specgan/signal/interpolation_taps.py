"""Fixed interpolation by any whole factor, as taps on the finer grid."""

import dataclasses
from collections.abc import Callable

import numpy as np

from specgan.errors import unknown_name


@dataclasses.dataclass(frozen=True)
class Interpolator:
    """A continuous interpolation kernel.

    Args:
        function: From distances in input pixels, as an array, to weights.
        radius: Number; the weights are 0 from this distance on.
    """

    function: Callable[[np.ndarray], np.ndarray]
    radius: float


def _triangle(distance):
    return 1 - np.abs(distance)


def _keys(distance, a=-0.5):
    distance = np.abs(distance)
    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * (distance**3 - 5 * distance**2 + 8 * distance - 4)
    return np.where(distance <= 1, near, far)


def _lanczos(radius):
    def function(distance):
        return np.sinc(distance) * np.sinc(distance / radius)

    return Interpolator(function, radius)


# Under the names that Keras gives them.
INTERPOLATORS = {
    "nearest": Interpolator(np.ones_like, 0.5),
    "bilinear": Interpolator(_triangle, 1),
    "bicubic": Interpolator(_keys, 2),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def interpolation_taps(name: str, factor: int) -> np.ndarray:
    """Taps of an interpolation with half-pixel centres, by a whole factor.

    What `keras.layers.UpSampling2D` does away from the border: zeros are
    inserted between the pixels, and filtered with these taps.

    Formula:
    `taps[n] = k((n + 1/2) / factor - 1/2)` for all n where the continuous
    kernel k is not 0; each of the `factor` phases (the taps that one output
    pixel meets) is then normalized to the sum 1, which changes Lanczos only.

    Args:
        name: Name of one of the `INTERPOLATORS`: `"nearest"`, `"bilinear"`,
            `"bicubic"` (Keys, a = -1/2), `"lanczos3"` or `"lanczos5"`.
        factor: Positive integer.

    Returns:
        Array of the taps along one axis, symmetric; they sum to `factor`.

    Raises:
        ValueError: If no interpolation has that name.

    Example:
    >>> interpolation_taps("bilinear", 2)
    array([0.25, 0.75, 0.75, 0.25])
    """
    if name not in INTERPOLATORS:
        raise unknown_name("interpolation", name, INTERPOLATORS)
    interpolator = INTERPOLATORS[name]
    reach = int(np.ceil(factor * (interpolator.radius + 0.5)))
    positions = np.arange(-reach, reach + 1)
    distances = (positions + 0.5) / factor - 0.5
    within = np.abs(distances) < interpolator.radius
    taps = interpolator.function(distances[within])
    phases = positions[within] % factor
    return taps / np.bincount(phases, taps)[phases]
