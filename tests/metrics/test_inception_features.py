"""Around a network of one convolution, in Inception's place."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from specgan.metrics import inception
from specgan.metrics import inception_weights
from specgan.metrics.frechet_inception_distance import FrechetInceptionDistance
from specgan.metrics.inception_features import InceptionFeatures
from tests.metrics.feature_sets import pictures

STRIDE = 23
DRAW = np.random.default_rng(0)
KERNEL = DRAW.normal(size=[1, 1, 3, 2048]).astype(np.float32)
BIAS = DRAW.normal(size=[2048]).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def tiny_network():
    with pytest.MonkeyPatch.context() as patch:
        layer = inception.Convolution(2048, (1, 1), STRIDE, "valid")
        patch.setattr(inception, "NETWORK", [layer])
        patch.setattr(inception_weights, "load", lambda path: [(KERNEL, BIAS)])
        yield


@pytest.fixture(scope="module")
def features():
    return InceptionFeatures(batch_size=4)


def expected_features(images):
    resized = np.empty([len(images), 299, 299, 3])
    for i, image in enumerate(images):
        for channel in range(3):
            plane = Image.fromarray(image[..., channel].astype(np.float32))
            resized[i, ..., channel] = plane.resize((299, 299), Image.BICUBIC)
    x = (np.clip(resized, 0, 255) - 128) / 128
    x = x[:, ::STRIDE, ::STRIDE] @ KERNEL[0, 0] + BIAS
    return np.maximum(x, 0).mean((1, 2))


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_any_number_of_images(features, count):
    images = pictures(count, seed=count, size=12)
    found = features(images)
    assert found.shape == (count, 2048)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, expected_features(images), rtol=1e-4, atol=1e-4
    )


def test_sizes_may_differ_between_calls(features):
    for shape in ([2, 30, 20, 3], [1, 299, 299, 3], [3, 320, 400, 3]):
        images = DRAW.integers(0, 256, shape, dtype=np.uint8)
        np.testing.assert_allclose(
            features(images), expected_features(images), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("resizer", ["clean", "legacy_tensorflow"])
def test_grey_is_three_equal_channels(resizer):
    features = InceptionFeatures(resizer=resizer)
    grey = pictures(3, seed=1, size=16, channels=1)
    np.testing.assert_array_equal(
        features(grey), features(np.repeat(grey, 3, axis=-1))
    )


def test_resizers_differ(features):
    images = pictures(3, seed=2, size=16)
    legacy = InceptionFeatures(resizer="legacy_tensorflow")
    assert np.abs(features(images) - legacy(images)).max() > 1e-2
    assert features.protocol != legacy.protocol


def test_dtype_policy_does_not_matter(features):
    images = pictures(2, seed=3)
    keras.config.set_dtype_policy("mixed_float16")
    np.testing.assert_array_equal(InceptionFeatures()(images), features(images))


def test_tells_its_protocol(features):
    assert features.name == "inception-2015-12-05"
    assert features.dimension == 2048
    assert json.loads(json.dumps(features.protocol)) == {
        "network": "inception-2015-12-05",
        "weights_sha256": inception_weights.SOURCE_SHA256,
        "resizer": "clean",
        "image_size": 299,
    }


def test_half_precision_has_a_name_of_its_own(features):
    images = pictures(2, seed=3)
    half = InceptionFeatures(dtype="bfloat16")
    found = half(images)
    assert found.dtype == np.float32
    # bfloat16 keeps 8 bits; the mean of 13 x 13 averages their rounding.
    np.testing.assert_allclose(found, features(images), rtol=0.02, atol=0.02)
    assert half.name == "inception-bfloat16"
    assert half.protocol == features.protocol | {"network": half.name}
    assert FrechetInceptionDistance(half).name == f"frechet_{half.name}"
    with pytest.raises(ValueError, match="Received: 'float16'"):
        InceptionFeatures(dtype="float16")


@pytest.mark.parametrize(
    "images, received",
    [
        (np.zeros([1, 8, 8, 3], np.float32), "an array of float32"),
        (np.zeros([1, 8, 8, 3], np.int64), "an array of int64"),
        (tf.zeros([1, 8, 8, 3], tf.uint8), "EagerTensor"),
        ([[0]], "list"),
    ],
)
def test_takes_only_images_of_8_bits(features, images, received):
    with pytest.raises(ValueError, match=f"{received}.*signal.to_uint8"):
        features(images)


@pytest.mark.parametrize("shape", [[8, 8, 3], [1, 8, 8, 4], [1, 3, 8, 8]])
def test_takes_only_batches_of_images(features, shape):
    with pytest.raises(ValueError, match="leave out an alpha channel"):
        features(np.zeros(shape, np.uint8))


def test_invalid_arguments():
    with pytest.raises(ValueError, match="Did you mean 'clean'"):
        InceptionFeatures(resizer="clear")
    with pytest.raises(ValueError, match="`batch_size`"):
        InceptionFeatures(batch_size=0)
