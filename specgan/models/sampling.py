"""Images from latent values, the same ones for the same seed."""

import numpy as np
import tensorflow as tf


def sample_latents(num, seed, latent_dim):
    """Standard normal `[num, latent_dim]`, from any integer seed."""
    return tf.random.stateless_normal([num, latent_dim], [seed, 0])


def sample_images(generate, latent_dim, num, seed, batch_size):
    """Generate images.

    Args:
        generate: Function of latents `[batch, latent_dim]` that gives images.
        latent_dim: Number of latent values.
        num: How many, at least 1.
        seed: Any integer.
        batch_size: Images made at once; it does not change them.

    Returns:
        `[num, height, width, channels]`, a NumPy array.

    Raises:
        ValueError: If `num` is not positive.
    """
    if num < 1:
        raise ValueError(
            f"sample needs a positive number of images. Received: num={num}."
        )
    latents = sample_latents(num, seed, latent_dim)
    return in_batches(generate, latents, batch_size)


def in_batches(function, inputs, batch_size):
    """What a function makes of its inputs, a batch at a time."""
    return np.concatenate(
        [
            function(inputs[start : start + batch_size]).numpy()
            for start in range(0, len(inputs), batch_size)
        ]
    )
