from collections.abc import Sequence

import tensorflow as tf

from specgan.typing import Tensor
from specgan.typing import TensorLike


class StatelessRNG:
    """The random numbers of one training step.

    They are functions of seed, step and their place in the sequence of calls
    alone, so that a training can be repeated, resumed and spread out: every
    replica draws for all replicas and takes its own part, and n replicas of
    batch B/n see together what one of batch B sees.

    Args:
        seed: Integer or scalar integer tensor.
        step: Scalar, a whole number, different in every training step.
        attempt: Scalar, a whole number, different each time that a step is
            taken again: see `specgan.models.training_step`.

    Example:
    >>> rng = StatelessRNG(seed=0, step=step_of(gan.optimizer))
    >>> latents = rng.normal([64, 100])
    >>> epsilon = rng.uniform([64, 1, 1, 1])
    """

    def __init__(
        self, seed: TensorLike, step: TensorLike, attempt: TensorLike = 0
    ):
        seed = tf.stack([tf.cast(seed, tf.int32), attempt])
        step = tf.cast(step, tf.int64)  # Folding depends on the type, too.
        self._seed = tf.random.experimental.stateless_fold_in(seed, step)
        self._count = 0

    def normal(self, shape: Sequence[TensorLike]) -> Tensor:
        """Standard normal float32 of a shape that begins with the batch."""
        return self._draw(tf.random.stateless_normal, shape)

    def uniform(self, shape: Sequence[TensorLike]) -> Tensor:
        """Uniform float32 in [0, 1) of a shape that begins with the batch."""
        return self._draw(tf.random.stateless_uniform, shape)

    def _draw(self, distribution, shape):
        batch, *rest = shape
        context = tf.distribute.get_replica_context()
        seed = tf.random.experimental.stateless_fold_in(self._seed, self._count)
        self._count += 1
        values = distribution(
            [batch * context.num_replicas_in_sync, *rest], seed
        )
        start = context.replica_id_in_sync_group * batch
        return values[start : start + batch]
