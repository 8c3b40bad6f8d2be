import json

import keras
import numpy as np
import pytest

import zoo
from specgan.callbacks import DivergenceGuard
from specgan.errors import DamagedFile
from specgan.models import GAN
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

IMAGES = uniform(8, SIZE, SIZE, 1)


class At(keras.callbacks.Callback):
    """Does something to the model at the beginning of some epochs."""

    def __init__(self, epochs, action):
        super().__init__()
        self.epochs = epochs
        self.action = action

    def on_epoch_begin(self, epoch, logs=None):
        if epoch in self.epochs:
            self.action(self.model)


class AtBatches(keras.callbacks.Callback):
    """Does something to the model after some batches of the third epoch."""

    def __init__(self, batches, action):
        super().__init__()
        self.batches = batches
        self.action = action

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 2 and batch in self.batches:
            self.action(self.model)


class AfterBatches(keras.callbacks.Callback):
    """The state after every batch of the third epoch."""

    def __init__(self):
        super().__init__()
        self.states = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 2:
            self.states.append(state(self.model))


class Remember(keras.callbacks.Callback):
    """The state after every epoch."""

    def __init__(self):
        super().__init__()
        self.states = []

    def on_epoch_end(self, epoch, logs=None):
        self.states.append(state(self.model))


def state(gan):
    variables = [
        *gan.generator.variables,
        *gan.discriminator.variables,
        *gan.optimizer.variables,
        *gan.d_optimizer.variables,
    ]
    return [variable.numpy() for variable in variables]


def train(guard, epochs=4, disturb=None, initial_epoch=0, watch=()):
    keras.utils.set_random_seed(1)
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile(run_eagerly=True)
    remember = Remember()
    others = [disturb] if disturb is not None else []
    guards = [guard] if guard is not None else []
    history = gan.fit(
        IMAGES, batch_size=2, epochs=epochs, initial_epoch=initial_epoch,
        shuffle=False, verbose=0,
        callbacks=[*others, *guards, remember, *watch],
    )  # fmt: skip
    return gan, remember.states, history


def assert_equal(one, other):
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def poison(gan):
    gan.generator.trainable_variables[0].assign(
        np.nan * gan.generator.trainable_variables[0]
    )


def flatten(gan):
    """Makes every image the same: the last kernel gives nothing."""
    for variable in gan.generator.trainable_variables:
        variable.assign(0 * variable)


def test_a_healthy_training_is_left_alone():
    guarded, _, history = train(DivergenceGuard())
    plain, _, _ = train(None)
    assert_equal(state(guarded), state(plain))
    assert int(guarded.noise_seed.numpy()) == 0
    assert len(history.history["diversity"]) == 4


@pytest.mark.parametrize(
    "action, guard, message",
    [
        (poison, {}, "NaN"),
        (flatten, {"smallest_diversity": 0.9}, "diversity"),
    ],
)
def test_it_goes_back_and_on(action, guard, message, capsys):
    gan, states, _ = train(DivergenceGuard(**guard), disturb=At([2], action))
    said = capsys.readouterr().out
    assert message in said and "after epoch 2" in said
    assert "2 rollbacks left" in said
    assert int(gan.noise_seed.numpy()) == 1
    assert all(np.all(np.isfinite(value)) for value in state(gan))
    assert len(states) == 4


def overheat(gan):
    gan.optimizer.learning_rate = np.inf


def test_a_rollback_restores_networks_and_optimizers():
    after = AfterBatches()
    gan, states, history = train(
        DivergenceGuard(), disturb=AtBatches([0], overheat), watch=[after]
    )
    # The rate is infinite from batch 1 on, the losses are so in batch 2.
    assert not np.all(np.isfinite(after.states[1][0]))
    assert_equal(after.states[2], states[1])
    assert gan.optimizer.learning_rate == np.float32(2e-4)
    assert int(gan.noise_seed.numpy()) == 1
    assert np.any(states[2][0] != states[1][0]), "the epoch goes on"
    for name, values in history.history.items():
        assert np.all(np.isfinite(values)), name
    assert len(history.history["diversity"]) == 4


def test_weights_that_the_last_batch_has_ruined(capsys):
    gan, states, _ = train(
        DivergenceGuard(), epochs=3, disturb=AtBatches([3], poison)
    )
    assert "weights became NaN" in capsys.readouterr().out
    assert_equal(state(gan), states[1])


def test_each_nan_of_an_epoch_is_seen(capsys):
    gan, _, _ = train(
        DivergenceGuard(), epochs=3, disturb=AtBatches([0, 2], poison)
    )
    assert capsys.readouterr().out.count("back to the state") == 2
    assert all(np.all(np.isfinite(value)) for value in state(gan))


def test_a_resumed_training_tells_its_epochs(capsys):
    train(DivergenceGuard(), epochs=7, initial_epoch=5, disturb=At([5], poison))
    assert "after epoch 5" in capsys.readouterr().out


def test_it_stops_in_the_last_good_state(capsys):
    guard = DivergenceGuard(rollbacks=0)
    gan, states, _ = train(guard, disturb=At([2], poison))
    assert "and stopped" in capsys.readouterr().out
    assert_equal(state(gan), states[1])
    assert int(gan.noise_seed.numpy()) == 0


def test_after_its_rollbacks_it_stops(capsys):
    guard = DivergenceGuard(rollbacks=2)
    _, states, _ = train(guard, 9, disturb=At(range(2, 9), poison))
    assert len(states) == 5  # 2 good ones, 2 rollbacks, and the end.
    assert "and stopped" in capsys.readouterr().out


def test_an_exploding_loss_is_trouble(capsys):
    train(DivergenceGuard(rollbacks=0, largest_loss=1e-3))
    assert "_loss reached" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        {"rollbacks": -1},
        {"largest_loss": 0},
        {"smallest_diversity": 1},
        {"num": 1},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: rollbacks="):
        DivergenceGuard(**arguments)


def test_a_resumed_training_remembers(tmp_path, capsys):
    # The collapse is one only against what the first half had seen.
    guard = {"smallest_diversity": 0.9, "log_dir": tmp_path}
    gan, _, _ = train(DivergenceGuard(**guard), epochs=2)
    gan.fit(
        IMAGES, batch_size=2, initial_epoch=2, epochs=4, shuffle=False,
        verbose=0, callbacks=[At([2], flatten), DivergenceGuard(**guard)],
    )  # fmt: skip
    assert "the diversity of samples fell to" in capsys.readouterr().out
    assert int(gan.noise_seed.numpy()) == 1
    record = json.loads((tmp_path / "guard.json").read_text())
    assert [one["remaining"] for one in record.values()] == [3, 3, 2, 2]


def test_a_new_training_forgets(tmp_path):
    guard = DivergenceGuard(log_dir=tmp_path)
    train(guard, epochs=3)
    train(guard, epochs=1)
    assert len(json.loads((tmp_path / "guard.json").read_text())) == 1


def test_it_guards_what_has_one_optimizer(capsys):
    images = uniform(8, 16, 16, 1)
    model = zoo.VAE(16, channels=1, width=4)
    model.compile()

    def poison_decoder(model):
        variable = model.decoder.trainable_variables[0]
        variable.assign(np.nan * variable)

    model.fit(
        images, batch_size=4, epochs=3, verbose=0,
        callbacks=[At([1], poison_decoder), DivergenceGuard()],
    )  # fmt: skip
    assert "NaN" in capsys.readouterr().out
    assert all(np.all(np.isfinite(w)) for w in model.get_weights())


def test_generate_gives_the_images_of_the_diversity():
    guard = DivergenceGuard(generate=lambda num: IMAGES[:num])
    _, _, history = train(guard, epochs=1)
    expected = float(np.mean(np.std(IMAGES, axis=0)))
    assert history.history["diversity"] == [pytest.approx(expected)]


def test_it_looks_at_a_plain_loss(capsys):
    model = zoo.VAE(16, channels=1, width=4)
    model.compile()
    model.fit(
        uniform(8, 16, 16, 1), batch_size=4, verbose=0,
        callbacks=[DivergenceGuard(largest_loss=1e-9)],
    )  # fmt: skip
    assert "DivergenceGuard: loss reached" in capsys.readouterr().out


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "guard.json").write_text('{"one": 3}')
    guard = DivergenceGuard(log_dir=tmp_path)
    with pytest.raises(DamagedFile, match="guard.json is damaged"):
        guard._restore(1)
