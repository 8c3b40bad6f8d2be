import abc

import keras


class ResumableCallback(keras.callbacks.Callback, abc.ABC):
    """Abstract: takes up what a training that now goes on had recorded."""

    def on_train_begin(self, logs=None):
        self._recalled = False

    def on_epoch_begin(self, epoch, logs=None):
        # Only the first epoch tells where a resumed training begins.
        if not self._recalled:
            self._recalled = True
            self._restore(epoch)

    @abc.abstractmethod
    def _restore(self, epoch):
        """Take up what had been recorded by the end of `epoch` epochs."""
