import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from specgan import layers
from specgan.losses import gradient_penalty
from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import revived
from tests.contracts import uniform

NAMES = sorted(gradient_penalty.GRADIENT_PENALTIES)

# Of a gradient of this norm everywhere, with the default weight.
EXPECTED = {
    "wgan_gp": lambda norm: 10 * (norm - 1) ** 2,
    "dragan": lambda norm: 10 * (norm - 1) ** 2,
    "r1": lambda norm: 5 * norm**2,
    "r1_r2": lambda norm: 10 * norm**2,  # At both batches.
}


def rng(step=0):
    return StatelessRNG(0, step)


def linear(weights):
    """D(x) = <w, x>, whose gradient is w everywhere."""
    return lambda images, training: tf.reduce_sum(
        images * weights, axis=[1, 2, 3]
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("norm", [0.0, 0.5, 1.0, 3.0])
def test_a_linear_discriminator_has_its_norm_everywhere(name, norm):
    weights = uniform(1, 4, 4, 3)
    weights *= norm / np.linalg.norm(weights)
    penalty = gradient_penalty.get(name)
    reals, fakes = uniform(5, 4, 4, 3), uniform(5, 4, 4, 3, seed=1)
    measured = penalty(linear(weights), reals, fakes, rng())
    np.testing.assert_allclose(measured, EXPECTED[name](norm), atol=1e-4)


def points(name, reals, fakes):
    """Where a penalty takes the gradient (the first batch of places)."""
    return all_points(name, reals, fakes)[0]


def all_points(name, reals, fakes):
    seen = []

    def discriminator(images, training):
        seen.append(images.numpy())
        return tf.reduce_sum(images, axis=[1, 2, 3])

    gradient_penalty.get(name)(discriminator, reals, fakes, rng())
    return seen


def test_wgan_gp_is_uniform_on_the_segment_sample_by_sample():
    reals, fakes = (
        np.ones([2000, 2, 2, 1], "float32"),
        np.zeros([2000, 2, 2, 1]),
    )
    epsilon = points("wgan_gp", reals, fakes.astype("float32"))
    assert np.all(epsilon == epsilon[:, :1, :1]), "one number for each sample"
    assert scipy.stats.kstest(epsilon[:, 0, 0, 0], "uniform").pvalue > 0.01


def test_dragan_stays_within_half_a_deviation_above_the_real_images():
    reals = uniform(500, 4, 4, 1)
    shift = (points("dragan", reals, None) - reals) / (0.5 * np.std(reals))
    assert np.all((shift >= -1e-5) & (shift <= 1 + 1e-5))
    # The product of two uniform numbers: one a sample, one a value.
    np.testing.assert_allclose(np.mean(shift), 0.25, atol=0.02)
    assert len(np.unique(shift[0])) > 10


def test_r1_is_at_the_real_images():
    reals, fakes = uniform(5, 4, 4, 1), uniform(5, 4, 4, 1, seed=1)
    np.testing.assert_array_equal(points("r1", reals, fakes), reals)


def test_r1_r2_is_at_the_real_and_at_the_generated_images():
    reals, fakes = uniform(5, 4, 4, 1), uniform(5, 4, 4, 1, seed=1)
    for seen, expected in zip(
        all_points("r1_r2", reals, fakes), (reals, fakes), strict=True
    ):
        np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("name", NAMES)
def test_with_logits_equals_passes_of_their_own(name):
    factors = uniform(4, 4, 1, seed=2)
    reals, fakes = uniform(5, 4, 4, 1), uniform(5, 4, 4, 1, seed=1)
    passes = []

    def discriminator(images, training):
        passes.append(images)
        return tf.reduce_sum(factors * images**3, axis=[1, 2, 3])

    penalty = gradient_penalty.get(name)
    expected = [
        discriminator(reals, True),
        discriminator(fakes, True),
        penalty(discriminator, reals, fakes, rng()),
    ]
    passes.clear()
    found = penalty.with_logits(discriminator, reals, fakes, rng())
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6)
    assert len(passes) == (2 if name.startswith("r1") else 3)


def zero_centered_in_float64(kernel, batches, weight):
    """R1 or both for D(x) = sum(softplus(x * kernel)), plainly in NumPy."""
    value = 0.0
    for images in batches:
        windows = np.lib.stride_tricks.sliding_window_view(
            images.astype(np.float64), (3, 3), axis=(1, 2)
        )  # [batch, row, column, channel, 3, 3]
        maps = np.einsum("nijcab,abcf->nijf", windows, kernel)
        slopes = 1 / (1 + np.exp(-maps))
        parts = np.einsum("nijf,abcf->nijabc", slopes, kernel)
        gradients = np.zeros(images.shape)
        for row, column, a, b in np.ndindex(*maps.shape[1:3], 3, 3):
            gradients[:, row + a, column + b] += parts[:, row, column, a, b]
        value += weight / 2 * np.sum(gradients**2) / len(images)
    return value


@pytest.mark.parametrize("name", ["r1", "r1_r2"])
def test_zero_centered_gradient_equals_differences_in_float64(name):
    start, direction = uniform(3, 3, 2, 4), uniform(3, 3, 2, 4, seed=2)
    start, direction = start.astype("float64"), direction.astype("float64")
    reals, fakes = uniform(3, 5, 5, 2), uniform(3, 5, 5, 2, seed=1)
    kernel = tf.Variable(start, dtype=tf.float32)

    def discriminator(images, training):
        maps = tf.nn.conv2d(images, kernel, 1, "VALID")
        return tf.reduce_sum(tf.nn.softplus(maps), axis=[1, 2, 3])

    with tf.GradientTape() as tape:
        value = gradient_penalty.get(name)(discriminator, reals, fakes, None)
    exact = np.sum(tape.gradient(value, kernel) * direction)
    batches = [reals, fakes][: 1 + (name == "r1_r2")]
    np.testing.assert_allclose(
        value, zero_centered_in_float64(start, batches, 10.0), rtol=1e-5
    )
    step = 1e-5
    above, below = (
        zero_centered_in_float64(start + sign * step * direction, batches, 10.0)
        for sign in (1, -1)
    )
    np.testing.assert_allclose(exact, (above - below) / (2 * step), rtol=1e-4)


def test_r1_equals_its_closed_form():
    """D(x) = sum(a x^2) / 2 has the gradient a x."""
    reals, factors = uniform(6, 4, 5, 3), uniform(4, 5, 3, seed=1)
    penalty = gradient_penalty.get("r1").__class__(weight=3.0)
    measured = penalty(
        lambda images, training: tf.reduce_sum(
            factors * images**2 / 2, axis=[1, 2, 3]
        ),
        tf.constant(reals),
        None,
        None,
    )
    squares = np.sum((factors * reals).astype("float64") ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(measured, 1.5 * np.mean(squares), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_double_gradient_is_exact(name):
    kernel = tf.Variable(0.3 * uniform(3, 3, 2, 4), dtype=tf.float32)
    reals, fakes = uniform(3, 5, 5, 2), uniform(3, 5, 5, 2, seed=1)
    penalty = gradient_penalty.get(name)

    def value():
        def discriminator(images, training):
            maps = tf.nn.conv2d(images, kernel, 1, "VALID")
            return tf.reduce_sum(tf.nn.softplus(maps), axis=[1, 2, 3])

        return penalty(discriminator, reals, fakes, rng())

    with tf.GradientTape() as tape:
        loss = value()
    exact = tape.gradient(loss, kernel).numpy()
    direction = uniform(3, 3, 2, 4, seed=2)
    direction /= np.linalg.norm(direction)
    step, start = 1e-2, kernel.numpy()
    kernel.assign(start + step * direction)
    above = value()
    kernel.assign(start - step * direction)
    numeric = (above - value()) / (2 * step)
    np.testing.assert_allclose(np.sum(exact * direction), numeric, rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_discriminator_has_finite_gradients(name):
    weights = tf.Variable(tf.zeros([1, 4, 4, 1]))
    reals = uniform(2, 4, 4, 1)
    with tf.GradientTape() as tape:
        loss = gradient_penalty.get(name)(linear(weights), reals, reals, rng())
    assert np.all(np.isfinite(tape.gradient(loss, weights)))


@pytest.mark.parametrize("name", NAMES)
def test_configuration(name):
    penalty = gradient_penalty.GRADIENT_PENALTIES[name](weight=3.0)
    intervals = {"r1": 16, "r1_r2": 1}
    own = {"interval": intervals[name]} if name in intervals else {}
    assert revived(penalty).get_config() == {"weight": 3.0, **own}
    assert revived(penalty).interval == own.get("interval", 1)
    assert gradient_penalty.get(penalty) is penalty


def test_errors():
    with pytest.raises(ValueError, match="Did you mean 'wgan_gp'"):
        gradient_penalty.get("wgan-gp")
    with pytest.raises(ValueError, match="positive weight"):
        gradient_penalty.get("dragan").__class__(weight=0)
    for name in ("r1", "r1_r2"):
        for interval in (0, 1.5):
            with pytest.raises(
                ValueError, match=f"Received: interval={interval}"
            ):
                gradient_penalty.get(name).__class__(interval=interval)
        with pytest.raises(ValueError, match="weight=-1"):
            gradient_penalty.get(name).__class__(-1)
    assert gradient_penalty.get(None) is None


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "normalization",
    [keras.layers.BatchNormalization, layers.BatchNormalization],
    ids=["keras", "specgan"],
)
@pytest.mark.parametrize("name", NAMES)
def test_batch_normalization_is_refused(name, normalization, nested):
    from specgan.models import GAN
    from tests.tiny_gan import SIZE
    from tests.tiny_gan import tiny_generator

    mixing = normalization(name="mixes")
    if nested:
        mixing = keras.Sequential([mixing])
    discriminator = keras.Sequential(
        [
            keras.Input([SIZE, SIZE, 1]),
            mixing,
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    with pytest.raises(ValueError, match="Received: mixes"):
        GAN(tiny_generator(), discriminator, gradient_penalty=name)
