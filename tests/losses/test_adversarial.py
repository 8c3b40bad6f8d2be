import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses import Hinge
from specgan.losses import LeastSquares
from specgan.losses import NonSaturating
from specgan.losses import RelativisticPairing
from specgan.losses import Wasserstein
from specgan.losses.adversarial import ADVERSARIAL_LOSSES
from specgan.losses.adversarial import AdversarialLoss
from specgan.losses.adversarial import get
from tests.contracts import revived

REAL = np.array([[-3.0], [0.25], [0.5], [2.0]])
FAKE = np.array([[-1.5], [-0.25], [0.75], [4.0]])

# (discriminator, generator), plainly in NumPy; `real` for a relativistic one.
EXPECTED = {
    "non_saturating": (
        lambda real, fake: (
            np.mean(np.logaddexp(0, -real)) + np.mean(np.logaddexp(0, fake))
        ),
        lambda fake, real: np.mean(np.logaddexp(0, -fake)),
    ),
    "least_squares": (
        lambda real, fake: np.mean((real - 1) ** 2 + fake**2) / 2,
        lambda fake, real: np.mean((fake - 1) ** 2) / 2,
    ),
    "wasserstein": (
        lambda real, fake: np.mean(fake) - np.mean(real),
        lambda fake, real: -np.mean(fake),
    ),
    "hinge": (
        lambda real, fake: (
            np.mean(np.maximum(0, 1 - real)) + np.mean(np.maximum(0, 1 + fake))
        ),
        lambda fake, real: -np.mean(fake),
    ),
    "relativistic_pairing": (
        lambda real, fake: np.mean(np.logaddexp(0, fake - real)),
        lambda fake, real: np.mean(np.logaddexp(0, real - fake)),
    ),
}


def generator_loss(loss, fake, real):
    """What the engine hands to the generator's loss."""
    return loss.generator(*([fake, real] if loss.relativistic else [fake]))


def gradients(function, *logits):
    logits = [tf.constant(one, tf.float32) for one in logits]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = function(*logits)
    return [gradient.numpy() for gradient in tape.gradient(loss, logits)]


def test_every_loss_has_its_expectation():
    assert EXPECTED.keys() == ADVERSARIAL_LOSSES.keys()


@pytest.mark.parametrize("shape", [(4, 1), (4,), (1, 2, 2, 1)])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_equals_numpy(name, scale, shape):
    loss = get(name)
    real, fake = scale * REAL.reshape(shape), scale * FAKE.reshape(shape)
    discriminator, generator = EXPECTED[name]
    computed = loss.discriminator(
        tf.constant(real, tf.float32), tf.constant(fake, tf.float32)
    )
    assert computed.shape == () and computed.dtype == tf.float32
    np.testing.assert_allclose(computed, discriminator(real, fake), rtol=1e-5)
    computed = generator_loss(
        loss, tf.constant(fake, tf.float32), tf.constant(real, tf.float32)
    )
    assert computed.shape == ()
    np.testing.assert_allclose(computed, generator(fake, real), rtol=1e-5)


def test_non_saturating_is_the_binary_cross_entropy_of_logits():
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones([4, 1]), np.zeros([4, 1])
    np.testing.assert_allclose(
        NonSaturating().discriminator(REAL, FAKE),
        cross_entropy(ones, REAL) + cross_entropy(zeros, FAKE),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        NonSaturating().generator(FAKE), cross_entropy(ones, FAKE), rtol=1e-6
    )


def test_values_of_an_undecided_discriminator():
    undecided = np.zeros([4, 1])
    for loss, logit, expected in [
        (NonSaturating(), undecided, 2 * np.log(2)),
        (LeastSquares(), undecided + 0.5, 0.25),
        (Wasserstein(), undecided, 0),
        (Hinge(), undecided, 2),
        (RelativisticPairing(), undecided + 7, np.log(2)),
    ]:
        np.testing.assert_allclose(loss.discriminator(logit, logit), expected)


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_gradients_pull_the_logits_where_each_player_wants_them(name):
    # Descending, the discriminator raises the logits of real images and
    # lowers the generated ones', which the generator raises.
    logits = np.array([[-0.5], [0.25], [0.5]])
    real, fake = gradients(get(name).discriminator, logits, logits.clip(0.1))
    assert np.all(real < 0)
    assert np.all(fake > 0)
    loss = get(name)
    fake, *real = gradients(
        loss.generator, *([logits, logits] if loss.relativistic else [logits])
    )
    assert np.all(fake < 0)
    assert all(np.all(gradient > 0) for gradient in real)


def test_non_saturating_generator_has_a_gradient_when_it_loses():
    gradient = gradients(NonSaturating().generator, np.full([1, 1], -100.0))[0]
    np.testing.assert_allclose(gradient, -1)


def test_hinge_leaves_alone_what_is_beyond_the_margin():
    logits = np.array([[1.5], [3.0]])
    real, fake = gradients(Hinge().discriminator, logits, -logits)
    np.testing.assert_array_equal(real, 0)
    np.testing.assert_array_equal(fake, 0)


def test_relativistic_pairing_sees_differences_within_pairs_alone():
    loss = RelativisticPairing()
    for players in (loss.discriminator, loss.generator):
        value = players(REAL, FAKE)
        np.testing.assert_allclose(players(REAL + 3, FAKE + 3), value)
        order = [2, 0, 3, 1]
        np.testing.assert_allclose(players(REAL[order], FAKE[order]), value)
        assert abs(players(REAL[order], FAKE) - value) > 0.01


def test_relativistic_pairing_needs_pairs():
    loss = RelativisticPairing()
    for players in (loss.discriminator, loss.generator):
        for other in (FAKE[:1], FAKE[:, 0]):
            with pytest.raises(ValueError, match="in pairs.*Received: shapes"):
                players(REAL, other)


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_get_and_configuration(name):
    loss = get(name)
    assert isinstance(loss, AdversarialLoss)
    assert get(loss) is loss
    assert type(revived(loss)) is type(loss)


def test_get_suggests_the_nearest_name():
    with pytest.raises(ValueError, match="'hing'. Did you mean 'hinge'"):
        get("hing")
    with pytest.raises(ValueError, match="Unknown adversarial loss"):
        get(None)
