import math
import numbers
from collections.abc import Callable
from typing import Any

import keras

from specgan.errors import unknown_name
from specgan.models import GAN
from specgan.models.keras_internals import learning_rate_or_schedule
from specgan.models.replicas import inner_optimizer

_OPTIMIZERS = {
    "generator": ("g_optimizer",),
    "discriminator": ("d_optimizer",),
    "both": ("g_optimizer", "d_optimizer"),
}


class LearningRate(keras.callbacks.Callback):
    """Sets the learning rate of the networks it names, epoch by epoch.

    Keras' own learning-rate callbacks know one optimizer, the generator's.

    Args:
        schedule: Function of (epoch from 0, learning rate so far) that gives
            the learning rate.
        network: "generator", "discriminator" or "both".

    Logs:
        g_learning_rate, d_learning_rate: Those that it has set.

    Raises:
        ValueError: For an unknown network, a model that is not a GAN, or a rate
            that is negative or not finite.

    Example:
    >>> halve = LearningRate(lambda epoch, rate: rate / 2, "discriminator")
    >>> gan.fit(images, epochs=3, callbacks=[halve])
    """

    def __init__(
        self, schedule: Callable[[int, float], float], network: str = "both"
    ):
        super().__init__()
        if network not in _OPTIMIZERS:
            raise unknown_name("network", network, _OPTIMIZERS)
        self.schedule = schedule
        self.network = network

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not isinstance(self.model, GAN):
            raise ValueError(
                "LearningRate sets the rates of a GAN's two networks. "
                f"Received: a {type(self.model).__name__}. Take "
                "keras.callbacks.LearningRateScheduler."
            )

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        for name in _OPTIMIZERS[self.network]:
            optimizer = getattr(self.model, name)
            if isinstance(
                learning_rate_or_schedule(inner_optimizer(optimizer)),
                keras.optimizers.schedules.LearningRateSchedule,
            ):
                raise ValueError(
                    "LearningRate sets a learning rate that is a number. "
                    f"Received: {name} with a schedule of its own. Take one or "
                    "the other."
                )
            rate = float(optimizer.learning_rate.numpy())
            rate = self.schedule(epoch, rate)
            if not (isinstance(rate, numbers.Real) and 0 <= rate < math.inf):
                raise ValueError(
                    "A learning rate is a number of at least 0. Received: "
                    f"{rate!r} from the schedule, for epoch {epoch}."
                )
            optimizer.learning_rate = rate

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        for name in _OPTIMIZERS[self.network]:
            rate = getattr(self.model, name).learning_rate
            if logs is not None:
                logs[f"{name[0]}_learning_rate"] = float(rate.numpy())
