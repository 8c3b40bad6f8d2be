"""Images from latent values, the same ones for the same seed."""

import numbers

import tensorflow as tf

from specgan.errors import require_positive_integer


def sample_latents(num, seed, latent_dim):
    """Standard normal `[num, latent_dim]`, from any integer seed."""
    return tf.random.stateless_normal([num, latent_dim], [seed, 0])


def _checked_seed(seed):
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool):
        raise ValueError(
            f"The seed of samples is an integer. Received: seed={seed!r}."
        )
    return int(seed) % 2**63  # As many as a tensor can hold.


def image_batches(generate, latent_dim, num, seed, batch_size):
    """Generate images a batch at a time.

    Args:
        generate: Function of latents `[batch, latent_dim]` that gives images.
        latent_dim: Number of latent values.
        num: How many, at least 1.
        seed: Any integer.
        batch_size: Images made at once; it does not change them.

    Returns:
        An iterator of `[batch, height, width, channels]`, NumPy arrays.

    Raises:
        ValueError: If `num` is not positive.
    """
    require_positive_integer("num", num)
    require_positive_integer("batch_size", batch_size)
    latents = sample_latents(num, _checked_seed(seed), latent_dim)
    return in_batches(generate, latents, batch_size)


def in_batches(function, inputs, batch_size):
    """What a function makes of its inputs, a batch at a time."""
    for start in range(0, len(inputs), batch_size):
        yield function(inputs[start : start + batch_size]).numpy()
