"""Folders with a model of OpenVINO: `model.xml` and `model.bin`."""

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from specgan.models.exports.frozen_graph import FrozenGraph

FILE = "model.xml"


def convert(graph: FrozenGraph, folder: pathlib.Path) -> None:
    """Write a frozen graph as a model of OpenVINO, in float32.

    Args:
        graph: The `FrozenGraph`.
        folder: An empty folder.
    """
    import openvino

    with graph.as_saved_model() as saved:
        model = openvino.convert_model(saved)
    # By default weights would be halved to float16.
    openvino.save_model(model, folder / FILE, compress_to_fp16=False)


def reader(folder: pathlib.Path) -> Callable[[dict[str, Any]], np.ndarray]:
    """The model of a folder, run by OpenVINO on a CPU, in float32.

    Args:
        folder: The folder.

    Returns:
        Function of a dictionary of names and float32 arrays that gives the
        images, NumPy float32.
    """
    import openvino

    # Some processors would compute in bfloat16 without being asked to.
    compiled = openvino.compile_model(
        str(folder / FILE), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    return lambda inputs: compiled(inputs)[0]
