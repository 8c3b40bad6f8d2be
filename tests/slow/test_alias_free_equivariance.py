"""Generators commute with motion as far as their configuration promises.

At 64 px, untrained, with magnitudes measured: that is enough to see it.

    python -m pytest tests/slow/test_alias_free_equivariance.py -m slow -s
"""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.metrics.quarter_turn_equivariance import quarter_turn_equivariance
from specgan.metrics.rotation_equivariance import RotationEquivariance
from specgan.metrics.translation_equivariance import TranslationEquivariance
from specgan.models.alias_free import AliasFreeGenerator

pytestmark = pytest.mark.slow


@functools.cache
def measured(config, seeds=2):
    """Decibels by name, means over so many generators."""
    results = []
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        generator = AliasFreeGenerator(
            64,
            config,
            latent_dim=64,
            style_dim=64,
            channel_base=2048,
            channel_max=32,
            magnitude_half_life=1e-3,  # One pass measures them.
        )
        latents = tf.random.stateless_normal([24, 64], [seed, 0])
        generator(latents[8:], training=True)
        styles = generator.mapping(latents[:8])
        synthesize = tf.function(generator.synthesis)
        quarters = quarter_turn_equivariance(synthesize, styles)
        result = {"quarter turns": quarters}
        for metric in (TranslationEquivariance(), RotationEquivariance()):
            metric.measure(synthesize, styles)
            result.update(metric.result())
        results.append(result)
    means = {
        name: float(np.mean([result[name] for result in results]))
        for name in results[0]
    }
    print(config, {name: round(value, 1) for name, value in means.items()})
    return means


@pytest.mark.parametrize("config, decibels", [("T", 55), ("R", 65)])
def test_translation(config, decibels):
    assert measured(config)["eq_t"] >= decibels


def test_rotation():
    assert measured("R")["quarter turns"] >= 100
    assert measured("T")["quarter turns"] <= 40
    assert measured("R")["eq_r"] >= 60
    assert measured("T")["eq_r"] <= 40


def test_the_ablation():
    """Each step of the paper that concerns translation brings some."""
    ablation = [measured(config)["eq_t"] for config in "BDEFGT"]
    assert ablation == sorted(ablation)
    assert ablation[-1] - ablation[0] > 40
