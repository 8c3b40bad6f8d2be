"""Random alterations of images, differentiable, one for each image.

Positions are in pixels from the image's centre, (x, y) to the right and down.
A transform is a matrix `[batch, 3, 3]` that takes homogeneous positions of the
altered image to those of the image where its colour is looked up.

Reference:
- Karras et al., 2020b, Appendix B, Figure 18
  (https://arxiv.org/abs/2006.06676)
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from specgan.signal.resample import resample
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.models.stateless_rng import StatelessRNG

# The symlet of six vanishing moments (Daubechies, 1992, Section 8.1), whose
# even shifts are orthonormal: doubling and halving again changes nothing.
SYMLET = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)

# Pixels by which it moves a doubled image, as its taps are not symmetric.
DELAY = sum(i * tap for i, tap in enumerate(SYMLET)) / sum(SYMLET) - 5.5


# === Which alterations ===


class _RandomParameters:
    """Random values of each image, that are neutral unless they happen."""

    def __init__(self, batch: TensorLike, rng: "StatelessRNG"):
        self.batch = batch
        self.rng = rng

    def uniform(self) -> Tensor:
        """In [0, 1)."""
        return self.rng.uniform([self.batch])

    def one_of(self, count: int) -> Tensor:
        """0.0, 1.0 ... count - 1."""
        return tf.floor(self.uniform() * count)

    def angle(self) -> Tensor:
        """In radians, all around."""
        return math.pi * (2 * self.uniform() - 1)

    def normal(self, deviation: float) -> Tensor:
        return deviation * self.rng.normal([self.batch])

    def power_of_two(self, deviation: float) -> Tensor:
        """2 to the power of a normal value."""
        return tf.pow(2.0, self.normal(deviation))

    def bernoulli(
        self, probability: TensorLike, neutral: float, *values: Tensor
    ) -> list[Tensor]:
        """The values where it happens, all of an image or none."""
        does = self.uniform() < probability
        return [tf.where(does, value, neutral) for value in values]


def random_transforms(
    batch: TensorLike,
    probability: TensorLike,
    size: Sequence[int],
    rng: "StatelessRNG",
) -> Tensor:
    """Random flips, turns, shifts, scalings and rotations.

    Args:
        batch: Number of images.
        probability: Of each alteration, a scalar in [0, 1].
        size: (height, width) in pixels.
        rng: A `specgan.models.stateless_rng.StatelessRNG`.

    Returns:
        Transforms `[batch, 3, 3]`.
    """
    height, width = size
    chance = _RandomParameters(batch, rng)

    def some(neutral, *values):
        return chance.bernoulli(probability, neutral, *values)

    def rotation():
        # Of two, at least one happens with the probability.
        half = 1 - tf.sqrt(1 - probability)
        return _rotation(*chance.bernoulli(half, 0.0, chance.angle()))

    def eighth(length):
        return tf.round((0.25 * chance.uniform() - 0.125) * length)

    # Each takes from the altered image back; the first one acts first.
    product = _flip(*some(1.0, 1 - 2 * chance.one_of(2)))
    product @= _rotation(*some(0.0, math.pi / 2 * chance.one_of(4)))
    product @= _shift(*some(0.0, eighth(width), eighth(height)))
    (scale,) = some(1.0, chance.power_of_two(0.2))
    product @= _scaling(scale, scale)
    product @= rotation()
    (stretch,) = some(1.0, chance.power_of_two(0.2))
    product @= _scaling(stretch, 1 / stretch)
    product @= rotation()
    x, y = chance.normal(0.125 * width), chance.normal(0.125 * height)
    return product @ _shift(*some(0.0, x, y))


def random_colours(
    batch: TensorLike, probability: TensorLike, rng: "StatelessRNG"
) -> tuple[Tensor, Tensor]:
    """Random brightness, contrast, luma flip, hue and saturation.

    Args:
        batch, probability, rng: As for `random_transforms`.

    Returns:
        (matrices `[batch, 3, 3]`, offsets `[batch, 3]`), of the colours.
    """
    chance = _RandomParameters(batch, rng)

    def some(neutral, value):
        return chance.bernoulli(probability, neutral, value)[0]

    unit = tf.eye(3)
    grey = tf.fill([3, 3], 1 / 3)  # Projects onto the axis of grey.
    # v x a, for the unit vector v along that axis.
    cross = tf.constant([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5

    def each(values):
        return values[:, None, None]

    brightness = some(0.0, chance.normal(0.2))
    contrast = some(1.0, chance.power_of_two(0.5))
    luma = some(0.0, chance.one_of(2))
    hue = some(0.0, chance.angle())
    saturation = some(1.0, chance.power_of_two(1.0))
    matrix = each(saturation) * (unit - grey) + grey
    matrix @= (
        grey + each(tf.cos(hue)) * (unit - grey) + each(tf.sin(hue)) * cross
    )
    matrix @= unit - 2 * each(luma) * grey
    matrix *= each(contrast)
    # Brightness is added before all that.
    return matrix, tf.reduce_sum(matrix, axis=2) * brightness[:, None]


def _matrix(*rows):
    """`[batch, 3, 3]` of two rows of three; numbers hold for all images."""
    values = [tf.convert_to_tensor(value) for row in rows for value in row]
    batch = next(value for value in values if value.shape.rank)
    values = [value + tf.zeros_like(batch) for value in values]
    zero, one = tf.zeros_like(batch), tf.ones_like(batch)
    return tf.reshape(tf.stack([*values, zero, zero, one], axis=1), [-1, 3, 3])


def _scaling(x, y):
    """From an image that is x times as wide and y times as high."""
    return _matrix([1 / x, 0.0, 0.0], [0.0, 1 / y, 0.0])


def _flip(x):
    return _matrix([x, 0.0, 0.0], [0.0, 1.0, 0.0])


def _rotation(angle):
    """From an image that is rotated, from x towards y."""
    cos, sin = tf.cos(angle), tf.sin(angle)
    return _matrix([cos, sin, 0.0], [-sin, cos, 0.0])


def _shift(x, y):
    """From an image that is moved by (x, y)."""
    return _matrix([1.0, 0.0, -x], [0.0, 1.0, -y])


# === Their execution ===


def transformed(images: TensorLike, transforms: TensorLike) -> Tensor:
    """Images altered by transforms, reflected beyond their borders.

    Doubled by a symlet, looked up between four pixels each, and halved again,
    so that little aliasing comes of it; the identity is exact but at borders.

    Args:
        images: `[batch, height, width, channels]`, each side at least 8.
        transforms: `[batch, 3, 3]`.

    Returns:
        Images of that shape.
    """
    height, width = images.shape[1:3]
    border = len(SYMLET) // 2
    edges = [[0, 0], [border, border], [border, border], [0, 0]]
    doubled = resample(
        tf.pad(images, edges, "REFLECT"),
        SYMLET,
        up=2,
        padding=(-border, -border - 1),
    )
    # As many more pixels on each side as halving takes.
    more = len(SYMLET) // 2 - 1
    x, y = _positions(transforms, height, width, more)
    found = _looked_up(doubled, x, y)
    return resample(found, SYMLET[::-1], down=2)


def _positions(transforms, height, width, more):
    """(x, y) in pixels of the doubled image, `[batch, rows, columns]` each."""
    # Where the image's centre is.
    middle_x, middle_y = width - 0.5 + DELAY, height - 0.5 + DELAY
    columns = np.arange(-more, 2 * width + more) - middle_x
    rows = np.arange(-more, 2 * height + more) - middle_y
    x = tf.constant(columns, tf.float32)[None, None, :]
    y = tf.constant(rows, tf.float32)[None, :, None]
    matrix = transforms[:, :2, :, None, None]
    # Linear parts are the same in doubled pixels, shifts are twice as many.
    x, y = (
        matrix[:, i, 0] * x + matrix[:, i, 1] * y + 2 * matrix[:, i, 2]
        for i in range(2)
    )
    return (
        _reflected(x + middle_x, width),
        _reflected(y + middle_y, height),
    )


def _reflected(positions, length):
    """Positions on a doubled line, reflected at its first and last pixel."""
    first, span = 0.5 + DELAY, 2.0 * (length - 1)
    positions = tf.math.floormod(positions - first, 2 * span)
    return first + span - tf.abs(span - positions)


def _looked_up(images, x, y):
    """Bilinear interpolation at positions `[batch, rows, columns]`."""
    height, width = images.shape[1:3]
    left = tf.clip_by_value(tf.floor(x), 0, width - 2)
    top = tf.clip_by_value(tf.floor(y), 0, height - 2)
    right_share, low_share = (x - left)[..., None], (y - top)[..., None]
    index = tf.cast(top, tf.int32) * width + tf.cast(left, tf.int32)
    flat = tf.reshape(images, [-1, height * width, images.shape[-1]])

    def at(offset):
        return tf.gather(flat, index + offset, batch_dims=1)

    upper = at(0) + right_share * (at(1) - at(0))
    lower = at(width) + right_share * (at(width + 1) - at(width))
    return upper + low_share * (lower - upper)


def recoloured(
    images: TensorLike, matrices: TensorLike, offsets: TensorLike
) -> Tensor:
    """Images with other colours; grey ones stay grey.

    Args:
        images: `[batch, height, width, channels]`, 1 or 3 channels.
        matrices: `[batch, 3, 3]`.
        offsets: `[batch, 3]`.

    Returns:
        Images of that shape.
    """
    if images.shape[-1] == 1:
        # The mean of what the three equal colours become.
        factors = tf.reduce_sum(matrices, axis=[1, 2]) / 3
        shifts = tf.reduce_mean(offsets, axis=1)
        factors, shifts = (
            factors[:, None, None, None],
            shifts[:, None, None, None],
        )
        return images * factors + shifts
    colours = tf.einsum("bij,bhwj->bhwi", matrices, images)
    return colours + offsets[:, None, None, :]
