"""What the tests of the commands share."""

import numpy as np
import pytest
from PIL import Image

from tests.plain_pictures import draw_plainly


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """A cache for each test, so that none finds what another has made."""
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True, scope="module")
def plain_pictures():
    """What trainings draw is looked at in tests/callbacks."""
    with pytest.MonkeyPatch.context() as patch:
        draw_plainly(patch)
        yield


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of 40 pictures of noise, 16 x 16."""
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for i in range(40):
        pixels = draw.integers(0, 256, [16, 16, 3], np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder
