"""Learning rates that a schedule brings to zero before a training is over."""

import math
import warnings
from typing import Any
from typing import cast

import keras
import tensorflow as tf

from specgan.models.keras_internals import learning_rate_or_schedule
from specgan.models.replicas import inner_optimizer
from specgan.models.training_step import step_of

_LATE = 0.99
"""Part of a training after which a schedule may have come to zero.

Keras' own cosine is rounded to zero a little before its end.
"""


def training_steps(
    images: Any, batch_size: int | None, epochs: int, **fit_arguments: Any
) -> int | None:
    """How many steps a `fit` takes.

    Args:
        images: A `tf.data.Dataset` of batches, or an array.
        batch_size: Images of a batch of an array.
        epochs: The last epoch.
        **fit_arguments: Further arguments of `keras.Model.fit`.

    Returns:
        A number, or None where the data set does not know its length.
    """
    steps = fit_arguments.get("steps_per_epoch")
    if steps is None and isinstance(images, tf.data.Dataset):
        steps = int(images.cardinality())
        if steps < 0:
            return None
    elif steps is None:
        size = cast(int, batch_size)  # Of an array it is known.
        steps = math.ceil(len(images) / size)
    return steps * max(epochs - fit_arguments.get("initial_epoch", 0), 0)


def check_schedule(
    name: str, optimizer: keras.optimizers.Optimizer, steps: int | None
) -> None:
    """Refuse a schedule that is at zero before the training is over.

    Args:
        name: Whose optimizer it is, for the message: "the generator".
        optimizer: A Keras optimizer; it may have taken steps already.
        steps: How many it is going to take; None where that is not known: a
            warning says so if the schedule comes to zero at any time.

    Raises:
        ValueError: If the learning rate is 0 when 99 % of all steps are taken.
    """
    schedule = learning_rate_or_schedule(inner_optimizer(optimizer))
    if not isinstance(
        schedule, keras.optimizers.schedules.LearningRateSchedule
    ):
        return
    if steps is None:
        if float(schedule(2**40)) == 0:
            warnings.warn(
                f"The learning rate of {name} comes to 0 some day, and the "
                "data set does not know its length: whether the schedule ends "
                "before the training is not known. Give steps_per_epoch, or a "
                "data set of known cardinality.",
                stacklevel=3,
            )
        return
    # Schedules count gradients, of which several may make an update.
    taken = int(step_of(optimizer).numpy())
    total = taken + steps
    late = max(taken, int(_LATE * (total - 1)))
    if steps and float(schedule(late)) == 0:
        raise ValueError(
            f"The learning rate of {name} comes to 0 before the training is "
            f"over. Expected a schedule of {total} steps, as many as the "
            f"optimizer has taken by its end. Received: a rate of 0 in step "
            f"{late}. Make the schedule longer, or the training shorter."
        )
