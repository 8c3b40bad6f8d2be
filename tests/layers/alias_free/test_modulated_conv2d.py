import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.layers.alias_free.modulated_conv2d import ModulatedConv2D
from tests.contracts import revived
from tests.contracts import two_replicas


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def explicit(images, kernel, styles, padding, demodulate, gain):
    """Weights of each image's own, as the papers write it; float64."""
    kernel, styles = kernel.astype("float64"), styles.astype("float64")
    if demodulate:
        kernel /= np.sqrt(np.mean(kernel**2, axis=(0, 1, 2)))
        styles /= np.sqrt(np.mean(styles**2))
    images = np.pad(images, [(0, 0), (padding,) * 2, (padding,) * 2, (0, 0)])
    outputs = []
    for image, style in zip(images, styles, strict=True):
        modulated = kernel * style[:, None]
        if demodulate:
            power = np.sum(modulated**2, axis=(0, 1, 2))
            modulated /= np.sqrt(power + 1e-8)
        outputs.append(
            np.stack(
                [
                    sum(
                        scipy.signal.correlate2d(
                            image[..., i], gain * modulated[..., i, o], "valid"
                        )
                        for i in range(image.shape[-1])
                    )
                    for o in range(kernel.shape[-1])
                ],
                axis=-1,
            )
        )
    return np.stack(outputs)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("kernel_size, padding", [(3, 2), (3, 1), (1, 0)])
def test_equals_weights_of_each_images_own(kernel_size, padding, demodulate):
    layer = ModulatedConv2D(5, kernel_size, padding, demodulate)
    images, styles = normal(3, 6, 7, 4), 1 + normal(3, 4, seed=1)
    outputs = layer(images, styles)
    shape = layer.compute_output_shape(images.shape, styles.shape)
    assert outputs.shape == shape
    layer.magnitude.assign(4.0)
    expected = explicit(
        images, layer.kernel.numpy(), styles, padding, demodulate, gain=0.5
    )
    np.testing.assert_allclose(
        layer(images, styles), expected, rtol=1e-4, atol=1e-5
    )


def test_demodulation_gives_unit_deviation():
    layer = ModulatedConv2D(64, 3, padding=2)
    outputs = layer(normal(2, 32, 32, 64), 5 * normal(2, 64, seed=1))
    inner = outputs[:, 2:-2, 2:-2]
    np.testing.assert_allclose(np.std(inner), 1, rtol=0.02)


def test_magnitude_is_averaged_over_images():
    layer = ModulatedConv2D(2, 1, magnitude_half_life=4)
    images, styles = 3 * tf.ones([4, 5, 5, 2]), tf.ones([4, 2])
    before = layer(images, styles)
    np.testing.assert_allclose(layer.magnitude, 1)
    after = layer(images, styles, training=True)
    np.testing.assert_allclose(layer.magnitude, (1 + 9) / 2)  # A half-life.
    # The new value serves the pass that gave it.
    np.testing.assert_allclose(after, before / np.sqrt(5), rtol=1e-5)
    assert len(layer.trainable_weights) == 1


def test_no_magnitude():
    layer = ModulatedConv2D(2, 1, magnitude_half_life=None)
    images, styles = 3 * tf.ones([4, 5, 5, 2]), tf.ones([4, 2])
    outputs = layer(images, styles, training=True)
    third = layer(images / 3, styles)
    np.testing.assert_allclose(3 * third, outputs, rtol=1e-5)
    assert len(layer.weights) == 1


def test_replicas_average_as_one_does():
    images, styles = normal(4, 5, 5, 2), tf.ones([4, 2])
    one = ModulatedConv2D(2, 1, magnitude_half_life=4)
    one(images, styles, training=True)
    strategy = two_replicas()
    with strategy.scope():
        both = ModulatedConv2D(2, 1, magnitude_half_life=4)
        both.build(images.shape, styles.shape)

    @tf.function
    def run():
        def step():
            context = tf.distribute.get_replica_context()
            start = 2 * context.replica_id_in_sync_group
            both(
                tf.constant(images)[start : start + 2],
                styles[:2],
                training=True,
            )

        strategy.run(step)

    run()
    np.testing.assert_allclose(both.magnitude, one.magnitude, rtol=1e-6)


def test_gradients_and_half_precision():
    layer = ModulatedConv2D(5, 3, 2)
    images, styles = tf.constant(normal(2, 6, 6, 4)), 1 + normal(2, 4, seed=1)
    styles = tf.constant(styles)
    with tf.GradientTape() as tape:
        tape.watch([images, styles])
        outputs = layer(images, styles, training=True)
        value = tf.reduce_sum(outputs**3)
    for gradient in tape.gradient(value, [images, styles, layer.kernel.value]):
        assert np.all(np.isfinite(gradient)) and np.any(gradient != 0)

    half = ModulatedConv2D(5, 3, 2, dtype="mixed_float16")
    half.build(images.shape, styles.shape)
    half.set_weights(layer.get_weights())
    assert half(images, styles).dtype == tf.float16
    np.testing.assert_allclose(half(images, styles), outputs, atol=1e-2)
    # Nothing overflows where inputs are as large as clamping lets them be.
    half.magnitude.assign(256.0**2)
    assert np.all(np.isfinite(half(256 * images, 1e4 * styles)))


def test_config_and_errors():
    layer = ModulatedConv2D(5, 3, 2, False, None, name="convolution")
    assert revived(layer).get_config() == layer.get_config()
    assert isinstance(revived(layer), keras.layers.Layer)
    with pytest.raises(ValueError, match="`filters`"):
        ModulatedConv2D(0, 3)
    with pytest.raises(ValueError, match="padding=-1"):
        ModulatedConv2D(4, 3, padding=-1)
    with pytest.raises(ValueError, match="magnitude_half_life=0"):
        ModulatedConv2D(4, 3, magnitude_half_life=0)
