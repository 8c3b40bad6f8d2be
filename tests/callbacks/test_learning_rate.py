import keras
import numpy as np
import pytest

import zoo
from specgan.callbacks import LearningRate
from specgan.models import GAN
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator


def fit(callbacks, epochs=3):
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile(keras.optimizers.Adam(1.0), keras.optimizers.Adam(2.0))
    images = uniform(2, SIZE, SIZE, 1)
    logs = gan.fit(images, epochs=epochs, callbacks=callbacks, verbose=0)
    rates = [
        float(optimizer.learning_rate.numpy())
        for optimizer in (gan.g_optimizer, gan.d_optimizer)
    ]
    return rates, logs.history


@pytest.mark.parametrize(
    "network, expected",
    [
        ("generator", [0.125, 2.0]),
        ("discriminator", [1.0, 0.25]),
        ("both", [0.125, 0.25]),
    ],
)
def test_acts_on_the_networks_it_names(network, expected):
    halve = LearningRate(lambda epoch, rate: rate / 2, network)
    rates, logs = fit([halve])
    assert rates == expected
    for key, name, first in (
        ("g_learning_rate", "generator", 1.0),
        ("d_learning_rate", "discriminator", 2.0),
    ):
        if network in (name, "both"):
            np.testing.assert_allclose(
                logs[key], [first / 2, first / 4, first / 8]
            )
        else:
            assert key not in logs


def test_networks_may_have_different_schedules():
    rates, _ = fit(
        [
            LearningRate(lambda epoch, rate: 0.25 * epoch, "generator"),
            LearningRate(lambda epoch, rate: 8.0, "discriminator"),
        ]
    )
    assert rates == [0.5, 8.0]


def test_rate_holds_in_the_epoch_that_it_is_set_for():
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile("sgd", "sgd")
    before = gan.get_weights()
    still = LearningRate(lambda epoch, rate: 0.0)
    gan.fit(uniform(4, SIZE, SIZE, 1), verbose=0, callbacks=[still])
    for old, new in zip(before, gan.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_acts_through_loss_scaling():
    keras.config.set_dtype_policy("mixed_float16")
    rates, _ = fit([LearningRate(lambda epoch, rate: rate / 2)], epochs=1)
    assert rates == [0.5, 1.0]


def test_unknown_network():
    with pytest.raises(ValueError, match="Did you mean 'generator'"):
        LearningRate(lambda epoch, rate: rate, network="generater")


@pytest.mark.parametrize("rate", [-1.0, float("nan"), None])
def test_rates_that_are_none(rate):
    with pytest.raises(ValueError, match="at least 0"):
        fit([LearningRate(lambda epoch, old: rate)], epochs=1)


def test_models_with_one_network():
    model = zoo.VAE(16, channels=1, width=4)
    model.compile()
    with pytest.raises(ValueError, match="LearningRateScheduler"):
        model.fit(
            uniform(4, 16, 16, 1),
            verbose=0,
            callbacks=[LearningRate(lambda epoch, rate: rate)],
        )
