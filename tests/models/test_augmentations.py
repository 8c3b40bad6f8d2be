import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf

from specgan.models import augmentations
from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import uniform

BATCH = 4000


def smooth(*shape):
    """Images of up to 1 whose signals are far below the Nyquist frequency."""
    images = scipy.ndimage.gaussian_filter(
        uniform(*shape), (0, 2.0, 2.0, 0), mode="reflect"
    )
    return images / np.abs(images).max()


def transformed(images, x, y):
    """By one transform, given as its first two rows."""
    matrix = tf.constant([x, y, [0, 0, 1]], tf.float32)
    matrices = tf.tile(matrix[None], [len(images), 1, 1])
    return augmentations.transformed(images, matrices).numpy()


def inside(images, border=6):
    return images[:, border:-border, border:-border]


# === Geometry ===


def test_the_filter_is_orthonormal_with_six_vanishing_moments():
    taps = np.array(augmentations.SYMLET)
    for shift in range(0, 12, 2):
        product = np.sum(taps[shift:] * taps[: 12 - shift])
        np.testing.assert_allclose(product, shift == 0, atol=1e-10)
    mirrored = taps * (-1.0) ** np.arange(12)
    for power in range(6):
        moment = np.sum(mirrored * np.arange(12.0) ** power)
        np.testing.assert_allclose(moment, 0, atol=1e-4)


def test_identity_is_exact():
    images = uniform(2, 16, 20, 3)
    same = transformed(images, [1, 0, 0], [0, 1, 0])
    np.testing.assert_allclose(inside(same, 3), inside(images, 3), atol=1e-5)


def test_whole_shifts_are_exact():
    images = uniform(2, 32, 24, 3)
    # What is seen moves by 3 to the right and by 2 up.
    moved = transformed(images, [1, 0, -3], [0, 1, 2])
    expected = np.roll(images, (-2, 3), axis=(1, 2))
    np.testing.assert_allclose(inside(moved), inside(expected), atol=1e-5)


@pytest.mark.parametrize(
    "x, y, expected",
    [
        ([-1, 0, 0], [0, 1, 0], lambda images: images[:, :, ::-1]),
        (
            # From x towards y, which is down: clockwise.
            [0, 1, 0],
            [-1, 0, 0],
            lambda images: np.rot90(images, -1, axes=(1, 2)),
        ),
        ([-1, 0, 0], [0, -1, 0], lambda images: images[:, ::-1, ::-1]),
    ],
    ids=["flip", "quarter turn", "half turn"],
)
def test_flips_and_turns(x, y, expected):
    images = smooth(2, 32, 32, 1)
    np.testing.assert_allclose(
        inside(transformed(images, x, y)), inside(expected(images)), atol=0.02
    )


def test_any_transform_equals_an_interpolation():
    images = smooth(1, 40, 40, 1)
    linear, shift = np.array([[1.1, 0.3], [-0.4, 0.9]]), np.array([0.7, -1.6])
    altered = transformed(
        images, [*linear[0], shift[0]], [*linear[1], shift[1]]
    )
    # SciPy's positions are (row, column), from the first pixel.
    linear, shift = linear[::-1, ::-1], shift[::-1]
    expected = scipy.ndimage.affine_transform(
        images[0, ..., 0],
        linear,
        shift + 19.5 - linear @ [19.5, 19.5],
        order=5,
        mode="mirror",
    )
    np.testing.assert_allclose(
        inside(altered, 10)[0, ..., 0], expected[10:-10, 10:-10], atol=0.02
    )


def test_images_are_reflected_beyond_their_borders():
    ramp = np.tile(np.linspace(-1, 1, 32), [1, 32, 1])[..., None]
    moved = transformed(ramp.astype("float32"), [1, 0, 10], [0, 1, 0])
    row = moved[0, 16, :, 0]
    expected = np.pad(ramp[0, 16, :, 0], (0, 10), "reflect")[10:]
    np.testing.assert_allclose(row, expected, atol=0.03)
    np.testing.assert_allclose(row[24:], expected[24:], atol=1e-3)


# === Colours ===


def recoloured(images, matrix, offset):
    count = len(images)
    return augmentations.recoloured(
        tf.constant(images),
        tf.constant([matrix] * count, tf.float32),
        tf.constant([offset] * count, tf.float32),
    ).numpy()


def test_colours_are_multiplied_pixel_by_pixel():
    images = uniform(2, 4, 4, 3)
    matrix, offset = uniform(3, 3, seed=1), uniform(3, seed=2)
    np.testing.assert_allclose(
        recoloured(images, matrix, offset),
        images @ matrix.T + offset,
        rtol=1e-4,
        atol=1e-5,
    )


def random_colours(probability=1.0):
    matrices, offsets = augmentations.random_colours(
        BATCH, tf.constant(probability), StatelessRNG(0, 0)
    )
    return matrices.numpy(), offsets.numpy()


def test_grey_images_become_what_grey_pixels_of_colour_become():
    grey = uniform(2, 4, 4, 1)
    matrices, offsets = random_colours()
    for matrix, offset in zip(matrices[:5], offsets[:5], strict=True):
        coloured = recoloured(np.repeat(grey, 3, axis=-1), matrix, offset)
        np.testing.assert_allclose(np.ptp(coloured, axis=-1), 0, atol=1e-5)
        np.testing.assert_allclose(
            recoloured(grey, matrix, offset)[..., 0],
            coloured.mean(axis=-1),
            atol=1e-5,
        )


def test_colours_are_a_rotation_about_grey_and_scalings():
    """contrast * (luma flip on the axis; saturation * rotation beside it)."""
    matrices, offsets = random_colours()
    axis = np.ones(3) / 3**0.5
    along = np.einsum("i,bij,j->b", axis, matrices, axis)
    assert np.abs(np.mean(along < 0) - 0.5) < 0.05  # Half are flipped.
    contrast = np.log2(np.abs(along))
    np.testing.assert_allclose(
        [contrast.mean(), contrast.std()], [0, 0.5], atol=0.04
    )
    across = np.array([1.0, -1.0, 0.0]) / 2**0.5
    third = np.cross(axis, across)
    cos = np.einsum("i,bij,j->b", across, matrices, across)
    sin = np.einsum("i,bij,j->b", third, matrices, across)
    saturation = np.log2(np.hypot(cos, sin)) - contrast
    np.testing.assert_allclose(
        [saturation.mean(), saturation.std()], [0, 1.0], atol=0.06
    )
    hue = np.arctan2(sin, cos)
    uniform_angle = scipy.stats.uniform(-math.pi, 2 * math.pi)
    assert scipy.stats.kstest(hue, uniform_angle.cdf).pvalue > 0.01
    np.testing.assert_allclose(np.ptp(offsets, axis=1), 0, atol=1e-5)
    brightness = offsets[:, 0] / along
    np.testing.assert_allclose(
        [brightness.mean(), brightness.std()], [0, 0.2], atol=0.02
    )


def test_a_third_of_a_turn_of_hue_permutes_the_colours():
    matrices, _ = random_colours()
    # Saturation and hue of red, green and blue go round together.
    matrix = matrices[0] / np.abs(matrices[0].sum() / 3)
    red, green, blue = (matrix @ np.eye(3)[i] for i in range(3))
    np.testing.assert_allclose(np.roll(red, 1), green, atol=1e-5)
    np.testing.assert_allclose(np.roll(green, 1), blue, atol=1e-5)


# === Which of them ===


def transforms(probability, size=(64, 32)):
    return augmentations.random_transforms(
        BATCH, tf.constant(probability), size, StatelessRNG(0, 0)
    ).numpy()


def test_with_no_probability_nothing_is_altered():
    np.testing.assert_array_equal(transforms(0.0), [np.eye(3)] * BATCH)
    matrices, offsets = random_colours(0.0)
    np.testing.assert_allclose(matrices, [np.eye(3)] * BATCH, atol=1e-6)
    assert not np.any(offsets)


@pytest.mark.parametrize("probability", [0.3, 1.0])
def test_geometry_is_as_probable_as_it_should_be(probability):
    matrices = transforms(probability)
    linear = matrices[:, :2, :2]
    determinant = np.linalg.det(linear)
    # Half of the flips that happen do; stretching keeps the area.
    np.testing.assert_allclose(
        np.mean(determinant < 0), probability / 2, atol=0.03
    )
    scale = np.log2(np.abs(determinant)) / 2
    scaled = np.abs(scale) > 1e-6
    np.testing.assert_allclose(np.mean(scaled), probability, atol=0.03)
    np.testing.assert_allclose(np.std(scale[scaled]), 0.2, atol=0.02)
    singular = np.linalg.svd(linear, compute_uv=False)
    stretch = np.log2(singular[:, 0] / singular[:, 1]) / 2
    stretched = stretch > 1e-5
    np.testing.assert_allclose(np.mean(stretched), probability, atol=0.03)
    # A normal number's magnitude.
    np.testing.assert_allclose(
        np.mean(stretch[stretched]), 0.2 * (2 / math.pi) ** 0.5, atol=0.02
    )
    # Of images that are neither stretched, scaled nor flipped: rotation by
    # more than quarter turns, with the probability that is asked for.
    plain = ~scaled & ~stretched
    if np.any(plain):
        rest = linear[plain, 0, 0] * linear[plain, 0, 1]
        np.testing.assert_allclose(
            np.mean(np.abs(rest) > 1e-5), probability, atol=0.05
        )


def test_shifts_are_in_parts_of_each_side():
    matrices = transforms(1.0)
    shift = np.linalg.solve(matrices[:, :2, :2], matrices[:, :2, 2:])[..., 0]
    # The last shift is by an eighth in both directions, normal; the first by
    # up to an eighth, turned and scaled: so much for both together.
    assert 0.12 * 64 < shift[:, 1].std() < 0.17 * 64
    assert 0.12 * 32 < shift[:, 0].std() < 0.25 * 32


def test_gradients_go_through_twice():
    images = tf.constant(uniform(3, 16, 16, 3))
    rng = StatelessRNG(0, 0)
    matrices = augmentations.random_transforms(3, 1.0, (16, 16), rng)
    colours = augmentations.random_colours(3, 1.0, rng)
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as tape:
            tape.watch(images)
            altered = augmentations.transformed(images, matrices)
            altered = augmentations.recoloured(altered, *colours)
            value = tf.reduce_sum(altered**3)
        squares = tf.reduce_sum(tape.gradient(value, images) ** 2)
    gradient = outer.gradient(squares, images)
    assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)
