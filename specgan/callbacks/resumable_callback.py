import abc
from typing import Any

import keras


class ResumableCallback(keras.callbacks.Callback, abc.ABC):
    """Abstract: takes up what a training that now goes on had recorded."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._recalled = False

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        # Only the first epoch shows where a resumed training begins.
        if not self._recalled:
            self._recalled = True
            self._restore(epoch)

    @abc.abstractmethod
    def _restore(self, epoch):
        """Take up what had been recorded by the end of `epoch` epochs."""
