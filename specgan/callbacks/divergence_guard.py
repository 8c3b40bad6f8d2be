import json
import numbers
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from specgan.callbacks.resumable_callback import ResumableCallback
from specgan.callbacks.writing import warn_on_write_error
from specgan.files import damage_named
from specgan.files import read_json
from specgan.files import written_whole
from specgan.typing import PathLike
from specgan.typing import TensorLike


class DivergenceGuard(ResumableCallback):
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
        log_dir: Folder in which `guard.json` remembers, epoch by epoch, the
            highest diversity and the rollbacks left, for a training that is
            interrupted and resumed; None remembers nothing.
        generate: Function of a number that gives that many images, of the same
            latents; None takes `model.sample(number, 0)`. For a model that
            reconstructs: `lambda num: model.reconstruct(reals[:num])`.

    Logs:
        diversity: The samples' standard deviation, in the images' units.

    Raises:
        ValueError: If an argument is out of range.

    Example:
    >>> gan.fit(images, epochs=25, callbacks=[DivergenceGuard(rollbacks=3)])
    """

    def __init__(
        self,
        rollbacks: int = 3,
        largest_loss: float = 1e4,
        smallest_diversity: float = 0.1,
        num: int = 64,
        log_dir: PathLike | None = None,
        generate: Callable[[int], TensorLike] | None = None,
    ):
        super().__init__()
        whole = all(isinstance(n, numbers.Integral) for n in (rollbacks, num))
        if (
            not whole
            or rollbacks < 0
            or not largest_loss > 0
            or not 0 <= smallest_diversity < 1
            or num < 2
        ):
            raise ValueError(
                "A DivergenceGuard needs a whole number of rollbacks, a "
                "positive largest_loss, a smallest_diversity in [0, 1) and at "
                f"least 2 samples. Received: rollbacks={rollbacks}, "
                f"largest_loss={largest_loss}, "
                f"smallest_diversity={smallest_diversity}, num={num}."
            )
        self.rollbacks = rollbacks
        self.largest_loss = largest_loss
        self.smallest_diversity = smallest_diversity
        self.num = num
        self.record = pathlib.Path(log_dir) / "guard.json" if log_dir else None
        self.generate = generate or self._sample

    def _sample(self, num):
        return self.model.sample(num, seed=0)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.remaining = self.rollbacks
        self.highest_diversity = 0.0
        self.good_state = self._state()
        self.history = {}

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        # The logs are means over the epoch, in which a NaN stays.
        wrong = [k for k, v in (logs or {}).items() if not np.isfinite(v)]
        self.just_went_back = bool(wrong)
        if wrong:
            self._go_back(f"{', '.join(wrong)} became NaN or infinite")

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if not self.just_went_back:  # Else the logs are of before.
            state = self._state()
            trouble = self._look(state, logs if logs is not None else {})
            if trouble is not None:
                self._go_back(trouble)
            else:
                self.good_state = state
                self.good_epoch = epoch + 1
        self._remember(epoch + 1)

    def _restore(self, epoch):
        self.good_epoch = epoch  # Not 0 where a training is resumed.
        if epoch == 0 or not self.record or not self.record.exists():
            return
        with damage_named(self.record, "the guard's states by epochs"):
            earlier = read_json(self.record)
            self.history = {k: v for k, v in earlier.items() if int(k) <= epoch}
            seen = self.history.get(str(epoch), {})
            self.remaining = seen.get("remaining", self.remaining)
            self.highest_diversity = seen.get("highest_diversity", 0.0)
            self.good_epoch = seen.get("good_epoch", epoch)

    def _remember(self, epoch):
        if not self.record:
            return
        self.history[str(epoch)] = {
            "remaining": self.remaining,
            "highest_diversity": self.highest_diversity,
            "good_epoch": self.good_epoch,
        }
        with (
            warn_on_write_error(str(self.record)),
            written_whole(self.record) as path,
        ):
            path.write_text(json.dumps(self.history))

    def _look(self, state, logs):
        # The loss of the last batch was taken before its step.
        if not all(np.all(np.isfinite(value)) for _, value in state):
            return "weights became NaN or infinite"
        losses = {k: v for k, v in logs.items() if k.endswith("loss")}
        for name, loss in losses.items():
            if not abs(loss) <= self.largest_loss:
                return f"{name} reached {loss:.3g}"
        samples = self.generate(self.num)
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
        variables = list(self.model.variables)
        for optimizer in self.model.optimizers:
            variables += optimizer.variables
        return [
            (variable, variable.numpy().copy())
            for variable in variables
            if variable is not self.model.noise_seed
        ]
