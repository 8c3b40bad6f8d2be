import json

import keras
import numpy as np
import pytest
from PIL import Image

from specgan.metrics.keras_features import KerasFeatures
from tests.metrics.feature_sets import pictures


def mean_colours(channels=3, size=None):
    return keras.Sequential(
        [
            keras.Input([size, size, channels]),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )


@pytest.mark.parametrize("count", [0, 1, 5])
def test_equals_numpy(count):
    features = KerasFeatures(mean_colours(), "mean-colours", batch_size=2)
    images = pictures(count, seed=0)
    found = features(images)
    assert found.shape == (count, features.dimension) == (count, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, images.mean((1, 2)), rtol=1e-5)


def test_resizes():
    image = pictures(1, seed=1, size=20, channels=1)
    model = keras.Sequential([keras.Input([7, 7, 1]), keras.layers.Flatten()])
    plane = Image.fromarray(image[0, :, :, 0].astype(np.float32))
    expected = np.clip(plane.resize((7, 7), Image.BICUBIC), 0, 255)
    features = KerasFeatures(model, "pixels", image_size=7)
    np.testing.assert_array_equal(features(image), expected.reshape(1, 49))
    assert features.protocol["image_size"] == 7
    assert features.protocol["resizer"] == "clean"


def test_preprocesses_and_keeps_the_images():
    def preprocess(images):
        assert images.dtype == np.float32
        images /= 127.5
        return images - 1

    features = KerasFeatures(
        mean_colours(), "mean-colours", preprocess=preprocess
    )
    images = pictures(3, seed=2)
    before = images.copy()
    np.testing.assert_allclose(
        features(images), images.mean((1, 2)) / 127.5 - 1, atol=1e-5
    )
    np.testing.assert_array_equal(images, before)


def test_grey_is_three_equal_channels():
    features = KerasFeatures(mean_colours(), "mean-colours")
    grey = pictures(3, seed=3, channels=1)
    np.testing.assert_array_equal(
        features(grey), features(np.repeat(grey, 3, axis=-1))
    )


def test_runs_in_inference_mode():
    model = keras.Sequential(
        [
            mean_colours(),
            keras.layers.Dropout(0.9),
            keras.layers.BatchNormalization(epsilon=0.0),
        ]
    )
    images = pictures(4, seed=4)
    features = KerasFeatures(model, "colours")
    np.testing.assert_allclose(features(images), images.mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(model.layers[-1].moving_mean, np.zeros(3))


def test_protocol_follows_the_weights():
    def features():
        return KerasFeatures(
            keras.Sequential([mean_colours(), keras.layers.Dense(4)]), "dense"
        )

    one, other = features(), features()
    assert one.protocol != other.protocol
    other.model.set_weights(one.model.get_weights())
    assert one.protocol == other.protocol
    before = json.loads(json.dumps(one.protocol))
    assert before["network"] == one.name == "dense"
    assert before["resizer"] is before["image_size"] is None
    one.model.layers[-1].bias.assign_add([0, 0, 0, 1])
    assert one.protocol != before


@pytest.mark.parametrize(
    "name", ["", ".hidden", "a/b", "a b", "../a", "naïve", "a\n", "a:b"]
)
def test_name_can_be_that_of_a_file(name):
    with pytest.raises(ValueError, match="as in the name of a file"):
        KerasFeatures(mean_colours(), name)


@pytest.mark.parametrize("name", ["inception-2015-12-05", "my-FID", "fid"])
def test_name_is_not_that_of_the_fid(name):
    with pytest.raises(ValueError, match="belong to metrics.InceptionFeatures"):
        KerasFeatures(mean_colours(), name)


class Subclassed(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    "model",
    [
        keras.Sequential([keras.Input([8, 8, 3]), keras.layers.ReLU()]),
        keras.Sequential([keras.layers.Flatten()]),
        keras.Sequential([keras.Input([4]), keras.layers.ReLU()]),
        mean_colours(channels=4),
        keras.Sequential([mean_colours(), keras.layers.Reshape([3, 1])]),
        Subclassed(),
        "resnet",
    ],
)
def test_model_must_yield_a_vector(model):
    with pytest.raises(ValueError, match="`model`.*GlobalAveragePooling2D"):
        KerasFeatures(model, "any")


def test_grey_network_refuses_colours():
    features = KerasFeatures(mean_colours(channels=1), "grey")
    with pytest.raises(ValueError, match="takes grey images"):
        features(pictures(1, seed=5))


def test_a_network_with_nan_in_its_weights():
    model = mean_colours()
    features = KerasFeatures(
        model, "broken", preprocess=lambda images: images * np.nan
    )
    with pytest.raises(ValueError, match="The features hold NaN"):
        features(pictures(2, seed=5))


def test_invalid_arguments():
    for argument in ("image_size", "batch_size"):
        with pytest.raises(ValueError, match=f"`{argument}`"):
            KerasFeatures(mean_colours(), "any", **{argument: 0})
    with pytest.raises(ValueError, match="uint8"):
        KerasFeatures(mean_colours(), "any")(np.zeros([1, 8, 8, 3]))
