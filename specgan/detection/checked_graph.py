"""Functions out of SavedModels that nobody vouches for.

A SavedModel is a program: among TensorFlow's operations are some that read and
write files or call Python, and `tf.saved_model.load` runs whatever the file
says. Here nothing is run before all of it is looked up in a list.
"""

import pathlib
import uuid

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

ALLOWED_OPERATIONS = frozenset(
    # What holds a graph together.
    "Assert Const Identity IdentityN NoOp PartitionedCall Placeholder "
    "StatefulPartitionedCall "
    # Shapes and choices.
    "Cast ConcatV2 Fill OnesLike Pack Pad Range Reshape SelectV2 "
    "Shape StridedSlice Transpose ZerosLike "
    # Comparisons.
    "Equal GreaterEqual Less LogicalOr "
    # Arithmetic.
    "AddV2 Complex ComplexAbs Cos Exp Floor FloorDiv FloorMod Imag Log MatMul "
    "Maximum Mean Min Minimum Mul Neg Pow RFFT2D Real RealDiv Sigmoid "
    "Square Sub Sum UnsortedSegmentSum".split()
)
"""Operations that compute from their arguments alone."""

MOST_OPERATIONS = 100_000
"""With all functions put into their callers. A detector has some hundreds."""


def checked_function(path, name):
    """A function of a SavedModel, if it does nothing but arithmetic.

    What is run is what was checked: the operations that lead to the result and
    the functions that they call, and nothing else of the file. Constants must
    be in the graph, since variables are not read.

    Args:
        path: A saved_model.pb.
        name: Of the signature: a function of one tensor to one tensor.

    Returns:
        A function of a tensor.

    Raises:
        ValueError: If the file is damaged, has no such function, or has one of
            operations that are not in `ALLOWED_OPERATIONS`.
    """
    path = pathlib.Path(path)
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(path.read_bytes())
        [graph] = saved.meta_graphs
        signature = graph.signature_def[name]
        [start], [end] = signature.inputs.values(), signature.outputs.values()
        part = _part(graph.graph_def, end.name)
    except (DecodeError, ValueError, KeyError) as error:
        raise _unusable(path, name, error) from error
    nodes = [*part.node]
    for function in part.library.function:
        nodes += function.node_def
    _require_finite_calls(path, part)
    others = {node.op for node in nodes} - ALLOWED_OPERATIONS
    if others:
        raise ValueError(
            f"{path} does more than arithmetic, and is not run. Expected the "
            "operations of `ALLOWED_OPERATIONS` alone. Received: "
            f"{', '.join(sorted(others))}. Do not use this file, unless you "
            "trust who made it."
        )
    try:
        whole = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(part, name=""), []
        )
        pruned = whole.prune(start.name, end.name)
    except Exception as error:  # Wrong graphs fail in many ways.
        raise _unusable(path, name, error) from error
    return pruned


def _part(graph, output):
    """The nodes of a graph that lead to an output, with all they call."""
    nodes = {node.name: node for node in graph.node}
    functions = {
        function.signature.name: function for function in graph.library.function
    }
    # TensorFlow keeps the functions of all graphs by their names.
    unique = f"checked_{uuid.uuid4().hex}_"
    part = tf.compat.v1.GraphDef(versions=graph.versions)
    waiting, seen = [("node", _node_name(output))], set()
    while waiting:
        kind, name = waiting.pop()
        if (kind, name) in seen:
            continue
        seen.add((kind, name))
        if kind == "node":
            part.node.append(nodes[name])
            members = [part.node[-1]]
            waiting += [("node", _node_name(x)) for x in nodes[name].input]
        else:
            part.library.function.append(functions[name])
            function = part.library.function[-1]
            function.signature.name = unique + name
            members = function.node_def
        for member in members:
            for called in _called(member):
                waiting.append(("function", called.name))
                called.name = unique + called.name
    return part


def _require_finite_calls(path, part):
    """A `ValueError` if functions call themselves, or too many in all.

    TensorFlow puts each into its callers; without an end it would crash.
    """
    calls = {
        function.signature.name: (
            len(function.node_def),
            [called.name for node in function.node_def
             for called in _called(node)],
        )
        for function in part.library.function
    }  # fmt: skip
    sizes = {}

    def size(name, callers):
        if name in callers or len(callers) > 100:
            raise ValueError(
                f"{path} holds functions that call themselves, or one another "
                "without end, and is not run. "
                "Expected arithmetic. Do not use this file, unless you trust "
                "who made it."
            )
        if name not in sizes:
            count, called = calls[name]
            sizes[name] = count + sum(
                size(one, (*callers, name)) for one in called
            )
        return sizes[name]

    roots = [called.name for node in part.node for called in _called(node)]
    total = sum(size(name, ()) for name in roots)
    if total > MOST_OPERATIONS:
        raise ValueError(
            f"{path} comes to {total} operations, and is not run. Expected at "
            f"most {MOST_OPERATIONS}. Do not use this file, unless you trust "
            "who made it."
        )


def _called(node):
    """The functions that a node calls."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func
        yield from value.list.func


def _node_name(tensor):
    """Of "name:0", "name" or "^name"."""
    return tensor.split(":")[0].removeprefix("^")


def _unusable(path, name, error):
    reason = (str(error).splitlines() or [""])[0][:200].rstrip(".")
    return ValueError(
        f"{path} cannot be used. Expected a SavedModel with a signature "
        f"{name!r} of one tensor to one tensor. Received: "
        f"{type(error).__name__}: {reason}. Fetch it again."
    )
