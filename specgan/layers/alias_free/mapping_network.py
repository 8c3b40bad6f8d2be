import math
import numbers
from typing import Any

import keras
import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.errors import require_positive_integer
from specgan.layers.alias_free.equalized_dense import EqualizedDense
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class MappingNetwork(keras.layers.Layer):
    """Latents to styles, one for each layer of a generator.

    Dense layers, slowly learned, on latents of unit mean square. Labels, if
    there are any, are embedded and joined to the latents.

    A moving average of the styles, kept in training, is what `truncate` pulls
    styles towards.

    Args:
        num_styles: Positive integer; how many copies of the style there are.
        style_dim: Positive integer; size of a style. Defaults to 512.
        num_layers: Positive integer. Defaults to 2.
        learning_rate_multiplier: Positive; how much slower these layers learn
            than others. Defaults to 0.01.
        average_decay: Share of the average that each batch leaves, in [0, 1).
            Defaults to 0.998.
        **kwargs: Arguments of `keras.layers.Layer`. It computes in float32
            under any policy.

    Call arguments:
        latents: `[batch, latent_dim]`.
        labels: One-hot `[batch, num_classes]`, or None.
        training: Whether to bring the average up to date.

    Output shape:
        `[batch, num_styles, style_dim]`, float32.

    Raises:
        ValueError: If a number is out of range.

    Example:
    >>> MappingNetwork(16)(keras.random.normal([4, 512])).shape
    TensorShape([4, 16, 512])

    Reference:
    - Karras et al., 2019, Section 2 and 3, truncation in Appendix B
      (https://arxiv.org/abs/1812.04948)
    - Karras et al., 2021, Section 3.1 and Appendix B
      (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        num_styles: int,
        style_dim: int = 512,
        num_layers: int = 2,
        learning_rate_multiplier: float = 0.01,
        average_decay: float = 0.998,
        **kwargs: Any,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        require_positive_integer("num_styles", num_styles)
        require_positive_integer("style_dim", style_dim)
        require_positive_integer("num_layers", num_layers)
        if not 0 <= average_decay < 1:
            raise ValueError(
                "The decay of an average is in [0, 1). "
                f"Received: average_decay={average_decay!r}."
            )
        self.num_styles = num_styles
        self.style_dim = style_dim
        self.num_layers = num_layers
        self.learning_rate_multiplier = learning_rate_multiplier
        self.average_decay = average_decay
        self.embedding = None
        self.dense = [
            EqualizedDense(
                style_dim,
                "leaky_relu",
                learning_rate_multiplier=learning_rate_multiplier,
                dtype="float32",
                name=f"dense{i}",
            )
            for i in range(num_layers)
        ]

    def build(
        self, latents_shape: Shape, labels_shape: Shape | None = None
    ) -> None:
        width = latents_shape[-1]
        if labels_shape is not None:
            self.embedding = EqualizedDense(
                self.style_dim, dtype="float32", name="embedding"
            )
            self.embedding.build(labels_shape)
            width += self.style_dim
        for layer in self.dense:
            layer.build((None, width))
            width = self.style_dim
        self.average = self.add_weight(
            shape=[self.style_dim],
            initializer="zeros",
            trainable=False,
            aggregation="mean",
            name="average",
        )

    def call(
        self,
        latents: TensorLike,
        labels: TensorLike | None = None,
        training: bool = False,
    ) -> Tensor:
        styles = _normalized(tf.cast(latents, tf.float32))
        if self.embedding is not None:
            if labels is None:
                raise ValueError(
                    "This mapping network was built with labels. Expected "
                    f"them one-hot, [batch, {self.embedding.kernel.shape[0]}]. "
                    "Received: None."
                )
            labels = self.embedding(tf.cast(labels, tf.float32))
            styles = tf.concat([styles, _normalized(labels)], axis=1)
        for layer in self.dense:
            styles = layer(styles)
        if training:
            latest = tf.reduce_mean(tf.stop_gradient(styles), axis=0)
            kept = self.average_decay * (self.average - latest)
            self.average.assign(latest + kept)
        return tf.repeat(styles[:, None], self.num_styles, axis=1)

    def truncate(
        self, styles: TensorLike, truncation: float, cutoff: int | None = None
    ) -> Tensor:
        """Styles pulled towards their average: likelier, more alike images.

        Formula: `average + truncation (styles - average)`

        Args:
            styles: `[batch, num_styles, style_dim]`.
            truncation: Finite number; 1 leaves them as they are, 0 makes all
                equal.
            cutoff: How many of the styles, from the first on; None for all.

        Returns:
            A tensor of their shape.

        Raises:
            ValueError: If a number is out of range.
        """
        if not is_number(truncation) or not math.isfinite(truncation):
            raise invalid_argument("truncation", "a finite number", truncation)
        cutoff = self.num_styles if cutoff is None else cutoff
        whole = is_number(cutoff) and isinstance(cutoff, numbers.Integral)
        if not whole or not 0 <= cutoff <= self.num_styles:
            raise invalid_argument(
                "truncation_cutoff",
                f"a whole number from 0 to {self.num_styles}, or None",
                cutoff,
            )
        if truncation == 1:
            return styles
        average = tf.convert_to_tensor(self.average)
        first, others = styles[:, :cutoff], styles[:, cutoff:]
        first = average + truncation * (first - average)
        return tf.concat([first, others], axis=1)

    def compute_output_shape(
        self, latents_shape: Shape, labels_shape: Shape | None = None
    ) -> Shape:
        return (latents_shape[0], self.num_styles, self.style_dim)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "num_styles": self.num_styles,
            "style_dim": self.style_dim,
            "num_layers": self.num_layers,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "average_decay": self.average_decay,
        }
        return {**base_config, **config}


def _normalized(values):
    """Values of each row divided by their root mean square."""
    square = tf.reduce_mean(values**2, axis=1, keepdims=True)
    return values * tf.math.rsqrt(square + 1e-8)
