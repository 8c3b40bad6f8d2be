"""Names for annotations that many modules share.

It imports neither TensorFlow nor Keras, nor NumPy: arrays are `np.ndarray`
and `numpy.typing.ArrayLike`.
"""

import os
from typing import Any
from typing import TypeAlias

PathLike: TypeAlias = str | os.PathLike[str]
"""A path as a string or a `pathlib.Path`."""

# TensorFlow has no types that a checker could use: what its functions return
# is unknown. The names are for readers.
Tensor: TypeAlias = Any
"""A `tf.Tensor`; while a Keras model is built, a `keras.KerasTensor`."""

TensorLike: TypeAlias = Any
"""What `keras.ops` take: a `Tensor`, a variable, an array, nested numbers."""

Shape: TypeAlias = tuple[Any, ...]
"""Sizes of the dimensions of a tensor: integers, `None` where unknown."""

Config: TypeAlias = dict[str, Any]
"""The constructor's arguments by name, as Keras serializes them."""
