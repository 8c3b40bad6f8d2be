import tensorflow as tf

from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.typing import Tensor


def styles_of(
    generator: AliasFreeGenerator,
    number: int,
    seed: int = 0,
    truncation: float = 1.0,
) -> Tensor:
    """Styles of random latents; with classes, of each class in turn.

    Args:
        generator: `AliasFreeGenerator`.
        number: How many.
        seed: Of the latents.
        truncation: See `AliasFreeGenerator.mapping`.

    Returns:
        `[number, num_styles, style_dim]`.
    """
    latents = tf.random.stateless_normal(
        [number, generator.latent_dim], [seed, 0]
    )
    labels = None
    if generator.num_classes:
        classes = tf.range(number) % generator.num_classes
        labels = tf.one_hot(classes, generator.num_classes)
    return generator.mapping(latents, labels, truncation=truncation)
