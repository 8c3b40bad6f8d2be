import itertools
import json
import types

import keras
import numpy as np
import pytest

from specgan.runs import early_stopping
from specgan.runs import stop_options
from specgan.runs.early_stopping import StopByMetric
from specgan.runs.early_stopping import stalled
from specgan.runs.run_folder import RunFolder


def epochs_of_keras(values, patience, mode):
    """After how many values Keras' own callback stops, or None."""
    stop = keras.callbacks.EarlyStopping("fid", patience=patience, mode=mode)
    model = types.SimpleNamespace(stop_training=False, metrics=[])
    stop.set_model(model)
    stop.on_train_begin()
    for count, value in enumerate(values, start=1):
        stop.on_epoch_end(count - 1, {"fid": value})
        if model.stop_training:
            return count
    return None


@pytest.mark.parametrize("metric, mode", [("fid", "min"), ("recall", "max")])
@pytest.mark.parametrize("patience", [1, 2, 5])
def test_it_stops_where_keras_does(metric, mode, patience):
    rng = np.random.default_rng(patience)
    for _ in range(30):
        values = rng.integers(0, 9, 12).astype(float).tolist()
        stops = (
            count
            for count in range(1, len(values) + 1)
            if stalled(metric, values[:count], patience)
        )
        expected = epochs_of_keras(values, patience, mode)
        assert next(stops, None) == expected


@pytest.mark.parametrize(
    "values, expected",
    [
        ([], False),
        ([1.0], False),
        ([1.0, float("nan"), None], True),
        ([None, 2.0, 1.0], False),
    ],
)
def test_values_that_are_unknown(values, expected):
    assert stalled("spectral_error", values, 2) is expected


@pytest.mark.parametrize("diverged", [False, True])
def test_the_callback(tmp_path, capsys, diverged):
    run = RunFolder(tmp_path)
    monitor = types.SimpleNamespace(history={"spectral_error": [2.0, 1.0]})
    stop = StopByMetric(run, "spectral_error", 2, monitor)
    model = types.SimpleNamespace(stop_training=diverged)
    stop.set_model(model)
    for epoch, value in enumerate((1.5, 1.2), start=2):
        assert model.stop_training is diverged
        monitor.history["spectral_error"].append(value)
        stop.on_epoch_end(epoch)
    assert model.stop_training
    assert stop.has_stopped is not diverged
    assert (run.noted("stopped") is None) is diverged
    assert ("after epoch 4" in capsys.readouterr().out) is not diverged


@pytest.mark.parametrize(
    "metric, epoch, expected",
    [
        (None, 4, False),
        ("spectral_error", 0, False),
        ("spectral_error", 3, False),
        ("spectral_error", 4, True),
        ("fid", 3, False),
        ("fid", 4, False),
        ("fid", 6, True),
        ("recall", 6, False),
    ],
)
def test_a_run_that_had_stopped_when_it_was_interrupted(
    metric, epoch, expected, tmp_path
):
    spectra = {"epochs": [1, 2, 3, 4, 5], "spectral_error": [3, 1, 2, 2, 0]}
    values = zip((2, 4, 6), (9.0, 9.5, 10.0), (0.1, 0.2, 0.3), strict=True)
    history = [
        {"epoch": epoch, "values": {"fid": fid, "recall": recall}}
        for epoch, fid, recall in values
    ]
    (tmp_path / "spectrum.json").write_text(json.dumps(spectra))
    (tmp_path / "evaluation.json").write_text(json.dumps({"history": history}))
    settings = types.SimpleNamespace(stop_by=metric, patience=2)
    run = RunFolder(tmp_path)
    assert early_stopping.has_stopped(settings, run, epoch) is expected


def test_a_run_without_measurements(tmp_path):
    settings = types.SimpleNamespace(stop_by="fid", patience=1)
    assert not early_stopping.has_stopped(settings, RunFolder(tmp_path), 3)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"stop_by": "fidd"}, "Did you mean 'fid'"),
        ({"stop_by": "fid"}, "Expected --evaluate-every"),
        (
            {
                "stop_by": "recall",
                "evaluate_every": 1,
                "evaluate_features": "inception-bfloat16",
            },
            "Expected --evaluate-features inception beside",
        ),
        ({"patience": 3}, "--patience is that of --stop-by"),
        (
            {"stop_by": "spectral_error", "strategy": "multi-worker"},
            "might not stop together",
        ),
    ],
)
def test_bad_input(changes, message):
    settings = {
        "stop_by": None,
        "patience": None,
        "evaluate_every": None,
        "evaluate_features": None,
        "strategy": "one-device",
    }
    stop_options.check(types.SimpleNamespace(**settings))
    with pytest.raises(ValueError, match=message):
        stop_options.check(types.SimpleNamespace(**{**settings, **changes}))


def test_all_names_are_measured():
    """Those of the evaluation, of few images without Inception."""
    from specgan.metrics import Evaluation

    pictures = np.random.default_rng(0).integers(
        0, 256, [128, 16, 16, 1], np.uint8
    )
    evaluation = Evaluation(None, num_images=64)
    evaluation.add(real=pictures[:64], fake=pictures[64:])
    on_features = {"fid", "kid", "precision", "recall", "density", "coverage"}
    missing = set(stop_options.EVALUATED) - on_features
    assert missing <= {*itertools.chain(evaluation.result())}
