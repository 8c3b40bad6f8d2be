import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.losses.gradient_penalty import ZeroCenteredGradientPenalty
from specgan.models import GAN
from specgan.models.adaptive_augmentation import AdaptiveAugmentation
from specgan.models.blur_warm_up import BlurWarmUp
from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.tiny_gan import SIZE
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

BATCH = 4


def test_probability_follows_the_signs_of_the_logits():
    augmentation = AdaptiveAugmentation(target=0.3, images=40, interval=2)
    logits = uniform(30, BATCH, 1) + 0.4
    logits[20:] -= 0.7
    probability, signs, course = 0.0, [], []
    for step in range(30):
        augmentation.update(tf.constant(logits[step]), step)
        signs.append(np.mean(np.sign(logits[step])))
        if step % 2 == 1:
            change = np.sign(np.mean(signs) - 0.3) * BATCH * 2 / 40
            probability = np.clip(probability + change, 0, 1)
            signs = []
        course.append(probability)
        np.testing.assert_allclose(
            augmentation.probability, probability, atol=1e-6
        )
        assert augmentation.logs()["augmentation"] == augmentation.probability
    assert max(course) > 0.5 and course[-1] < max(course)


@pytest.mark.parametrize("sign, limit", [(1.0, 1.0), (-1.0, 0.0)])
def test_probability_has_limits(sign, limit):
    augmentation = AdaptiveAugmentation(images=8, interval=1)
    augmentation.probability.assign(0.6)
    for step in range(5):
        augmentation.update(tf.fill([BATCH, 1], sign), step)
    assert augmentation.probability.numpy() == limit


def test_images_are_altered_with_the_probability():
    images = uniform(400, 16, 16, 3)
    augmentation = AdaptiveAugmentation()
    np.testing.assert_array_equal(
        augmentation(images, rng=StatelessRNG(0, 0)), images
    )
    augmentation.probability.assign(0.05)
    altered = augmentation(images, rng=StatelessRNG(0, 0)).numpy()
    # Inside, as borders are not exact; of 14 alterations two at half of 0.05,
    # and flip, turn and shift that may happen to change nothing.
    same = np.abs(altered - images)[:, 4:-4, 4:-4].max(axis=(1, 2, 3)) < 1e-4
    np.testing.assert_allclose(np.mean(same), 0.95**12, atol=0.08)
    np.testing.assert_array_equal(
        augmentation(images, rng=StatelessRNG(0, 0)), altered
    )
    assert np.any(augmentation(images, rng=StatelessRNG(0, 1)) != altered)


def augmented_gan():
    """Whose probability moves in every step."""
    augmentation = AdaptiveAugmentation(target=-0.99, images=40, interval=1)
    return GAN(
        tiny_generator(),
        tiny_discriminator(),
        gradient_penalty=ZeroCenteredGradientPenalty(1.0, interval=2),
        augmentations=[augmentation],
    )


def compiled(gan, **kwargs):
    gan.compile(
        keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), **kwargs
    )
    return gan


def batches(steps):
    images = uniform(steps * BATCH, SIZE, SIZE, 1)
    images = tf.data.Dataset.from_tensor_slices(images)
    return images.batch(BATCH, drop_remainder=True)


@pytest.fixture(scope="module")
def trained():
    """(GAN, its first weights, those after three steps, the logs)"""
    keras.utils.set_random_seed(0)
    gan = augmented_gan()
    first = gan.get_weights()
    history = compiled(gan).fit(batches(3), verbose=0).history
    return gan, first, gan.get_weights(), history


def test_it_is_trained_with_and_logged(trained):
    gan, _, _, history = trained
    np.testing.assert_allclose(history["augmentation"], 0.3, rtol=1e-5)
    probability = gan.augmentations[0].probability.numpy()
    measured = gan.evaluate(batches(3), return_dict=True, verbose=0)
    assert measured["augmentation"] == probability
    assert gan.augmentations[0].probability.numpy() == probability


@pytest.mark.slow
def test_training_resumes_exactly(trained):
    gan, _, _, _ = trained
    resumed = saved_and_loaded(gan)
    for model in (gan, resumed):
        model.fit(batches(2), verbose=0)
    np.testing.assert_allclose(gan.augmentations[0].probability, 0.5, rtol=1e-5)
    for mine, theirs in zip(gan.variables, resumed.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=mine.path)


@pytest.mark.slow
def test_two_replicas_equal_one(trained):
    gan, first, last, history = trained
    with two_replicas().scope():
        mirrored = compiled(GAN.from_config(gan.get_config()))
    mirrored.set_weights(first)
    measured = mirrored.fit(batches(3), verbose=0).history
    for name, values in history.items():
        np.testing.assert_allclose(
            measured[name], values, rtol=1e-4, atol=1e-5, err_msg=name
        )
    for mine, others in zip(last, mirrored.weights, strict=True):
        np.testing.assert_allclose(
            mine, others, rtol=1e-4, atol=1e-5, err_msg=others.path
        )


@pytest.mark.slow
def test_xla_compiles_the_whole_step(trained):
    """As Keras has it do on a GPU; it has no second gradient of a branch."""
    gan = GAN.from_config(trained[0].get_config())
    gan.augmentations.append(BlurWarmUp(steps=10))
    compiled(gan, jit_compile=True)
    gan.augmentations[0].probability.assign(0.5)
    logs = gan.fit(batches(1), verbose=0).history
    assert np.all(np.isfinite(list(logs.values())))
    assert logs["gradient_penalty"][0] > 0


def test_configuration():
    config = {"target": 0.5, "images": 100, "interval": 2}
    augmentation = revived(AdaptiveAugmentation(**config))
    assert augmentation.get_config().items() >= config.items()
    assert AdaptiveAugmentation().get_config().items() >= {
        "target": 0.6, "images": 500_000, "interval": 4
    }.items()  # fmt: skip


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"target": 1.0}, "target=1.0"),
        ({"images": 0}, "images=0"),
        ({"interval": 2.5}, "interval=2.5"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=f"Received: {message}"):
        AdaptiveAugmentation(**arguments)
