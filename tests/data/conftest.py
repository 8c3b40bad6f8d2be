import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
    """An empty cache for every test, never the user's own."""
    path = tmp_path / "cache"
    monkeypatch.setenv("SPECGAN_CACHE", str(path))
    return path


@pytest.fixture
def pixels():
    """`uint8` [12, 20, 24, 3] without two equal images."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (12, 20, 24, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, pixels):
    """A folder of 12 lossless pictures, sorted by name as in `pixels`."""
    path = tmp_path / "pictures"
    for index, image in enumerate(pixels):
        file = path / f"{'ab'[index // 6]}" / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    return path
