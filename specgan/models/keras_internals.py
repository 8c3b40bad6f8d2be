"""All that we use of Keras and TensorFlow without their promise to keep it.

Each function says what it is for and why there is no public way. The tests
beside this file fail when one of them changes.
"""

from typing import Any

import keras
import tensorflow as tf

from specgan.typing import Tensor


class ModelWithoutSymbolicBuild(keras.Model):
    """A model that `fit` does not build. Abstract.

    Under a strategy Keras would draw a batch to build what is not, and so
    begin another epoch of the data: no training would be that of one device.
    A model whose networks are built has no public way to say so.
    """

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        pass


def flat_layers(
    model: keras.Model, recursive: bool = True, include_self: bool = True
) -> list[keras.layers.Layer]:
    """A model's layers, those within its layers too.

    `Model.layers` holds the outermost ones alone.
    """
    return list(
        model._flatten_layers(include_self=include_self, recursive=recursive)
    )


def inbound_nodes(layer: keras.Operation) -> list:
    """The calls of a layer within functional models, in their order.

    For the lint, which follows images through a network. `Layer.input` fails
    for a layer that is called twice.
    """
    return layer._inbound_nodes


def learning_rate_or_schedule(optimizer: keras.optimizers.Optimizer) -> Any:
    """What an optimizer was given: a variable or a schedule.

    `Optimizer.learning_rate` is the present value alone.
    """
    return optimizer._learning_rate


def gradients_taken(optimizer: keras.optimizers.Optimizer) -> Any:
    """How often an optimizer was given gradients, a variable.

    `Optimizer.iterations` counts its updates: with gradient accumulation it
    stands still for several training steps.
    """
    return optimizer._iterations


def adam_moments(
    optimizer: keras.optimizers.Adam, variable: keras.Variable
) -> tuple[keras.Variable, keras.Variable]:
    """The first and the second moment that Adam keeps of a variable.

    For an update in one kernel, which takes both. `Optimizer.variables` is a
    list without a promise of its order.
    """
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def draws_random_numbers(layer: keras.layers.Layer) -> bool:
    """Whether a layer has a generator of random numbers, as Dropout has.

    Those within its layers do not count; Keras lists them nowhere.
    """
    return bool(layer._seed_generators)


def has_several_workers() -> bool:
    """Whether the strategy in force trains on several machines.

    TensorFlow logs of replicas alone, and Keras reduces the logs otherwise
    between workers.
    """
    extended = tf.distribute.get_strategy().extended
    return extended._in_multi_worker_mode()


def uncast(variable: keras.Variable) -> Tensor:
    """A variable's value in its own dtype, wherever it is read.

    In the call of a layer of half precision Keras casts every float variable
    that is read; a loss scale of 65,536 is infinite in float16.
    """
    from keras.src.backend.common.variables import AutocastScope

    with AutocastScope(None):
        return tf.convert_to_tensor(variable.value)


def variables_to_constants(function: Any) -> Any:
    """A concrete function whose variables have become constants.

    Converters to other formats take a graph without variables. The public
    `tf.compat.v1.graph_util` has the same for sessions alone.
    """
    from tensorflow.python.framework import convert_to_constants

    return convert_to_constants.convert_variables_to_constants_v2(function)


def patch_tf2onnx() -> None:
    """Let tf2onnx run with NumPy 2, as `keras.Model.export` does.

    tf2onnx 1.17 uses names that NumPy 2 has no more; Keras has no public
    function that mends that alone.
    """
    from keras.src.export import tf2onnx_lib

    tf2onnx_lib.patch_tf2onnx()
