"""200,000 images of 64 px, whose pixels are more than 2 GB.

The slow ones make files and train, in processes of their own whose memory is
measured. They take 7 GB of disk and half an hour on two cores:

    python -m pytest tests/test_scale.py -m slow -s
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from recipes.run_folder import RunFolder
from specgan import data
from specgan.signal import to_uint8
from tests.contracts import two_replicas

COUNT = 200_000
LIMIT = 2e9
"""Bytes that a command may take beyond the same one on a few images."""


# === Orders ===


@pytest.fixture(scope="module")
def numbered():
    """Images of one pixel whose colour is their number."""
    numbers = np.arange(COUNT, dtype="<u4")
    pixels = numbers.view(np.uint8).reshape(-1, 4)[:, :3]
    return pixels.reshape(-1, 1, 1, 3)


def numbers_of(batches):
    """The numbers of the images of each batch, `[batches, images]`."""
    bytes_ = np.stack([to_uint8(batch).numpy() for batch in batches])
    return bytes_.reshape(*bytes_.shape[:2], 3) @ (256 ** np.arange(3))


def test_an_epoch_has_every_image_once(numbered):
    batches = data.from_array(numbered, batch_size=5000, seed=1)
    assert len(batches) == 40
    epochs = [numbers_of(batches) for _ in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch.ravel()), np.arange(COUNT))
    assert np.mean(epochs[0] == epochs[1]) < 1e-3
    # No image is near the place that it has in the files.
    apart = np.abs(epochs[0].ravel() - np.arange(COUNT)).mean()
    np.testing.assert_allclose(apart, COUNT / 3, rtol=0.02)
    # Begun later, the orders are the same.
    later = data.from_array(numbered, batch_size=5000, seed=1, first_epoch=1)
    np.testing.assert_array_equal(numbers_of(later), epochs[1])


def test_replicas_share_an_epoch(numbered):
    batches = data.from_array(numbered, batch_size=5000, seed=1)
    strategy = two_replicas()
    parts = [
        strategy.experimental_local_results(batch)
        for batch in strategy.experimental_distribute_dataset(batches)
    ]
    both = [numbers_of(part) for part in zip(*parts, strict=True)]
    together = np.concatenate(both, axis=1)
    alone = data.from_array(numbered, batch_size=5000, seed=1)
    np.testing.assert_array_equal(together, numbers_of(alone))


# === Memory ===


def mapped_bytes(path):
    """Bytes of a mapped file that count as this process's memory."""
    sizes, is_file = [], False
    for line in pathlib.Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_file = line.endswith(str(path))
        elif is_file and line.startswith("Rss:"):
            sizes.append(1024 * int(line.split()[1]))
    assert sizes, "the file is not mapped"
    return sum(sizes)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_epoch_keeps_no_pages(tmp_path):
    path = tmp_path / "images.npy"
    shape = [2000, 64, 64, 3]
    np.lib.format.open_memmap(path, "w+", np.uint8, tuple(shape)).flush()
    array = np.load(path, mmap_mode="r")
    assert array.sum() == 0 and mapped_bytes(path) > 0.9 * array.nbytes
    assert len(list(data.from_array(array, batch_size=100))) == 20
    assert mapped_bytes(path) < 0.1 * array.nbytes
