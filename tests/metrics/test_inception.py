"""The network equals that of keras.applications but in its last pool.

That one has its own code, batch norms and random weights here; it goes through
a file of tensors, `convert` and the tables. One test for all, as it is large.
"""

import io
import re
import zipfile

import keras
import numpy as np
import pytest

from specgan.metrics import inception
from specgan.metrics import inception_weights


def in_order_of_creation(model, kind):
    layers = [layer for layer in model.layers if isinstance(layer, kind)]
    return sorted(
        layers, key=lambda layer: int(re.sub(r"\D", "", layer.name[6:]) or 0)
    )


@pytest.fixture(scope="module")
def reference():
    """Keras' own Inception, its numbers drawn at random."""
    keras.backend.clear_session()
    model = keras.applications.InceptionV3(weights=None, include_top=False)
    draw = np.random.default_rng(0)
    for layer in in_order_of_creation(model, keras.layers.BatchNormalization):
        size = layer.beta.shape
        layer.set_weights(
            [
                draw.normal(0, 0.1, size),
                draw.normal(0, 0.1, size),
                draw.uniform(0.1, 0.5, size),
            ]
        )
    return model


@pytest.fixture(scope="module")
def network(reference):
    """Ours, built under settings which must not matter."""
    convolutions = in_order_of_creation(reference, keras.layers.Conv2D)
    norms = in_order_of_creation(reference, keras.layers.BatchNormalization)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        number = 0
        for convolution, norm in zip(convolutions, norms, strict=True):
            kernel = convolution.get_weights()[0].transpose([3, 2, 0, 1])
            for array in (kernel, *norm.get_weights()):
                archive.writestr(f"net/data/{number}", array.tobytes())
                number += 1
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return inception.build(inception_weights.convert(file))
    finally:
        keras.config.set_dtype_policy("float32")


def test_has_94_convolutions(network):
    convolutions = list(inception.convolutions())
    assert len(convolutions) == 94
    assert [layer.filters for layer in convolutions[:5]] == [
        32,
        32,
        64,
        80,
        192,
    ]
    layers = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert len(layers) == 94
    assert not network.trainable_variables


def test_shapes(network):
    assert network.input_shape == (None, 299, 299, 3)
    assert network.output_shape == (None, inception.DIMENSION)
    assert network.output.dtype == "float32"


def test_equals_another_implementation(network, reference):
    draw = np.random.default_rng(1)
    images = draw.uniform(-1, 1, [2, 299, 299, 3]).astype(np.float32)
    # The last place before the pool in which the two differ by design.
    ours = next(
        layer.output
        for layer in network.layers
        if layer.output.shape[1:] == (8, 8, 2048)
    )
    expected = keras.Model(
        reference.input, reference.get_layer("mixed9").output
    )
    found = keras.Model(network.input, ours)(images)
    expected = expected(images, training=False)
    assert np.std(expected) > 1e-3
    np.testing.assert_allclose(
        found, expected, rtol=1e-3, atol=1e-4 * np.max(expected)
    )


def test_last_block_pools_by_maximum(network):
    pools = [
        layer
        for layer in network.layers
        if isinstance(
            layer,
            (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D),
        )
    ]
    kinds = [type(pool).__name__ for pool in pools]
    assert kinds.count("AveragePooling2D") == 8
    assert kinds[-1] == "MaxPooling2D"
    assert pools[-1].output.shape[1:] == (8, 8, 2048)


def test_average_pool_leaves_out_the_padding():
    images = np.random.default_rng(0).normal(size=[2, 5, 6, 3])
    expected = np.empty_like(images)
    for row in range(5):
        for column in range(6):
            expected[:, row, column] = images[
                :, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2
            ].mean((1, 2))
    pooled = inception.AveragePool()(images.astype(np.float32), names=None)
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=1e-6)


def test_refuses_another_number_of_weights(monkeypatch):
    monkeypatch.setattr(inception, "NETWORK", [inception.Convolution(2)])
    with pytest.raises(ValueError, match="shorter"):
        inception.build([])
