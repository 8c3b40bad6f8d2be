import json
import types

import numpy as np
import pytest

from recipes import page
from recipes import trials
from specgan.metrics import DetectabilityProfile


@pytest.fixture
def quick(monkeypatch):
    """A profile of two splits, as fast as may be."""
    monkeypatch.setattr(
        "specgan.metrics.evaluation.DetectabilityProfile",
        lambda seed: DetectabilityProfile(splits=2, seed=seed),
    )


SMALL = [
    "--image-size", "16", "--width", "4", "--cpu-seconds", "1",
    "--held-out", "40", "--features", "none", "--dtype-policy", "float32",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "family, names",
    [
        ("losses", ["decibel", "spectral discriminator"]),
        ("remedies", ["SSD-GAN", "focal frequency, mean image"]),
        ("chroma", ["half, luma alone"]),
        ("gans", ["lsgan, flip"]),
    ],
)
def test_trials_are_trained_once(family, names, quick, tmp_path, capsys):
    command = [family, *SMALL, "--out", str(tmp_path), "--only", *names]
    assert page.run(trials.main, command) == 0
    first = capsys.readouterr().out
    for name in names:
        result = json.loads((tmp_path / family / f"{name}.json").read_text())
        assert result["steps"] > 0
        assert np.isfinite(result["values"]["spectral_distance"])
        assert name in first
    assert (tmp_path / family / "trials.png").stat().st_size > 10_000
    written = (tmp_path / family / f"{names[0]}.json").stat().st_mtime_ns
    assert page.run(trials.main, command) == 0
    again = (tmp_path / family / f"{names[0]}.json").stat().st_mtime_ns
    assert again == written


@pytest.mark.parametrize("most_steps, steps", [(None, 4), (2, 2)])
def test_a_training_is_over_by_seconds_or_by_steps(
    most_steps, steps, monkeypatch
):
    now = iter(range(100))
    monkeypatch.setattr(trials.time, "process_time", lambda: next(now))
    clock = trials.StepClock(4, most_steps)
    clock.set_model(types.SimpleNamespace(stop_training=False))
    for taken in range(1, 20):
        clock.on_train_batch_begin(taken)
        clock.on_train_batch_end(taken)
        if clock.model.stop_training:
            break
    # The first three compile.
    assert clock.steps == steps and taken == steps + 3


def test_trials_of_losses_have_none_unless_they_name_it():
    def loss_of(trial, family):
        gan = trials.gan_of(dict(trial), family, 16, 3, 4, seed=0)
        return gan.spectral_loss

    assert loss_of({}, "remedies") is None
    assert loss_of({}, "units").name.startswith("distribution")
    focal = loss_of({"phases": True}, "remedies")
    assert focal.get_config()["phases"] is True
    tenth = trials.TRIALS["remedies"]["focal frequency, a tenth"]
    assert loss_of(tenth, "remedies").weight == focal.weight / 10


def test_an_unknown_trial_is_one_line(tmp_path, capsys):
    command = ["units", *SMALL, "--out", str(tmp_path), "--only", "cubic"]
    assert page.run(trials.main, command) == 2
    assert "trial" in capsys.readouterr().err
