"""Features on disk: found again, never stale, never half-written."""

import numpy as np
import pytest

from specgan.metrics import CachedFeatures
from tests.metrics.feature_sets import MeanColours
from tests.metrics.feature_sets import pictures


class OtherResizer(MeanColours):
    @property
    def protocol(self):
        return {**super().protocol, "resizer": "another"}


def test_the_second_time_nothing_is_computed(tmp_path):
    images = pictures(9, 1)
    first = CachedFeatures(MeanColours(), tmp_path)
    features = first(images)
    network = MeanColours()
    second = CachedFeatures(network, tmp_path)
    np.testing.assert_array_equal(second(images), features)
    assert network.calls == 0
    assert (second.found, second.computed) == (9, 0)
    assert (first.found, first.computed) == (0, 9)


@pytest.mark.parametrize(
    "images, network",
    [
        (pictures(9, 2), MeanColours()),
        (pictures(9, 1)[::-1], MeanColours()),
        (pictures(9, 1)[:8], MeanColours()),
        (pictures(9, 1).reshape(9, 4, 16, 3), MeanColours()),
        (pictures(9, 1), OtherResizer()),
    ],
    ids=["pixels", "order", "count", "size", "protocol"],
)
def test_what_differs_is_computed(images, network, tmp_path):
    CachedFeatures(MeanColours(), tmp_path)(pictures(9, 1))
    cached = CachedFeatures(network, tmp_path)
    np.testing.assert_array_equal(cached(images), network(images))
    assert cached.computed == len(images)


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"nonsense"])
def test_a_damaged_file_is_computed_again(damage, tmp_path):
    images = pictures(9, 1)
    features = CachedFeatures(MeanColours(), tmp_path)(images)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    again = CachedFeatures(MeanColours(), tmp_path)
    np.testing.assert_array_equal(again(images), features)
    assert again.computed == 9
    np.testing.assert_array_equal(np.load(file)["features"], features)


def test_an_altered_file_is_computed_again(tmp_path):
    images = pictures(9, 1)
    features = CachedFeatures(MeanColours(), tmp_path)(images)
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    np.testing.assert_array_equal(
        CachedFeatures(MeanColours(), tmp_path)(images), features
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_found(value, tmp_path):
    images = pictures(9, 1)
    features = CachedFeatures(MeanColours(), tmp_path)(images)
    (file,) = tmp_path.iterdir()
    np.savez(file, features=np.full_like(features, value))
    np.testing.assert_array_equal(
        CachedFeatures(MeanColours(), tmp_path)(images), features
    )


def test_what_is_not_finite_is_not_kept(tmp_path):
    class Broken(MeanColours):
        def __call__(self, images):
            return np.full_like(super().__call__(images), np.nan)

    CachedFeatures(Broken(), tmp_path)(pictures(9, 1))
    assert list(tmp_path.iterdir()) == []


def test_pickles_are_not_loaded(tmp_path):
    images = pictures(9, 1)
    CachedFeatures(MeanColours(), tmp_path)(images)
    (file,) = tmp_path.iterdir()
    pickled = np.array([{"a": 1}], dtype=object)
    with file.open("wb") as opened:
        np.savez(opened, features=pickled)
    again = CachedFeatures(MeanColours(), tmp_path)
    again(images)
    assert again.computed == 9


def test_an_unwritable_cache_is_told_and_does_no_harm(tmp_path):
    place = tmp_path / "file"
    place.write_text("no folder")
    cached = CachedFeatures(MeanColours(), place)
    with pytest.warns(UserWarning, match="cannot be kept"):
        features = cached(pictures(9, 1))
    np.testing.assert_array_equal(features, MeanColours()(pictures(9, 1)))


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SPECGAN_CACHE", str(tmp_path))
    assert CachedFeatures(MeanColours()).folder == tmp_path / "features"


def test_it_stands_for_its_network(tmp_path):
    network = MeanColours("mean-colours")
    cached = CachedFeatures(network, tmp_path)
    assert cached.name == "mean-colours"
    assert cached.dimension == 12
    assert cached.protocol == network.protocol
