import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from specgan.models import GAN
from specgan.models import TrainingSchedule
from specgan.models.schedule_checks import check_schedule
from specgan.models.schedule_checks import training_steps
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

CosineDecay = keras.optimizers.schedules.CosineDecay


def rates(schedule, steps):
    return [float(schedule(step)) for step in range(steps)]


def test_constant_is_the_number():
    assert rates(TrainingSchedule(0.5, 10), 12) == [0.5] * 12


def test_linear_is_a_line_to_zero():
    measured = rates(TrainingSchedule(2.0, 8, "linear"), 10)
    np.testing.assert_allclose(measured, [*np.linspace(2, 0, 9), 0], rtol=1e-6)


def test_cosine_is_that_of_keras():
    expected = CosineDecay(0.3, 50)
    np.testing.assert_allclose(
        rates(TrainingSchedule(0.3, 50, "cosine"), 60),
        rates(expected, 60),
        rtol=1e-4,
        atol=1e-7,
    )


def test_cosine_is_positive_to_the_last_step_of_a_long_training():
    assert float(TrainingSchedule(2e-4, 10**6, "cosine")(10**6 - 1)) > 0


@pytest.mark.parametrize("decay", ["constant", "linear", "cosine"])
def test_warm_up_rises_to_the_learning_rate_and_the_decay_follows(decay):
    measured = rates(TrainingSchedule(1.0, 20, decay, warm_up=4), 20)
    np.testing.assert_allclose(measured[:4], [0.25, 0.5, 0.75, 1.0])
    alone = rates(TrainingSchedule(1.0, 16, decay), 16)
    np.testing.assert_allclose(measured[4:], alone, rtol=1e-6)


def test_it_is_kept_by_its_configuration():
    schedule = TrainingSchedule(1e-3, 100, "cosine", warm_up=10)
    again = revived(schedule)
    assert type(again) is TrainingSchedule
    assert rates(again, 100) == rates(schedule, 100)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"learning_rate": 0.0}, "learning_rate=0.0"),
        ({"learning_rate": float("inf")}, "learning_rate=inf"),
        ({"learning_rate": "fast"}, "learning_rate='fast'"),
        ({"steps": 0}, "steps=0"),
        ({"steps": 1.5}, "steps=1.5"),
        ({"decay": "cosin"}, "Did you mean 'cosine'"),
        ({"warm_up": -1}, "warm_up=-1"),
        ({"warm_up": 10}, "fewer than its 10 steps.*warm_up=10"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingSchedule(**{"learning_rate": 1.0, "steps": 10, **arguments})


# === In a training ===


def sgd(schedule):
    return keras.optimizers.SGD(schedule)


def tiny_gan(g_rate, d_rate=0.1, **arguments):
    gan = GAN(tiny_generator(), tiny_discriminator(), **arguments)
    gan.compile(sgd(g_rate), sgd(d_rate))
    return gan


def test_a_training_by_schedule_is_one_with_its_rates_set_by_hand():
    images = uniform(2, SIZE, SIZE, 1)
    scheduled = tiny_gan(TrainingSchedule(0.5, 6, "linear", warm_up=2))
    by_hand = tiny_gan(0.5)
    by_hand.set_weights(scheduled.get_weights())
    scheduled.fit(images, epochs=6, verbose=0)
    for rate in (0.25, 0.5, 0.5, 0.375, 0.25, 0.125):
        by_hand.optimizer.learning_rate = rate
        by_hand.fit(images, verbose=0)
    for mine, other in zip(scheduled.weights, by_hand.weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-7)


def test_it_goes_on_from_a_file():
    images = uniform(2, SIZE, SIZE, 1)
    whole = tiny_gan(TrainingSchedule(0.5, 4, "cosine", warm_up=1))
    parts = tiny_gan(TrainingSchedule(0.5, 4, "cosine", warm_up=1))
    parts.set_weights(whole.get_weights())
    whole.fit(images, epochs=4, verbose=0)
    parts.fit(images, epochs=2, verbose=0)
    parts = saved_and_loaded(parts)
    parts.fit(images, initial_epoch=2, epochs=4, verbose=0)
    for mine, other in zip(whole.weights, parts.weights, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.slow
def test_two_replicas_follow_it_as_one_does():
    images = uniform(4, SIZE, SIZE, 1)
    one = tiny_gan(TrainingSchedule(0.5, 2, "linear"))
    with two_replicas().scope():
        both = tiny_gan(TrainingSchedule(0.5, 2, "linear"))
    both.set_weights(one.get_weights())
    for gan in (one, both):
        gan.fit(images, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for mine, other in zip(one.weights, both.weights, strict=True):
        np.testing.assert_allclose(other, mine, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({}, 7),
        ({"discriminator_steps": 3}, 21),
        ({"gradient_penalty": "r1"}, 8),  # With those of steps 0, 16, ...
    ],
)
def test_steps_of_the_discriminators_optimizer(arguments, expected):
    gan = tiny_gan(0.1, **arguments)
    images = uniform(2 * gan.discriminator_steps, SIZE, SIZE, 1)
    gan.fit(images, batch_size=2, epochs=7, verbose=0)
    assert gan.optimizer_steps("generator", 7) == 7
    assert gan.optimizer_steps("discriminator", 7) == expected
    assert int(gan.d_optimizer.iterations.numpy()) == expected


@pytest.mark.parametrize(
    "schedule",
    [
        TrainingSchedule(0.5, 4, "linear"),
        CosineDecay(0.5, 4),
    ],
)
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_a_schedule_that_ends_before_the_training(schedule, network):
    rates = {"generator": (schedule, 0.1), "discriminator": (0.1, schedule)}
    gan = tiny_gan(*rates[network])
    images = uniform(2, SIZE, SIZE, 1)
    before = gan.get_weights()
    with pytest.raises(
        ValueError, match=f"the {network} comes to 0.*of 6 steps"
    ):
        gan.fit(images, epochs=6, verbose=0)
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    gan.fit(images, epochs=4, verbose=0)
    with pytest.raises(ValueError, match="a rate of 0 in step 4"):
        gan.fit(images, initial_epoch=4, epochs=5, verbose=0)


def test_a_schedule_with_an_end_other_than_zero_may_end():
    gan = tiny_gan(CosineDecay(0.5, 2, alpha=0.1))
    gan.fit(uniform(2, SIZE, SIZE, 1), epochs=4, verbose=0)
    assert float(gan.optimizer.learning_rate) == pytest.approx(0.05)


def test_a_data_set_that_does_not_tell_its_length():
    images = tf.data.Dataset.from_tensor_slices(uniform(2, SIZE, SIZE, 1))
    unknown = images.batch(2).filter(lambda x: True)
    assert training_steps(unknown, None, 3) is None
    assert training_steps(unknown, None, 3, steps_per_epoch=4) == 12
    for schedule in (0.5, CosineDecay(0.5, 4, alpha=0.1)):
        check_schedule("the generator", sgd(schedule), None)
    with pytest.warns(UserWarning, match="does not know its length"):
        check_schedule("the generator", sgd(CosineDecay(0.5, 4)), None)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ({}, 9),
        ({"initial_epoch": 2}, 3),
        ({"initial_epoch": 4}, 0),
        ({"steps_per_epoch": 2}, 6),
    ],
    ids=str,
)
def test_steps_of_a_training(arguments, expected):
    images = uniform(5, SIZE, SIZE, 1)
    assert training_steps(images, 2, 3, **arguments) == expected
    batches = tf.data.Dataset.from_tensor_slices(images).batch(2)
    assert training_steps(batches, None, 3, **arguments) == expected


def test_a_model_with_one_network():
    model = zoo.AutoEncoder(16, channels=1, width=2)
    model.compile(sgd(TrainingSchedule(0.1, 2, "linear")))
    images = uniform(4, 16, 16, 1)
    with pytest.raises(ValueError, match="of the model comes to 0"):
        model.fit(images, epochs=4, verbose=0)
    model.fit(images, epochs=2, verbose=0)


def test_arguments_of_adam():
    gan = tiny_gan(0.1, gradient_penalty="r1")
    assert gan.adam_arguments("generator", learning_rate=1e-3) == {
        "learning_rate": 1e-3, "beta_1": 0.5
    }  # fmt: skip
    lazy = gan.adam_arguments("discriminator", beta_2=0.9)
    np.testing.assert_allclose(
        [lazy["learning_rate"], lazy["beta_1"], lazy["beta_2"]],
        [2e-4 * 16 / 17, 0.5 ** (16 / 17), 0.9 ** (16 / 17)],
    )
    with pytest.raises(ValueError, match="Did you mean 'generator'"):
        gan.adam_arguments("generater")
