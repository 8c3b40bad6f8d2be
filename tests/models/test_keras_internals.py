"""What specgan uses of Keras and TensorFlow is still as it takes it to be."""

import ast
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models import keras_internals
from tests.contracts import two_replicas


def network():
    inputs = keras.Input([4])
    inner = keras.Sequential([keras.Input([4]), keras.layers.Dense(4)])
    shared = keras.layers.Dense(4)
    return keras.Model(inputs, shared(inner(shared(inputs))))


def test_flat_layers():
    kinds = [
        type(layer).__name__ for layer in keras_internals.flat_layers(network())
    ]
    assert kinds.count("Dense") == 2 and "Sequential" in kinds
    outermost = keras_internals.flat_layers(
        network(), recursive=False, include_self=False
    )
    assert len(outermost) == 3


def test_fit_builds_models_in_this_method():
    class Counts(keras.Model):
        def _maybe_symbolic_build(self, iterator=None, data_batch=None):
            calls.append((iterator, data_batch))

        def train_step(self, data):
            return {"loss": keras.ops.mean(data[0])}

    calls = []
    model = Counts()
    model.compile()
    model.fit(np.ones([2, 1]), verbose=0)
    assert len(calls) == 1
    assert "_maybe_symbolic_build" in vars(
        keras_internals.ModelWithoutSymbolicBuild
    )


def test_inbound_nodes():
    model = network()
    (shared,) = [one for one in model.layers if one.name.startswith("dense")]
    nodes = keras_internals.inbound_nodes(shared)
    assert len(nodes) == 2
    assert nodes[0].input_tensors[0].shape == (None, 4)
    assert nodes[1].parent_nodes


def test_learning_rate_or_schedule():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    found = keras_internals.learning_rate_or_schedule
    assert found(keras.optimizers.Adam(schedule)) is schedule
    assert float(found(keras.optimizers.Adam(0.5))) == 0.5


def test_gradients_taken():
    """As often as `apply` was called, and not as often as weights moved."""
    optimizer = keras.optimizers.SGD(gradient_accumulation_steps=4)
    weights = keras.Variable([1.0])
    for _ in range(6):
        optimizer.apply([keras.ops.ones([1])], [weights])
    assert int(keras_internals.gradients_taken(optimizer).numpy()) == 6
    assert int(optimizer.iterations) == 1


def test_adam_moments():
    optimizer = keras.optimizers.Adam(beta_1=0.9, beta_2=0.99)
    other, weights = keras.Variable([1.0, 1.0]), keras.Variable([1.0])
    optimizer.build([other, weights])
    optimizer.apply([keras.ops.zeros([2]), keras.ops.full([1], 2.0)])
    first, second = keras_internals.adam_moments(optimizer, weights)
    np.testing.assert_allclose(first.numpy(), [0.1 * 2], rtol=1e-6)
    np.testing.assert_allclose(second.numpy(), [0.01 * 4], rtol=1e-5)


def test_draws_random_numbers():
    found = keras_internals.draws_random_numbers
    assert found(keras.layers.Dropout(0.5))
    assert not found(keras.layers.Dropout(0.0))
    assert not found(keras.layers.Dense(3))


def test_several_workers():
    assert keras_internals.has_several_workers() is False
    with two_replicas().scope():
        assert keras_internals.has_several_workers() is False


def test_uncast():
    class Reads(keras.layers.Layer):
        def call(self, images):
            return keras_internals.uncast(scale), scale.value

    scale = keras.Variable(2.0**17, dtype="float32", trainable=False)
    own, cast = Reads(dtype="mixed_float16")(np.zeros([1]))
    assert own.dtype == "float32" and float(own) == 2.0**17
    assert cast.dtype == "float16"


# Public in spite of its name: of named tuples.
PUBLIC = {"_replace", "_asdict"}
# Of argparse, which has no other way to list options.
OF_ARGPARSE = {"_actions", "_option_string_actions"}


def test_variables_become_constants():
    variable = tf.Variable([2.0, 3.0])
    signature = [tf.TensorSpec([2], name="x")]
    function = tf.function(lambda x: variable * x, signature)
    frozen = keras_internals.variables_to_constants(
        function.get_concrete_function()
    )
    assert not frozen.variables
    operations = {node.op for node in frozen.graph.as_graph_def().node}
    assert "ReadVariableOp" not in operations and "Const" in operations
    (result,) = frozen(tf.constant([1.0, 10.0]))
    np.testing.assert_array_equal(result, [2, 30])


def test_tf2onnx_is_patched():
    pytest.importorskip("tf2onnx")
    keras_internals.patch_tf2onnx()


def test_nothing_else_of_theirs_is_private():
    """Underscored attributes that specgan does not define stand in one file."""
    root = pathlib.Path(keras_internals.__file__).parents[2]
    files = [*root.glob("specgan/**/*.py"), *root.glob("zoo/**/*.py")]
    trees = {
        file: list(ast.walk(ast.parse(file.read_text()))) for file in files
    }
    ours = {
        getattr(node, "name", None) or getattr(node, "attr", None) or node.id
        for nodes in trees.values()
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        or isinstance(getattr(node, "ctx", None), ast.Store)
        and isinstance(node, ast.Attribute | ast.Name)
    }
    del trees[pathlib.Path(keras_internals.__file__)]
    found = [
        f"{file.relative_to(root)}:{node.lineno}: {node.attr}"
        for file, nodes in trees.items()
        for node in nodes
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in ours | PUBLIC | OF_ARGPARSE
    ]
    imported = [
        f"{file.relative_to(root)}:{node.lineno}: {node.module}"
        for file, nodes in trees.items()
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("keras.src", "tensorflow.python"))
    ]
    theirs = {
        name
        for parent in (
            keras.Model, keras.layers.Layer, keras.optimizers.Adam,
            keras.callbacks.Callback, keras.metrics.Metric,
        )
        for name in dir(parent)
        if name.startswith("_") and not name.startswith("__")
    }  # fmt: skip
    overridden = [
        f"{file.relative_to(root)}:{method.lineno}: {method.name}"
        for file, nodes in trees.items()
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name in theirs
    ]
    assert not found + imported + overridden
