import numpy as np
import pytest

from specgan.models.stateless_rng import StatelessRNG
from tests.contracts import two_replicas


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_draws_repeat_and_differ(kind):
    def draw(seed, step, place=0):
        rng = StatelessRNG(seed, step)
        for _ in range(place):
            rng.normal([1])
        return getattr(rng, kind)([50, 3]).numpy()

    np.testing.assert_array_equal(draw(1, 2), draw(1, 2))
    for other in (draw(0, 2), draw(1, 3), draw(1, 2, place=1)):
        assert np.all(draw(1, 2) != other)


def test_distributions():
    rng = StatelessRNG(0, 0)
    normal, uniform = rng.normal([20000]), rng.uniform([20000])
    np.testing.assert_allclose(np.mean(normal), 0, atol=0.03)
    np.testing.assert_allclose(np.std(normal), 1, atol=0.03)
    assert np.min(uniform) >= 0 and np.max(uniform) < 1
    np.testing.assert_allclose(np.mean(uniform), 0.5, atol=0.01)


def test_two_replicas_draw_what_one_draws():
    strategy = two_replicas()
    parts = strategy.run(lambda: StatelessRNG(3, 4).normal([5, 2]))
    parts = strategy.experimental_local_results(parts)
    np.testing.assert_array_equal(
        np.concatenate(parts), StatelessRNG(3, 4).normal([10, 2])
    )
