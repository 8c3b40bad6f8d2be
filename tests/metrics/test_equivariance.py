import math

import numpy as np
import pytest
import tensorflow as tf

from specgan.metrics import FractionalTranslationEquivariance
from specgan.metrics import RotationEquivariance
from specgan.metrics import TranslationEquivariance
from specgan.metrics import quarter_turn_equivariance
from tests.contracts import revived
from tests.contracts import uniform

METRICS = [
    TranslationEquivariance,
    FractionalTranslationEquivariance,
    RotationEquivariance,
]


class Waves:
    """A perfectly equivariant generator: sums of sines of a limited band.

    Args:
        size: Rows and columns of its images.
        highest: Largest frequency, in cycles per pixel.
    """

    def __init__(self, size=32, highest=0.2):
        random = np.random.default_rng(1)
        radius = highest * size * np.sqrt(random.uniform(size=12))
        angle = random.uniform(0, 2 * np.pi, 12)
        self.size = size
        self.frequencies = np.stack(
            [radius * np.cos(angle), radius * np.sin(angle)]
        )

    def __call__(self, ws, transforms):
        """Phases `[batch, 12, 3]` and transforms -> images of 3 channels."""
        grid = (np.arange(self.size) + 0.5) / self.size - 0.5
        x, y = np.meshgrid(grid, grid)
        places = np.stack([x, y, np.ones_like(x)], axis=-1)
        sources = np.einsum("bij,hwj->bhwi", transforms, places)[..., :2]
        arguments = np.einsum("bhwi,if->bhwf", sources, self.frequencies)
        waves = np.sin(2 * np.pi * (arguments[..., None] + ws[:, None, None]))
        return tf.constant(waves.mean(axis=3), tf.float32)


def latents(batch=6, seed=0):
    return np.random.default_rng(seed).uniform(size=[batch, 12, 3])


def sticking(ws, transforms):
    """A generator that draws the same wherever it is told to."""
    return Waves()(ws, np.tile(np.eye(3), (len(ws), 1, 1)))


@pytest.mark.parametrize(
    "metric_class, at_least",
    [
        (TranslationEquivariance, 100),
        (FractionalTranslationEquivariance, 50),
        (RotationEquivariance, 45),
    ],
)
def test_a_perfect_generator(metric_class, at_least):
    metric = metric_class()
    metric.measure(Waves(), latents())
    values = metric.result()
    assert list(values) == [metric.name, f"{metric.name}_relative"]
    assert values[metric.name] > at_least
    # The variance of 12 sines' mean is 1 / 24.
    expected = values[metric.name] - 10 * math.log10(4 * 24)
    assert values[f"{metric.name}_relative"] == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("metric_class", METRICS)
def test_a_generator_whose_pictures_stick(metric_class):
    metric = metric_class()
    metric.measure(sticking, latents(16))
    # Images that have nothing to do with each other differ by twice the
    # variance.
    assert metric.result()[f"{metric.name}_relative"] == pytest.approx(
        10 * math.log10(1 / 2), abs=1.5
    )


@pytest.mark.parametrize("metric_class", METRICS)
def test_batches_do_not_matter_and_the_seed_does(metric_class):
    ws = latents(5)

    def measured(batches, seed=0):
        metric = metric_class(seed=seed)
        metric.measure(sticking, latents(2, seed=1))
        metric.reset_state()
        for batch in batches:
            metric.measure(sticking, batch)
        return metric.result()[metric.name]

    whole = measured([ws])
    assert measured([ws[:2], ws[2:]]) == pytest.approx(whole, rel=1e-6)
    assert measured([ws], seed=1) != pytest.approx(whole, rel=1e-3)


def test_ratio_by_hand():
    # One ratio of all images, masked, not a mean of decibels.
    images = np.zeros([2, 4, 4, 3], np.float32)
    moved = np.zeros([2, 4, 4, 3], np.float32)
    images[0, :, :2] = 1
    moved[1, 0, 3] = 1
    metric = TranslationEquivariance()
    # Half of the first image leaves; nothing of the second.
    metric.update_state(images, moved, [[2, 0], [0, 0]])
    weight, errors, values = (8 + 16) * 3, (8 + 1) * 3, 8 * 3
    variance = values / weight - (values / weight) ** 2
    result = metric.result()
    assert result["eq_t"] == pytest.approx(10 * math.log10(4 * weight / errors))
    assert result["eq_t_relative"] == pytest.approx(
        10 * math.log10(variance * weight / errors)
    )


def test_transforms_have_their_ranges():
    random = np.random.default_rng(0)
    whole = TranslationEquivariance().draw(random, 64, 32)
    assert np.all(whole == np.rint(whole))
    metric = FractionalTranslationEquivariance()
    draws = np.stack([metric.draw(random, 64, 32) for _ in range(2000)])
    np.testing.assert_allclose(np.max(np.abs(draws), 0), [4, 8], rtol=0.01)
    transforms = metric.transforms([[4.0, -8.0]], 64, 32)
    np.testing.assert_allclose(
        transforms[0], [[1, 0, -1 / 8], [0, 1, 1 / 8], [0, 0, 1]]
    )
    turns = RotationEquivariance()
    angles = [turns.draw(random, 64, 32) for _ in range(2000)]
    assert max(np.abs(angles)) == pytest.approx(np.pi, rel=0.01)


def test_equal_images_are_infinitely_equal():
    metric = TranslationEquivariance()
    images = uniform(2, 8, 8, 1)
    metric.update_state(images, images, [[0, 0], [0, 0]])
    assert metric.result() == {"eq_t": math.inf, "eq_t_relative": math.inf}


def test_quarter_turns():
    assert quarter_turn_equivariance(Waves(), latents(2)) > 100
    assert quarter_turn_equivariance(sticking, latents(2)) < 30


def test_precision_is_put_back():
    enabled = tf.config.experimental.tensor_float_32_execution_enabled

    def synthesize(ws, transforms):
        assert not enabled()
        raise InterruptedError

    assert enabled()
    for measure in (
        TranslationEquivariance().measure,
        quarter_turn_equivariance,
    ):
        with pytest.raises(InterruptedError):
            measure(synthesize, latents(1))
        assert enabled()


@pytest.mark.parametrize("metric_class", METRICS)
def test_config_round_trip(metric_class):
    metric = metric_class(seed=3, name="mine")
    assert revived(metric).get_config() == {"name": "mine", "seed": 3}


@pytest.mark.parametrize("metric_class", METRICS)
def test_errors(metric_class):
    metric = metric_class()
    with pytest.raises(ValueError, match="Expected at least one"):
        metric.result()
    with pytest.raises(ValueError, match="of one shape"):
        metric.update_state(uniform(1, 8, 8, 1), uniform(1, 8, 4, 1), [0])
    with pytest.raises(ValueError, match="square images"):
        quarter_turn_equivariance(lambda *_: uniform(1, 8, 4, 1), latents(1))
    for value in (np.nan, np.inf):
        broken = np.full([1, 8, 8, 1], value, np.float32)
        for measure in (metric.measure, quarter_turn_equivariance):
            with pytest.raises(ValueError, match="NaN or infinite"):
                measure(lambda *_, images=broken: images, latents(1))


@pytest.mark.parametrize("metric_class", METRICS)
def test_negative_seeds_and_no_images(metric_class):
    with pytest.raises(ValueError, match="seed=-1"):
        metric_class(seed=-1)
    metric = metric_class()
    for measure in (metric.measure, quarter_turn_equivariance):
        with pytest.raises(ValueError, match="Received none"):
            measure(lambda *_: uniform(0, 8, 8, 1), np.zeros([0, 4]))
    with pytest.raises(ValueError, match="not empty"):
        metric.update_state(uniform(0, 8, 8, 1), uniform(0, 8, 8, 1), [])
