"""Images from latent values, the same ones for the same seed."""

import abc
import numbers

import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer


def sample_latents(num, seed, latent_dim):
    """Standard normal `[num, latent_dim]`, from any integer seed."""
    return tf.random.stateless_normal([num, latent_dim], [seed, 0])


def sample_labels(num, seed, num_classes):
    """One-hot `[num, num_classes]` of random classes, from any integer seed."""
    labels = tf.random.stateless_uniform(
        [num], [seed, 1], maxval=num_classes, dtype=tf.int32
    )
    return tf.one_hot(labels, num_classes)


def checked_labels(labels, num, num_classes):
    """One-hot `[num, num_classes]` of what a user asks for.

    Args:
        labels: An integer below `num_classes`, or `num` of them.
        num: Number of images.
        num_classes: Number of classes; None where there are none.

    Returns:
        A float32 tensor.

    Raises:
        ValueError: If they are none such, or there are no classes.
    """
    array = np.asarray(labels)
    if (
        num_classes is None
        or not np.issubdtype(array.dtype, np.integer)
        or array.shape not in ((), (num,))
        or not np.all((array >= 0) & (array < num_classes))
    ):
        raise ValueError(
            "Labels are those of classes that the model knows. Expected an "
            f"integer from 0 to {(num_classes or 0) - 1}, or {num} of them"
            f"{'' if num_classes else ', of a model with classes'}. Received: "
            f"labels={labels!r}."
        )
    return tf.one_hot(np.broadcast_to(array, [num]), num_classes)


def checked_sampling(num, seed, batch_size):
    """The seed that a tensor can hold, of arguments that are all right.

    Args:
        num, seed, batch_size: As for `Sampler.sample`.

    Returns:
        An integer from 0 to 2^63 - 1.

    Raises:
        ValueError: If a number is not positive, or the seed no integer.
    """
    require_positive_integer("num", num)
    require_positive_integer("batch_size", batch_size)
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool):
        raise ValueError(
            f"The seed of samples is an integer. Received: seed={seed!r}."
        )
    return int(seed) % 2**63  # As many as a tensor can hold.


class Sampler(abc.ABC):
    """A model that makes images from `latent_dim` latent values. Abstract."""

    def sample(self, num, seed=0, batch_size=64, **options):
        """Generate images, the same ones for the same seed.

        Args:
            num: How many, at least 1.
            seed: Any integer.
            batch_size: Images made at once; it does not change them.
            **options: Further arguments of the model's `sample_batches`.

        Returns:
            `[num, height, width, channels]`, NumPy float32 in [-1, 1].

        Raises:
            ValueError: If `num` is not positive.
        """
        batches = self.sample_batches(num, seed, batch_size, **options)
        return np.concatenate(list(batches))

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
        seed = checked_sampling(num, seed, batch_size)
        latents = sample_latents(num, seed, self.latent_dim)
        return in_batches(self._sampling_function(), latents, batch_size)

    @abc.abstractmethod
    def _sampling_function(self):
        """A function of latents `[batch, latent_dim]` that gives images."""


def in_batches(function, inputs, batch_size):
    """What a function makes of its inputs, a batch at a time."""
    for start in range(0, len(inputs), batch_size):
        yield function(inputs[start : start + batch_size]).numpy()


def in_range(images):
    """Images in float32, clipped to [-1, 1], as a picture holds them."""
    return tf.clip_by_value(tf.cast(images, tf.float32), -1.0, 1.0)
