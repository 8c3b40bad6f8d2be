"""TFDS: a data set that it prepared, and a stand-in for what goes wrong."""

import io
import sys
import types
import urllib.error

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specgan import data


class ImageFeature:
    pass


class ClassLabel:
    names = list("abcde")


class Builder:
    """What `specgan.data` uses of a TFDS builder, with five pictures."""

    def __init__(self, data_dir):
        splits = types.SimpleNamespace(num_examples=5)
        self.data_dir = data_dir
        self.info = types.SimpleNamespace(
            full_name="tiny/1.0.0",
            features={"label": ClassLabel(), "image": ImageFeature()},
            splits={"train": splits},
        )

    def is_prepared(self):
        return True

    def download_and_prepare(self):
        pass

    def as_dataset(self, split, decoders):
        (key,) = decoders
        pictures = []
        for number in range(5):
            stream = io.BytesIO()
            Image.new("RGB", (8, 6), (number, 0, 0)).save(stream, "png")
            pictures.append(stream.getvalue())
        examples = {key: pictures, "label": list(range(5))}
        return tf.data.Dataset.from_tensor_slices(examples)


class NotFoundError(ValueError):
    pass


@pytest.fixture
def builders(monkeypatch):
    """The data sets that a stand-in for TFDS knows: name to builder."""
    known = {"tiny": Builder("tiny"), "celeb_a_hq": None}

    def builder(name, data_dir):
        if name not in known:
            raise NotFoundError("Dataset not found, and a very long list.")
        return known[name]

    module = types.ModuleType("tensorflow_datasets")
    module.builder = builder
    module.list_builders = lambda: list(known)
    module.core = types.SimpleNamespace(DatasetNotFoundError=NotFoundError)
    module.decode = types.SimpleNamespace(SkipDecoding=object)
    module.features = types.SimpleNamespace(
        Image=ImageFeature, ClassLabel=ClassLabel
    )
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    return known


def test_pictures_are_decoded_by_pillow_in_order(builders):
    array = data.load_array("tiny", image_size=6)
    assert array.shape == (5, 6, 6, 3)
    np.testing.assert_array_equal(array[:, 0, 0, 0], range(5))
    assert len(data.load_array("tiny", image_size=6, limit=3)) == 3


def test_labels(builders):
    numbers, names = data.load_labels("tiny", image_size=6)
    np.testing.assert_array_equal(numbers, range(5))
    assert names == list("abcde")
    builders["tiny"].info.features["label"] = object()
    with pytest.raises(ValueError, match="one class of each picture.*label"):
        data.load_labels("tiny", image_size=6)


def test_the_nearest_name_is_suggested(builders):
    with pytest.raises(ValueError) as caught:
        data.load("celeb_hq", image_size=6)
    message = str(caught.value)
    assert "Expected one of: celeb_a, celeb_a_hq, cifar10" in message
    assert message.endswith("Did you mean 'celeb_a_hq'?")


def test_a_configuration_is_not_a_path(builders):
    builders["tiny/large"] = builders["tiny"]
    assert len(data.load_array("tiny/large", image_size=6)) == 5
    with pytest.raises(ValueError, match="does not exist.*huge/large"):
        data.load("huge/large", image_size=6)


def test_a_download_that_fails(builders):
    def fail():
        raise ConnectionError("cannot\nresolve host")

    builders["tiny"].download_and_prepare = fail
    with pytest.raises(ValueError, match="'tiny'.*network.*cannot resolve"):
        data.load("tiny", image_size=6)


def test_a_data_set_without_pictures(builders):
    builders["tiny"].info.features = {"text": object()}
    with pytest.raises(ValueError, match="no pictures.*Received: text"):
        data.load("tiny", image_size=6)


def test_no_network_is_said_at_once(builders, monkeypatch):
    def refuse(url, timeout):
        assert timeout <= 5
        raise urllib.error.URLError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    builders["tiny"].is_prepared = lambda: False
    builders["tiny"].download_and_prepare = pytest.fail
    with pytest.raises(ValueError, match="no route.*tfds build tiny.*folder"):
        data.load("tiny", image_size=6)


def test_a_server_that_answers_is_a_network(builders, monkeypatch):
    def forbid(url, timeout):
        raise urllib.error.HTTPError(url, 403, "Forbidden", {}, io.BytesIO())

    monkeypatch.setattr("urllib.request.urlopen", forbid)
    builders["tiny"].is_prepared = lambda: False
    assert len(data.load_array("tiny", image_size=6)) == 5


def test_what_tensorflow_datasets_has_prepared(tmp_path):
    import tensorflow_datasets as tfds

    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, [4, 8, 8, 3], np.uint8)
    tfds.dataset_builders.store_as_tfds_dataset(
        "noise",
        version="1.0.0",
        data_dir=tmp_path,
        split_datasets={
            "train": tf.data.Dataset.from_tensor_slices(
                {"image": images, "label": [0, 1, 0, 1]}
            )
        },
        features=tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(
                    shape=[8, 8, 3], encoding_format="png"
                ),
                "label": tfds.features.ClassLabel(names=["dark", "light"]),
            }
        ),
        disable_shuffling=True,
    )
    array = data.load_array("noise", image_size=8, data_dir=tmp_path)
    np.testing.assert_array_equal(array, images)
    numbers, names = data.load_labels("noise", image_size=8, data_dir=tmp_path)
    np.testing.assert_array_equal(numbers, [0, 1, 0, 1])
    assert names == ["dark", "light"]
