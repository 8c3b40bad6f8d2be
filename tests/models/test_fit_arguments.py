"""What `fit` and `evaluate` are given: taken as meant, or refused in a line."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models import GAN
from specgan.models.fit_arguments import batches_of_images
from specgan.models.fit_arguments import images_and_labels
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator
from zoo import LSGAN
from zoo import AutoEncoder

IMAGES = uniform(8, SIZE, SIZE, 1)
LABELS = np.arange(8) % 3


def gan_of(steps=1, **arguments):
    keras.utils.set_random_seed(0)
    gan = GAN(
        tiny_generator(),
        tiny_discriminator(),
        discriminator_steps=steps,
        **arguments,
    )
    gan.compile("sgd", "sgd", run_eagerly=True)
    return gan


def autoencoder():
    keras.utils.set_random_seed(0)
    model = AutoEncoder(SIZE, 1, width=2)
    model.compile("sgd", run_eagerly=True)
    return model


MODELS = {
    "gan": gan_of,
    "steps": lambda: gan_of(2),
    "autoencoder": autoencoder,
}


def conditional():
    keras.utils.set_random_seed(0)
    gan = LSGAN(16, 1, width=2, latent_dim=4, num_classes=3)
    gan.compile("sgd", "sgd", run_eagerly=True)
    return gan


def fit(model, *data, **arguments):
    return model.fit(
        *data, **{"shuffle": False, "verbose": 0, **arguments}
    ).history


def dataset(*parts):
    parts = parts[0] if len(parts) == 1 else parts
    return tf.data.Dataset.from_tensor_slices(parts).batch(2)


def assert_equally_trained(one, other):
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(
            theirs, mine, rtol=1e-5, atol=1e-6, err_msg=mine.path
        )


# === Weights of images ===

WEIGHTED = {
    "sample_weight": (
        (IMAGES, None),
        {"sample_weight": np.ones(8)},
        "Received: sample_weight",
    ),
    "class_weight": (
        (IMAGES, LABELS),
        {"class_weight": {0: 1.0, 1: 2.0, 2: 3.0}},
        "Received: class_weight",
    ),
    "data set": (
        (dataset(IMAGES, LABELS, np.ones(8)),),
        {},
        "Received: a third part, the weights, in x",
    ),
    "validation": (
        (IMAGES,),
        {"validation_data": (IMAGES, LABELS, np.ones(8))},
        "Received: a third part, the weights, in validation_data",
    ),
}


@pytest.mark.parametrize("kind", WEIGHTED)
@pytest.mark.parametrize("name", MODELS)
def test_weights_of_images_are_refused(name, kind):
    data, arguments, message = WEIGHTED[kind]
    with pytest.raises(ValueError, match=message) as error:
        fit(MODELS[name](), *data, batch_size=2, **arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", MODELS)
def test_evaluate_refuses_weights(name):
    model = MODELS[name]()
    with pytest.raises(ValueError, match="sample_weight"):
        model.evaluate(IMAGES, sample_weight=np.ones(8), verbose=0)
    with pytest.raises(ValueError, match="in x"):
        model.evaluate(dataset(IMAGES, LABELS, np.ones(8)), verbose=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_single_batch_refuses_weights(name):
    for method in ("train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match="sample_weight or class_weight"):
            getattr(MODELS[name](), method)(IMAGES, sample_weight=np.ones(8))


# === TerminateOnNaN ===


@pytest.mark.parametrize("as_list", [False, True])
def test_terminate_on_nan_is_refused_for_a_gan(as_list):
    callback = keras.callbacks.TerminateOnNaN()
    with pytest.raises(ValueError, match=r"DivergenceGuard\(rollbacks=0\)"):
        fit(gan_of(), IMAGES, callbacks=[callback] if as_list else callback)


def test_terminate_on_nan_stops_an_autoencoder():
    model = autoencoder()
    model.network.trainable_variables[0].assign_add(
        tf.fill(model.network.trainable_variables[0].shape, np.nan)
    )
    history = fit(
        model,
        IMAGES,
        epochs=3,
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    assert len(history["loss"]) == 1


# === A part for validation ===


@pytest.mark.parametrize("name", MODELS)
def test_a_part_is_for_validation(name):
    """The last ones, with which nothing is trained."""
    model, other = MODELS[name](), MODELS[name]()
    measured = fit(model, IMAGES, batch_size=2, validation_split=0.25)
    expected = fit(other, IMAGES[:6], batch_size=2, validation_data=IMAGES[6:])
    assert measured.keys() == expected.keys()
    assert any(key.startswith("val_") for key in measured)
    for key, values in expected.items():
        np.testing.assert_allclose(measured[key], values, rtol=1e-5)
    assert_equally_trained(model, other)


@pytest.mark.parametrize("steps", [1, 2])
def test_validation_has_batches_of_the_same_size(steps, monkeypatch):
    sizes = []
    step = GAN.test_step

    def recorded(self, data):
        sizes.append(len(data[0] if isinstance(data, tuple) else data))
        return step(self, data)

    monkeypatch.setattr(GAN, "test_step", recorded)
    fit(gan_of(steps), IMAGES, batch_size=2, validation_split=0.5)
    assert sizes == [2, 2]


def test_labels_are_split_with_their_images():
    images = uniform(8, 16, 16, 1)
    gan, other = conditional(), conditional()
    measured = fit(gan, images, LABELS, batch_size=2, validation_split=0.25)
    expected = fit(
        other,
        images[:6],
        LABELS[:6],
        batch_size=2,
        validation_data=(images[6:], LABELS[6:]),
    )
    assert measured == expected


@pytest.mark.parametrize("share", [1.0, -0.1, 0.99, "half"])
@pytest.mark.parametrize("name", MODELS)
def test_parts_that_cannot_be(name, share):
    with pytest.raises(ValueError, match=f"validation_split={share!r}"):
        fit(MODELS[name](), IMAGES, batch_size=2, validation_split=share)


# === Dictionaries ===


@pytest.mark.parametrize("name", MODELS)
def test_dictionaries_of_images(name):
    model, other = MODELS[name](), MODELS[name]()
    fit(model, dataset(IMAGES), validation_data=dataset(IMAGES))
    batches = dataset({"image": IMAGES, "label": LABELS, "id": LABELS})
    fit(other, batches, validation_data=batches)
    assert_equally_trained(model, other)
    np.testing.assert_allclose(
        list(model.evaluate(batches, return_dict=True, verbose=0).values()),
        list(
            other.evaluate(
                dataset(IMAGES), return_dict=True, verbose=0
            ).values()
        ),
        rtol=1e-5,
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_single_batch_may_be_a_dictionary(name):
    model, other = MODELS[name](), MODELS[name]()
    batch = {"image": IMAGES, "label": LABELS}
    for method in ("train_on_batch", "test_on_batch"):
        np.testing.assert_array_equal(
            getattr(model, method)(batch), getattr(other, method)(IMAGES)
        )
    assert_equally_trained(model, other)
    with pytest.raises(ValueError, match=r"one of \['picture'\]"):
        model.train_on_batch({"picture": IMAGES})


def test_dictionaries_adapt_the_target():
    gan = gan_of(spectral_loss="decibel")
    gan.adapt(IMAGES)
    expected = gan.spectral_loss.target.numpy()
    for images in ({"image": IMAGES}, dataset({"image": IMAGES})):
        gan.adapt(images)
        np.testing.assert_allclose(gan.spectral_loss.target, expected)


@pytest.mark.parametrize("as_dataset", [False, True])
def test_dictionaries_have_the_labels_of_classes(as_dataset):
    images = uniform(8, 16, 16, 1)
    gan, other = conditional(), conditional()
    parts = {"image": images, "label": LABELS}
    if as_dataset:
        fit(gan, dataset(parts))
    else:
        fit(gan, parts, batch_size=2)
    fit(other, images, LABELS, batch_size=2)
    assert_equally_trained(gan, other)
    with pytest.raises(ValueError, match="Received: no labels"):
        fit(gan, dataset({"image": images}))


def test_dictionaries_without_images():
    for data in ({"picture": IMAGES}, dataset({"picture": IMAGES})):
        for call in (
            lambda data: fit(gan_of(), data),
            lambda data: gan_of().evaluate(data, verbose=0),
            lambda data: gan_of().adapt(data),
        ):
            with pytest.raises(ValueError, match=r"one of \['picture'\]"):
                call(data)


def test_everything_else_stays_as_it_is():
    batches = dataset(IMAGES, LABELS)
    assert images_and_labels(batches) == (batches, None)
    images, labels = images_and_labels(IMAGES, LABELS)
    assert images is IMAGES and labels is LABELS
    # Labels beside a dictionary are those that are meant.
    batches, _ = images_and_labels(
        dataset({"image": IMAGES, "label": LABELS}, LABELS + 5)
    )
    np.testing.assert_array_equal(next(iter(batches))[1], [5, 6])


@pytest.mark.parametrize(
    "data",
    [
        IMAGES,
        {"image": IMAGES, "label": LABELS},
        tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(5),
        tf.data.Dataset.from_tensor_slices({"image": IMAGES}).batch(5),
    ],
    ids=["array", "dictionary", "pairs", "dictionaries"],
)
def test_batches_of_images_alone(data):
    batches = list(batches_of_images(data, batch_size=5))
    assert [len(batch) for batch in batches[:-1]] == [5] * (len(batches) - 1)
    np.testing.assert_array_equal(np.concatenate(batches), IMAGES)
