import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.layers.alias_free.fourier_features import FourierFeatures
from tests.contracts import revived


def translation(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], "float32")


def rotation(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]
    return np.array(rows, "float32")


def built(size=20, sampling_rate=16, bandwidth=2.0, **options):
    layer = FourierFeatures(6, size, sampling_rate, bandwidth, **options)
    layer.build((None, 3))
    return layer


def expected(layer, matrix=None):
    """Every wave at every pixel, in float64."""
    matrix = np.eye(3) if matrix is None else matrix
    frequencies = layer.frequencies.numpy().astype("float64")
    size = layer.size
    places = (np.arange(size) + 0.5 - size / 2) / layer.sampling_rate
    y, x = np.meshgrid(places, places, indexing="ij")
    places = np.stack([x, y, np.ones_like(x)], axis=-1) @ matrix.T
    angles = places[..., :2] @ frequencies.T + layer.phases.numpy()
    seen = np.linalg.norm(frequencies @ matrix[:2, :2], axis=1)
    fading = (seen - layer.bandwidth) / (
        layer.sampling_rate / 2 - layer.bandwidth
    )
    waves = np.clip(1 - fading, 0, 1) * np.sin(2 * np.pi * angles)
    return waves @ layer.kernel.numpy() / np.sqrt(layer.channels)


@pytest.mark.parametrize(
    "matrix",
    [
        None,
        translation(0.3, -0.1),
        rotation(0.7),
        rotation(2.0) @ translation(0.1, 0.2),
        np.diag([3, 2, 1]).astype("float32"),
    ],
)
def test_waves_at_the_users_positions(matrix):
    layer = built()
    outputs = layer(tf.zeros([2, 3]), transform=matrix)
    assert outputs.shape == layer.compute_output_shape((2, 3))
    for features in outputs:
        np.testing.assert_allclose(features, expected(layer, matrix), atol=1e-5)


def test_a_transform_of_each_image():
    layer = built()
    matrices = np.stack([translation(0.2, 0), rotation(1.0)])
    outputs = layer(tf.zeros([2, 3]), transform=matrices)
    for features, matrix in zip(outputs, matrices, strict=True):
        np.testing.assert_allclose(features, expected(layer, matrix), atol=1e-5)


def test_a_whole_pixel_moves_all():
    layer = built()
    still = layer(tf.zeros([1, 3]))
    moved = layer(tf.zeros([1, 3]), translation(-1 / 16, -2 / 16))
    np.testing.assert_allclose(moved[:, 2:, 1:], still[:, :-2, :-1], atol=1e-5)


def test_the_style_moves_the_waves():
    layer = built()
    numbers = [1.2, 0.9, 0.3, -0.6]  # r_c, r_s, t_x, t_y; length 1.5
    layer.affine.bias.assign(numbers)
    user = rotation(0.4)
    matrix = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    matrix = matrix @ translation(-0.2, 0.4) @ user
    outputs = layer(tf.zeros([1, 3]), user)
    np.testing.assert_allclose(outputs[0], expected(layer, matrix), atol=1e-5)
    # At first no style moves anything.
    fresh = built()
    np.testing.assert_allclose(
        fresh(tf.ones([1, 3])), fresh(tf.zeros([1, 3])), atol=0
    )


def test_frequencies_are_uniform_on_the_disc():
    layer = FourierFeatures(4000, 4, 16, 2.0)
    layer.build((None, 3))
    radius = np.linalg.norm(layer.frequencies, axis=1) / 2.0
    assert radius.max() <= 1
    for fraction in (0.25, 0.5, 0.75):  # of the disc's radius
        share = np.mean(radius < fraction)
        assert share == pytest.approx(fraction**2, abs=0.03)
    angles = np.arctan2(*layer.frequencies.numpy().T)
    assert np.abs(np.mean(np.exp(1j * angles))) < 0.05
    assert np.abs(layer.phases).max() <= 0.5
    assert layer.phases.numpy().std() == pytest.approx(1 / 12**0.5, rel=0.05)


def test_waves_that_would_alias_fade_out():
    layer = built()
    shrunk = layer(tf.zeros([1, 3]), np.diag([1e3, 1e3, 1]).astype("float32"))
    np.testing.assert_allclose(shrunk, 0, atol=1e-6)
    # At half the sampling rate there is no room to fade; no division by it.
    full = built(size=4, sampling_rate=4, bandwidth=2.0)
    assert np.std(full(tf.zeros([1, 3]))) > 0


def test_gradients():
    layer = built()
    layer.affine.kernel.assign(tf.ones([3, 4]) / 3)
    styles = tf.constant([[0.3, -0.2, 0.5]])
    with tf.GradientTape() as tape:
        tape.watch(styles)
        value = tf.reduce_sum(layer(styles)[:, :, 3:] ** 2)
    variables = [variable.value for variable in layer.trainable_weights]
    for gradient in tape.gradient(value, [styles, *variables]):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)
    assert len(variables) == 3


def test_config_and_policy():
    layer = built(learned_transform=False, dtype="mixed_float16")
    assert revived(layer).get_config() == layer.get_config()
    assert len(layer.trainable_weights) == 1
    assert layer(tf.zeros([1, 3], tf.float16)).dtype == tf.float32


@pytest.mark.parametrize(
    "shape", [[3], [2, 2], [4, 3], [5, 3, 3], [1, 2, 3, 3]]
)
def test_transforms_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"\[3, 3\], or \[2, 3, 3\]"):
        built()(tf.zeros([2, 3]), transform=tf.zeros(shape))


def test_errors():
    with pytest.raises(ValueError, match="`channels`"):
        FourierFeatures(0, 4, 4, 1)
    with pytest.raises(ValueError, match=r"bandwidth in \(0, 8.0\]"):
        FourierFeatures(4, 4, 16, 9)


@pytest.mark.parametrize(
    "transform",
    [
        np.full([3, 3], np.nan),
        tf.fill([3, 3], np.inf),
        [[1, 0, float("nan")], [0, 1, 0], [0, 0, 1]],
        np.eye(3) * 1j,
        [[1j, 0, 0], [0, 1, 0], [0, 0, 1]],
        np.full([3, 3], "a"),
        [["a"] * 3] * 3,
        [[1, 0, 0], [0, 1], [0, 0, 1]],
        "turn",
    ],
)
def test_transforms_that_are_no_numbers(transform):
    with pytest.raises(ValueError, match="Expected finite real numbers"):
        built()(tf.zeros([2, 3]), transform=transform)


def test_transforms_of_any_real_type():
    layer, styles = built(), tf.ones([2, 3])
    expected = layer(styles, transform=tf.eye(3))
    lists = [[1, 0, 0.0], [0, np.float64(1), 0], [0, 0, 1]]
    for transform in (np.eye(3), np.eye(3, dtype=int), lists):
        np.testing.assert_array_equal(
            layer(styles, transform=transform), expected
        )
    compiled = tf.function(lambda matrix: layer(styles, transform=matrix))
    np.testing.assert_allclose(compiled(tf.eye(3)), expected, atol=1e-5)
    inputs = keras.Input([3]), keras.Input([3, 3])
    model = keras.Model(inputs, layer(inputs[0], transform=inputs[1]))
    matrices = tf.eye(3, batch_shape=[2])
    np.testing.assert_allclose(model([styles, matrices]), expected, atol=1e-5)
