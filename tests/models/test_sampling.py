"""Latent values: cut off, walked through, and found again from images."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from specgan.models.sampling import latent_walk
from specgan.models.sampling import sample_latents
from specgan.models.sampling import truncated
from specgan.signal import to_uint8
from tests.slow_cases import quick_first
from zoo import LSGAN
from zoo import VAE
from zoo import AliasFreeGAN

SMALL = {"image_size": 16, "width": 2, "latent_dim": 4}


def lively(**arguments):
    """A GAN whose images differ: larger weights than at its beginning."""
    keras.utils.set_random_seed(0)
    gan = LSGAN(**SMALL, **arguments)
    for weights in gan.generator.trainable_weights:
        weights.assign(keras.random.normal(weights.shape, stddev=0.5))
    return gan


@pytest.fixture(scope="module")
def gan():
    return lively()


@pytest.fixture(scope="module")
def conditional():
    return lively(num_classes=3)


# === Truncation ===


@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.5])
def test_truncated_values_are_of_the_truncated_normal(threshold):
    latents = sample_latents(200, 1, 100)
    values = truncated(latents, threshold).numpy()
    assert np.max(np.abs(values)) <= threshold
    expected = stats.truncnorm(-threshold, threshold)
    assert stats.kstest(values.ravel(), expected.cdf).pvalue > 0.01
    # In the order of the latents, up to rounding in the tails.
    order = np.argsort(latents.numpy().ravel())
    assert np.all(np.diff(values.ravel()[order]) > -1e-5)


def test_a_distant_threshold_changes_nothing():
    latents = sample_latents(10, 1, 100)
    np.testing.assert_allclose(truncated(latents, 10), latents, atol=0.01)
    assert truncated(latents, None) is latents


def test_samples_are_truncated(gan, conditional):
    for model in (gan, conditional, VAE(**SMALL)):
        plain = model.sample(6, seed=1)
        some = model.sample(6, seed=1, truncation=0.5)
        assert np.any(plain != some)
        # Little is left to vary.
        least = model.sample(
            6,
            seed=1,
            truncation=1e-6,
            **({"labels": 0} if model is conditional else {}),
        )
        np.testing.assert_allclose(least, least[:1].repeat(6, 0), atol=1e-3)
        for truncation in (0, -1.0, "much"):
            with pytest.raises(ValueError, match="positive number"):
                model.sample(2, truncation=truncation)


# === Given latents ===


def test_images_of_given_latents(gan, conditional):
    latents = sample_latents(5, 3, 4)
    np.testing.assert_allclose(
        gan.generate(latents, batch_size=2), gan.sample(5, seed=3), atol=1e-6
    )
    labels = [0, 1, 2, 1, 0]
    np.testing.assert_allclose(
        conditional.generate(latents, labels),
        conditional.sample(5, seed=3, labels=labels),
        atol=1e-6,
    )


def test_latents_that_make_no_images(gan, conditional):
    for latents in (np.zeros([2, 5]), np.zeros(4), np.zeros([0, 4])):
        with pytest.raises(ValueError, match=r"shape \(num, 4\)"):
            gan.generate(latents)
    with pytest.raises(ValueError, match="not finite"):
        gan.generate(np.full([1, 4], np.nan))
    with pytest.raises(ValueError, match="from 0 to 2"):
        conditional.generate(np.zeros([2, 4]))
    with pytest.raises(ValueError, match="The model has no classes"):
        gan.generate(np.zeros([2, 4]), labels=0)


def test_truncation_of_styles():
    gan = AliasFreeGAN(
        16, channel_base=64, channel_max=4, num_layers=3, latent_dim=4
    )
    latents = sample_latents(3, 5, 4)
    for truncation in (None, 0.5):
        expected = gan.sample(3, seed=5, truncation=truncation)
        np.testing.assert_allclose(
            gan.generate(latents, truncation=truncation), expected, atol=1e-6
        )


# === Seeds ===


@pytest.mark.parametrize(
    "seed",
    quick_first(
        -(2**40) - 1, 2**31, -7, -(2**31), -1, 2**31 - 1, 2**32 + 5
    ),  # fmt: skip
)
def test_exported_models_sample_the_same(gan, conditional, seed, tmp_path):
    for name, model in {"plain": gan, "classes": conditional}.items():
        model.export(tmp_path / name)
        exported = tf.saved_model.load(tmp_path / name)
        np.testing.assert_array_equal(
            exported.sample(3, seed), to_uint8(model.sample(3, seed))
        )


def test_seeds_are_taken_modulo_2_to_the_32():
    """As TensorFlow takes an integer for the int32 of an exported model."""
    for seed in (-7, -(2**70) + 5, 2**31, 2**63):
        np.testing.assert_array_equal(
            sample_latents(2, seed, 3), sample_latents(2, seed + 2**32, 3)
        )
    assert np.any(sample_latents(2, -7, 3) != sample_latents(2, 7, 3))
    np.testing.assert_array_equal(
        sample_latents(2, tf.constant(-7), 3), sample_latents(2, -7, 3)
    )
    np.testing.assert_array_equal(
        sample_latents(2, 5, 3), tf.random.stateless_normal([2, 3], [5, 0])
    )


# === Walks ===


def test_a_walk_passes_its_points_at_equal_angles():
    points = np.random.default_rng(0).normal(size=[3, 50])
    walk = latent_walk(points, 4)
    assert walk.shape == (12, 50) and walk.dtype == np.float32
    np.testing.assert_allclose(walk[::4], points, atol=1e-6)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    angle = np.arccos(units[0] @ units[1])
    first = walk[:5] / np.linalg.norm(walk[:5], axis=1, keepdims=True)
    # Points of different lengths: the angles are nearly equal.
    steps = np.arccos(np.sum(first[:-1] * first[1:], axis=1))
    np.testing.assert_allclose(steps, angle / 4, rtol=0.1)
    # The length stays that of normal values: no less than the shorter one.
    lengths = np.linalg.norm(walk, axis=1)
    assert np.all(lengths > 0.95 * np.linalg.norm(points, axis=1).min())


def test_a_walk_of_one_point_stands_still():
    np.testing.assert_allclose(latent_walk(np.ones([1, 3]), 5), 1)
    with pytest.raises(ValueError, match="frames=0"):
        latent_walk(np.ones([1, 3]), 0)


# === Projection ===


@pytest.mark.parametrize("labels", [None, [2, 0]])
def test_own_images_are_found(gan, conditional, labels):
    model = gan if labels is None else conditional
    images = model.generate(sample_latents(2, 8, 4), labels)
    found = model.project(images, labels, steps=60, candidates=40)
    assert found.latents.shape == (2, 4) and found.images.shape == images.shape
    np.testing.assert_allclose(
        found.distance,
        np.mean(np.square(found.images - images), axis=(1, 2, 3)),
    )
    # As near as a hundredth of the distance of different images.
    others = np.mean(np.square(images[0] - images[1]))
    assert np.all(found.distance < 0.01 * others)
    np.testing.assert_allclose(
        model.generate(found.latents, labels), found.images, atol=1e-5
    )


@pytest.mark.parametrize(
    "shape, options, message",
    [
        ((1, 8, 8, 3), {}, "shape .batch, 16, 16, 3."),
        ((1, 16, 16, 3), {"steps": 0}, "steps=0"),
        ((1, 16, 16, 3), {"candidates": 0}, "candidates=0"),
        ((1, 16, 16, 3), {"prior": -1}, "prior=-1"),
        ((1, 16, 16, 3), {"learning_rate": 0}, "learning_rate=0"),
        ((1, 16, 16, 3), {"learning_rate": np.inf}, "learning_rate=inf"),
        ((0, 16, 16, 3), {}, "no images to project"),
        ((1, 16, 16, 3), {"labels": 0}, "The model has no classes"),
    ],
)
def test_projections_that_cannot_be(gan, shape, options, message):
    with pytest.raises(ValueError, match=message):
        gan.project(np.zeros(shape), **options)
    with pytest.raises(ValueError, match="from 0 to 255"):
        gan.project(np.arange(256.0).repeat(3).reshape(1, 16, 16, 3))


@pytest.mark.parametrize("labels", [None, [0, 1, 2], 3])
def test_labels_of_a_projection(conditional, labels):
    with pytest.raises(ValueError, match="from 0 to 2, or 2 of them"):
        conditional.project(np.zeros([2, 16, 16, 3]), labels)
