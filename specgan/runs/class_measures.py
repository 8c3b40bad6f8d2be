"""What only some classes of models are measured by."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
import tqdm

import zoo
from specgan.metrics import TranslationEquivariance
from specgan.models.alias_free.random_styles import styles_of
from specgan.models.image_model import ImageModel
from specgan.models.reconstruction import Reconstruction
from specgan.signal import from_uint8
from specgan.signal import to_uint8

MOST_MOVED = 1000
"""Pairs of images of EQ-T at most: each of them costs two samples."""

_BATCH = 32


def class_measures(
    model: ImageModel, real: Iterator[np.ndarray], num: int, seed: int
) -> dict[str, float]:
    """Measures of auto-encoders and of alias-free generators.

    Args:
        model: Any model of the zoo.
        real: Batches of uint8 real images, which an auto-encoder or a VAE
            reconstructs; others do not read them.
        num: How many samples of an alias-free generator are moved, at most
            `MOST_MOVED`.
        seed: Of its latents and its movements.

    Returns:
        Dictionary of names and decibels: "reconstruction_psnr", the mean over
        images of 10 log10(255^2 / mean square error) after rounding to 8 bits,
        or "eq_t", see `TranslationEquivariance`; empty for other models.
    """
    if isinstance(model, Reconstruction):
        return {"reconstruction_psnr": _psnr(model, real)}
    if isinstance(model, zoo.AliasFreeGAN):
        return {"eq_t": _translation(model, min(num, MOST_MOVED), seed)}
    return {}


def reconstructed(model: Reconstruction, batch: np.ndarray) -> np.ndarray:
    """The uint8 reconstructions of a batch of uint8 images."""
    return to_uint8(model.reconstruct(from_uint8(batch).numpy())).numpy()


def _psnr(model, real):
    values = [
        tf.image.psnr(batch, reconstructed(model, batch), max_val=255).numpy()
        for batch in real
    ]
    return float(np.mean(np.concatenate(values)))


def _translation(model, num, seed):
    """EQ-T in dB of the generator that samples are drawn from."""
    generator = model.sampling_generator
    styles = styles_of(generator, num, seed)
    metric = TranslationEquivariance(seed)
    for start in tqdm.tqdm(
        range(0, num, _BATCH),
        desc="Measuring EQ-T",
        disable=None, delay=2, leave=False,
    ):  # fmt: skip
        metric.measure(generator.synthesis, styles[start : start + _BATCH])
    return metric.result()[metric.name]
