"""Evaluation during training: logs, TensorBoard, the best model, resuming."""

import json
import warnings

import keras
import numpy as np
import pytest

from specgan import plots
from specgan.callbacks import GeneratorEvaluation
from specgan.errors import DamagedFile
from specgan.models import GAN
from tests.callbacks import events
from tests.metrics.feature_sets import MeanColours
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

pytestmark = pytest.mark.filterwarnings("ignore:.*is biased upwards")

SIZE = 16


def reals(count=64):
    draw = np.random.default_rng(0)
    return np.float32(draw.uniform(-1, 1, [count, SIZE, SIZE, 3]))


def tiny_gan():
    gan = GAN(
        tiny_generator(size=SIZE, channels=3),
        tiny_discriminator(size=SIZE, channels=3),
        "non_saturating",
    )
    gan.compile(run_eagerly=True)
    return gan


def fit(folder, epochs=2, gan=None, callbacks=(), initial_epoch=0, **arguments):
    gan = gan or tiny_gan()
    evaluation = GeneratorEvaluation(
        folder, reals(), **{"features": MeanColours(), "num_images": 48}
        | arguments
    )  # fmt: skip
    history = gan.fit(
        reals(), batch_size=32, epochs=epochs, verbose=0,
        initial_epoch=initial_epoch,
        callbacks=[evaluation, *callbacks],
    )  # fmt: skip
    return gan, evaluation, history.history


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def plain_pictures(request, monkeypatch):
    """Drawing takes a third of the time; one test looks at the pictures."""
    if "tensorboard" not in request.node.name:
        monkeypatch.setattr(
            plots, "to_pixels", lambda figure: np.zeros([8, 8, 3], np.uint8)
        )


def test_measures_are_in_the_logs_and_in_tensorboard(tmp_path):
    _, evaluation, logs = fit(tmp_path / "run")
    for name in ("fid", "kid", "recall", "spectral_distance"):
        assert len(logs[name]) == 2
        assert logs[name][-1] == evaluation.history[-1]["values"][name]
    written = events.read(tmp_path / "run")
    assert written["evaluation/fid"][-1] == (4, pytest.approx(logs["fid"][-1]))
    assert written["evaluation/over training"][-1][1].ndim == 3
    assert written["evaluation/detectability"][-1][1].ndim == 3
    # Errors and controls would fill the progress bar.
    assert "detection_luma_rbf" in logs
    assert not any(name.endswith(("_std", "_control")) for name in logs)
    assert "evaluation/detection_luma_rbf_control" in written
    # The record holds the protocol.
    record = json.loads((tmp_path / "run/evaluation.json").read_text())
    assert [one["step"] for one in record["history"]] == [2, 4]
    assert record["monitor"] == "fid"
    assert record["protocol"]["features"]["resizer"] == "none"
    assert record["protocol"]["images"]["fake"]["count"] == 48
    assert record["evidence"]["images"] == {"real": 48, "fake": 48}


def test_the_best_model_is_kept(tmp_path):
    gan, evaluation, _ = fit(tmp_path / "run", monitor="kid")
    best = keras.models.load_model(tmp_path / "run/best.keras")
    assert int(best.optimizer.iterations) == evaluation.best["step"]
    values = [one["values"]["kid"] for one in evaluation.history]
    assert evaluation.best["values"]["kid"] == min(values)


@pytest.mark.slow
def test_keras_callbacks_can_follow_fid(tmp_path):
    stop = keras.callbacks.EarlyStopping(
        monitor="fid", mode="max", patience=0, min_delta=1e9
    )
    keep = keras.callbacks.ModelCheckpoint(
        tmp_path / "fid-{fid:.3f}.keras", monitor="fid", mode="min",
        save_best_only=True,
    )  # fmt: skip
    _, _, logs = fit(tmp_path / "run", epochs=9, callbacks=[keep, stop])
    assert len(logs["fid"]) < 9
    assert list(tmp_path.glob("fid-*.keras"))


@pytest.mark.slow
def test_patience_counts_measurements(tmp_path):
    stop = keras.callbacks.EarlyStopping("fid", mode="max", patience=2)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Early stopping conditioned")
        # Ever less like real images: each measurement is an improvement.
        gan, evaluation, logs = fit(
            tmp_path / "run", epochs=8, every=2, callbacks=[stop],
            generate=lambda num: [reals()[:num] * 0.9 ** len(calls(num))],
        )  # fmt: skip
    assert len(evaluation.history) == len(logs["fid"]) == 4


COUNTED = []


def calls(num):
    COUNTED.append(num)
    return COUNTED


@pytest.mark.slow
def test_the_best_model_of_an_epoch_trained_again_is_forgotten(tmp_path):
    gan, first, _ = fit(tmp_path / "run", epochs=3)
    record = json.loads((tmp_path / "run/evaluation.json").read_text())
    record["best"] = record["history"][-1]["step"]
    (tmp_path / "run/evaluation.json").write_text(json.dumps(record))
    _, second, _ = fit(tmp_path / "run", epochs=3, initial_epoch=2)
    assert second.best["epoch"] == 3
    best = keras.models.load_model(tmp_path / "run/best.keras")
    assert int(best.optimizer.iterations) == second.best["step"]


def test_pictures_of_8_bits_are_refused(tmp_path):
    evaluation = GeneratorEvaluation(
        tmp_path, np.zeros([9, SIZE, SIZE, 3], np.uint8), MeanColours()
    )
    with pytest.raises(ValueError, match="Received: uint8"):
        tiny_gan().fit(reals(), callbacks=[evaluation], verbose=0)


def test_images_of_another_range_are_refused(tmp_path):
    for images in (reals() * 127 + 127, reals() * np.nan):
        evaluation = GeneratorEvaluation(tmp_path, images, MeanColours())
        with pytest.raises(ValueError, match="out of range|NaN or infinite"):
            tiny_gan().fit(reals(), callbacks=[evaluation], verbose=0)


def test_a_generator_of_nan_is_not_measured(tmp_path):
    gan = tiny_gan()
    gan.generator.set_weights(
        [weights * np.nan for weights in gan.generator.get_weights()]
    )
    with pytest.raises(ValueError, match="NaN.*the training diverged"):
        fit(tmp_path / "run", gan=gan)
    assert not (tmp_path / "run/best.keras").exists()
    assert not (tmp_path / "run/evaluation.json").exists()


@pytest.mark.slow
def test_a_second_fit_keeps_the_history_and_the_best_model(tmp_path):
    shares = iter([0.0, 0.2, 0.1, 0.5])  # Of what is no real image.

    def generate(num):
        share = next(shares)
        return [reals()[:num][::-1] * np.float32(1 - share)]

    evaluation = GeneratorEvaluation(
        tmp_path, reals(), MeanColours(), num_images=48, generate=generate
    )
    gan = tiny_gan()
    for _ in range(2):
        gan.fit(
            reals(), batch_size=32, epochs=2, verbose=0, callbacks=[evaluation]
        )
    assert [one["step"] for one in evaluation.history] == [2, 4, 6, 8]
    record = json.loads((tmp_path / "evaluation.json").read_text())
    assert record["history"] == evaluation.history
    assert record["best"] == evaluation.best["step"] == 2
    best = keras.models.load_model(tmp_path / "best.keras")
    assert int(best.optimizer.iterations) == 2


@pytest.mark.slow
def test_a_second_fit_after_one_that_had_lost_its_best_model(tmp_path):
    gan, evaluation, _ = fit(tmp_path, epochs=2)
    record = json.loads((tmp_path / "evaluation.json").read_text())
    record["best"] = -1  # Of a later epoch.
    (tmp_path / "evaluation.json").write_text(json.dumps(record))
    arguments = {"batch_size": 32, "verbose": 0, "callbacks": [evaluation]}
    gan.fit(reals(), initial_epoch=2, epochs=3, **arguments)
    assert evaluation.best["step"] == 6
    # Its epochs are counted from 1 again.
    gan.fit(reals(), epochs=1, **arguments)
    assert evaluation.best["step"] in (6, 8)
    assert len(evaluation.history) == 4


@pytest.mark.slow
def test_a_training_that_goes_on_remembers(tmp_path):
    gan, first, _ = fit(tmp_path / "run", epochs=2)
    _, second, _ = fit(tmp_path / "run", epochs=3, gan=gan, initial_epoch=2)
    assert second.history[:2] == first.history
    assert [one["step"] for one in second.history] == [2, 4, 6]
    _, new, _ = fit(tmp_path / "run", epochs=1)
    assert [one["step"] for one in new.history] == [2]


@pytest.mark.slow
def test_without_a_network_the_spectrum_tells_the_best(tmp_path):
    _, evaluation, logs = fit(tmp_path / "run", features=None)
    assert evaluation.monitor == "spectral_distance"
    assert "fid" not in logs


def test_generate_gives_the_images(tmp_path):
    _, evaluation, logs = fit(
        tmp_path / "run",
        epochs=1,
        generate=lambda num: [reals()[:num][::-1]],
    )
    assert logs["fid"][0] < 1e-3


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"num_images": 0}, "num_images"),
        ({"every": 0}, "every"),
        ({"monitor": "fidd"}, "Received: monitor='fidd'"),
        ({"monitor": "kid_std"}, "Received: monitor='kid_std'"),
    ],
)
def test_bad_arguments(wrong, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        fit(tmp_path / "run", epochs=1, **wrong)


def test_without_weights_the_command_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("SPECGAN_INCEPTION", raising=False)
    with pytest.raises(FileNotFoundError, match="specgan fetch-inception"):
        GeneratorEvaluation(tmp_path, reals())


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "evaluation.json").write_text('{"history": [{"step": 3}]}')
    evaluation = GeneratorEvaluation(tmp_path, reals(), MeanColours())
    with pytest.raises(DamagedFile, match="evaluation.json is damaged"):
        evaluation._restore(1)
