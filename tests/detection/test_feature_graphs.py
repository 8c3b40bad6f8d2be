"""Features as TensorFlow operations beside those of arrays."""

import numpy as np
import pytest
import tensorflow as tf

from specgan.detection import ColourCoherenceFeatures
from specgan.detection import CooccurrenceFeatures
from specgan.detection import DctModeFeatures
from specgan.detection import PatchSpectrumFeatures
from specgan.detection import SpectralFeatures
from specgan.detection.feature_graphs import features_graph
from specgan.detection.joined_features import JoinedFeatures

TOLERANCES = {
    SpectralFeatures: 1e-9,
    CooccurrenceFeatures: 1e-9,
    DctModeFeatures: 1e-4,
    ColourCoherenceFeatures: 1e-4,
    PatchSpectrumFeatures: 1e-2,
}
every = pytest.mark.parametrize("kind", TOLERANCES)


def pictures(count, height, width, channels):
    draw = np.random.default_rng(0)
    smooth = draw.normal(size=[count, height, width, 1]).cumsum(1).cumsum(2)
    smooth = 128 + 60 * smooth / np.abs(smooth).max()
    noise = draw.normal(0, 6, [count, height, width, channels])
    return np.rint(smooth + noise).clip(0, 255).astype(np.uint8)


def graph_of(features):
    spec = tf.TensorSpec([None, None, None, None], tf.uint8)
    return tf.function(
        lambda images: features_graph(features, images), input_signature=[spec]
    )


@every
def test_they_agree_with_arrays(kind):
    features = kind()
    graph = graph_of(features)
    for shape in ((3, 32, 32, 3), (2, 47, 64, 1), (1, 40, 33, 3)):
        images = pictures(*shape)
        rows = graph(images)
        assert rows.dtype == tf.float64
        np.testing.assert_allclose(
            rows, features(images), atol=TOLERANCES[kind]
        )
    for level in (0, 100, 255):
        flat = np.full([2, 40, 40, 3], level, np.uint8)
        np.testing.assert_allclose(
            graph(flat), features(flat), atol=TOLERANCES[kind]
        )


def test_arguments_count():
    images = pictures(2, 40, 40, 3)
    for features in (
        CooccurrenceFeatures((0.5, 2.0, 300.0)),
        SpectralFeatures(length=12, normalize=False),
    ):
        np.testing.assert_allclose(
            graph_of(features)(images), features(images), atol=1e-9
        )


def test_joined():
    features = JoinedFeatures([SpectralFeatures(), CooccurrenceFeatures()])
    images = pictures(2, 40, 40, 3)
    np.testing.assert_allclose(
        graph_of(features)(images), features(images), atol=1e-9
    )


@every
def test_bad_images(kind):
    graph = graph_of(kind())
    small = getattr(kind, "least_size", 16) - 1
    for shape in ((1, small, 64, 3), (1, 64, small, 3), (1, 64, 64, 2)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected"):
            graph(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "features", [SpectralFeatures(reference_code=True), None]
)
def test_features_without_a_graph(features):
    with pytest.raises(ValueError, match="Expected one of the classes"):
        features_graph(features, tf.zeros([1, 64, 64, 3], tf.uint8))
