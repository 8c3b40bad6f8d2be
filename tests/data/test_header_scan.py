"""What a folder holds, read from headers."""

import numpy as np
import pytest
from PIL import Image

from specgan import data


def test_sizes_modes_and_codecs(tmp_path):
    for i, (size, mode, suffix) in enumerate(
        [
            ((8, 8), "RGB", "png"),
            ((8, 8), "L", "png"),
            ((12, 8), "RGB", "jpg"),
        ]
    ):
        Image.new(mode, size).save(tmp_path / f"{i}.{suffix}")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    survey = data.scan_headers(tmp_path)
    assert survey.sizes == {(8, 8): 2, (12, 8): 1}
    assert survey.modes == {"RGB": 2, "L": 1}
    assert survey.codecs == {"PNG": 2, "JPEG": 1}
    assert survey.unreadable == 1


def test_limit(tmp_path):
    for i in range(5):
        Image.fromarray(np.zeros([4, 4], np.uint8)).save(tmp_path / f"{i}.png")
    assert data.scan_headers(tmp_path, limit=3).sizes.total() == 3


def test_nothing_there(tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        data.scan_headers(tmp_path / "nowhere")
