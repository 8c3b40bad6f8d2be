"""The command line as its users meet it: exit codes, one-line errors, files."""

import csv
import functools
import importlib.metadata
import json
import os
import shlex
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageSequence

from specgan import callbacks
from specgan import data
from specgan.cli import train as train_command
from specgan.cli.main import COMMANDS
from specgan.cli.main import _parser
from specgan.cli.main import main
from specgan.data.videos import read_frames
from specgan.models import generator_average as average
from specgan.models.sampling import sample_latents
from specgan.runs import strategies
from specgan.runs.model_options import model_arguments
from specgan.runs.run_folder import RunFolder
from specgan.runs.strategies import check_tf_config
from specgan.signal import subsample_chroma
from specgan.signal import to_uint8
from tests.callbacks import events
from tests.contracts import uniform
from tests.slow_cases import quick_first
from zoo import DCGAN
from zoo import pretrained


def tf_config(workers, index, type="worker"):
    return json.dumps(
        {
            "cluster": {"worker": workers},
            "task": {"type": type, "index": index},
        }
    )


def train(pictures, run, *options):
    return main(
        ["train", "dcgan", "--data", str(pictures), "--image-size", "16"]
        + ["--width", "4", "--batch-size", "16", "--epochs", "2"]
        + ["--run", str(run), *options]
    )


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "dcgan"
    assert train(pictures, run, "--spectral-regularization") == 0
    return run


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


def test_train_fills_the_run_folder(trained):
    record = json.loads((trained / "run.json").read_text())
    assert record["finished"]
    assert record["arguments"]["spectral_regularization"] is True
    history = json.loads((trained / "spectrum.json").read_text())
    assert history["steps"] == [2, 4]
    assert len(list((trained / "samples").glob("step-*.png"))) == 2
    assert (trained / "samples" / "real.png").is_file()
    assert list(trained.glob("events.out.tfevents*"))
    assert not list(trained.glob(".*")), "temporary files are left"


def test_all_scalars_are_over_generator_steps(trained):
    scalars = events.read(trained)
    for name in ("spectrum/spectral_error (dB)", "training/g_loss"):
        assert [step for step, _ in scalars[name]] == [2, 4]


def test_the_model_of_a_run_goes_on(trained):
    gan = RunFolder(trained).load()
    assert int(gan.optimizer.iterations.numpy()) == 4
    assert int(gan.d_optimizer.iterations.numpy()) == 4
    assert gan.spectral_loss.adapted


@pytest.mark.parametrize(
    "options, steps",
    [([], 312.5), (["--ema-half-life", "400"], 25.0), (["--no-ema"], None)],
    ids=str,
)
def test_an_average_unless_asked_not(options, steps):
    settings = _parser("train").parse_args(
        ["train", "dcgan", "--run", "x", "--batch-size", "16", *options]
    )
    decay = average.get(model_arguments(settings, DCGAN)["ema_decay"])
    assert (decay and decay.steps) == steps


def test_the_average_is_what_a_run_samples(trained):
    gan = RunFolder(trained).load()
    assert gan.sampling_generator is gan.generator_ema is not None


def test_sample_as_grid_and_as_pictures(trained, tmp_path):
    grid, folder = tmp_path / "grid.png", tmp_path / "pictures"
    command = ["sample", str(trained), "--num", "4", "--seed", "1", "--out"]
    assert main([*command, str(grid)]) == 0
    assert main([*command, str(folder)]) == 0
    pixels = read(grid)
    assert pixels.shape == (32, 32, 3)
    assert len(list(folder.iterdir())) == 4
    np.testing.assert_array_equal(read(folder / "3.png"), pixels[16:, 16:])
    assert main([*command, str(grid), "--columns", "4"]) == 0
    np.testing.assert_array_equal(read(grid)[:, 48:], pixels[16:, 16:])


def test_pictures_have_no_columns(trained, tmp_path, capsys):
    command = ["sample", str(trained), "--columns", "4"]
    assert main([*command, "--out", str(tmp_path / "folder")]) == 2
    assert "Only a grid has columns" in capsys.readouterr().err


def test_sample_of_a_pretrained_gan(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path))
    gan = DCGAN(16, width=4, latent_dim=8)
    pretrained.publish(gan, "mine", "mit")
    grid = tmp_path / "grid.png"
    assert main(["sample", "mine", "--num", "4", "--out", str(grid)]) == 0
    assert read(grid).shape == (32, 32, 3)


def test_truncation(trained, tmp_path):
    command = ["sample", str(trained), "--num", "4", "--out"]
    for name, options in (("a", []), ("b", ["--truncation", "0.1"])):
        assert main([*command, str(tmp_path / f"{name}.png"), *options]) == 0
    plain, truncated = (read(tmp_path / f"{name}.png") for name in "ab")
    # Of four images, the first and the last are nearly the same.
    assert difference(plain) > 5 * difference(truncated)


def difference(grid):
    return np.abs(grid[:16, :16] - grid[16:, 16:].astype(float)).mean()


def test_labels_of_a_gan_without_classes(trained, tmp_path, capsys):
    for command in ("sample", "interpolate"):
        out = tmp_path / ("x.png" if command == "sample" else "x.gif")
        arguments = [command, str(trained), "--label", "0", "--out", str(out)]
        assert main(arguments) == 2
        assert "has no classes" in one_line(capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_interpolate(trained, tmp_path, suffix):
    film = tmp_path / f"walk{suffix}"
    command = ["interpolate", str(trained), "--out", str(film)]
    assert main([*command, *"--frames 9 --points 3 --num 2".split()]) == 0
    if suffix == ".mp4":
        frames = list(read_frames(film, 9))
    else:
        with Image.open(film) as opened:
            frames = [
                np.asarray(frame.convert("RGB"))
                for frame in ImageSequence.Iterator(opened)
            ]
    assert len(frames) == 9
    # Two walks of 16 px side by side, each pixel a square of 8.
    assert frames[0].shape == (128, 256, 3)
    gan = RunFolder(trained).load()
    points = sample_latents(6, 0, gan.latent_dim).numpy().reshape(2, 3, -1)
    (expected,) = gan.generate(points[:1, 1])
    # The second point of the first walk, but for the film's colours.
    shown = frames[3][4:128:8, 4:128:8] / 127.5 - 1
    assert np.abs(shown - expected).mean() < 0.1


def test_interpolate_into_another_kind_of_file(trained, tmp_path, capsys):
    out = str(tmp_path / "walk.avi")
    assert main(["interpolate", str(trained), "--out", out]) == 2
    assert ".gif or .mp4" in one_line(capsys)


def train_alias_free(pictures, run, *options):
    return main(
        ["train", "alias-free", "--data", str(pictures), "--run", str(run)]
        + "--image-size 16 --num-layers 3 --channel-base 64".split()
        + "--channel-max 4 --latent-dim 8 --epochs 1".split()
        + [*options]
    )


@pytest.mark.slow
def test_an_alias_free_run(pictures, tmp_path, capsys):
    run = tmp_path / "run"
    options = ["--batch-size", "20", "--chroma", "half"]
    assert train_alias_free(pictures, run, *options) == 0
    record = json.loads((run / "run.json").read_text())
    assert record["finished"] and record["arguments"]["channel_max"] == 4
    assert record["arguments"]["config"] is None
    gan = RunFolder(run).load()
    assert gan.config == "T" and gan.chroma == "half"
    grids = []
    for truncation in ("0.5", "1"):
        out = tmp_path / f"{truncation}.png"
        command = ["sample", str(run), "--num", "4", "--out", str(out)]
        assert main([*command, "--truncation", truncation]) == 0
        grids.append(read(out))
    assert grids[0].shape == (32, 32, 3) and np.any(grids[0] != grids[1])


def test_a_batch_that_its_groups_do_not_divide(pictures, tmp_path, capsys):
    run = tmp_path / "run"
    assert train_alias_free(pictures, run, "--batch-size", "10") == 2
    assert "Expected a multiple of 4 images" in one_line(capsys)
    assert not run.exists()


def test_spectrum_writes_plot_table_and_record(pictures, tmp_path, capsys):
    out = tmp_path / "spectra.png"
    sources = [f"real={pictures}", f"again={pictures}"]
    assert main(["spectrum", *sources, "--out", str(out)]) == 0
    assert read(out).shape[1] > 500
    with out.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9  # Rings 0..8 of 16 px.
    record = json.loads(out.with_suffix(".json").read_text())
    distance = record["distances to the first (dB)"]["again"]
    assert distance == {
        "all rings": 0.0,
        "above half the Nyquist frequency": 0.0,
    }
    assert "again" in capsys.readouterr().out


def test_spectrum_reads_data_as_a_training_does(tmp_path, capsys):
    draw = np.random.default_rng(0)
    digits = draw.integers(0, 256, [12, 28, 28], np.uint8)
    header = struct.pack(">4I", 0x803, *digits.shape)
    idx = tmp_path / "idx"
    idx.mkdir()
    (idx / "train-images-idx3-ubyte").write_bytes(header + digits.tobytes())
    # What a training with these options sees, as files.
    options = {"image_size": 8, "channels": 1, "crop": 16}
    options |= {"crop_offset": (2, -3), "limit": 9}
    seen = data.load_array("mnist", data_dir=idx, **options)
    (tmp_path / "seen").mkdir()
    for number, pixels in enumerate(seen):
        Image.fromarray(pixels[..., 0]).save(tmp_path / f"seen/{number}.png")
    command = ["spectrum", "mnist=mnist", f"seen={tmp_path}/seen"]
    command += ["--data-dir", str(idx), "--image-size", "8", "--channels", "1"]
    command += ["--crop", "16", "--crop-offset", "2", "-3", "--limit", "9"]
    assert main([*command, "--out", str(tmp_path / "spectra.png")]) == 0
    record = json.loads((tmp_path / "spectra.json").read_text())
    assert record["images"] == {"mnist": 9, "seen": 9}
    assert record["columns"]["mnist (dB)"] == record["columns"]["seen (dB)"]


def test_spectrum_tells_of_images_without_fine_chroma(tmp_path, capsys):
    full = uniform(40, 16, 16, 3)
    for name, images in (
        ("full", full),
        ("half", subsample_chroma(full, "box")),
    ):
        (tmp_path / name).mkdir()
        for i, pixels in enumerate(to_uint8(images).numpy()):
            Image.fromarray(pixels).save(tmp_path / name / f"{i:02}.png")
    out = tmp_path / "spectra.png"
    sources = [f"{name}={tmp_path / name}" for name in ("half", "full")]
    sources.append(f"generated={tmp_path / 'half'}")
    assert main(["spectrum", *sources, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "half: next to no chroma above" in told and "full: n" not in told
    assert "generated: next to no chroma above" in told
    assert told.count("train with --chroma half") == 1  # As the real ones.
    record = json.loads(out.with_suffix(".json").read_text())
    cutoffs = record["no chroma above (cycles per pixel)"]
    assert cutoffs["full"] is None and 0.15 < cutoffs["half"] < 0.4


def test_table_of_runs(trained, capsys):
    assert main(["runs", str(trained), str(trained)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and "dcgan" in lines[1]
    history = json.loads((trained / "spectrum.json").read_text())
    assert f"{history['spectral_error'][-1]:.2f}" in lines[1]


def test_export_is_a_saved_model(trained, tmp_path):
    assert main(["export", str(trained), "--out", str(tmp_path / "x")]) == 0
    model = tf.saved_model.load(tmp_path / "x")
    assert model.sample(3, 1).shape == (3, 16, 16, 3)


def test_export_for_another_runtime(trained, tmp_path, capsys):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    out = str(tmp_path / "x.onnx")
    command = ["export", str(trained), "--out", out, "--format", "onnx"]
    assert main([*command, "--batch-size", "2"]) == 0
    assert f"{out}: {trained} for ONNX" in capsys.readouterr().out
    [latents] = onnxruntime.InferenceSession(out).get_inputs()
    assert latents.shape[0] == 2
    assert main(command) == 2
    assert "x.onnx exists already" in capsys.readouterr().err


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    for name in ("dcgan", "photos", "transposed", "decibel"):
        assert name in listed


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as exit_info:
        main([command, "--help"])
    assert exit_info.value.code == 0
    assert "specgan " + command in capsys.readouterr().out


def test_help_does_not_import_tensorflow():
    program = (
        "import sys\n"
        "from specgan.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
        "sys.exit(bool(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=-3)
    assert done.returncode == 0


def test_a_queue_does_not_import_tensorflow():
    """It would keep 0.7 GB for days."""
    program = (
        "import sys\n"
        "from specgan.cli.queue import training_queue\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_what_is_checked_without_tensorflow(tmp_path):
    commands = (
        "train dcgan --run RUN --image-size 17",
        "train dcgan --run RUN --strategy miror",
        "train dcgn --run RUN",
        f"train dcgan --run RUN --data {tmp_path}",
        f"suggest-weight dcgan --data {tmp_path}",
        f"spectrum a={tmp_path} --out x.png",
    )
    program = (
        "import sys\n"
        "from specgan.cli.main import main\n"
        f"codes = [main(one.split()) for one in {commands}]\n"
        "sys.exit(set(codes) != {2} or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_the_command_line_names_all_strategies():
    assert set(train_command.STRATEGIES) == set(strategies.STRATEGIES)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ("trian dcgan", "Did you mean 'train'"),
        ("train dcgan --run RUN --strategy miror", "mean 'mirrored'"),
        ("train dcgan --run RUN --replicas 2", "--strategy mirrored"),
        ("spectrum a=photos a=photos --out x.png", "name of its own"),
        ("spectrum a=photos --out x.png --image-size 1", "at least 4 pixels"),
        ("train dcgn --run RUN", "Did you mean 'dcgan'"),
        ("train dcgan --run RUN --data nowhere/", "does not exist"),
        ("train dcgan --run RUN --data EMPTY", "no images"),
        ("train dcgan --run RUN --image-size 50", "nearest are 48 and 56"),
        ("train dcgan --run RUN --image-size 16 --channels 2", "channels"),
        (
            "train dcgan --run RUN --image-size 16 --channels 1 --chroma half",
            "Grey images have no chroma",
        ),
        ("train dcgan --run RUN --upsampling neares", "mean 'nearest'"),
        (
            "train dcgan --run RUN --spectral-regularization decibl",
            "mean 'decibel'",
        ),
        ("train dcgan --run RUN --spectral-weight 1", "spectral weight"),
        ("train dcgan --run EXISTING", "is not a run"),
        ("train dcgan --run RUN --config T", "dcgan has no --config"),
        ("train vae --run RUN --blur-steps 0", "vae has no --blur-steps"),
        ("train alias-free --run RUN --width 8", "has no --width"),
        (
            "train alias-free --run RUN --upsampling nearest",
            "alias-free has no --upsampling. Received: nearest",
        ),
        ("train vae --run RUN --ema-decay 0.9", "vae has no --ema-decay"),
        ("train vae --run RUN --ema-half-life 9", "has no --ema-half-life"),
        ("train autoencoder --run RUN --no-ema", "has no --no-ema"),
        ("train dcgan --run RUN --ema-decay 1.0", "ema_decay=1.0"),
        ("train alias-free --run RUN --spectral-head", "no --spectral-head"),
        ("train alias-free --run RUN --image-size 48", "a power of two"),
        ("train alias-free --run RUN --config Q", "Received: 'Q'"),
        (
            "train alias-free --run RUN --config E --num-layers 4",
            "num_layers=4",
        ),
        ("sample nowhere --out x.png", "no trained model"),
        (
            "sample dcgan-celeba64-spectra --out x.png",
            "mean 'dcgan-celeba64-spectral'",
        ),
        ("sample nowhere --out x.jpg", ".png"),
        ("export nowhere --out RUN", "no trained model"),
        ("runs nowhere", "has no measurements"),
        ("spectrum a=EMPTY --out x.png", "no images"),
        ("spectrum a=photos --out x.svg", ".png"),
        ("demo --out EXISTING", "exists already"),
    ],
)
def test_bad_input(arguments, message, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "existing").mkdir()
    (tmp_path / "existing" / "file").touch()
    places = {name.upper(): name for name in ("run", "empty", "existing")}
    words = [
        str(tmp_path / places[word]) if word in places else word
        for word in arguments.replace("=EMPTY", "= EMPTY").split()
    ]
    line = " ".join(words).replace("= ", "=")
    before = sorted(tmp_path.rglob("*"))
    assert main(line.split()) == 2
    assert message in one_line(capsys)
    assert sorted(tmp_path.rglob("*")) == before, "something was left"


@pytest.mark.parametrize(
    "arguments",
    [
        "train dcgan --run x --epochs 0",
        "train dcgan --run x --batch-size -1",
        "sample x --num 0 --out x.png",
        "sample x --num many --out x.png",
        "spectrum photos --out x.png",
        "train dcgan",
        "train dcgan --run x --seed -1",
        "train dcgan --run x --chroma third",
        "train dcgan --run x --no-such-option",
        "train dcgan --run x --ema-half-life 0",
        "train dcgan --run x --no-ema --ema-decay 0.9",
        "train alias-free --run x --blur-steps -1",
        "train alias-free --run x --channel-base 0",
        "sample x --truncation half --out x.png",
    ],
)
def test_malformed_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments.split())
    assert exit_info.value.code == 2
    one_line(capsys)


def test_a_run_folder_that_holds_another_run(trained, pictures, capsys):
    before = (trained / "run.json").read_text()
    assert train(pictures, trained, "--seed", "1", "--epochs", "3") == 2
    error = one_line(capsys)
    assert "seed: 0 then, 1 now" in error
    assert "epochs" not in error  # There may be more of them.
    assert "spectral_regularization: True then, None now" in error
    assert train(pictures, trained, "--epochs", "1") == 2
    assert "epochs: 2 then, 1 now" in one_line(capsys)
    assert (trained / "run.json").read_text() == before


def test_two_trainings_in_one_folder(trained, pictures, tmp_path, capsys):
    run = broken_off(trained, tmp_path / "run")
    # A folder that another process has locked, and does not give free.
    program = (
        "import sys, time\n"
        "from specgan.runs.run_folder import RunFolder\n"
        f"RunFolder({str(run)!r}).lock()\n"
        "print('locked', flush=True)\n"
        "time.sleep(1000)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "locked\n"
    leftover = run / ".unfinished-by-another"
    leftover.touch()
    try:
        assert train(pictures, run, "--spectral-regularization") == 2
        assert "Another process is training in" in capsys.readouterr().err
        assert leftover.exists()
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    # Killed, it leaves no lock behind.
    assert train(pictures, run, "--spectral-regularization") == 0


def test_a_new_folder_is_locked_when_the_training_begins(tmp_path):
    first, second = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "run")
    for run in (first, second):
        assert run.open("specgan train dcgan", {}) is None
        run.lock()  # There is nothing to lock.
    first.begin()
    with pytest.raises(ValueError, match="Another process is training"):
        second.begin()
    first.unlock()
    second.begin()
    second.unlock()


def test_other_versions_are_told(tmp_path):
    run = RunFolder(tmp_path)
    run.open("specgan train dcgan", {})
    run.begin()
    record = json.loads(run.record.read_text())
    version = importlib.metadata.version("specgan")
    assert record["versions"]["specgan"] == version
    record["versions"]["keras"] = "3.0.1"
    run.record.write_text(json.dumps(record))
    with pytest.warns(UserWarning, match="begun with keras 3.0.1, now"):
        run.begin()
    run.unlock()


def test_an_interrupted_training_says_how_it_goes_on(
    pictures, tmp_path, capsys, monkeypatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("specgan.runs.training.train", interrupted)
    assert train(pictures, tmp_path / "run") == 130
    message = one_line(capsys)
    assert f"the same command goes on with {tmp_path / 'run'}" in message


def test_a_loss_is_no_model(capsys):
    line = "train --spectral-regularization dcgan --run x"
    with pytest.raises(SystemExit):
        main(line.split())
    assert "write it before the options, `specgan train dcgan" in one_line(
        capsys
    )


def test_a_printed_command_can_be_copied(
    pictures, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("specgan.runs.training.train", lambda *_: None)
    assert train(pictures, tmp_path / "my runs" / "one") == 0
    printed = capsys.readouterr().out.split("Watch: ")[1]
    # The folder above: TensorBoard names runs by the folders below it.
    assert shlex.split(printed)[-1] == str(tmp_path / "my runs")


def test_a_finished_run_is_made_longer(trained, pictures, tmp_path, capsys):
    run = shutil.copytree(trained, tmp_path / "run")
    options = ["--spectral-regularization", "--epochs", "3"]
    assert train(pictures, run, *options) == 0
    record = json.loads((run / "run.json").read_text())
    assert record["arguments"]["epochs"] == 3
    assert record["finished"]
    history = json.loads((run / "spectrum.json").read_text())
    assert history["steps"] == [2, 4, 6]
    capsys.readouterr()
    assert train(pictures, run, *options) == 0
    assert "finished already" in capsys.readouterr().out


def test_a_finished_run_is_not_run_again(trained, pictures, capsys):
    before = (trained / "models" / "epoch-0002.keras").stat().st_mtime_ns
    assert train(pictures, trained, "--spectral-regularization") == 0
    assert "finished already" in capsys.readouterr().out
    after = (trained / "models" / "epoch-0002.keras").stat().st_mtime_ns
    assert after == before


def broken_off(run, copy):
    """A copy of a run as if it had been killed after its last epoch."""
    shutil.copytree(run, copy)
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**record, "finished": None}))
    return copy


def state(run):
    gan = RunFolder(run).load()
    variables = [
        *gan.variables, *gan.optimizer.variables, *gan.d_optimizer.variables
    ]  # fmt: skip
    return [variable.numpy() for variable in variables]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("damage", quick_first("altered", "lost", "truncated"))
def test_a_damaged_model_is_passed_over(
    damage, trained, pictures, tmp_path, capsys
):
    run = broken_off(trained, tmp_path / "run")
    last = run / "models" / "epoch-0002.keras"
    content = last.read_bytes()
    if damage == "lost":
        last.unlink()
    elif damage == "truncated":
        last.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        last.write_bytes(content[:middle] + b"damaged" + content[middle + 7 :])
    assert train(pictures, run, "--spectral-regularization") == 0
    said = capsys.readouterr()
    assert "going on with the run" in said.out
    assert ("The one before is used" in said.err) == (damage != "lost")
    for mine, theirs in zip(state(run), state(trained), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    history = json.loads((run / "spectrum.json").read_text())
    assert history["steps"] == [2, 4]


def test_a_full_disk_is_told_and_the_last_model_stays(
    trained, tmp_path, capsys, monkeypatch
):
    run = RunFolder(broken_off(trained, tmp_path / "run"))
    gan = run.load()

    def full(path):
        path.write_bytes(b"the beginning")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gan, "save", full)
    run.save(gan, 3)
    assert "No space left on device" in capsys.readouterr().err
    assert sorted(path.name for path in run.models.iterdir()) == [
        "epoch-0001.keras",
        "epoch-0002.keras",
    ]


@pytest.mark.slow
def test_a_last_model_that_is_not_saved_is_no_end(
    trained, pictures, tmp_path, capsys, monkeypatch
):
    run = tmp_path / "run"
    save = DCGAN.save

    def full(self, path):
        if "epoch-0002" in str(path):
            raise OSError(28, "No space left on device")
        save(self, path)

    monkeypatch.setattr(DCGAN, "save", full)
    assert train(pictures, run, "--spectral-regularization") == 1
    assert "could not be saved" in capsys.readouterr().err
    assert json.loads((run / "run.json").read_text())["finished"] is None
    monkeypatch.undo()
    assert train(pictures, run, "--spectral-regularization") == 0
    for mine, theirs in zip(state(run), state(trained), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.filterwarnings("default")
def test_a_disk_that_is_full_for_all_else(
    trained, pictures, tmp_path, capsys, monkeypatch
):
    def full(self, path):
        raise OSError(28, "No space left on device")

    # Spectra and samples; the model itself fits.
    monkeypatch.setattr("specgan.plots.save", full)
    run = tmp_path / "run"
    assert train(pictures, run, "--spectral-regularization") == 0
    assert "could not be written" in capsys.readouterr().err
    for mine, theirs in zip(state(run), state(trained), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_run_that_was_killed_at_its_first_line(pictures, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    left = run / ".unfinished-run-abcd.json"
    left.write_text("{")
    os.utime(left, (0, 0))  # Of another machine, long ago.
    assert train(pictures, run) == 0
    assert not list(run.glob(".*"))


def test_a_training_that_diverged_has_not_finished(
    pictures, tmp_path, capsys, monkeypatch
):
    guard = functools.partial(
        callbacks.DivergenceGuard, rollbacks=0, largest_loss=1e-9
    )
    monkeypatch.setattr(callbacks, "DivergenceGuard", guard)
    run = tmp_path / "run"
    assert train(pictures, run) == 1
    assert "diverged" in capsys.readouterr().err
    assert json.loads((run / "run.json").read_text())["finished"] is None
    assert not list(run.glob("models/*.keras"))


def test_a_broken_model_file(tmp_path, capsys):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "epoch-0001.keras").write_bytes(b"not a model")
    assert main(["sample", str(tmp_path), "--out", "x.png"]) == 2
    assert "not a readable model" in one_line(capsys)


@pytest.mark.slow
def test_replicas_that_cannot_share_a_batch(capsys):
    # In a process of its own: this one has its devices already.
    command = "train dcgan --run x --strategy mirrored --replicas 3"
    program = (
        f"from specgan.cli.main import main; exit(main({command.split()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "multiple of 3" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "config",
    [
        None,
        "",
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        tf_config(["a:1"], index=1),
        tf_config(["a:1"], index=0, type="chief"),
        tf_config(["a"], index=0),
    ],
)
def test_wrong_tf_config(config):
    with pytest.raises(ValueError, match="TF_CONFIG"):
        check_tf_config(config)


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_publish_writes_a_card(trained, own_models, capsys):
    command = ["publish", str(trained), "mine", "--description", "A line."]
    assert main([*command, "--license", "mit"]) == 0
    assert "zoo.load('mine')" in capsys.readouterr().out
    card = (own_models / "mine" / "README.md").read_text()
    assert 'model = zoo.load("mine")\nmodel.sample(16, seed=1)\n' in card
    assert "`specgan train dcgan`, 4 generator steps" in card
    assert card.startswith('---\nlibrary_name: "specgan"\nlicense: "mit"\n')
    assert main(["list"]) == 0
    assert "A line." in capsys.readouterr().out


def test_what_was_trained_in_half_precision_is_published_in_float32(
    pictures, own_models, tmp_path
):
    run = str(tmp_path / "run")
    arguments = "--image-size 16 --width 4 --batch-size 16 --epochs 1"
    command = ["train", "dcgan", "--data", str(pictures), "--run", run]
    command += [*arguments.split(), "--dtype-policy", "mixed_bfloat16"]
    assert main(command) == 0
    command = ["publish", run, "mine", "--description", "A line."]
    assert main([*command, "--license", "mit"]) == 0
    published, trained = pretrained.load("mine"), RunFolder(run).load()
    for network, policy in (
        (published.generator, "float32"),
        (trained.generator_ema, "mixed_bfloat16"),
    ):
        layers = network.layers[1:-1]
        assert {layer.dtype_policy.name for layer in layers} == {policy}
    np.testing.assert_allclose(
        published.sample(4, seed=1), trained.sample(4, seed=1), atol=0.1
    )


def test_the_generator_of_a_published_gan_is_the_average(trained, own_models):
    command = ["publish", str(trained), "mine", "--description", "A line."]
    assert main([*command, "--license", "mit"]) == 0
    published, gan = pretrained.load("mine"), RunFolder(trained).load()
    assert published.generator_ema is None
    np.testing.assert_array_equal(
        published.sample(4, seed=1), gan.sample(4, seed=1)
    )
    for one, other in zip(
        published.discriminator.get_weights(),
        gan.discriminator.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_the_card_of_an_autoencoder(pictures, own_models, tmp_path):
    run = str(tmp_path / "run")
    arguments = "--image-size 16 --width 4 --batch-size 16 --epochs 1"
    assert main(
        ["train", "autoencoder", "--data", str(pictures), "--run", run]
        + arguments.split()
    ) == 0  # fmt: skip
    command = ["publish", run, "mine", "--description", "A line."]
    assert main([*command, "--license", "mit"]) == 0
    card = (own_models / "mine" / "README.md").read_text()
    assert "\nmodel.reconstruct(images)" in card
    assert ".sample(" not in card
    assert "2 steps" in card and "32 reconstructed against" in card


@pytest.mark.parametrize(
    "run, name, description, message",
    [
        ("RUN", "../mine", "A line.", "letters, digits"),
        ("RUN", "mine", "two\nlines", "one line"),
        ("nowhere", "mine", "A line.", "has no measurements"),
        ("FILE", "mine", "A line.", "has no measurements"),
    ],
)
def test_what_cannot_be_published(
    run, name, description, message, trained, own_models, capsys
):
    places = {
        "RUN": trained, "FILE": trained / "models" / "epoch-0002.keras"
    }  # fmt: skip
    command = ["publish", str(places.get(run, run)), name, "--license", "mit"]
    assert main([*command, "--description", description]) == 2
    assert message in one_line(capsys)
    assert not own_models.exists()


@pytest.mark.filterwarnings("default")
def test_list_goes_on_after_a_bad_folder(own_models, capsys):
    (own_models / "bad").mkdir(parents=True)
    (own_models / "bad" / "model.json").write_text("{broken")
    assert main(["list"]) == 0
    said = capsys.readouterr()
    assert "decibel" in said.out
    assert said.err.count("\n") == 1 and "model bad cannot" in said.err
