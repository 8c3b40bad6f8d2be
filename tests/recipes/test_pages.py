"""Each page of recipes/, at its smallest setting."""

import gzip
import importlib
import struct
import sys

import keras
import numpy as np
import pytest

from recipes import page

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


@pytest.mark.parametrize(
    "name",
    [
        # Its many layers are compiled one by one.
        pytest.param(
            name, marks=pytest.mark.slow if "alias_free" in name else ()
        )
        for name in PAGES
    ],
)
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
    monkeypatch.setattr(sys, "argv", ["page", *words])
    try:
        model = page.run(module.main)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    assert model.built
    assert list((tmp_path / "run").glob("*.keras"))


def test_help_shows_the_page(capsys, monkeypatch):
    from recipes import lsgan_faces

    monkeypatch.setattr(sys, "argv", ["page", "--help"])
    with pytest.raises(SystemExit):
        page.run(lsgan_faces.main)
    text = capsys.readouterr().out
    assert "--image-size" in text and "right image by image" in text
