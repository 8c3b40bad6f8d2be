"""What a training prints, on a terminal and into a file."""

import types

import keras
import pytest

from specgan.metrics.detectability_profile import ROWS
from specgan.models import GAN
from specgan.runs.training_output import TrainingOutput
from specgan.runs.training_output import arrow
from specgan.runs.training_output import duration
from specgan.runs.training_output import table
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

EVALUATED = {"fid": 30.0, "kid": 0.01, "precision": 0.5, "spread_ratio": 0.8}
PROFILE = {f"detection_{row}": 0.9 for row in ROWS}


class Measuring(keras.callbacks.Callback):
    """Adds to the logs what an evaluation does."""

    def on_epoch_end(self, epoch, logs=None):
        logs.update({k: v / (epoch + 1) for k, v in EVALUATED.items()})
        logs.update({**PROFILE, "spectral_error": 3.0})


def printed(verbose, capsys):
    gan = GAN(tiny_generator(), tiny_discriminator())
    gan.compile("sgd", "sgd", run_eagerly=True)
    output = TrainingOutput(types.SimpleNamespace(monitor="fid"))
    gan.fit(
        uniform(28, SIZE, SIZE, 1), batch_size=2, epochs=2, verbose=verbose,
        callbacks=[Measuring(), output],
    )  # fmt: skip
    return capsys.readouterr().out


def test_off_a_terminal_an_epoch_is_a_line(capsys):
    lines = printed(2, capsys).splitlines()
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert [line[:9] for line in epochs] == ["epoch 1/2", "epoch 2/2"]
    for line in epochs:
        assert len(line) < 200
        assert " left " in line and "d_loss" in line and "g_loss" in line
        assert "precision" not in line and "detection" not in line
    assert "fid 30  " in epochs[0] + "  "
    assert "fid 15 ↑" in epochs[1]
    said = "\n".join(lines)
    assert "parameters" in said and "2 epochs of 14 steps: 28 steps" in said
    assert said.count("estimated: ") == 1
    assert not any("Epoch" in line for line in lines)


def test_on_a_terminal_the_bar_has_the_losses_and_a_table_the_rest(capsys):
    said = printed(1, capsys)
    bar = [line for line in said.splitlines() if "14/14" in line]
    assert bar and not any("fid" in line for line in bar)
    assert "fid" in said and "15 ↑" in said
    assert "precision" in said and "0.25 ↓" in said
    assert "0.4 ↓" in said  # spread_ratio: 1 is best.
    assert "detection_map_rbf" not in said


def test_nothing_is_said_of_nothing():
    assert table({}, {}) == []
    assert table(PROFILE, {}) == []


@pytest.mark.parametrize(
    "name, before, now, expected",
    [
        ("fid", 3, 2, " ↑"),
        ("fid", 2, 3, " ↓"),
        ("fid", 2, 2, ""),
        ("recall", 0.2, 0.3, " ↑"),
        ("spread_ratio", 1.5, 0.9, " ↑"),
        ("detection_score", 0.4, 0.9, " ↓"),
        ("diversity", 0.4, 0.9, ""),
        ("g_learning_rate", 0.4, 0.9, ""),
        ("kid_std", 0.4, 0.9, ""),
    ],
)
def test_arrows(name, before, now, expected):
    assert arrow(name, {name: now}, {name: before}) == expected
    assert arrow(name, {name: now}, {}) == ""


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (61, "1 min 1 s"),
        (7322, "2 h 2 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
