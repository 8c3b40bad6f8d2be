"""Files that look like pictures and are not read."""

import warnings
import zipfile

import numpy as np
import pytest
from PIL import Image

from specgan import data
from specgan.detection.find_files import find_files

JPEG = b"\xff\xd8\xff\xe0 and so on"
HEIC = b"\0\0\0\x18ftypheic"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    Image.fromarray(np.zeros([8, 8, 3], np.uint8)).save(folder / "a.png")
    (folder / "b.HEIC").write_bytes(HEIC)
    (folder / "below" / "c.heic").write_bytes(HEIC)
    (folder / "below" / "IMG0001").write_bytes(JPEG)
    # No pictures, whatever they are called.
    (folder / "README").write_text("What they are.")
    (folder / "list.txt").write_bytes(JPEG)
    (folder / ".hidden").write_bytes(JPEG)
    return folder


def packed(folder):
    path = folder.parent / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


READ = {
    "folder": lambda path: data.load_array(path, image_size=8),
    "archive": lambda path: data.load_array(packed(path), image_size=8),
    "detect": lambda path: list(find_files([path])),
}


@pytest.mark.parametrize("kind", READ)
def test_pictures_that_are_not_read_are_told(kind, folder, cache_dir):
    with pytest.warns(UserWarning, match="left out") as caught:
        assert len(READ[kind](folder)) == 1
    [message] = {str(one.message) for one in caught}
    assert message.startswith("3 pictures of ")
    assert "2 .heic" in message and "1 without an ending" in message


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_nothing_else_is_there(kind, folder, cache_dir):
    (folder / "a.png").unlink()
    with pytest.raises(ValueError, match="no images.*2 .heic"):
        READ[kind](folder)


@pytest.mark.parametrize("kind", READ)
def test_other_files_are_passed_over(kind, folder, cache_dir):
    for name in ("b.HEIC", "below/c.heic", "below/IMG0001"):
        (folder / name).unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(READ[kind](folder)) == 1
