"""Training on several replicas: what all models have to mind."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import cast

import keras
import tensorflow as tf

from specgan.models import fit_arguments
from specgan.models.keras_internals import ModelWithoutSymbolicBuild
from specgan.models.keras_internals import has_several_workers
from specgan.typing import Tensor

_strategies: list[tf.distribute.Strategy] = []
"""The strategy of several replicas that this process trains under, if any."""


class BuiltModel(ModelWithoutSymbolicBuild):
    """A model whose networks are built before `fit`. Abstract."""

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """The losses on other data; see `keras.Model.evaluate`."""
        check_scope(self)
        x, y, kwargs = fit_arguments.prepared(x, y, kwargs)
        self._require_even_shares(batch_sizes(x, batch_size or 32))
        return super().evaluate(x, y, batch_size, **kwargs)

    def train_on_batch(
        self, x: Any, y: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """One training step; see `keras.Model.train_on_batch`."""
        check_scope(self)
        x, y = fit_arguments.images_and_labels(x, y)
        return super().train_on_batch(x, y, *args, **kwargs)

    def test_on_batch(
        self, x: Any, y: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """The losses of one batch; see `keras.Model.test_on_batch`."""
        check_scope(self)
        x, y = fit_arguments.images_and_labels(x, y)
        return super().test_on_batch(x, y, *args, **kwargs)

    def _require_even_shares(self, sizes):
        check_divisible_batches(
            sizes, self.distribute_strategy.num_replicas_in_sync
        )

    def _require_even_validation(self, validation_data, batch_size):
        if validation_data is None:
            return
        images = validation_data
        if isinstance(images, (tuple, list)):
            images = images[0]
        self._require_even_shares(batch_sizes(images, batch_size or 32))


def replicas() -> int:
    """Number of replicas, whose gradients Keras' optimizers sum."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def check_scope(model: keras.Model) -> None:
    """A `ValueError` within the scope of a strategy that did not make a model.

    Args:
        model: Built; its variables are on the devices of the scope in which
            it was made.
    """
    if not _made_in_scope(model):
        strategy = tf.distribute.get_strategy()
        raise ValueError(
            "A model is made, compiled and trained under one strategy. "
            "Expected a model whose networks were made within strategy.scope()."
            f" Received: {model.name}, made outside, in the scope of a "
            f"{type(strategy).__name__}. Make it within the scope."
        )


def check_optimizer_scope(optimizer: keras.optimizers.Optimizer) -> None:
    """The same for an optimizer, which has variables from the beginning."""
    if not _made_in_scope(optimizer):
        raise ValueError(
            "An optimizer is made under the strategy of its model. Expected "
            "one that was made within strategy.scope(). Received: a "
            f"{type(optimizer).__name__}, made outside. Make it within the "
            'scope, or give its name, such as "adam".'
        )


def _made_in_scope(owner):
    """Whether the strategy in force, if any, made all of its variables."""
    strategy = tf.distribute.get_strategy()
    return not tf.distribute.has_strategy() or all(
        strategy.extended.variable_created_in_scope(variable.value)
        for variable in owner.variables
    )


def check_single_strategy() -> None:
    """A `ValueError` for the second strategy of several replicas.

    The collective operations of two strategies in one process meet under the
    same keys: as soon as the shapes differ, this training and all that follow
    fail.
    """
    strategy = tf.distribute.get_strategy()
    if replicas() == 1:
        return
    if not _strategies:
        _strategies.append(strategy)
    if _strategies[0] is not strategy:
        raise ValueError(
            "TensorFlow trains under one strategy object of several replicas "
            f"in a process. Expected the first one. Received: another "
            f"{type(strategy).__name__}. Keep the first object and make all "
            "models in its scope, or begin a new process."
        )


def check_compile_options(compile_arguments: Mapping[str, Any]) -> None:
    """Raise a `ValueError` for what fails under several replicas.

    Args:
        compile_arguments: Dictionary of arguments of `keras.Model.compile`.
    """
    if replicas() > 1 and (
        compile_arguments.get("jit_compile") is True
        or compile_arguments.get("steps_per_execution", 1) != 1
    ):
        raise ValueError(
            "Keras has no jit_compile=True and no steps_per_execution above "
            f"1 under several replicas. Received: {compile_arguments} with "
            f"{replicas()} replicas. Leave both out."
        )


def check_no_gradient_clipping(optimizer: keras.optimizers.Optimizer) -> None:
    """Raise a `ValueError` if gradients would be clipped before they are added.

    Keras clips each replica's part of the gradient, which is another training
    on every number of replicas.

    Args:
        optimizer: A Keras optimizer.
    """
    optimizer = inner_optimizer(optimizer)
    clipping = {
        name: value
        for name in ("clipnorm", "clipvalue", "global_clipnorm")
        if (value := getattr(optimizer, name)) is not None
    }
    if replicas() > 1 and clipping:
        raise ValueError(
            "Keras clips the gradient of each replica and not their sum. "
            "Expected no clipping under several replicas. Received: "
            f"{clipping} with {replicas()} replicas. Train on one device, or "
            "without clipping."
        )


def inner_optimizer(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """The optimizer itself, without the loss scaling around it."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.inner_optimizer
    return optimizer


def batch_sizes(images: Any, batch_size: int | None) -> list[int | None]:
    """The sizes of the batches that Keras makes of what `fit` is given.

    Args:
        images: A `tf.data.Dataset` of batches, or an array.
        batch_size: Images of a batch of an array.

    Returns:
        List of numbers: of all batches and of the last one. None for those
        of a data set that does not know it; no batch is drawn to find out,
        which would begin another epoch of the data.
    """
    if isinstance(images, tf.data.Dataset):
        spec = keras.utils.unpack_x_y_sample_weight(images.element_spec)[0]
        return [spec.shape[0]]
    count = len(images)
    size = cast(int, batch_size)  # Of an array it is known.
    return [min(size, count), count % size]


def check_divisible_batches(
    sizes: Iterable[int | None], num_replicas: int
) -> None:
    """Raise a `ValueError` unless the replicas share every batch evenly.

    The mean over unequal shares is not that of the batch, and a replica that
    is left without an image fails.

    Args:
        sizes: The batches' sizes, as of `batch_sizes`.
        num_replicas: Number of replicas.
    """
    if num_replicas == 1:
        return
    wrong = [size for size in sizes if size is None or size % num_replicas]
    if wrong:
        size = "unknown size" if wrong[0] is None else f"{wrong[0]}"
        raise ValueError(
            "The replicas cannot share the batches evenly. Expected every "
            f"batch, the last one too, to be a multiple of {num_replicas} "
            f"images, the number of replicas. Received: a batch of {size}. "
            "Choose the batch size so, and leave a smaller last batch out: "
            "batch(batch_size, drop_remainder=True)."
        )


def as_reducible_log(value: Tensor) -> Tensor:
    """A scalar of the logs, as the strategy in force can reduce it.

    Keras reduces the logs of several workers along their first axis, which a
    scalar has not.

    Args:
        value: A scalar tensor.

    Returns:
        The scalar, or under several workers a tensor of shape [1].
    """
    if has_several_workers():
        return tf.reshape(value, [1])
    return value
