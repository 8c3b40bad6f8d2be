"""ONNX files, by tf2onnx and onnxruntime."""

import pathlib
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np

from specgan.models import keras_internals
from specgan.models.exports.frozen_graph import FrozenGraph

OPSET = 18
"""Version of ONNX' operations, which runtimes since 2023 read."""


def convert(graph: FrozenGraph, path: pathlib.Path) -> None:
    """Write a frozen graph as an ONNX file.

    What the converter does not know stays as it is, and no runtime reads it.

    Args:
        graph: The `FrozenGraph`.
        path: The file to write.
    """
    import onnx
    import tf2onnx

    keras_internals.patch_tf2onnx()
    renamed = {graph.output: graph.output_name}
    renamed.update(zip(graph.inputs, graph.names, strict=True))
    model, _ = tf2onnx.convert.from_graph_def(
        graph.definition,
        input_names=graph.inputs,
        output_names=[graph.output],
        opset=OPSET,
        tensors_to_rename=renamed,
    )
    if graph.batch_size is None:
        for value in [*model.graph.input, *model.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, path)


def reader(path: pathlib.Path) -> Callable[[dict[str, Any]], np.ndarray]:
    """The model of a file, run by onnxruntime on a CPU.

    Args:
        path: The file.

    Returns:
        Function of a dictionary of names and float32 arrays that gives the
        images, NumPy float32.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), _quiet(onnxruntime), providers=["CPUExecutionProvider"]
    )

    def images(inputs):
        found: Sequence[Any] = session.run(None, inputs)
        return found[0]

    return images


def _quiet(onnxruntime):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return options
