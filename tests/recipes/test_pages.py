"""Each page of recipes/, at its smallest setting."""

import errno
import gzip
import importlib
import os
import pathlib
import struct

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from recipes import page
from specgan.cli.queue import queue_file
from specgan.cli.terminal import positive

PAGES = {
    "lsgan_faces": {"image_size": 16, "limit": 64, "width": 2, "epochs": 1},
    "autoencoder_photos": {"image_size": 16, "width": 2, "epochs": 1},
    "alias_free_faces": {
        "image_size": 16, "limit": 32, "channel_base": 64, "channel_max": 4,
        "latent_dim": 8, "num_layers": 3, "epochs": 1,
    },
    "class_conditional_clothes": {"width": 2, "epochs": 1, "limit": 64},
}  # fmt: skip


@pytest.fixture
def fashion_mnist(tmp_path):
    """64 images of noise as the files of Fashion-MNIST."""
    folder = tmp_path / "fashion"
    folder.mkdir()
    draw = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte.gz": draw.integers(0, 256, [64, 28, 28]),
        "train-labels-idx1-ubyte.gz": np.arange(64) % 10,
    }
    for name, array in arrays.items():
        header = struct.pack(
            f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape
        )
        content = header + array.astype(np.uint8).tobytes()
        (folder / name).write_bytes(gzip.compress(content))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page(name, fashion_mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path / "cache"))
    settings = dict(PAGES[name], run=str(tmp_path / "run"))
    if name == "class_conditional_clothes":
        settings["data_dir"] = str(fashion_mnist)
    module = importlib.import_module(f"recipes.{name}")
    words = [
        word
        for key, value in settings.items()
        for word in (f"--{key.replace('_', '-')}", str(value))
    ]
    try:
        assert page.run(module.main, words) == 0
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert list((tmp_path / "run").glob("*.keras"))


def test_help_shows_the_page(capsys):
    from recipes import lsgan_faces

    with pytest.raises(SystemExit):
        page.run(lsgan_faces.main, ["--help"])
    text = capsys.readouterr().out
    assert "--image-size" in text and "right image by image" in text


def test_arguments_of_all_kinds():
    def main(
        first,
        *rest: int,
        number: positive = 1,
        pair=(0, 0),
        names=(),
        age: ("old", "new") = "old",  # noqa: F821
        flag=True,
        text: str = None,
    ):
        seen.append((first, rest, number, pair, names, age, flag, text))

    seen = []
    command = "a 1 2 --pair 3 4 --names b c --age new --no-flag --text d"
    assert page.run(main, ["a"]) == 0
    assert page.run(main, command.split()) == 0
    assert seen == [
        ("a", (), 1, (0, 0), (), "old", True, None),
        ("a", (1, 2), 1, [3, 4], ["b", "c"], "new", False, "d"),
    ]


@pytest.mark.parametrize(
    "command", ["", "a b", "a --number 0", "a --pair 1", "a --age middle"]
)
def test_wrong_arguments_are_one_line(command, capsys):
    def main(
        first,
        *rest: int,
        number: positive = 1,
        pair=(0, 0),
        age: ("old", "new") = "old",  # noqa: F821
    ):
        pass

    with pytest.raises(SystemExit, match="2"):
        page.run(main, command.split())
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "error: " in error


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def full(pixels, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(number):
        figures = {"a.png": Figure()}
        page.write(tmp_path, "page", {"a": number}, ["| a |"], figures)

    write(1)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"page.json", "page.md", "a.png"}
    monkeypatch.setattr(page.plots, "save", full)
    with pytest.raises(OSError, match="a.png"):
        write(2)
    assert {path.name for path in tmp_path.iterdir()} == names
    assert (tmp_path / "page.json").read_text() == '{\n "a": 1\n}\n'


QUEUES = [
    path
    for path in pathlib.Path(page.__file__).parent.rglob("*.toml")
    if "[[cells]]" in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", QUEUES, ids=lambda path: path.stem)
def test_queues_are_read(path):
    assert queue_file.read(path).cells
