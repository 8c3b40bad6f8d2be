import gzip
import struct
import sys

import numpy as np
import pytest
from PIL import Image

from specgan import data


@pytest.fixture
def digits():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (7, 28, 28), dtype=np.uint8)


def idx(images):
    return struct.pack(">4I", 0x803, *images.shape) + images.tobytes()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("compressed", [False, True])
def test_idx_files(tmp_path, digits, name, compressed):
    content = idx(digits)
    if compressed:
        file = tmp_path / "train-images-idx3-ubyte.gz"
        file.write_bytes(gzip.compress(content))
    else:
        (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(digits[:2]))
    options = {"image_size": 28, "channels": 1, "data_dir": tmp_path}
    train = data.load_array(name, **options)
    np.testing.assert_array_equal(train[..., 0], digits)
    test = data.load_array(name, split="test", **options)
    np.testing.assert_array_equal(test[..., 0], digits[:2])


def test_cifar10_files(tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (15, 32, 32, 3), dtype=np.uint8)
    for number in range(1, 6):
        # A picture a row, its pixels row by row: [3, 1024, 3].
        rows = images[3 * number - 3 : 3 * number].reshape(3, 1024, 3)
        file = tmp_path / f"data_batch_{number}.png"
        Image.fromarray(rows).save(file)
    array = data.load_array("cifar10", image_size=32, data_dir=tmp_path)
    np.testing.assert_array_equal(array, images)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-1],
        lambda content: content[:9],
        lambda content: b"",
        lambda content: b"\x00\x00\x08\x01" + content[4:],
    ],
)
def test_a_file_that_is_not_idx(tmp_path, digits, spoil):
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(spoil(idx(digits)))
    with pytest.raises(ValueError, match="not a whole IDX file.*Fetch"):
        data.load_array("mnist", image_size=28, data_dir=tmp_path)


def test_a_file_that_is_cut_off(tmp_path, digits):
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(idx(digits))[:-20])
    with pytest.raises(ValueError, match="Cannot read.*ubyte.gz.*Fetch"):
        data.load_array("mnist", image_size=28, data_dir=tmp_path)


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda file: Image.new("RGB", (99, 3)).save(file), "rows of 1024 RGB"),
        (lambda file: Image.new("L", (1024, 3)).save(file), "rows of 1024 RGB"),
        (lambda file: file.write_bytes(b"no PNG"), "Cannot read.*Fetch"),
    ],
)
def test_a_file_that_is_not_cifar10(tmp_path, write, message):
    write(tmp_path / "test_batch.png")
    with pytest.raises(ValueError, match=message):
        data.load_array(
            "cifar10", image_size=32, split="test", data_dir=tmp_path
        )


def test_an_unknown_split(tmp_path, digits):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(digits))
    with pytest.raises(ValueError, match="split of mnist.*test, train.*'tran'"):
        data.load_array("mnist", image_size=8, split="tran", data_dir=tmp_path)


def test_a_split_whose_file_is_missing(tmp_path, digits):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(digits))
    with pytest.raises(ValueError, match="missing.*t10k-images-idx3-ubyte"):
        data.load_array("mnist", image_size=8, split="test", data_dir=tmp_path)


def test_no_file_there_and_no_tfds(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(
        ValueError, match="specgan.tfds.*`data_dir`.*test_batch"
    ):
        data.load_array("cifar10", image_size=32, data_dir=tmp_path)
