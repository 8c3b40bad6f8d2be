from collections.abc import Sequence
from typing import Any

import keras

from specgan.errors import require_positive_integer
from specgan.layers.batch_normalization import BatchNormalization
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class ClassConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalization with a scale and an offset for each class.

    Formula, with c the class of the sample:
    `y = gamma[c] * (x - mean) / sqrt(variance + epsilon) + beta[c]`. Mean and
    variance are those of the whole batch, whatever its classes.

    Args:
        num_classes: Number of classes.
        momentum, epsilon, synchronized: As for
            `keras.layers.BatchNormalization`.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        A list: maps `[batch, height, width, channels]` and one-hot labels
        `[batch, num_classes]`.

    Output shape:
        That of the maps.

    Raises:
        ValueError: If `num_classes` is not a positive integer.

    Example:
    >>> layer = ClassConditionalBatchNormalization(10)
    >>> maps = keras.random.normal([8, 4, 4, 16])
    >>> labels = keras.ops.one_hot([0, 1, 2, 3, 4, 5, 6, 7], 10)
    >>> layer([maps, labels], training=True).shape
    TensorShape([8, 4, 4, 16])

    Reference:
    - Dumoulin, Shlens & Kudlur, 2017, Eq. 5
      (https://arxiv.org/abs/1610.07629)
    - Miyato & Koyama, 2018, Section 4, for GANs
      (https://arxiv.org/abs/1802.05637)
    """

    def __init__(
        self,
        num_classes: int,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        require_positive_integer("num_classes", num_classes)
        self.num_classes = num_classes
        self.normalization = BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=False,
            scale=False,
            synchronized=synchronized,
            dtype=self.dtype_policy,
            name="normalization",
        )

    def build(self, input_shape: Sequence[Shape]) -> None:
        maps, _ = input_shape
        self.normalization.build(maps)
        self.gamma, self.beta = (
            self.add_weight(
                shape=[self.num_classes, maps[-1]],
                initializer=initializer,
                name=name,
            )
            for name, initializer in (("gamma", "ones"), ("beta", "zeros"))
        )

    def call(
        self, inputs: Sequence[TensorLike], training: bool | None = None
    ) -> Tensor:
        maps, labels = inputs
        gamma, beta = (
            keras.ops.matmul(labels, each)[:, None, None]
            for each in (self.gamma, self.beta)
        )
        return self.normalization(maps, training=training) * gamma + beta

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        return tuple(input_shape[0])

    def get_config(self) -> Config:
        normalization = self.normalization
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "momentum": normalization.momentum,
            "epsilon": normalization.epsilon,
            "synchronized": normalization.synchronized,
        }
