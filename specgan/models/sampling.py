"""Images from latent values, the same ones for the same seed."""

import abc
import numbers

import numpy as np
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


class Sampler(abc.ABC):
    """A model that makes images from `latent_dim` latent values. Abstract."""

    def sample(self, num, seed=0, batch_size=64):
        """Generate images, the same ones for the same seed.

        Args:
            num: How many, at least 1.
            seed: Any integer.
            batch_size: Images made at once; it does not change them.

        Returns:
            `[num, height, width, channels]`, NumPy float32 in [-1, 1].

        Raises:
            ValueError: If `num` is not positive.
        """
        return np.concatenate(list(self.sample_batches(num, seed, batch_size)))

    def sample_batches(self, num, seed=0, batch_size=64):
        """The images of `sample`, a batch at a time, where all are too many.

        Args:
            num, seed, batch_size: As for `sample`.

        Returns:
            An iterator of `[batch, height, width, channels]`, NumPy float32
            in [-1, 1].

        Raises:
            ValueError: If `num` is not positive.
        """
        require_positive_integer("num", num)
        require_positive_integer("batch_size", batch_size)
        latents = sample_latents(num, _checked_seed(seed), self.latent_dim)
        return in_batches(self._sampling_function(), latents, batch_size)

    @abc.abstractmethod
    def _sampling_function(self):
        """A function of latents `[batch, latent_dim]` that gives images."""


def in_batches(function, inputs, batch_size):
    """What a function makes of its inputs, a batch at a time."""
    for start in range(0, len(inputs), batch_size):
        yield function(inputs[start : start + batch_size]).numpy()
