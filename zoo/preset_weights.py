"""The numbers of a preset, from the checkpoint of its SavedModel."""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.models.named_weights import named_weights
from zoo.preset_files import VARIABLES

# How TensorFlow names what `saved_model_folder.write` keeps as `weights`.
_KEY = re.compile(r"weights/(\w+/\w+)/\.ATTRIBUTES/VARIABLE_VALUE")


def read_shapes(path: pathlib.Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a preset's numbers.

    Args:
        path: The folder.

    Returns:
        Dictionary of names, "generator/003_kernel", and shapes.
    """
    return {
        name: tuple(shape) for name, (_, shape) in _table(_reader(path)).items()
    }


def read_weights(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The numbers of a preset. No graph and no function of it is run.

    Args:
        path: The folder.

    Returns:
        Dictionary of names, "generator/003_kernel", and NumPy arrays.
    """
    reader = _reader(path)
    return {
        name: np.asarray(reader.get_tensor(key))
        for name, (key, _) in _table(reader).items()
    }


def assign_weights(model: Any, path: pathlib.Path) -> None:
    """Give a model the numbers of a preset.

    Args:
        model: A model of the zoo.
        path: The folder.

    Raises:
        ValueError: If they are of other names, shapes or types.
    """
    variables = {
        f"{network}/{name}": variable
        for network, group in named_weights(model).items()
        for name, variable in group.items()
    }
    # Before anything is read: a damaged table may claim any shape.
    shapes = {name: tuple(one.shape) for name, one in variables.items()}
    _require_equal(shapes, read_shapes(path))
    for name, values in read_weights(path).items():
        if values.dtype != np.dtype(variables[name].dtype):
            raise ValueError(
                f"{name} is of {values.dtype}, not {variables[name].dtype}"
            )
        variables[name].assign(values)


def _require_equal(expected, received):
    if expected == received:
        return
    name = min(
        one
        for one in {*expected, *received}
        if expected.get(one) != received.get(one)
    )
    raise ValueError(
        f"{name} is of shape {received.get(name)}, not {expected.get(name)}"
    )


def _reader(path):
    return tf.train.load_checkpoint(str(path / VARIABLES))


def _table(reader) -> Mapping[str, Any]:
    """Dictionary of names and (key, shape)."""
    shapes = reader.get_variable_to_shape_map()
    return {
        found[1]: (key, shapes[key])
        for key in sorted(shapes)
        if (found := _KEY.fullmatch(key))
    }
