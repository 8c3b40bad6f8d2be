"""Stop a training when a metric no longer improves: `train --stop-by METRIC`.

Keras' `EarlyStopping` counts from the beginning of a `fit`. A run that is
interrupted and resumed has to count on, so that what is decided here is a
function of all measurements since the beginning of the run.
"""

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from specgan.files import damage_named
from specgan.files import read_json
from specgan.metrics.evaluation import to_minimize
from specgan.runs.stop_options import PATIENCE
from specgan.runs.stop_options import SPECTRAL

if TYPE_CHECKING:
    from specgan.callbacks import GeneratorEvaluation
    from specgan.callbacks import SpectrumMonitor
    from specgan.runs.run_folder import RunFolder


def stalled(metric: str, values: Sequence[float | None], patience: int) -> bool:
    """Whether the last measurements have brought nothing better.

    Args:
        metric: Name of the metric.
        values: All of its values, the oldest first; None or NaN are unknown.
        patience: How many measurements without a better one are enough.

    Returns:
        True or False.
    """
    ranks = [
        math.inf if value is None or math.isnan(value)
        else to_minimize(metric, value)
        for value in values
    ]  # fmt: skip
    return bool(ranks) and len(ranks) - 1 - ranks.index(min(ranks)) >= patience


class StopByMetric(keras.callbacks.Callback):
    """Stops a training when a metric has stopped improving.

    It comes after the callbacks that measure. A training that a guard has
    stopped already, because it diverged, is left to that.

    Args:
        run: The `RunFolder`, in whose record the reason is written.
        metric: Name of the metric.
        patience: Measurements without a better one, at least 1.
        monitor: The `SpectrumMonitor` of the training.
        evaluation: The `GeneratorEvaluation`, or None.
    """

    def __init__(
        self,
        run: "RunFolder",
        metric: str,
        patience: int,
        monitor: "SpectrumMonitor",
        evaluation: "GeneratorEvaluation | None" = None,
    ):
        super().__init__()
        self.run = run
        self.metric = metric
        self.patience = patience
        self.monitor = monitor
        self.evaluation = evaluation
        self.has_stopped = False

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if self.model.stop_training:
            return
        evaluations = [] if self.evaluation is None else self.evaluation.history
        values = _values(self.metric, self.monitor.history, evaluations)
        if stalled(self.metric, values, self.patience):
            reason = (
                f"after epoch {epoch + 1}: {self.metric} has not improved in "
                f"{self.patience} measurements"
            )
            print(f"\nStopped {reason}.", flush=True)
            self.run.note("stopped", reason)
            self.has_stopped = self.model.stop_training = True


def has_stopped(
    settings: argparse.Namespace, run: "RunFolder", epoch: int
) -> bool:
    """Whether a run that is resumed had stopped before it was interrupted.

    Args:
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.
        epoch: How many epochs its model has been trained.

    Returns:
        True or False.
    """
    if settings.stop_by is None or epoch == 0:
        return False
    history, evaluations = {}, []
    spectra, evaluation = (
        run.path / name for name in ("spectrum.json", "evaluation.json")
    )
    if spectra.exists():
        with damage_named(spectra, "measurements by epochs"):
            record = read_json(spectra)
            count = sum(one <= epoch for one in record["epochs"])
            history = {name: record.get(name, [])[:count] for name in SPECTRAL}
    if evaluation.exists():
        with damage_named(evaluation, "measurements by epochs"):
            evaluations = [
                one
                for one in read_json(evaluation)["history"]
                if one["epoch"] <= epoch
            ]
    values = _values(settings.stop_by, history, evaluations)
    return stalled(settings.stop_by, values, settings.patience or PATIENCE)


def _values(metric, spectra, evaluations):
    """A metric's values, of the records of both callbacks that measure."""
    if metric in SPECTRAL:
        return spectra.get(metric, [])
    return [one["values"].get(metric) for one in evaluations]
