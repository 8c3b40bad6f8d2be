"""Images from latent values, the same ones for the same seed."""

import abc
import math
import numbers
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer
from specgan.typing import Tensor
from specgan.typing import TensorLike


def sample_latents(num: int, seed: int, latent_dim: int) -> Tensor:
    """Standard normal `[num, latent_dim]`, from any integer seed."""
    return tf.random.stateless_normal([num, latent_dim], _seeds(seed, 0))


def _seeds(seed, stream):
    """What stateless draws take: equal for a number and for a tensor of it."""
    if not tf.is_tensor(seed):
        # As an exported model, whose seeds are int32, takes it.
        seed = (int(seed) + 2**31) % 2**32 - 2**31
    # The same for a negative seed in a tensor.
    seed = tf.bitwise.bitwise_and(tf.cast(seed, tf.int64), 2**63 - 1)
    return tf.stack([seed, stream])


def truncated(latents: TensorLike, threshold: float | None) -> Tensor:
    """Normal latents, moved into [-threshold, threshold].

    Their distribution becomes the normal one cut off there, and their order
    stays: an image changes gradually with the threshold.

    Formula, with Phi the standard normal distribution function:
    `Phi^-1(Phi(-threshold) + Phi(z) (Phi(threshold) - Phi(-threshold)))`

    Args:
        latents: Standard normal values of any shape.
        threshold: Positive number, in standard deviations; None leaves them.

    Returns:
        Float32 of the same shape.

    Raises:
        ValueError: If the threshold is not positive.

    Reference:
    - Brock et al., 2019, Section 3.1: the "truncation trick"
      (https://arxiv.org/abs/1809.11096)
    """
    if threshold is None:
        return latents
    if not isinstance(threshold, numbers.Real) or not threshold > 0:
        raise ValueError(
            "The largest latent value is a positive number of standard "
            f"deviations. Received: truncation={threshold!r}."
        )
    root = 2.0**-0.5
    # 2 Phi(z) - 1 is erf(z / sqrt 2).
    share = tf.math.erf(latents * root) * math.erf(threshold * root)
    return tf.clip_by_value(tf.math.erfinv(share) / root, -threshold, threshold)


def latent_walk(points: ArrayLike, frames: int) -> np.ndarray:
    """Latents on a closed way through points, at equal steps of the angle.

    Formula, between neighbours a and b at an angle w:
    `(sin((1 - t) w) a + sin(t w) b) / sin(w)`, which keeps the length that
    normal values have, where a straight line would cut through the middle.

    Args:
        points: `[count, latent_dim]`, at least one.
        frames: Positive integer; latents from one point to the next.

    Returns:
        Float32 `[count * frames, latent_dim]`; after the last comes the first.

    Raises:
        ValueError: If `frames` is not positive.

    Reference:
    - White, 2016, Section 2.1 (https://arxiv.org/abs/1609.04468)
    """
    require_positive_integer("frames", frames)
    start = np.asarray(points, np.float64)
    end = np.roll(start, -1, axis=0)
    length = np.linalg.norm(start, axis=1) * np.linalg.norm(end, axis=1)
    cosine = np.sum(start * end, axis=1) / np.maximum(length, 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))[:, None, None]
    t = (np.arange(frames) / frames)[:, None]
    # Between equal points, the limit: a straight line.
    small = np.sin(angle) < 1e-6
    sine = np.where(small, 1, np.sin(angle))
    to_start = np.where(small, 1 - t, np.sin((1 - t) * angle) / sine)
    to_end = np.where(small, t, np.sin(t * angle) / sine)
    walk = to_start * start[:, None] + to_end * end[:, None]
    return walk.reshape(-1, start.shape[1]).astype(np.float32)


def sample_labels(num: int, seed: int, num_classes: int) -> Tensor:
    """One-hot `[num, num_classes]` of random classes, from any integer seed."""
    labels = tf.random.stateless_uniform(
        [num], _seeds(seed, 1), maxval=num_classes, dtype=tf.int32
    )
    return tf.one_hot(labels, num_classes)


def checked_labels(
    labels: ArrayLike | None, num: int, num_classes: int | None
) -> Tensor:
    """One-hot `[num, num_classes]` of what a user asks for.

    Args:
        labels: An integer below `num_classes`, or `num` of them.
        num: Number of images.
        num_classes: Number of classes; None where there are none.

    Returns:
        A float32 tensor.

    Raises:
        ValueError: If they are invalid, or there are no classes.
    """
    if num_classes is None:
        raise ValueError(
            "The model has no classes. Expected no labels. Received: "
            f"labels={labels!r}."
        )
    array = np.asarray(labels)
    if (
        not np.issubdtype(array.dtype, np.integer)
        or array.shape not in ((), (num,))
        or not np.all((array >= 0) & (array < num_classes))
    ):
        raise ValueError(
            "Labels are those of classes that the model knows. Expected an "
            f"integer from 0 to {num_classes - 1}, or {num} of them. "
            f"Received: labels={labels!r}."
        )
    return tf.one_hot(np.broadcast_to(array, [num]), num_classes)


def checked_sampling(num: Any, seed: Any, batch_size: Any) -> int:
    """The seed, of arguments that are all right.

    Args:
        num, seed, batch_size: As for `Sampler.sample`.

    Returns:
        An integer of any size and sign.

    Raises:
        ValueError: If a number is not positive, or the seed no integer.
    """
    require_positive_integer("num", num)
    require_positive_integer("batch_size", batch_size)
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool):
        raise ValueError(
            f"The seed of samples is an integer. Received: seed={seed!r}."
        )
    return int(seed)


class Sampler(abc.ABC):
    """A model that makes images from `latent_dim` latent values. Abstract."""

    latent_dim: int

    def sample(
        self, num: int, seed: int = 0, batch_size: int = 64, **options: Any
    ) -> np.ndarray:
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

    def sample_batches(
        self,
        num: int,
        seed: int = 0,
        batch_size: int = 64,
        truncation: float | None = None,
    ) -> Iterator[np.ndarray]:
        """The images of `sample`, a batch at a time, where all are too many.

        Args:
            num, seed, batch_size: As for `sample`.
            truncation: None, or the largest latent value in standard
                deviations, above 0: the smaller, the likelier and the less
                various the images. See `truncated`.

        Returns:
            An iterator of `[batch, height, width, channels]`, NumPy float32
            in [-1, 1].

        Raises:
            ValueError: If `num` or `truncation` is not positive.
        """
        seed = checked_sampling(num, seed, batch_size)
        latents = sample_latents(num, seed, self.latent_dim)
        latents = truncated(latents, truncation)
        return in_batches(self._sampling_function(), latents, batch_size)

    @abc.abstractmethod
    def _sampling_function(self) -> Callable[[TensorLike], Tensor]:
        """A function of latents `[batch, latent_dim]` that gives images."""


def in_batches(
    function: Callable[[TensorLike], Tensor],
    inputs: TensorLike,
    batch_size: int,
) -> Iterator[np.ndarray]:
    """What a function makes of its inputs, a batch at a time."""
    for start in range(0, len(inputs), batch_size):
        yield function(inputs[start : start + batch_size]).numpy()


def in_range(images: TensorLike) -> Tensor:
    """Images in float32, clipped to [-1, 1], as a picture holds them."""
    return tf.clip_by_value(tf.cast(images, tf.float32), -1.0, 1.0)
