import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from specgan.losses import gradient_penalty
from specgan.models.draws import Draws
from tests.contracts import revived
from tests.contracts import uniform

NAMES = sorted(gradient_penalty.GRADIENT_PENALTIES)

# Of a gradient of this norm everywhere, with the default weight.
EXPECTED = {
    "wgan_gp": lambda norm: 10 * (norm - 1) ** 2,
    "dragan": lambda norm: 10 * (norm - 1) ** 2,
    "r1": lambda norm: 5 * norm**2,
}


def draws(step=0):
    return Draws(0, step)


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
    measured = penalty(linear(weights), reals, fakes, draws())
    np.testing.assert_allclose(measured, EXPECTED[name](norm), atol=1e-4)


def points(name, reals, fakes):
    """Where a penalty takes the gradient."""
    seen = []

    def discriminator(images, training):
        seen.append(images.numpy())
        return tf.reduce_sum(images, axis=[1, 2, 3])

    gradient_penalty.get(name)(discriminator, reals, fakes, draws())
    return seen[0]


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

        return penalty(discriminator, reals, fakes, draws())

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
        loss = gradient_penalty.get(name)(
            linear(weights), reals, reals, draws()
        )
    assert np.all(np.isfinite(tape.gradient(loss, weights)))


@pytest.mark.parametrize("name", NAMES)
def test_configuration(name):
    penalty = gradient_penalty.GRADIENT_PENALTIES[name](weight=3.0)
    own = {"interval": 16} if name == "r1" else {}
    assert revived(penalty).get_config() == {"weight": 3.0, **own}
    assert revived(penalty).interval == own.get("interval", 1)
    assert gradient_penalty.get(penalty) is penalty


def test_errors():
    with pytest.raises(ValueError, match="Did you mean 'wgan_gp'"):
        gradient_penalty.get("wgan-gp")
    with pytest.raises(ValueError, match="positive weight"):
        gradient_penalty.get("dragan").__class__(weight=0)
    for interval in (0, 1.5):
        with pytest.raises(ValueError, match=f"Received: interval={interval}"):
            gradient_penalty.get("r1").__class__(interval=interval)
    assert gradient_penalty.get(None) is None


def test_batch_normalization_is_refused():
    from specgan.models import GAN
    from tests.tiny_gan import SIZE
    from tests.tiny_gan import tiny_generator

    discriminator = keras.Sequential(
        [
            keras.Input([SIZE, SIZE, 1]),
            keras.layers.BatchNormalization(name="mixes"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    with pytest.raises(ValueError, match="Received: mixes"):
        GAN(tiny_generator(), discriminator, gradient_penalty="dragan")
