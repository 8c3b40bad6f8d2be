from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class MinibatchStandardDeviation(keras.layers.Layer):
    """A further map that shows the discriminator how much a batch varies.

    Each G images after one another are a group. The deviation within the
    group of each value of its part of the channels, averaged over them and
    over the map, fills a map of its own.

    Replicas that have a multiple of G images each make together the groups
    that one device makes. (The authors' groups take every n-th image of the
    batch, which is the same for images in random order.)

    Args:
        group_size: Positive integer; images of a group. A smaller batch is
            one group. Defaults to 4.
        num_channels: Positive integer; maps added, each of its part of the
            channels. Defaults to 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, channels + num_channels)`.

    Raises:
        ValueError: If the groups do not divide the batch (where a batch's
            size is not known before, TensorFlow's `InvalidArgumentError`), or
            the parts the channels.

    Example:
    >>> maps = keras.random.normal([8, 4, 4, 32])
    >>> MinibatchStandardDeviation()(maps).shape
    TensorShape([8, 4, 4, 33])

    Reference:
    - Karras et al., 2018, Section 3 (https://arxiv.org/abs/1710.10196)
    """

    def __init__(
        self, group_size: int = 4, num_channels: int = 1, **kwargs: Any
    ):
        super().__init__(**kwargs)
        require_positive_integer("group_size", group_size)
        require_positive_integer("num_channels", num_channels)
        self.group_size = group_size
        self.num_channels = num_channels
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape: Shape) -> None:
        if input_shape[-1] % self.num_channels:
            raise ValueError(
                "Every added map is of an equal part of the channels. "
                f"Expected num_channels to divide {input_shape[-1]}. "
                f"Received: num_channels={self.num_channels}."
            )

    def call(self, inputs: TensorLike) -> Tensor:
        if inputs.shape[0] is not None:
            require_whole_groups([inputs.shape[0]], self.group_size)
        batch, height, width, channels = tf.unstack(tf.shape(inputs))
        group = tf.minimum(self.group_size, batch)
        check = tf.debugging.assert_equal(
            batch % group,
            0,
            "The groups of the minibatch standard deviation must divide the "
            f"batch. Expected a multiple of {self.group_size} images.",
        )
        maps = self.num_channels
        # Else the reshaping may fail first, in words of its own.
        with tf.control_dependencies([] if check is None else [check]):
            parts = tf.reshape(
                tf.cast(inputs, tf.float32),
                [batch // group, group, height, width, maps, channels // maps],
            )
        parts -= tf.reduce_mean(parts, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(parts), axis=1)
        # The root's gradient is infinite at 0, where all images are equal.
        deviation = tf.reduce_mean(
            tf.sqrt(variance + 1e-8), axis=[1, 2, 4], keepdims=True
        )  # [groups, 1, 1, maps, 1]
        added = tf.repeat(deviation[..., 0], group, axis=0)
        added = tf.tile(added, [1, height, width, 1])
        return tf.concat([inputs, tf.cast(added, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "group_size": self.group_size,
            "num_channels": self.num_channels,
        }
        return {**base_config, **config}


def require_whole_groups(
    batches: Iterable[int | None], group_size: int, replicas: int = 1
) -> None:
    """Raise a `ValueError` unless the groups divide every batch.

    Args:
        batches: Numbers of images; None where one is not known.
        group_size: Images of a group; a smaller batch is one group.
        replicas: How many devices share a batch, each with whole groups.
    """
    for batch in batches:
        if batch is None or (
            batch and batch % (replicas * min(batch, group_size))
        ):
            many = f" on {replicas} replicas" if replicas > 1 else ""
            size = "unknown size" if batch is None else batch
            raise ValueError(
                "The groups of the minibatch standard deviation must divide "
                "the batch. Expected a multiple of "
                f"{replicas * group_size} images{many}. Received: a batch of "
                f"{size}. Choose another batch size, and leave a smaller "
                "last batch out: batch(batch_size, drop_remainder=True)."
            )
