"""The ways to compute a `Resampling`, by name."""

import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Hashable

import tensorflow as tf

from specgan.errors import unknown_name
from specgan.signal.polyphase import polyphase
from specgan.signal.toeplitz_tiles import toeplitz_tiles
from specgan.signal.zero_insertion import zero_insertion
from specgan.typing import Tensor
from specgan.typing import TensorLike


@dataclasses.dataclass(frozen=True)
class Implementation:
    """A way to compute a `Resampling`.

    Args:
        function: From a `Resampling` and images to images, in float32 or
            float64.
        jit_compile: True to have XLA compile it, and what stands around it.
    """

    function: Callable
    jit_compile: bool

    def run(
        self, function: Callable, plan: Hashable, *images: TensorLike
    ) -> Tensor:
        """`function(plan, self.function, *images)` as one graph.

        It is computed in float32 at least. The graph is kept for every plan.

        Args:
            function: Function of a plan, of the function that applies a
                `Resampling` to images, and of images, to images.
            plan: Anything hashable.
            *images: Floating tensors `[batch, height, width, channels]`.

        Returns:
            Tensor of the images' type.
        """
        return _graph(self, function, plan)(*images)


@functools.cache
def _graph(implementation, function, plan):
    def compute(*images):
        dtype = images[0].dtype
        if dtype.size < 4:
            images = [tf.cast(each, tf.float32) for each in images]
        return tf.cast(function(plan, implementation.function, *images), dtype)

    # None rather than False, which would forbid it to an outer function.
    # Nothing in it depends on values: conversion would only take time.
    return tf.function(
        compute,
        autograph=False,
        jit_compile=implementation.jit_compile or None,
    )


IMPLEMENTATIONS = {
    "polyphase": Implementation(polyphase, jit_compile=True),
    "tiles": Implementation(toeplitz_tiles, jit_compile=False),
    "convolution": Implementation(zero_insertion, jit_compile=False),
}


def get(name: str) -> Implementation:
    """The implementation of that name.

    Args:
        name: Name of one of `IMPLEMENTATIONS`.

    Returns:
        An `Implementation`.

    Raises:
        ValueError: If there is none.
    """
    if name not in IMPLEMENTATIONS:
        raise unknown_name("implementation", name, IMPLEMENTATIONS)
    return IMPLEMENTATIONS[name]
