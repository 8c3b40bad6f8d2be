import numbers
from typing import Any

import keras
import tensorflow as tf

from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class Noise(keras.layers.Layer):
    """Adds the same Gaussian noise to all channels, as strongly as is learned.

    Noise gives StyleGAN2 its details; it sticks to the pixels, whatever the
    image does, so that the alias-free generators do without.

    What is drawn depends on the seed, the number of passes in training, which
    is saved with the weights, and the image's place in the batch alone, so
    that a training can be repeated, resumed and spread out over replicas.

    Formula: `y = x + strength noise`

    Args:
        seed: Integer from 0 to 2^31 - 1; other layers need other ones.
            Defaults to 0.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: `[batch, height, width, channels]`.
        training: Whether to draw noise for each image; else all have the
            noise of the layer, which was drawn when it was built.

    Output shape:
        That of the inputs.

    Raises:
        ValueError: If the seed is out of range.

    Reference:
    - Karras et al., 2019, Section 2 and 3.2
      (https://arxiv.org/abs/1812.04948)
    """

    def __init__(self, seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
            raise ValueError(
                "The seed of noise is an integer from 0 to 2^31 - 1. "
                f"Received: seed={seed!r}."
            )
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        self.strength = self.add_weight(
            shape=[], initializer="zeros", name="strength"
        )
        self.fixed = self.add_weight(
            shape=[1, *input_shape[1:3], 1],
            initializer=lambda shape, dtype: tf.random.stateless_normal(
                shape, [self.seed, -1], dtype=dtype
            ),
            trainable=False,
            name="fixed",
        )
        self.passes = self.add_weight(
            shape=[],
            initializer="zeros",
            dtype="int32",
            trainable=False,
            aggregation="only_first_replica",
            name="passes",
        )

    def call(self, inputs: TensorLike, training: bool = False) -> Tensor:
        noise = self._drawn(tf.shape(inputs)[0]) if training else self.fixed
        strength = tf.cast(self.strength, inputs.dtype)
        return inputs + strength * tf.cast(noise, inputs.dtype)

    def _drawn(self, batch):
        context = tf.distribute.get_replica_context()
        noise = tf.random.stateless_normal(
            [batch * context.num_replicas_in_sync, *self.fixed.shape[1:]],
            tf.stack([self.seed, tf.convert_to_tensor(self.passes)]),
        )
        self.passes.assign_add(1)
        # Every replica draws for all, and takes its own part.
        start = context.replica_id_in_sync_group * batch
        return noise[start : start + batch]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}
