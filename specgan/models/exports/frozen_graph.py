"""A network as one graph of constants, which converters read."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from specgan.models.keras_internals import variables_to_constants
from specgan.signal import strided_convolution


@dataclasses.dataclass(frozen=True)
class FrozenGraph:
    """The graph of a function, with constants for its variables.

    Args:
        definition: `tf.compat.v1.GraphDef`.
        inputs: Names of the graph's tensors that are its inputs.
        output: Name of the one that is its output.
        signature: A `tf.TensorSpec` with a name for each input.
        output_name: What the output shall be called.
    """

    definition: Any
    inputs: Sequence[str]
    output: str
    signature: Sequence[tf.TensorSpec]
    output_name: str

    @property
    def names(self) -> list[str]:
        """What the inputs are called."""
        return [spec.name for spec in self.signature]

    @property
    def batch_size(self) -> int | None:
        """Images that it makes at once; None for any number."""
        return self.signature[0].shape[0]

    @contextlib.contextmanager
    def as_saved_model(self) -> Iterator[str]:
        """A temporary SavedModel of it.

        Yields:
            The folder's name.
        """

        def imported(*tensors):
            [images] = tf.graph_util.import_graph_def(
                self.definition,
                dict(zip(self.inputs, tensors, strict=True)),
                [self.output],
                name="",
            )
            return {self.output_name: images}

        module = tf.Module()
        module.serve = tf.function(imported, input_signature=self.signature)
        with tempfile.TemporaryDirectory() as folder:
            tf.saved_model.save(
                module,
                folder,
                signatures=module.serve.get_concrete_function(),
            )
            yield folder


def frozen_graph(
    function: Callable,
    signature: Sequence[tf.TensorSpec],
    output_name: str = "images",
) -> FrozenGraph:
    """The graph of a function, with constants for its variables.

    It is flat: functions within it that XLA would compile are no operations of
    other formats. What only gradients need is left out. Transposed
    convolutions are what other runtimes compute quickly.

    Args:
        function: Of tensors, to one tensor.
        signature: A `tf.TensorSpec` with a name for each of them.
        output_name: What that one shall be called; other than they are.

    Returns:
        A `FrozenGraph`.
    """
    with _functions_inlined(), strided_convolution.for_other_runtimes():
        concrete = tf.function(function).get_concrete_function(*signature)
    frozen = variables_to_constants(concrete)
    definition = frozen.graph.as_graph_def()
    for node in definition.node:
        if node.op == "IdentityN":  # Of tf.custom_gradient.
            node.attr.pop("_gradient_op_type", None)
    return FrozenGraph(
        definition,
        [tensor.name for tensor in frozen.inputs],
        frozen.outputs[0].name,
        signature,
        output_name,
    )


@contextlib.contextmanager
def _functions_inlined() -> Iterator[None]:
    """Functions that are called while a graph is traced become part of it."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
