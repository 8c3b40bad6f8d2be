"""Generators of alias-free GANs to look at: trained ones, or fresh ones."""

import pathlib

import numpy as np
import tensorflow as tf

from specgan import metrics
from specgan.errors import unknown_name
from specgan.models.alias_free import configs
from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.models.alias_free.random_styles import styles_of
from specgan.runs.run_folder import RunFolder

BATCH = 8


def generator_of(source, image_size=64, channel_max=32, seed=0):
    """A generator from a run, or an untrained one of a configuration.

    An untrained generator has processed one batch of latents, so that its
    averaged magnitudes match its own signals, as after training.

    Args:
        source: A run folder or `.keras` file of an alias-free GAN, or the name
            of a configuration: "B" to "H", "T" or "R".
        image_size: Of an untrained one.
        channel_max: Likewise; R doubles it.
        seed: Likewise, of its weights.

    Returns:
        An `AliasFreeGenerator`; of a run, the moving average.

    Raises:
        ValueError: If there is neither a run nor a configuration.
    """
    if pathlib.Path(source).exists():
        generator = RunFolder(source).load().sampling_generator
        if not isinstance(generator, AliasFreeGenerator):
            raise ValueError(
                f"The run {source} is of a GAN whose input cannot be moved. "
                "Expected an alias-free GAN. Received: "
                f"{type(generator).__name__}."
            )
        return generator
    if str(source).upper() not in configs.CONFIGS:
        raise unknown_name("run or configuration", source, configs.CONFIGS)
    tf.keras.utils.set_random_seed(seed)
    generator = AliasFreeGenerator(
        image_size,
        source,
        latent_dim=64,
        style_dim=64,
        channel_base=channel_max * image_size // 2,
        channel_max=channel_max,
        # Magnitudes take their values from one batch.
        magnitude_half_life=1,
    )
    generator.synthesis(styles_of(generator, 16, seed), update_magnitudes=True)
    return generator


def synthesized(generator, styles, transforms):
    """Images of one style under many transforms.

    Args:
        generator: `AliasFreeGenerator`.
        styles: `[1, num_styles, style_dim]`.
        transforms: `[number, 3, 3]`.

    Returns:
        float32 NumPy array `[number, height, width, channels]`.
    """
    transforms = np.asarray(transforms, np.float32)
    images = []
    for start in range(0, len(transforms), BATCH):
        # Whole batches, so that the generator is compiled once.
        batch = np.resize(transforms[start : start + BATCH], [BATCH, 3, 3])
        images.append(
            generator.synthesis(np.repeat(styles, BATCH, axis=0), batch)
        )
    return np.concatenate(images)[: len(transforms)]


def equivariance(generator, number=16, seed=0):
    """Equivariance of a generator, in dB.

    Args:
        generator: `AliasFreeGenerator`.
        number: Images for each; 8 at most for quarter turns.
        seed: Of latents and transforms.

    Returns:
        Dictionary of names and floats, rounded to a tenth.
    """
    styles = styles_of(generator, number, seed)
    results = {}
    for metric in (
        metrics.TranslationEquivariance(seed),
        metrics.FractionalTranslationEquivariance(seed),
        metrics.RotationEquivariance(seed),
    ):
        for start in range(0, number, BATCH):
            metric.measure(generator.synthesis, styles[start : start + BATCH])
        results.update(metric.result())
    results["quarter_turns"] = metrics.quarter_turn_equivariance(
        generator.synthesis, styles[:BATCH]
    )
    return {name: round(value, 1) for name, value in results.items()}
