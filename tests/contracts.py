"""Uniform contracts: what every layer, spectral loss and GAN must hold to."""

import functools
import json
import pathlib
import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses import spectral
from specgan.models import GAN
from specgan.signal import to_uint8


def uniform(*shape, seed=0):
    """Float32 images in [-1, 1]."""
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, shape).astype(np.float32)


@functools.cache
def two_replicas():
    """A MirroredStrategy on two logical CPU devices.

    One for the whole process: the collective operations of a second one would
    meet those of the first under the same keys.
    """
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def revived(thing):
    """The same, through the JSON of its configuration."""
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    return keras.saving.deserialize_keras_object(config)


def saved_and_loaded(model):
    """The same, through a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        return keras.models.load_model(path)


def run_layer_test(
    layer_class,
    init_kwargs,
    input_shape,
    expected_output_shape,
    expected_num_weights=None,
    half_tolerance=2e-2,
):
    """Configuration, shapes, Functional model, file, mixed precision, gradient.

    Args:
        layer_class: The `keras.layers.Layer`.
        init_kwargs: Arguments of its constructor.
        input_shape: Shape of its input with the batch.
        expected_output_shape: Shape of its output with the batch.
        expected_num_weights: Number of trainable weight tensors; None skips
            the check.
        half_tolerance: Largest difference, relative to the largest output,
            that the mixed_float16 policy may make.
    """
    inputs = uniform(*input_shape)
    layer = layer_class(**init_kwargs)

    again = revived(layer)
    assert type(again) is layer_class
    assert again.get_config() == layer.get_config()

    outputs = layer(inputs)
    assert tuple(outputs.shape) == tuple(expected_output_shape)
    computed = layer.compute_output_shape(input_shape)
    assert tuple(computed) == tuple(expected_output_shape)
    if expected_num_weights is not None:
        assert len(layer.trainable_weights) == expected_num_weights

    symbolic = keras.Input(input_shape[1:])
    model = keras.Model(symbolic, layer(symbolic))
    assert model.output_shape == (None, *expected_output_shape[1:])
    reference = model(inputs)
    np.testing.assert_allclose(reference, outputs, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(saved_and_loaded(model)(inputs), reference)

    half = layer_class(**init_kwargs, dtype="mixed_float16")
    half.build(input_shape)
    half.set_weights(layer.get_weights())
    half_outputs = tf.cast(half(inputs), tf.float32)
    scale = float(tf.reduce_max(tf.abs(outputs)))
    np.testing.assert_allclose(
        half_outputs, outputs, rtol=0, atol=half_tolerance * scale
    )

    images = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(tf.square(layer(images)))
    gradients = tape.gradient(value, [images, *layer.trainable_weights])
    for gradient in gradients:
        assert np.all(np.isfinite(gradient))
        assert np.any(gradient != 0)


def run_spectral_loss_test(loss_class, init_kwargs=None):
    """Configuration, `adapt`, its errors, float32, and what it returns."""
    init_kwargs = init_kwargs or {}
    reals, fakes = uniform(6, 16, 16, 3), uniform(6, 16, 16, 3, seed=1) / 2
    loss = loss_class(**init_kwargs)
    assert revived(loss).get_config() == loss.get_config()
    assert {"weight", *init_kwargs} <= loss.get_config().keys()
    assert not loss.adapted

    with pytest.raises(ValueError, match="at least one real image"):
        loss.adapt([])
    loss.adapt([reals[:4], reals[4:]])
    assert loss.adapted
    assert int(loss.target_count.numpy()) == 6
    assert loss.trainable_weights == []
    np.testing.assert_allclose(
        loss.target, np.mean(loss.profile(reals), axis=0), rtol=1e-5
    )

    distance = loss(fakes, reals)
    assert distance.shape == () and distance.dtype == tf.float32
    assert np.isfinite(distance) and distance > 0
    assert loss(tf.cast(fakes, tf.float16), reals).dtype == tf.float32
    traced = tf.function(loss)(tf.constant(fakes), tf.constant(reals))
    np.testing.assert_allclose(traced, distance, rtol=1e-5)

    with pytest.raises(ValueError, match="one image shape.*each GAN"):
        loss.adapt([uniform(2, 20, 20, 3)])
    none = loss_class(**{**init_kwargs, "weight": 0.0})
    assert none.penalty(distance, 5.0) == 0
    twice = loss_class(**{**init_kwargs, "weight": 2 * loss.weight})
    np.testing.assert_allclose(
        twice.penalty(distance, 5.0), 2 * loss.penalty(distance, 5.0)
    )
    for weight in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="weight of at least 0"):
            loss_class(**{**init_kwargs, "weight": weight})


def run_gan_test(gan_class, channels=1, **arguments):
    """A class of the zoo at 16 px: everything that a user does with it."""
    gan = gan_class(
        image_size=16, channels=channels, width=4, latent_dim=8, **arguments
    )
    config = gan.get_config()
    for argument, value in arguments.items():
        # The name of today's default, not True, whose meaning may change.
        is_default = argument == "spectral_regularization" and value is True
        assert config[argument] == (spectral.DEFAULT if is_default else value)
    assert type(gan).train_step is GAN.train_step
    for value in gan.get_config().values():
        assert value is None or isinstance(value, (bool, int, float, str))

    batches = _images_of(gan, 12).batch(4)
    gan.adapt(batches)
    gan.compile()
    _check_training(gan, batches)
    _check_sampling(gan)
    _check_reloading(gan, batches)
    _check_export(gan)


def _images_of(gan, count):
    """So many images of each step of the discriminator, with their labels."""
    count *= gan.discriminator_steps
    images = uniform(count, *gan.image_shape)
    if gan.num_classes is not None:
        images = images, np.arange(count) % gan.num_classes
    return tf.data.Dataset.from_tensor_slices(images)


def _check_training(gan, batches):
    networks = [gan.generator, gan.discriminator]
    before = [network.get_weights() for network in networks]
    logs = gan.fit(batches, epochs=1, verbose=0).history
    assert int(gan.g_optimizer.iterations.numpy()) == 3
    assert int(gan.d_optimizer.iterations.numpy()) == (
        3 * gan.discriminator_steps
    )
    for network, old in zip(networks, before, strict=True):
        for variable, value in zip(network.weights, old, strict=True):
            if variable.name == "kernel":  # A critic's last bias is idle.
                assert np.any(variable.numpy() != value), variable.path
    expected = {"d_loss", "g_loss", "d_real", "d_fake"}
    if gan.spectral_loss is not None:
        expected.add("spectral_loss")
    if gan.augmentations:
        expected.add("augmentation")
    assert logs.keys() == expected
    assert np.all(np.isfinite(list(logs.values())))
    evaluated = gan.evaluate(batches, return_dict=True, verbose=0)
    assert evaluated.keys() == expected
    assert np.all(np.isfinite(list(evaluated.values())))


def _check_sampling(gan):
    images = gan.sample(5, seed=3)
    assert images.dtype == np.float32 and images.shape == (5, *gan.image_shape)
    assert np.all(np.abs(images) <= 1)
    np.testing.assert_array_equal(gan.sample(5, seed=3), images)
    np.testing.assert_allclose(
        gan.sample(5, seed=3, batch_size=2), images, atol=1e-6
    )
    assert np.any(gan.sample(5, seed=4) != images)
    for num in (0, -1):
        with pytest.raises(ValueError, match=f"Received: num={num}"):
            gan.sample(num)


def _check_reloading(gan, batches):
    again = saved_and_loaded(gan)
    assert type(again) is type(gan) and again.compiled
    for name in ("g_optimizer", "d_optimizer"):
        mine, others = getattr(gan, name), getattr(again, name)
        assert others.get_config() == mine.get_config()
        assert len(others.variables) == len(mine.variables)
        for variable, other in zip(
            mine.variables, others.variables, strict=True
        ):
            np.testing.assert_array_equal(other, variable, variable.path)
    np.testing.assert_array_equal(again.sample(4), gan.sample(4))
    for model in (gan, again):
        model.fit(batches.take(gan.discriminator_steps), verbose=0)
    for variable, other in zip(gan.weights, again.weights, strict=True):
        np.testing.assert_allclose(
            other, variable, rtol=1e-5, atol=1e-6, err_msg=variable.path
        )


def _check_export(gan):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "exported"
        gan.export(path)
        exported = tf.saved_model.load(path)
        pictures = exported.sample(5, 3)
        assert pictures.dtype == tf.uint8
        np.testing.assert_array_equal(pictures, to_uint8(gan.sample(5, seed=3)))
        inputs = [tf.zeros([2, gan.latent_dim])]
        if gan.num_classes is not None:
            inputs.append(tf.one_hot([0, 1], gan.num_classes))
        served = exported.serve(*inputs)
        assert served.shape == (2, *gan.image_shape)
        assert served.dtype == tf.float32
        spectrum = exported.spectrum(pictures)
        np.testing.assert_allclose(spectrum["frequencies"], np.arange(9) / 16)
        assert spectrum["decibels"].shape == (5, 9)
        with pytest.raises(ValueError, match="exists already"):
            gan.export(path)


def run_gan_replicas_test(gan_class, channels=1, **arguments):
    """Two replicas measure and train as one does on the joint batch."""
    gan = gan_class(
        image_size=16, channels=channels, width=4, latent_dim=8, **arguments
    )
    gan.adapt(_images_of(gan, 12).batch(4))
    batches = _images_of(gan, 8).batch(8, drop_remainder=True)

    def compiled_copy():
        copy = type(gan).from_config(gan.get_config())
        copy.compile(keras.optimizers.SGD(1e-2), keras.optimizers.SGD(1e-2))
        copy.set_weights(gan.get_weights())
        return copy

    one = compiled_copy()
    with two_replicas().scope():
        both = compiled_copy()
    expected = one.evaluate(batches, return_dict=True, verbose=0)
    measured = both.evaluate(batches, return_dict=True, verbose=0)
    for name, value in expected.items():
        np.testing.assert_allclose(
            measured[name], value, rtol=1e-4, atol=1e-5, err_msg=name
        )
    one.fit(batches, verbose=0)
    both.fit(batches, verbose=0)
    for mine, others in zip(one.weights, both.weights, strict=True):
        np.testing.assert_allclose(
            others, mine, rtol=1e-3, atol=1e-5, err_msg=mine.path
        )
