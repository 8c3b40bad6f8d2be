import numpy as np
import pytest
import tensorflow as tf

from specgan.losses.spectral import sample_distances
from specgan.losses.spectral.sample_distances import SAMPLE_DISTANCES
from specgan.losses.spectral.sample_distances import energy_distance
from specgan.losses.spectral.sample_distances import moment_distance
from specgan.losses.spectral.sample_distances import sliced_wasserstein_distance


def normal(*shape, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=shape)


def test_energy_distance_is_its_formula():
    x, y = normal(5, 3), normal(7, 3, seed=1)
    between = [np.linalg.norm(a - b) for a in x for b in y]
    within = [
        np.linalg.norm(x[i] - x[j])
        for i in range(5)
        for j in range(5)
        if i != j
    ]
    expected = 2 * np.mean(between) - np.mean(within)
    np.testing.assert_allclose(energy_distance(x, y), expected, rtol=1e-6)


def test_moment_distance_is_its_formula():
    x, y = normal(5, 3), normal(7, 3, seed=1, scale=2.0)
    covariances = np.cov(x.T), np.cov(y.T)
    expected = (
        np.sum((x.mean(0) - y.mean(0)) ** 2)
        - np.trace(covariances[0]) / 5
        + np.sum((covariances[0] - covariances[1]) ** 2) / 2
    )
    np.testing.assert_allclose(moment_distance(x, y), expected, rtol=1e-9)


def test_sliced_wasserstein_of_a_shift_is_its_mean_square():
    y = normal(64, 3)
    shift = np.array([0.3, -0.2, 0.5])
    # Projections of a fixed vector on random directions: |shift|^2 / 3.
    distance = sliced_wasserstein_distance(y[::-1] + shift, y)
    np.testing.assert_allclose(distance, np.sum(shift**2) / 3, rtol=0.2)
    np.testing.assert_allclose(
        sliced_wasserstein_distance(y[::-1].copy(), y), 0, atol=1e-12
    )


def test_energy_distance_is_unbiased_in_the_batch():
    """Small batches of the same distribution give E|y - y'| on average."""
    y = normal(2048, 4)
    rng = np.random.default_rng(2)
    distances = [
        float(energy_distance(y[rng.choice(2048, 4, replace=False)], y))
        for _ in range(400)
    ]
    pairs = normal(20000, 4, seed=3) - normal(20000, 4, seed=4)
    expected = np.mean(np.linalg.norm(pairs, axis=1))
    error = np.std(distances) / np.sqrt(len(distances))
    assert abs(np.mean(distances) - expected) < 4 * error


@pytest.mark.parametrize("name", SAMPLE_DISTANCES)
@pytest.mark.parametrize("change", ["mean", "spread", "correlation"])
def test_another_distribution_is_farther(name, change):
    y = normal(2048, 6)
    x = normal(256, 6, seed=1)
    other = {
        "mean": x + 0.5,
        "spread": 0.5 * x,
        "correlation": np.repeat(x[:, :1], 6, axis=1),
    }[change]
    distance = sample_distances.get(name)
    assert distance(other, y) > distance(x, y) + 0.01


@pytest.mark.parametrize("name", SAMPLE_DISTANCES)
def test_gradients_against_finite_differences(name):
    distance = sample_distances.get(name)
    x, y = tf.constant(normal(4, 3)), tf.constant(normal(9, 3, seed=1))
    exact, numeric = tf.test.compute_gradient(
        lambda rows: distance(rows, y), [x], delta=1e-6
    )
    np.testing.assert_allclose(exact[0], numeric[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", SAMPLE_DISTANCES)
def test_one_vector_has_finite_gradients(name):
    x, y = tf.constant(normal(1, 3)), tf.constant(normal(9, 3, seed=1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = sample_distances.get(name)(x, y)
    assert np.isfinite(value)
    assert np.all(np.isfinite(tape.gradient(value, x)))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="sample distance.*energy"):
        sample_distances.get("energetic")
