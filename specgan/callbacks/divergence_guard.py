import keras
import numpy as np


class DivergenceGuard(keras.callbacks.Callback):
    """Stops a training that has gone wrong, or takes it back and on.

    It looks for NaN or infinite losses after every batch; for NaN or infinite
    weights, a loss beyond a limit, and a collapse of the samples' diversity
    after every epoch. Diversity is the standard deviation over samples,
    averaged over pixels and channels, of images from the same latents; it has
    collapsed when it falls below a share of the highest that the training has
    had.

    Then it says what happened and takes the model back to the end of the last
    good epoch, with both optimizers, and changes the seed of the noise, so
    that the same does not happen again. After `rollbacks` of them it stops
    the training, the model in its last good state.

    Args:
        rollbacks: How often to go back before it stops; 0 stops at once.
        largest_loss: Largest magnitude of any loss in the logs.
        smallest_diversity: Share of the highest diversity so far, in [0, 1).
        num: Number of samples for the diversity.

    Logs:
        diversity: The samples' standard deviation, in the images' units.

    Raises:
        ValueError: If an argument is out of range.

    Example:
    >>> gan.fit(images, epochs=25, callbacks=[DivergenceGuard(rollbacks=3)])
    """

    def __init__(
        self,
        rollbacks=3,
        largest_loss=1e4,
        smallest_diversity=0.1,
        num=64,
    ):
        super().__init__()
        if (
            rollbacks < 0
            or not largest_loss > 0
            or not 0 <= smallest_diversity < 1
            or num < 2
        ):
            raise ValueError(
                "A DivergenceGuard needs rollbacks of at least 0, a positive "
                "largest_loss, a smallest_diversity in [0, 1) and at least 2 "
                f"samples. Received: rollbacks={rollbacks}, largest_loss="
                f"{largest_loss}, smallest_diversity={smallest_diversity}, "
                f"num={num}."
            )
        self.rollbacks = rollbacks
        self.largest_loss = largest_loss
        self.smallest_diversity = smallest_diversity
        self.num = num

    def on_train_begin(self, logs=None):
        self.remaining = self.rollbacks
        self.highest_diversity = 0.0
        self.good_state = self._state()
        self.good_epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self.disturbed = False
        if self.good_epoch is None:
            self.good_epoch = epoch  # Not 0 where a training is resumed.

    def on_train_batch_end(self, batch, logs=None):
        # The logs are means over the epoch, in which a NaN stays.
        wrong = [k for k, v in (logs or {}).items() if not np.isfinite(v)]
        if wrong:
            self._go_back(f"{', '.join(wrong)} became NaN or infinite")

    def on_epoch_end(self, epoch, logs=None):
        if self.disturbed:
            return
        state = self._state()
        trouble = self._look(state, logs if logs is not None else {})
        if trouble is not None:
            self._go_back(trouble)
        else:
            self.good_state = state
            self.good_epoch = epoch + 1

    def _look(self, state, logs):
        # The loss of the last batch was taken before its step.
        if not all(np.all(np.isfinite(value)) for _, value in state):
            return "weights became NaN or infinite"
        losses = {k: v for k, v in logs.items() if k.endswith("_loss")}
        for name, loss in losses.items():
            if not abs(loss) <= self.largest_loss:
                return f"{name} reached {loss:.3g}"
        samples = self.model.sample(self.num, seed=0)
        diversity = float(np.mean(np.std(samples, axis=0)))
        logs["diversity"] = diversity
        self.highest_diversity = max(self.highest_diversity, diversity)
        if not diversity >= self.smallest_diversity * self.highest_diversity:
            return (
                f"the diversity of samples fell to {diversity:.3g}, from "
                f"{self.highest_diversity:.3g}"
            )
        return None

    def _go_back(self, trouble):
        self.disturbed = True
        for variable, value in self.good_state:
            variable.assign(value)
        message = (
            f"\nDivergenceGuard: {trouble}; back to the state after epoch "
            f"{self.good_epoch}"
        )
        if self.remaining == 0:
            print(f"{message}, and stopped.", flush=True)
            self.model.stop_training = True
            return
        self.remaining -= 1
        self.model.reset_metrics()
        self.model.noise_seed.assign_add(1)
        print(
            f"{message}, on with noise seed "
            f"{int(self.model.noise_seed.numpy())} "
            f"({self.remaining} rollbacks left).",
            flush=True,
        )

    def _state(self):
        """All that training changes, as pairs of variable and value.

        The noise seed is left out: going back must not bring it back.
        """
        variables = [
            *self.model.variables,
            *self.model.optimizer.variables,
            *self.model.d_optimizer.variables,
        ]
        return [
            (variable, variable.numpy().copy())
            for variable in variables
            if variable is not self.model.noise_seed
        ]
