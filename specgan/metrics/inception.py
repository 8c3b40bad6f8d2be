"""The Inception network of the FID, as tables of its layers.

A stack is a list of layers which follow one another; `Branches` runs several
stacks on the same image and joins their channels. To the right of a line stands
what it yields: rows x columns x channels.

Reference:
- [Szegedy et al., 2015](https://arxiv.org/abs/1512.00567), Table 1 and
  Figures 5 to 7 and 10. The network that was released on 2015-12-05 keeps one
  5x5 convolution in the blocks of Figure 5.
"""

import dataclasses
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

IMAGE_SIZE = 299
DIMENSION = 2048


# Whatever the user's global settings are, the features stay the same: layers
# get their dtype, too.
_LAYOUT = "channels_last"


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A convolution of `size` (rows, columns), a bias and a ReLU."""

    filters: int
    size: tuple = (1, 1)
    strides: int = 1
    padding: str = "same"

    def __call__(self, x, names, dtype="float32"):
        return keras.layers.Conv2D(
            self.filters,
            self.size,
            self.strides,
            self.padding,
            activation="relu",
            name=next(names),
            data_format=_LAYOUT,
            dtype=dtype,
        )(x)


@dataclasses.dataclass(frozen=True)
class AveragePool:
    """The mean of 3x3 pixels, of those that lie within the image."""

    def __call__(self, x, names, dtype="float32"):
        return keras.layers.AveragePooling2D(
            3, 1, "same", _LAYOUT, dtype=dtype
        )(x)


@dataclasses.dataclass(frozen=True)
class MaxPool:
    """The largest of 3x3 pixels."""

    strides: int = 2
    padding: str = "valid"

    def __call__(self, x, names, dtype="float32"):
        return keras.layers.MaxPooling2D(
            3, self.strides, self.padding, _LAYOUT, dtype=dtype
        )(x)


class Branches:
    """Stacks side by side, their channels joined."""

    def __init__(self, *stacks: Sequence):
        self.stacks = stacks

    def __call__(self, x, names, dtype="float32"):
        outputs = [_apply(stack, x, names, dtype) for stack in self.stacks]
        return keras.layers.Concatenate(axis=-1, dtype=dtype)(outputs)


def _figure_5(pool_filters):
    return Branches(
        [Convolution(64)],
        [Convolution(48), Convolution(64, (5, 5))],
        [Convolution(64), Convolution(96, (3, 3)), Convolution(96, (3, 3))],
        [AveragePool(), Convolution(pool_filters)],
    )


def _figure_6(filters):
    row, column = (1, 7), (7, 1)
    return Branches(
        [Convolution(192)],
        [
            Convolution(filters),
            Convolution(filters, row),
            Convolution(192, column),
        ],
        [
            Convolution(filters),
            Convolution(filters, column),
            Convolution(filters, row),
            Convolution(filters, column),
            Convolution(192, row),
        ],
        [AveragePool(), Convolution(192)],
    )


def _figure_7(pool):
    both = Branches([Convolution(384, (1, 3))], [Convolution(384, (3, 1))])
    return Branches(
        [Convolution(320)],
        [Convolution(384), both],
        [Convolution(448), Convolution(384, (3, 3)), both],
        [pool, Convolution(192)],
    )


NETWORK = [
    Convolution(32, (3, 3), 2, "valid"),  # 149 x 149 x 32
    Convolution(32, (3, 3), 1, "valid"),  # 147 x 147 x 32
    Convolution(64, (3, 3)),  # 147 x 147 x 64
    MaxPool(),  # 73 x 73 x 64
    Convolution(80),  # 73 x 73 x 80
    Convolution(192, (3, 3), 1, "valid"),  # 71 x 71 x 192
    MaxPool(),  # 35 x 35 x 192
    _figure_5(pool_filters=32),  # 35 x 35 x 256
    _figure_5(pool_filters=64),  # 35 x 35 x 288
    _figure_5(pool_filters=64),  # 35 x 35 x 288
    Branches(  # Figure 10
        [Convolution(384, (3, 3), 2, "valid")],
        [
            Convolution(64),
            Convolution(96, (3, 3)),
            Convolution(96, (3, 3), 2, "valid"),
        ],
        [MaxPool()],
    ),  # 17 x 17 x 768
    _figure_6(filters=128),  # 17 x 17 x 768
    _figure_6(filters=160),  # 17 x 17 x 768
    _figure_6(filters=160),  # 17 x 17 x 768
    _figure_6(filters=192),  # 17 x 17 x 768
    Branches(  # Figure 10
        [Convolution(192), Convolution(320, (3, 3), 2, "valid")],
        [
            Convolution(192),
            Convolution(192, (1, 7)),
            Convolution(192, (7, 1)),
            Convolution(192, (3, 3), 2, "valid"),
        ],
        [MaxPool()],
    ),  # 8 x 8 x 1280
    _figure_7(AveragePool()),  # 8 x 8 x 2048
    # The released network pools by maximum here, not by mean.
    _figure_7(MaxPool(strides=1, padding="same")),  # 8 x 8 x 2048
]


def convolutions(stack: Any = None) -> Iterator[Convolution]:
    """The `Convolution`s of a stack, or of all, in the order of the tables."""
    for layer in NETWORK if stack is None else stack:
        if isinstance(layer, Convolution):
            yield layer
        elif isinstance(layer, Branches):
            for branch in layer.stacks:
                yield from convolutions(branch)


def _apply(stack, x, names, dtype):
    for layer in stack:
        x = layer(x, names, dtype)
    return x


def build(
    weights: Iterable[tuple[np.ndarray, np.ndarray]], dtype: str = "float32"
) -> keras.Model:
    """The network as a Keras model.

    Args:
        weights: The (kernel, bias) of each of the 94 convolutions, in the
            order of the tables: float32 `[rows, columns, in, out]`, `[out]`.
        dtype: Of the layers; "mixed_bfloat16" for bfloat16 with weights and
            pooled features in float32.

    Returns:
        A `keras.Model` from `[batch, 299, 299, 3]`, (0..255 - 128) / 128, to
        `[batch, 2048]`, in float32 whatever the dtype policy.
    """
    names = [f"convolution_{i}" for i, _ in enumerate(convolutions())]
    image = keras.Input([IMAGE_SIZE, IMAGE_SIZE, 3], dtype="float32")
    x = _apply(NETWORK, image, iter(names), dtype)
    features = keras.layers.GlobalAveragePooling2D(_LAYOUT, dtype="float32")(x)
    model = keras.Model(image, features, name="inception")
    model.trainable = False
    for name, arrays in zip(names, weights, strict=True):
        model.get_layer(name).set_weights(arrays)
    return model
