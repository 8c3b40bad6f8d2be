"""What `specgan train` can be asked for beside the model: a GAN user's list."""

import argparse
import inspect
import json
import shutil
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from specgan.cli.main import _parser
from specgan.cli.main import main
from specgan.cli.train import check
from specgan.models import GAN
from specgan.models import TrainingSchedule
from specgan.runs import early_stopping
from specgan.runs import initial_weights
from specgan.runs import step_trial
from specgan.runs import strategies as distribution
from specgan.runs.model_options import defaults
from specgan.runs.model_options import model_arguments
from specgan.runs.optimizers import compile_arguments
from specgan.runs.run_folder import RunFolder
from specgan.signal import to_uint8

ALL_ON = (
    "--flip --schedule cosine --warm-up 1 --learning-rate 1e-3 "
    "--dtype-policy mixed_bfloat16 --ema-half-life 32 --discriminator-steps 1 "
    "--augment"
).split()


def train(pictures, run, *options, model="dcgan", epochs=3):
    return main(
        ["train", model, "--data", str(pictures), "--image-size", "16"]
        + ["--width", "2", "--batch-size", "16", "--epochs", str(epochs)]
        + ["--run", str(run), *options]
    )


def record(run):
    return json.loads((run / "run.json").read_text())


def interrupted(run, copy, epoch):
    """A copy of a run as if it had been killed after an epoch."""
    shutil.copytree(run, copy)
    for path in (copy / "models").iterdir():
        if int(path.stem.split("-")[1]) > epoch:
            path.unlink()
    text = json.dumps({**record(copy), "finished": None})
    (copy / "run.json").write_text(text)
    return copy


def assert_same_state(run, other):
    models = [RunFolder(folder).load() for folder in (run, other)]
    states = [
        [*model.variables, *sum((o.variables for o in model.optimizers), [])]
        for model in models
    ]
    for mine, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(mine, theirs, mine.path)


@pytest.fixture(scope="module")
def all_on(pictures, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "all"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPECGAN_CACHE", str(run.parent / "cache"))
        assert train(pictures, run, *ALL_ON) == 0
    return run


def test_all_options_are_recorded(all_on):
    asked = record(all_on)["arguments"]
    expected = {
        "flip": True,
        "schedule": "cosine",
        "warm_up": 1,
        "learning_rate": 1e-3,
        "discriminator_learning_rate": None,
        "dtype_policy": "mixed_bfloat16",
        "ema_half_life": 32,
        "discriminator_steps": 1,
    }
    assert asked.items() >= expected.items()
    assert "dry_run" not in asked


def test_a_run_with_all_options_resumes_exactly(all_on, pictures, tmp_path):
    run = interrupted(all_on, tmp_path / "run", epoch=2)
    assert train(pictures, run, *ALL_ON) == 0
    assert_same_state(run, all_on)
    gan = RunFolder(run).load()
    assert int(gan.optimizer.iterations.numpy()) == 6
    schedule = gan.optimizer.get_config()["learning_rate"]
    assert schedule["config"]["steps"] == 6


def test_a_schedule_has_the_length_it_began_with(all_on, pictures, capsys):
    assert train(pictures, all_on, *ALL_ON, epochs=4) == 2
    message = capsys.readouterr().err
    assert "came to its end" in message and "--init-from" in message
    assert record(all_on)["arguments"]["epochs"] == 3


@pytest.mark.slow
def test_a_run_that_is_made_longer_is_one_long_run(pictures, tmp_path):
    assert train(pictures, tmp_path / "long", epochs=3) == 0
    for epochs in (1, 3):
        assert train(pictures, tmp_path / "grown", epochs=epochs) == 0
    assert_same_state(tmp_path / "grown", tmp_path / "long")


def test_a_run_that_stopped_by_itself_is_not_made_longer(tmp_path):
    run = RunFolder(tmp_path)
    run.open("specgan train dcgan", {"epochs": 2})
    run.note("stopped", "after epoch 1")
    run.begin()
    run.finish()
    for epochs in (2, 3):
        asked = {"epochs": epochs}
        found = run.open("specgan train dcgan", asked, may_grow=["epochs"])
        assert run.grows == (epochs == 3)
        assert run.has_ended(found)


# === The weights of another model ===


def test_a_training_that_begins_with_the_weights_of_a_run(
    all_on, pictures, tmp_path, monkeypatch
):
    states = []

    class Begun(Exception):
        pass

    def fit(gan, *_, **__):
        states.append([weight.numpy() for weight in gan.generator.weights])
        states.append([weight.numpy() for weight in gan.discriminator.weights])
        states.append([weight.numpy() for weight in gan.generator_ema.weights])
        assert int(gan.optimizer.iterations.numpy()) == 0
        raise Begun

    monkeypatch.setattr(GAN, "fit", fit)
    options = ["--init-from", str(all_on), "--spectral-regularization"]
    with pytest.raises(Begun):
        train(pictures, tmp_path / "new", *options)
    gan = RunFolder(all_on).load()
    parts = (gan.generator, gan.discriminator, gan.generator_ema)
    for state, part in zip(states, parts, strict=True):
        for mine, weight in zip(state, part.weights, strict=True):
            np.testing.assert_array_equal(mine, weight.numpy(), weight.path)


@pytest.mark.parametrize(
    "model, options, message",
    [
        ("dcgan", ["--width", "4"], "do not fit. Expected the generator of"),
        ("vae", [], "do not fit. Expected the generator of a VAE"),
    ],
)
def test_weights_that_do_not_fit(
    model, options, message, all_on, pictures, tmp_path, capsys
):
    options = ["--init-from", str(all_on), *options]
    assert train(pictures, tmp_path / "new", *options, model=model) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_an_average_begins_as_the_generator_where_there_was_none():
    plain, averaged = (
        zoo.DCGAN(image_size=16, width=2, ema_decay=decay, seed=seed)
        for seed, decay in enumerate((None, 0.9))
    )
    initial_weights.take(averaged, plain, "plain")
    for part in (averaged.generator, averaged.generator_ema):
        for mine, weight in zip(
            part.weights, plain.generator.weights, strict=True
        ):
            np.testing.assert_array_equal(mine.numpy(), weight.numpy())


@pytest.mark.parametrize(
    "options, message",
    [
        (ALL_ON[1:], "flip: True then, None now"),
        (["--flip"], "schedule: 'cosine' then, None now"),
        ([*ALL_ON, "--beta-1", "0.9"], "beta_1: None then, 0.9 now"),
        ([*ALL_ON, "--device", "cpu"], "device: None then, 'cpu' now"),
    ],
    ids=str,
)
def test_a_resumed_run_has_the_same_options(
    options, message, all_on, pictures, capsys
):
    assert train(pictures, all_on, *options) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes, options, code",
    [
        # What an older build recorded, or did not know.
        ({"upsampling": "transposed", "chroma": "full", "augment": False},
         [], 0),
        ({"chroma": ...}, [], 0),
        ({"upsampling": ...}, ["--upsampling", "transposed"], 0),
        ({"upsampling": "bilinear"}, [], 2),
        ({"chroma": ...}, ["--chroma", "half"], 2),
    ],
    ids=str,
)  # fmt: skip
def test_a_default_is_the_same_as_not_given(
    changes, options, code, all_on, pictures, tmp_path, capsys
):
    run = tmp_path / "run"
    shutil.copytree(all_on, run)
    old = record(run)
    asked = {**old["arguments"], **changes}
    old["arguments"] = {k: v for k, v in asked.items() if v is not ...}
    (run / "run.json").write_text(json.dumps(old))
    ours = [option for option in ALL_ON if option != "--augment"]
    if "augment" not in changes:
        ours = ALL_ON
    assert train(pictures, run, *ours, *options) == code
    told = capsys.readouterr()
    assert ("finished already" in told.out) == (code == 0)
    assert ("now" in told.err) == (code == 2)


@pytest.mark.parametrize("name", zoo.MODELS)
def test_defaults_of_every_model(name):
    model_class = zoo.MODELS[name]
    model = inspect.signature(model_class).bind()
    model.apply_defaults()
    known = defaults(model_class)
    assert "upsampling" in known or "channel_base" in known
    assert known.items() <= model.arguments.items()


# === Optimizers ===


def settings(*options, model="dcgan"):
    from specgan.cli.main import _parser

    return _parser("train").parse_args(["train", model, "--run", "x", *options])


@pytest.mark.parametrize("name", zoo.MODELS)
def test_optimizers_of_every_model(name):
    given = ["--beta-1", "0.25", "--beta-2", "0.5", "--epochs", "3"]
    given += ["--learning-rate", "0.125", "--schedule", "linear"]
    given += ["--warm-up", "2", "--image-size", "16"]
    if name == "alias-free":
        given += ["--num-layers", "3", "--channel-base", "64"]
        given += ["--channel-max", "4"]
    else:
        given += ["--width", "2"]
    asked = settings(*given, model=name)
    model_class = zoo.MODELS[name]
    model = model_class(**model_arguments(asked, model_class))
    model.compile(**compile_arguments(asked, model, 40))
    is_gan = isinstance(model, GAN)
    steps = 3 * (40 // (model.discriminator_steps if is_gan else 1))
    for optimizer in model.optimizers:
        schedule = optimizer._learning_rate
        assert type(schedule) is TrainingSchedule
        assert schedule.decay == "linear"
        count = int
        if is_gan and optimizer is model.d_optimizer:
            count = lambda n: model.optimizer_steps("discriminator", n)  # noqa: E731
        assert schedule.steps == count(steps)
        assert schedule.warm_up == count(2)
        part = 16 / 17 if name == "alias-free" and count is not int else 1
        np.testing.assert_allclose(
            [schedule.learning_rate, optimizer.beta_1, optimizer.beta_2],
            [0.125 * part, 0.25**part, 0.5**part],
        )


@pytest.mark.parametrize("name", zoo.GANS)
def test_without_options_the_optimizers_are_the_models_own(name):
    asked = settings("--image-size", "16", "--width", "2", model=name)
    gan, own = (
        zoo.GANS[name](**model_arguments(asked, zoo.GANS[name]))
        for _ in range(2)
    )
    gan.compile(**compile_arguments(asked, gan, 40))
    own.compile()
    for mine, theirs in zip(gan.optimizers, own.optimizers, strict=True):
        name = {"name": "adam"}
        assert {**mine.get_config(), **name} == {**theirs.get_config(), **name}


def test_a_learning_rate_of_the_discriminator_alone():
    asked = settings(
        "--image-size", "16", "--width", "2",
        "--discriminator-learning-rate", "0.5",
    )  # fmt: skip
    gan = zoo.DCGAN(16, width=2)
    arguments = compile_arguments(asked, gan, 40)
    assert float(arguments["g_optimizer"].learning_rate) == np.float32(2e-4)
    assert float(arguments["d_optimizer"].learning_rate) == 0.5


@pytest.mark.parametrize("name", zoo.GANS)
def test_steps_of_the_discriminator(name):
    own = zoo.GANS[name](16, width=2).discriminator_steps
    assert own == (5 if name == "wgangp" else 1)
    gan = zoo.GANS[name](16, width=2, discriminator_steps=3)
    assert gan.discriminator_steps == 3
    again = zoo.GANS[name].from_config(gan.get_config())
    assert again.discriminator_steps == 3
    with pytest.raises(ValueError, match="discriminator_steps"):
        zoo.GANS[name](16, width=2, discriminator_steps=0)


# === Early stopping ===


def test_a_run_that_stops_early_has_finished(
    pictures, tmp_path, capsys, monkeypatch
):
    def after_two(metric, values, patience):
        return len(values) >= 2

    monkeypatch.setattr(early_stopping, "stalled", after_two)
    run = tmp_path / "run"
    options = ["--stop-by", "spectral_error", "--patience", "1"]
    assert train(pictures, run, *options, epochs=5) == 0
    assert "Stopped after epoch 2" in capsys.readouterr().out
    assert record(run)["finished"]
    assert record(run)["stopped"].startswith("after epoch 2: spectral_error")
    assert sorted(path.name for path in (run / "models").iterdir()) == [
        "epoch-0001.keras",
        "epoch-0002.keras",
    ]
    assert train(pictures, run, *options, epochs=5) == 0
    assert "finished already" in capsys.readouterr().out

    # Killed between its last model and its end, or before its last epoch.
    for epoch in (2, 1):
        copy = interrupted(run, tmp_path / str(epoch), epoch)
        assert train(pictures, copy, *options, epochs=5) == 0
        assert record(copy)["finished"]
        assert_same_state(copy, run)


# === Devices ===


@pytest.mark.parametrize(
    "name, hidden_but",
    [("cpu", []), ("GPU", ["a"]), ("gpu:0", ["a"]), ("gpu:1", ["b"])],
)
def test_a_device_is_the_only_one_in_sight(name, hidden_but, monkeypatch):
    seen = {}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: "ab")
    monkeypatch.setattr(
        tf.config,
        "set_visible_devices",
        lambda devices, kind: seen.update({kind: devices}),
    )
    distribution.use_device(name)
    assert seen == {"GPU": hidden_but}


@pytest.mark.parametrize("name", ["gpu", "gpu:1", "tpu", "cpu:1", ""])
def test_a_device_that_is_not_there(name):
    with pytest.raises(ValueError, match="Expected one of: cpu. Received"):
        distribution.use_device(name)


def test_a_device_with_all_devices(pictures, tmp_path, capsys):
    options = ["--device", "cpu", "--strategy", "mirrored"]
    assert train(pictures, tmp_path / "run", *options) == 2
    assert "takes all. Leave one" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


# === Dry runs ===


@pytest.mark.parametrize("model", ["wgangp", "vae"])
def test_a_dry_run_writes_nothing(model, pictures, tmp_path, capsys):
    run = tmp_path / "run"
    options = ["--dry-run", "--schedule", "linear"]
    if model == "wgangp":
        options += ["--discriminator-steps", "2"]
    assert train(pictures, run, *options, model=model, epochs=2) == 0
    assert not run.exists()
    said = capsys.readouterr().out
    steps = {"wgangp": 2, "vae": 4}[model]
    assert f"minutes for {steps} steps of" in said
    assert "median of 10 in a trial" in said
    assert " GB at most in the trial" in said and "nothing was written" in said
    if model == "wgangp":
        gan = zoo.WGANGP(16, width=2)
        for network in (gan.generator, gan.discriminator):
            assert f"{network.count_params():,} parameters" in said


@pytest.mark.parametrize(
    "options, message",
    [
        (["--warm-up", "6"], "fewer than its 6 steps"),
        (["--upsampling", "neares"], "mean 'nearest'"),
        (["--config", "T"], "dcgan has no --config"),
        (["--discriminator-steps", "3"], "at least 3 batches"),
    ],
)
@pytest.mark.parametrize("dry", [True, False])
def test_bad_input(options, message, dry, pictures, tmp_path, capsys):
    run = tmp_path / "run"
    options = options + ["--dry-run"] * dry
    assert train(pictures, run, *options) == 2
    assert message in capsys.readouterr().err
    assert not run.exists()


@pytest.mark.parametrize(
    "model, known", [("autoencoder", True), ("vae", False)]
)
def test_max_unpooling_is_that_of_auto_encoders(model, known, tmp_path):
    line = f"train {model} --upsampling max_unpooling --run {tmp_path}/run"
    settings = _parser("train").parse_args(line.split())
    if known:
        check(settings)
    else:
        with pytest.raises(ValueError, match="Unknown up-sampling unit"):
            check(settings)


# === Precision ===


def slower_or_faster(monkeypatch, half):
    """A trial as it is, but for the seconds that it measures."""
    measure = step_trial.seconds_per_step
    trials = []

    def measured(models, settings):
        trials.append(measure(models, settings))
        return {"float32": [1.0] * 10, "mixed_bfloat16": [half] * 10}

    monkeypatch.setattr(step_trial, "seconds_per_step", measured)
    return trials


@pytest.mark.parametrize(
    "half, policy",
    [
        pytest.param(0.9, "mixed_bfloat16", marks=pytest.mark.slow),
        pytest.param(0.97, "float32", marks=pytest.mark.slow),
    ],
)
def test_auto_is_the_training_of_what_it_takes(
    half, policy, pictures, tmp_path, capsys, monkeypatch
):
    trials = slower_or_faster(monkeypatch, half)
    auto, named = tmp_path / "auto", tmp_path / "named"
    assert train(pictures, auto, "--dtype-policy", "auto", epochs=2) == 0
    assert f"auto: {policy}, as a step takes" in capsys.readouterr().out
    assert [len(seconds) for seconds in trials[0].values()] == [10, 10]
    noted = record(auto)["dtype_policy"]
    assert noted["taken"] == policy
    assert noted["seconds_per_step"] == {"float32": 1.0, "mixed_bfloat16": half}
    assert record(auto)["arguments"]["dtype_policy"] == "auto"
    assert keras.config.dtype_policy().name == policy
    assert train(pictures, named, "--dtype-policy", policy, epochs=2) == 0
    assert_same_state(auto, named)

    # Another trial would decide otherwise; there is none.
    slower_or_faster(monkeypatch, 1.87 - half)
    copy = interrupted(auto, tmp_path / "copy", epoch=1)
    assert train(pictures, copy, "--dtype-policy", "auto", epochs=2) == 0
    assert keras.config.dtype_policy().name == policy
    assert_same_state(copy, auto)


def test_auto_on_several_machines():
    from specgan.runs import precision

    asked = argparse.Namespace(dtype_policy="auto", strategy="multi-worker")
    run = types.SimpleNamespace(noted=lambda name: None)
    with pytest.raises(ValueError, match="might decide differently"):
        precision.set_policy(zoo.DCGAN, asked, run)


@pytest.mark.slow
def test_classes(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    folder, run = tmp_path / "pictures", tmp_path / "run"
    for name, value in (("bright", 200), ("dark", 50)):
        (folder / name).mkdir(parents=True)
        for number in range(8):
            pixels = np.full([16, 16, 3], value + number, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    options = ["--labels", "--flip"]
    assert train(folder, run, *options) == 0
    gan = RunFolder(run).load()
    assert gan.num_classes == 2
    out = tmp_path / "dark.png"
    command = ["sample", str(run), "--num", "4", "--out", str(out)]
    assert main([*command, "--label", "1"]) == 0
    np.testing.assert_array_equal(
        np.asarray(Image.open(out))[:16, :16],
        to_uint8(gan.sample(4, labels=1))[0],
    )
    assert record(run)["class_names"] == ["bright", "dark"]
    by_number = out.read_bytes()
    model = next((run / "models").iterdir())
    publish = ["publish", str(run), "named", "--description", "A line."]
    assert main([*publish, "--license", "mit"]) == 0
    for source in (run, model, "named"):
        command[1] = str(source)
        assert main([*command, "--label", "dark"]) == 0
        assert out.read_bytes() == by_number
    # Alone, a file does not know the names.
    command[1] = str(tmp_path / "model.keras")
    shutil.copy(model, command[1])
    for label, message in (
        ("dark", "Expected a number from 0 to 1. Received: --label dark."),
        ("-1", "Received: --label -1"),
    ):
        capsys.readouterr()
        assert main([*command, f"--label={label}"]) == 2
        assert message in capsys.readouterr().err
    assert main([*command, "--label", "1"]) == 0
    assert out.read_bytes() == by_number
    command[1] = str(run)
    for label in ("2", "Dark", "drak", ""):
        capsys.readouterr()
        assert main([*command, f"--label={label}"]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "from 0 to 1, or one of: bright, dark." in error
    film = str(tmp_path / "walk.gif")
    command = ["interpolate", str(run), "--frames", "2", "--out", film]
    assert main([*command, "--label", "dark"]) == 0
    assert main([*command, "--label", "drak"]) == 2
    # A run is resumed as it was.
    assert train(folder, run, "--flip", "--epochs", "9") == 2
    assert "labels" in capsys.readouterr().err


def test_labels_of_images_without_classes(pictures, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(pictures, run, "--labels") == 2
    assert "A folder for each class" in capsys.readouterr().err
    asked = ["train", "vae", "--labels", "--run", str(run)]
    assert main([*asked, "--data", str(pictures), "--image-size", "16"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not run.exists()
