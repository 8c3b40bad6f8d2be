"""GANs whose networks take labels: those of the data set, or asked for."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models import GAN
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.tiny_gan import LATENT_DIM
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

CLASSES = 3


@keras.saving.register_keras_serializable(package="tests")
class Recorded(keras.layers.Layer):
    """Keeps what it is called with, eagerly."""

    seen = {}

    def call(self, inputs):
        if tf.executing_eagerly():
            type(self).seen.setdefault(self.name, []).append(
                [np.array(each) for each in inputs]
            )
        return inputs


def conditional_generator():
    latents, labels = keras.Input([LATENT_DIM]), keras.Input([CLASSES])
    recorded = Recorded(name="made_of")([latents, labels])
    x = keras.layers.Dense(LATENT_DIM)(keras.layers.Concatenate()(recorded))
    return keras.Model([latents, labels], tiny_generator()(x))


def conditional_discriminator(classes=CLASSES):
    images, labels = keras.Input([SIZE, SIZE, 1]), keras.Input([classes])
    seen, of = Recorded(name="judged")([images, labels])
    logits = keras.layers.Dense(1)(of)
    return keras.Model([images, labels], logits + tiny_discriminator()(seen))


def conditional_gan(**kwargs):
    return GAN(conditional_generator(), conditional_discriminator(), **kwargs)


def compiled(gan, **kwargs):
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), **kwargs)
    return gan


def labelled(count=8):
    """Images whose brightness is their class's."""
    labels = np.arange(count) % CLASSES
    images = np.ones([count, SIZE, SIZE, 1], "float32")
    return images * (labels / CLASSES)[:, None, None, None].astype(
        "float32"
    ), labels


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    gan = compiled(conditional_gan(ema_decay=0.5))
    batches = tf.data.Dataset.from_tensor_slices(labelled()).batch(4)
    gan.fit(batches, verbose=0)
    return gan


@pytest.mark.parametrize("as_dataset", [False, True])
@pytest.mark.parametrize("discriminator_steps", [1, 2])
def test_labels_stay_with_their_images(as_dataset, discriminator_steps):
    gan = conditional_gan(discriminator_steps=discriminator_steps)
    compiled(gan, run_eagerly=True)
    Recorded.seen.clear()
    images, labels = labelled(8)
    if as_dataset:
        images = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
        gan.fit(images, verbose=0)
    else:
        gan.fit(images, labels, batch_size=4, verbose=0)
    judged, made_of = Recorded.seen["judged"], Recorded.seen["made_of"]
    # Each step: the discriminator's, then the last one of the generator.
    steps, each = 2 // discriminator_steps, 2 * discriminator_steps + 1
    assert len(judged) == steps * each
    reals = [i * each + 2 * j for i in range(steps) for j in range(each // 2)]
    classes = []
    for i in reals:
        (real, of), (_, of_fakes) = judged[i], judged[i + 1]
        np.testing.assert_allclose(
            real[:, 0, 0, 0], np.argmax(of, axis=1) / CLASSES, atol=1e-6
        )
        np.testing.assert_array_equal(of_fakes, of)
        assert any(np.array_equal(of, label) for _, label in made_of)
        classes += list(np.argmax(of, axis=1))
    assert sorted(classes) == sorted(labels)


def test_samples_are_of_the_classes_asked_for(trained):
    latents = tf.random.stateless_normal([4, LATENT_DIM], [7, 0])
    generator = trained.generator_ema
    for labels, one_hot in (
        (2, np.eye(CLASSES)[[2] * 4]),
        ([0, 1, 2, 1], np.eye(CLASSES)[[0, 1, 2, 1]]),
    ):
        np.testing.assert_allclose(
            trained.sample(4, seed=7, labels=labels),
            generator([latents, tf.constant(one_hot, tf.float32)]),
            atol=1e-6,
        )
    np.testing.assert_allclose(
        trained.sample(4, seed=7, labels=[0, 1, 2, 1], batch_size=3),
        trained.sample(4, seed=7, labels=[0, 1, 2, 1]),
        atol=1e-6,
    )


def test_samples_without_labels_are_of_all_classes(trained):
    images = trained.sample(60, seed=3)
    np.testing.assert_array_equal(images, trained.sample(60, seed=3))
    counts = np.zeros(CLASSES)
    for label in range(CLASSES):
        same = trained.sample(60, seed=3, labels=label)
        counts[label] = np.sum(
            np.all(np.abs(same - images) < 1e-5, axis=(1, 2, 3))
        )
    assert counts.sum() == 60 and np.all(counts > 8)


def test_it_is_saved_evaluated_and_exported(trained, tmp_path):
    again = saved_and_loaded(trained)
    assert again.num_classes == CLASSES
    np.testing.assert_array_equal(
        again.sample(3, labels=1), trained.sample(3, labels=1)
    )
    images, labels = labelled()
    measured = trained.evaluate(images, labels, return_dict=True, verbose=0)
    assert np.all(np.isfinite(list(measured.values())))
    trained.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    latents = tf.random.stateless_normal([3, LATENT_DIM], [5, 0])
    np.testing.assert_allclose(
        exported.serve(latents, np.eye(CLASSES, dtype="float32")),
        trained.sample(3, seed=5, labels=[0, 1, 2]),
        atol=1e-6,
    )
    np.testing.assert_allclose(
        exported.sample(5, 3), 127.5 * (trained.sample(5, seed=3) + 1), atol=0.6
    )


def test_two_replicas_equal_one():
    gan = compiled(conditional_gan(gradient_penalty="wgan_gp"))
    with two_replicas().scope():
        mirrored = compiled(GAN.from_config(gan.get_config()))
    mirrored.set_weights(gan.get_weights())
    batches = tf.data.Dataset.from_tensor_slices(labelled(16))
    batches = batches.batch(8, drop_remainder=True)
    for model in (gan, mirrored):
        model.fit(batches, verbose=0)
    for mine, others in zip(gan.weights, mirrored.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=1e-4, atol=1e-5, err_msg=mine.path
        )


@pytest.mark.parametrize("labels", [-1, CLASSES, 1.0, [0, 1, 2], "a"])
def test_labels_that_are_none(labels, trained):
    with pytest.raises(ValueError, match="integer from 0 to 2, or 4 of them"):
        trained.sample(4, labels=labels)


def test_labels_of_a_gan_without_classes():
    gan = GAN(tiny_generator(), tiny_discriminator())
    with pytest.raises(ValueError, match="Expected no labels"):
        gan.sample(4, labels=0)


@pytest.mark.parametrize(
    "labels, message",
    [
        (None, "Received: no labels"),
        (np.arange(8), r"Received: int64 \(8,\) of values \[0 1 2 3"),
        (np.full(8, -1), r"values \[-1\] for 8 images"),
        (np.full(8, 0.5), r"float64 \(8,\)"),
        (np.zeros(7, int), r"\(7,\) of values \[0\] for 8 images"),
    ],
)
def test_labels_that_do_not_fit(labels, message, trained):
    images = uniform(8, SIZE, SIZE, 1)
    for use in (trained.fit, trained.evaluate):
        with pytest.raises(ValueError, match=message):
            use(images, labels, verbose=0)


@pytest.mark.parametrize("wrong", [CLASSES, -1])
@pytest.mark.parametrize("discriminator_steps", [1, 2])
def test_a_label_of_a_later_batch_that_does_not_fit(wrong, discriminator_steps):
    images, labels = labelled()
    labels[-1] = wrong
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(2)
    gan = compiled(conditional_gan(discriminator_steps=discriminator_steps))
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="integer from 0 to 2 for each"
    ):
        gan.fit(batches, verbose=0)


def test_a_data_set_without_labels(trained):
    batches = tf.data.Dataset.from_tensor_slices(uniform(8, SIZE, SIZE, 1))
    with pytest.raises(ValueError, match="integer from 0 to 2 for each image"):
        trained.fit(batches.batch(4))


@pytest.mark.parametrize(
    "networks, message",
    [
        (
            lambda: (conditional_generator(), tiny_discriminator()),
            "3 classes of the generator and None",
        ),
        (
            lambda: (conditional_generator(), conditional_discriminator(2)),
            "3 classes of the generator and 2",
        ),
    ],
)
def test_networks_of_other_classes(networks, message):
    with pytest.raises(ValueError, match=message):
        GAN(*networks())
