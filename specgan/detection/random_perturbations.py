import warnings
from collections.abc import Sequence

import numpy as np

from specgan.data.jpeg import compressed
from specgan.data.reading import is_flat
from specgan.detection.equal_shapes import places_by_shape
from specgan.detection.matching import require_quality
from specgan.detection.perturbations import blurred
from specgan.detection.perturbations import noisy
from specgan.detection.perturbations import scaled
from specgan.detection.relative import require_size
from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.errors import is_number

_BLOCK = 8  # JPEG's.


class RandomPerturbations:
    """Perturbs pictures at random, as happens on their way: for training.

    A share of the pictures is left as it is. Each other one is perturbed in
    one of six ways, all equally likely, with strengths drawn uniformly:

    - compressed by JPEG, colours at half resolution;
    - the same, and cropped: the grid of 8 x 8 blocks begins elsewhere;
    - resized, by a factor;
    - blurred by a Gaussian filter;
    - made noisy, independently in each pixel and channel;
    - resized and compressed `reposts` times in a row, as social networks do.

    The size of a picture remains, so that it does not tell perturbed from
    other pictures, nor real from generated ones. What is enlarged is cut
    around the centre. What is shrunk is extended at its borders by mirroring,
    and so is what is compressed on another grid, which is cut afterwards.

    Detectors trained on pictures that are cut and compressed (`match`) need
    them perturbed before that, as `detect` meets them.

    Args:
        unperturbed: Share of pictures left as they are, from 0 to 1.
        quality: Least and largest quality of JPEG, within 1..100.
        factor: Least and largest factor of resizing, within 1/4..4.
        blur: Least and largest standard deviation of the filter, in pixels,
            from 0.
        noise: Least and largest standard deviation of the noise, in grey
            levels of 255, from 0.
        reposts: How often in a row, an integer from 1.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
    >>> perturb = RandomPerturbations()
    >>> rng = np.random.default_rng(0)
    >>> pictures = match(perturb(pictures, rng), size=64, jpeg_quality=75)
    """

    def __init__(
        self,
        unperturbed: float = 0.25,
        quality: tuple[int, int] = (30, 100),
        factor: tuple[float, float] = (0.5, 1.5),
        blur: tuple[float, float] = (0.0, 1.0),
        noise: tuple[float, float] = (0.0, 5.0),
        reposts: int = 2,
    ):
        if not is_number(unperturbed) or not 0 <= unperturbed <= 1:
            expected = "a share from 0 to 1"
            raise invalid_argument("unperturbed", expected, unperturbed)
        _require_range("quality", quality, 1, 100)
        for bound in quality:
            require_quality("quality", bound)
        _require_range("factor", factor, 1 / 4, 4)
        _require_range("blur", blur, 0, np.inf)
        _require_range("noise", noise, 0, np.inf)
        if not is_integer(reposts) or reposts < 1:
            raise invalid_argument("reposts", "an integer from 1", reposts)
        self.unperturbed = unperturbed
        self.quality = quality
        self.factor = factor
        self.blur = blur
        self.noise = noise
        self.reposts = reposts

    def __call__(
        self,
        pictures: np.ndarray | Sequence[np.ndarray],
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """Perturb pictures.

        What happens to a picture depends on the generator's seed and on how
        many pictures it perturbed before, on nothing else. A picture that
        would be flat afterwards, without a spectrum, stays as it is, which a
        warning says.

        Args:
            pictures: uint8 [batch, height, width, channels], or a list of
                uint8 [height, width, channels] of any sizes from 16 pixels; 1
                or 3 channels. They are not altered.
            rng: What the strengths and the noise come from.

        Returns:
            A list of uint8 pictures of the same shapes.

        Raises:
            ValueError: If the pictures are others, too small, or none, or
                `rng` is not a generator of NumPy.
        """
        for height, width, _ in places_by_shape(pictures):
            require_size(height, width)
        if not isinstance(rng, np.random.Generator):
            expected = "a generator such as `np.random.default_rng(0)`"
            raise invalid_argument("rng", expected, rng)
        perturbed, flat = [], 0
        for picture, own in zip(
            pictures, rng.spawn(len(pictures)), strict=True
        ):
            changed = self._perturbed(picture, own)
            if changed is not picture and is_flat(changed):
                changed, flat = picture, flat + 1
            perturbed.append(changed)
        if flat:
            warnings.warn(
                f"Perturbed, {flat} of {len(pictures)} pictures would be flat, "
                "without a spectrum: they stay as they are.",
                stacklevel=2,
            )
        return perturbed

    def _perturbed(self, picture, rng):
        if rng.random() < self.unperturbed:
            return picture
        ways = (
            self._compressed,
            self._compressed_elsewhere,
            self._resized,
            self._blurred,
            self._noisy,
            self._reposted,
        )
        return ways[rng.integers(len(ways))](picture, rng)

    def _compressed(self, picture, rng):
        least, largest = self.quality
        quality = rng.integers(least, largest, endpoint=True)
        return compressed(picture, int(quality))

    def _compressed_elsewhere(self, picture, rng):
        top, left = rng.integers(_BLOCK, size=2)
        larger = np.pad(picture, ((top, 0), (left, 0), (0, 0)), "symmetric")
        return self._compressed(larger, rng)[top:, left:]

    def _resized(self, picture, rng):
        height, width, _ = picture.shape
        return _fitted(
            scaled(picture, rng.uniform(*self.factor)), height, width
        )

    def _blurred(self, picture, rng):
        return blurred(picture, rng.uniform(*self.blur))

    def _noisy(self, picture, rng):
        return noisy(picture, rng.uniform(*self.noise), rng)

    def _reposted(self, picture, rng):
        for _ in range(self.reposts):
            picture = self._compressed(self._resized(picture, rng), rng)
        return picture


def _fitted(picture, height, width):
    """The centre of a picture, mirrored at the borders where it ends."""
    missing = np.maximum(0, (height, width) - np.array(picture.shape[:2]))
    before = missing // 2
    borders = [*zip(before, missing - before, strict=True), (0, 0)]
    picture = np.pad(picture, borders, "symmetric")
    top, left = (np.array(picture.shape[:2]) - (height, width)) // 2
    return picture[top : top + height, left : left + width]


def _require_range(name, value, least, largest):
    is_pair = isinstance(value, tuple | list) and len(value) == 2
    if (
        not is_pair
        or not all(map(is_number, value))
        or not least <= value[0] <= value[1] <= largest
        or np.isinf(value[1])
    ):
        between = f"up to {largest}" if np.isfinite(largest) else "finite"
        expected = f"a pair of numbers, in order, from {least}, {between}"
        raise invalid_argument(name, expected, value)
