"""LiteRT files, by TensorFlow's converter and LiteRT's interpreter."""

import math
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.models.exports.frozen_graph import FrozenGraph

CALIBRATION = 200
"""Inputs from which the ranges of 8-bit numbers are measured."""


def convert(
    graph: FrozenGraph,
    path: pathlib.Path,
    examples: Callable[[int], list[np.ndarray]] | None = None,
) -> None:
    """Write a frozen graph as a LiteRT file of LiteRT's own operations.

    There are no "flex" operations among them, which need a runtime with
    TensorFlow's kernels.

    Args:
        graph: The `FrozenGraph`.
        path: The file to write.
        examples: None for numbers in float32. For 8-bit integers, a function
            of a number that gives as many inputs: what is within the network
            has the ranges that these give. Inputs and images stay in float32.

    Reference:
    - Jacob et al., 2018, Section 2.1: the integers of real numbers
      (https://arxiv.org/abs/1712.05877)
    """
    with graph.as_saved_model() as saved:
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if examples is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: _batches(graph, examples)
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.TFLITE_BUILTINS_INT8
            ]
        path.write_bytes(converter.convert())


def _batches(graph, examples):
    """At least `CALIBRATION` inputs, in batches that the graph takes."""
    size = graph.batch_size or 1
    inputs = examples(math.ceil(CALIBRATION / size) * size)
    for i in range(0, len(inputs[0]), size):
        yield {
            name: values[i : i + size]
            for name, values in zip(graph.names, inputs, strict=True)
        }


def reader(path: pathlib.Path) -> Callable[[dict[str, Any]], np.ndarray]:
    """The model of a file, run by LiteRT's interpreter on a CPU.

    Args:
        path: The file.

    Returns:
        Function of a dictionary of names and float32 arrays that gives the
        images, NumPy float32.
    """
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner()

    def images(inputs):
        [found] = runner(**inputs).values()
        return found

    return images
