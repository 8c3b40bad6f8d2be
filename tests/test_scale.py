"""200,000 images of 64 px, whose pixels are more than 2 GB.

The slow ones make files and train, in processes of their own whose memory is
measured. They take 4 GB of disk and half an hour on two cores:

    python -m pytest tests/test_scale.py -m slow -s
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from specgan import data
from specgan.cli.main import main
from specgan.metrics import FeatureNetwork
from specgan.runs import run_evaluation as evaluation
from specgan.runs.run_folder import RunFolder
from specgan.signal import to_uint8
from tests.contracts import two_replicas

COUNT = 200_000
LIMIT = 2e9
"""Bytes that a command may take beyond the same one on a few images."""


# === Orders ===


@pytest.fixture(scope="module")
def numbered():
    """Images of one pixel whose colour is their number."""
    numbers = np.arange(COUNT, dtype="<u4")
    pixels = numbers.view(np.uint8).reshape(-1, 4)[:, :3]
    return pixels.reshape(-1, 1, 1, 3)


def numbers_of(batches):
    """The numbers of the images of each batch, `[batches, images]`."""
    bytes_ = np.stack([to_uint8(batch).numpy() for batch in batches])
    return bytes_.reshape(*bytes_.shape[:2], 3) @ (256 ** np.arange(3))


def test_an_epoch_has_every_image_once(numbered):
    batches = data.from_array(numbered, batch_size=5000, seed=1)
    assert len(batches) == 40
    epochs = [numbers_of(batches) for _ in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch.ravel()), np.arange(COUNT))
    assert np.mean(epochs[0] == epochs[1]) < 1e-3
    # No image is near the place that it has in the files.
    apart = np.abs(epochs[0].ravel() - np.arange(COUNT)).mean()
    np.testing.assert_allclose(apart, COUNT / 3, rtol=0.02)
    # Begun later, the orders are the same.
    later = data.from_array(numbered, batch_size=5000, seed=1, first_epoch=1)
    np.testing.assert_array_equal(numbers_of(later), epochs[1])


def test_replicas_share_an_epoch(numbered):
    batches = data.from_array(numbered, batch_size=5000, seed=1)
    strategy = two_replicas()
    parts = [
        strategy.experimental_local_results(batch)
        for batch in strategy.experimental_distribute_dataset(batches)
    ]
    both = [numbers_of(part) for part in zip(*parts, strict=True)]
    together = np.concatenate(both, axis=1)
    alone = data.from_array(numbered, batch_size=5000, seed=1)
    np.testing.assert_array_equal(together, numbers_of(alone))


# === Memory ===


def mapped_bytes(path):
    """Bytes of a mapped file that count as this process's memory."""
    sizes, is_file = [], False
    for line in pathlib.Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_file = line.endswith(str(path))
        elif is_file and line.startswith("Rss:"):
            sizes.append(1024 * int(line.split()[1]))
    assert sizes, "the file is not mapped"
    return sum(sizes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_epoch_keeps_no_pages(tmp_path):
    path = tmp_path / "images.npy"
    shape = [2000, 64, 64, 3]
    np.lib.format.open_memmap(path, "w+", np.uint8, tuple(shape)).flush()
    array = np.load(path, mmap_mode="r")
    assert array.sum() == 0 and mapped_bytes(path) > 0.9 * array.nbytes
    assert len(list(data.from_array(array, batch_size=100))) == 20
    assert mapped_bytes(path) < 0.1 * array.nbytes


# === Commands ===

ROOT = pathlib.Path(__file__).parents[1]

TRAIN = (
    "train dcgan --image-size 64 --width 1 --batch-size 500 --epochs 2 --flip"
).split()

COMMAND = "from specgan.cli.main import main; code = main(sys.argv[1:])"

# Features as wide as Inception's, in no time.
EVALUATION = """
import tests.test_scale
code = tests.test_scale.evaluate_with_wide_features(*sys.argv[1:])
"""

ENVIRONMENT = {
    **os.environ,
    # With several threads sums are not always taken in one order.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def peak(cache, *words, program=COMMAND):
    """Bytes of memory that a process has at most."""
    status = cache / "status"
    code = (
        f"import pathlib, sys\n{program}\n"
        "text = pathlib.Path('/proc/self/status').read_text()\n"
        f"pathlib.Path({str(status)!r}).write_text(text)\n"
        "sys.exit(code)"
    )
    subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT,
        env={**ENVIRONMENT, "SPECGAN_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    # Not the one of `getrusage`, which counts what the parent had.
    (line,) = re.findall(r"VmHWM:\s*(\d+) kB", status.read_text())
    return 1024 * int(line)


def assert_within_limit(name, many, few):
    print(f"{name}: {many / 1e9:.2f} GB, with few images {few / 1e9:.2f} GB")
    assert many - few < LIMIT


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder of 200,000 JPEG files: names of 2000 different ones."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    for i in range(2000):
        pixels = rng.integers(0, 256, [8, 8, 3], np.uint8)
        picture = Image.fromarray(pixels).resize((64, 64))
        picture.save(folder / f"{i:06}.jpg", quality=90)
    for i in range(2000, COUNT):
        below = folder / f"{i // 10_000}"
        below.mkdir(exist_ok=True)
        os.link(folder / f"{i % 2000:06}.jpg", below / f"{i:06}.jpg")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def few(files, cache):
    """Memory of a training on few of the images."""
    words = [*TRAIN, "--data", files, "--limit", 2000]
    return peak(cache, *words, "--run", cache / "few")


@pytest.fixture(scope="module")
def trained(files, cache, few):
    run = cache / "run"
    many = peak(cache, *TRAIN, "--data", files, "--run", run)
    assert_within_limit("first load and training", many, few)
    return run


@pytest.mark.slow
def test_a_training_and_its_exact_resume(trained, files, cache, few):
    run = cache / "resumed"
    shutil.copytree(trained, run)
    (run / "models" / "epoch-0002.keras").unlink()
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "finished": None}))
    many = peak(cache, *TRAIN, "--data", files, "--run", run)
    assert_within_limit("resumed training", many, few)
    first, second = (RunFolder(folder).load() for folder in (trained, run))
    assert int(first.optimizer.iterations.numpy()) == 2 * COUNT // 500
    for mine, other in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(mine, other, mine.path)


@pytest.mark.slow
def test_a_mirrored_training(trained, files, cache):
    words = [*TRAIN, "--epochs", 1, "--strategy", "mirrored", "--replicas", 2]
    words += ["--data", files]
    few = peak(cache, *words, "--limit", 2000, "--run", cache / "mirrored-few")
    many = peak(cache, *words, "--run", cache / "mirrored")
    assert_within_limit("mirrored training", many, few)


@pytest.mark.slow
def test_an_evaluation(trained, cache):
    few, many = (
        peak(cache, "evaluate", trained, "--features", "none", "--num", num)
        for num in (1000, 50_000)
    )
    assert_within_limit("evaluation without features", many, few)
    images = json.loads((trained / "evaluate.json").read_text())
    images = images["protocol"]["images"]
    assert [images[kind]["count"] for kind in ("real", "fake")] == [50_000] * 2


@pytest.mark.slow
def test_an_evaluation_with_features(trained, cache):
    few, many = (
        peak(cache, trained, num, program=EVALUATION) for num in (1000, 50_000)
    )
    assert_within_limit("evaluation with 2048 features", many, few)


class WideFeatures(FeatureNetwork):
    """A random projection of small images onto as many as Inception's."""

    name = "projection"
    dimension = 2048
    protocol = {}

    def __init__(self):
        rng = np.random.default_rng(0)
        self.matrix = rng.normal(size=[768, 2048]).astype(np.float32) / 768

    def __call__(self, images):
        small = images[:, ::4, ::4].reshape(len(images), -1)
        return small.astype(np.float32) @ self.matrix


def evaluate_with_wide_features(run, num):
    """`specgan evaluate RUN --num NUM` with those features."""
    evaluation._features = lambda settings: WideFeatures()
    return main(["evaluate", run, "--num", num, "--json"])
