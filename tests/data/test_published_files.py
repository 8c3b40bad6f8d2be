import gzip
import struct

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


def test_idx_labels(tmp_path, digits):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(digits))
    options = {"image_size": 28, "channels": 1, "data_dir": tmp_path}
    with pytest.raises(ValueError, match="labels of mnist are missing"):
        data.load_labels("mnist", **options)
    file = tmp_path / "train-labels-idx1-ubyte"
    header = struct.pack(">2I", 0x801, 7)
    file.write_bytes(header + bytes([9, 8, 7, 6, 5, 4, 3]))
    with pytest.raises(ValueError, match="no image.*none of 0, 1, 2"):
        data.load_labels("mnist", **options)
    file.write_bytes(header + bytes(range(6)))
    with pytest.raises(
        ValueError, match="not a whole IDX.*00 00 08 01, 1 size"
    ):
        data.load_labels("mnist", **options)


def test_labels_of_all_classes(tmp_path):
    images = np.zeros([12, 28, 28], np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    expected = [*range(10), 3, 3]
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, 12) + bytes(expected)
    )
    options = {"image_size": 28, "channels": 1, "data_dir": tmp_path}
    numbers, names = data.load_labels("fashion_mnist", **options)
    assert numbers.tolist() == expected
    assert len(names) == 10 and names[9] == "Boot"


def test_cifar10_labels(tmp_path):
    for number in range(1, 6):
        Image.fromarray(np.zeros((2, 1024, 3), np.uint8)).save(
            tmp_path / f"data_batch_{number}.png"
        )
    file = tmp_path / "train_lables.json"
    options = {"image_size": 32, "data_dir": tmp_path}
    file.write_text(str(list(range(10))))
    numbers, names = data.load_labels("cifar10", **options)
    assert numbers.tolist() == list(range(10)) and names[6] == "frog"
    for content, message in (
        ("[1, 2]", "not those of its pictures. Expected 10. Received: 2"),
        ("{}", "not a file of labels.*JSON list"),
        ("nothing", "lables.json is damaged.*JSON list"),
        ("[[1], [1, 2]]", "lables.json is damaged.*JSON list"),
        (str([0] * 9 + [10]), "no image"),
    ):
        file.write_text(content)
        with pytest.raises(ValueError, match=message):
            data.load_labels("cifar10", **options)


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
    with pytest.raises(ValueError, match="ubyte.gz is damaged.*Fetch"):
        data.load_array("mnist", image_size=28, data_dir=tmp_path)


def test_a_compressed_file_that_is_damaged(tmp_path, digits):
    file = tmp_path / "train-images-idx3-ubyte.gz"
    content = bytearray(gzip.compress(idx(digits)))
    content[10:30] = b"\xff" * 20  # zlib.error
    file.write_bytes(content)
    with pytest.raises(ValueError, match="ubyte.gz is damaged.*Fetch"):
        data.load_array("mnist", image_size=28, data_dir=tmp_path)


@pytest.mark.parametrize(
    "write, message",
    [
        (lambda file: Image.new("RGB", (99, 3)).save(file), "rows of 1024 RGB"),
        (lambda file: Image.new("L", (1024, 3)).save(file), "rows of 1024 RGB"),
        (
            lambda file: file.write_bytes(b"no PNG"),
            "test_batch.png is damaged.*Fetch",
        ),
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


def test_no_file_there_and_no_network(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(ValueError, match="no route.*`data_dir`.*test_batch"):
        data.load_array("cifar10", image_size=32, data_dir=tmp_path)
