import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models.alias_free.discriminator import discriminator
from tests.contracts import saved_and_loaded
from tests.contracts import uniform


def small(**kwargs):
    return discriminator(16, 1, channel_base=64, channel_max=8, **kwargs)


def test_number_of_parameters_is_the_authors():
    model = discriminator(256, channel_base=16384, channel_max=512)
    assert model.count_params() == 24_001_089


def test_channels_grow_as_maps_shrink():
    model = discriminator(64, channel_base=256, channel_max=16)
    widths = {
        layer.name: layer.filters
        for layer in model.layers
        if layer.name.endswith("convolution1")
    }
    assert widths == {
        "b64_convolution1": 8, "b32_convolution1": 16,
        "b16_convolution1": 16, "b8_convolution1": 16
    }  # fmt: skip
    assert model.get_layer("b64_from_image").filters == 4


def test_every_weight_has_a_gradient():
    model = small(num_classes=3)
    with tf.GradientTape() as tape:
        images = tf.constant(uniform(4, 16, 16, 1))
        logits = model([images, tf.one_hot([0, 1, 2, 0], 3)])
        loss = tf.reduce_sum(tf.square(logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(
        model.trainable_variables, gradients, strict=True
    ):
        assert np.all(np.isfinite(gradient)), variable.path
        assert np.any(gradient != 0), variable.path


def test_the_logit_of_a_class_is_a_product_with_its_features():
    model = small(num_classes=3)
    images = tf.constant(uniform(4, 16, 16, 1))
    last = model.get_layer("features").output
    features = keras.Model(model.inputs[0], last)(images)
    logits = [model([images, tf.one_hot([i] * 4, 3)]) for i in range(3)]
    # As many products as features tell what each class is multiplied by.
    for i, measured in enumerate(logits):
        x = tf.one_hot([i], 3).numpy()
        names = ["label_embedding", *(f"label_dense{j}" for j in range(8))]
        for name in names:
            layer = model.get_layer(name)
            multiplier = layer.learning_rate_multiplier
            x = x @ layer.kernel.numpy() * multiplier / x.shape[1] ** 0.5
            x += layer.bias.numpy() * multiplier
            if name == "label_embedding":
                x /= np.sqrt(np.mean(x**2))
            else:
                x = 2**0.5 * np.maximum(x, 0.2 * x)
        expected = features @ x.T / 8**0.5
        np.testing.assert_allclose(measured, expected, rtol=1e-3, atol=1e-5)


def test_half_precision_of_the_highest_resolutions():
    keras.config.set_dtype_policy("mixed_float16")
    model = discriminator(64, 1, channel_base=64, num_half_precision=2)
    for layer in model.layers:
        if "_" not in layer.name:
            continue
        size = int(layer.name[1:].split("_")[0])
        half = layer.compute_dtype == "float16"
        assert half is (size in (64, 32)), layer.name
    logits = model(uniform(4, 64, 64, 1))
    assert logits.dtype == tf.float32


def test_it_survives_a_file():
    model, images = small(), uniform(4, 16, 16, 1)
    np.testing.assert_array_equal(
        saved_and_loaded(model)(images), model(images)
    )


@pytest.mark.parametrize("size", [4, 24, 0, 16.0])
def test_sizes_that_cannot_be_halved(size):
    with pytest.raises(ValueError, match=f"Received: image_size={size}"):
        discriminator(size)


def test_logits_of_classes_are_float32():
    model = discriminator(16, 1, 64, 8, num_classes=3)
    assert model.output.dtype == "float32"
