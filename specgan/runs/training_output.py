"""What a training prints: losses, measurements, the time that is left."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import keras

from specgan.metrics.detectability_profile import ROWS
from specgan.metrics.evaluation import SAME
from specgan.metrics.evaluation import is_of_quality
from specgan.metrics.evaluation import to_minimize

if TYPE_CHECKING:
    from specgan.callbacks import GeneratorEvaluation

SPECTRAL = ("spectral_error", "spectral_error_high")
"""Of what `SpectrumMonitor` measures, what a line has room for."""

COLUMNS = 3
"""Measurements on a line of the table."""

TRIAL = range(2, 12)
"""Steps that are timed for an estimate, without those that compile."""


class TrainingOutput(keras.callbacks.ProgbarLogger):
    """Keras' progress bar with the losses alone, and what it does not say.

    Before the first epoch parameters, images and steps, and after some steps
    how long all will take. After every epoch the time that is left, and what
    was measured, as a small table with arrows: better or worse than before.

    Where `fit` is given verbose=2, for files and pipes, an epoch is one line:
    losses, spectral errors and, where it is measured, the monitored metric.

    It comes last in the list of callbacks.

    Args:
        evaluation: The `GeneratorEvaluation` of the training, whose monitored
            metric is on that line; None for none.
    """

    def __init__(self, evaluation: "GeneratorEvaluation | None" = None):
        super().__init__()
        self.evaluation = evaluation
        self._losses = []
        self._before = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._clock, self._timed, self._epochs_done = time.monotonic(), None, 0
        for network in _networks(self.model):
            print(f"{network.name}: {network.count_params():,} parameters")

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if not self._epochs_done:
            self._begun = epoch
            left = self.epochs - epoch
            if self.target is not None:
                print(
                    f"{left} epochs of {self.target} steps: "
                    f"{left * self.target:,} steps",
                    flush=True,
                )
        if self.verbose == 1:
            super().on_epoch_begin(epoch, logs)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        self._losses = list(logs or {})
        self._estimate(batch)
        super().on_train_batch_end(batch, logs)

    def _estimate(self, batch):
        """Say how long all will take, once, in the first epoch."""
        if self._epochs_done or self.target is None:
            return
        if batch == TRIAL.start:
            self._timed = time.monotonic()
        elif batch == TRIAL.stop and self._timed is not None:
            step = (time.monotonic() - self._timed) / len(TRIAL)
            steps = (self.epochs - self._begun) * self.target
            print(
                f"\nestimated: {duration(steps * step)} at {step:.3g} s a "
                "step, without measurements and saving",
                flush=True,
            )

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        logs = logs or {}
        self._epochs_done += 1
        losses = {name: logs[name] for name in self._losses if name in logs}
        measured = {k: v for k, v in logs.items() if k not in losses}
        so_far = time.monotonic() - self._clock
        left = so_far / self._epochs_done * (self.epochs - epoch - 1)
        if self.verbose == 1:
            super().on_epoch_end(epoch, losses)
            for line in table(measured, self._before):
                print(line)
            if epoch + 1 < self.epochs:
                print(f"{duration(left)} left", flush=True)
        elif self.verbose:
            print(self._line(epoch, losses, measured, left), flush=True)
        self._before |= measured

    def _line(self, epoch, losses, measured, left):
        names = [*SPECTRAL]
        if self.evaluation is not None:
            names.append(self.evaluation.monitor)
        shown = [f"{k} {v:.4g}" for k, v in losses.items()]
        shown += [
            f"{name} {measured[name]:.4g}{arrow(name, measured, self._before)}"
            for name in names
            if name in measured
        ]
        return (
            f"epoch {epoch + 1}/{self.epochs}  {duration(left)} left  "
            + "  ".join(shown)
        )


def table(
    measured: Mapping[str, float], before: Mapping[str, float]
) -> list[str]:
    """Measurements as lines, with arrows; not the detectability profile's.

    Args:
        measured: Dictionary of names and values.
        before: The same, the last ones before.

    Returns:
        A list of lines; empty if nothing was measured.
    """
    hidden = tuple(f"detection_{row}" for row in ROWS)
    cells = [
        (name, f"{value:.4g}{arrow(name, measured, before)}")
        for name, value in measured.items()
        if name in SAME or not name.startswith(hidden)
    ]
    if not cells:
        return []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    texts = [f"{name:<{widths[0]}} {v:<{widths[1]}}" for name, v in cells]
    lines = [
        "  " + "  ".join(texts[start : start + COLUMNS]).rstrip()
        for start in range(0, len(texts), COLUMNS)
    ]
    if any(name in before for name, _ in cells):
        lines.append("  ↑ better, ↓ worse than the last time")
    return lines


def arrow(
    name: str, measured: Mapping[str, float], before: Mapping[str, float]
) -> str:
    """ " ↑" if a measurement is better than before, " ↓" if worse, or ""."""
    if name not in before or not _is_judged(name):
        return ""
    now, then = _rank(name, measured[name]), _rank(name, before[name])
    return "" if now == then else " ↑" if now < then else " ↓"


def _is_judged(name):
    """Whether there is a better and a worse of it."""
    return is_of_quality(name) and not name.endswith(
        ("learning_rate", "diversity")
    )


def _rank(name, value):
    """The smaller, the better."""
    return (
        abs(value - 1) if name == "spread_ratio" else to_minimize(name, value)
    )


def duration(seconds: float) -> str:
    """A length of time in the two largest of its units."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        (days, "d"),
        (hours, "h"),
        (minutes, "min"),
        (seconds, "s"),
    ]
    while len(parts) > 1 and not parts[0][0]:
        parts = parts[1:]
    return " ".join(f"{number} {unit}" for number, unit in parts[:2])


def _networks(model):
    networks = [
        getattr(model, name, None) for name in ("generator", "discriminator")
    ]
    return [one for one in networks if one is not None] or [model]
