"""Seconds per training step, measured in a short real training."""

import argparse
import statistics
import time
import warnings
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras

from specgan.models import GAN
from specgan.runs import training

ROUNDS = 5
STEPS = 2  # Counted ones in a round, after one that is not.
SECONDS = 60.0  # No new round after those, however few steps there were.


def model_of(model_class: type, settings: argparse.Namespace) -> keras.Model:
    """A new model, ready for a trial: of another length, without a schedule.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.

    Returns:
        The model, compiled.
    """
    settings = argparse.Namespace(
        **{**vars(settings), "schedule": None, "warm_up": None}
    )
    with warnings.catch_warnings():
        # The training itself warns about its images.
        warnings.simplefilter("ignore", UserWarning)
        return training.new_model(model_class, settings)


def seconds_per_step(
    models: Mapping[str, keras.Model], settings: argparse.Namespace
) -> dict[str, list[float]]:
    """Time training steps of several models, in turns.

    Args:
        models: Dictionary of names and models, as of `model_of`; they are
            trained a little.
        settings: The arguments of `specgan train`.

    Returns:
        Dictionary of names and lists of seconds by the clock: those of ten
        steps, or of fewer where these take more than a minute.
    """
    batches = training.images(settings).repeat()
    clocks = {name: _Clock() for name in models}
    for name, model in models.items():
        _train(model, batches, 1, clocks[name])  # Traces and compiles.
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        for name, model in models.items():
            _train(model, batches, 1 + STEPS, clocks[name])
        if time.perf_counter() - begin > SECONDS:
            break
    return {name: clock.seconds for name, clock in clocks.items()}


def median(seconds: Sequence[float]) -> float:
    """The median of some durations: one slow step does not matter."""
    return statistics.median(seconds)


def _train(model, batches, steps, clock):
    if isinstance(model, GAN):
        steps *= model.discriminator_steps
    model.fit(batches.take(steps), callbacks=[clock], verbose=0)


class _Clock(keras.callbacks.Callback):
    """Seconds of all steps but the first of each `fit`."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self.begin = time.perf_counter()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        for value in (logs or {}).values():
            float(value)  # Waits until a GPU is done.
        if batch > 0:
            self.seconds.append(time.perf_counter() - self.begin)
