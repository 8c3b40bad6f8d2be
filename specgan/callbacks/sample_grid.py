import pathlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from specgan import plots
from specgan.callbacks.writing import warn_on_write_error
from specgan.models.training_step import steps_taken
from specgan.signal.image_values import require_in_range
from specgan.typing import PathLike
from specgan.typing import TensorLike


class SampleGrid(keras.callbacks.Callback):
    """Shows the same latents' images, every few epochs.

    In TensorBoard's Images tab as "samples/generated", over generator steps,
    and as `samples/step-0001000.png` in the log folder; real images beside
    them once, as "samples/real" and `samples/real.png`.

    Args:
        log_dir: TensorBoard's log folder of this run.
        num: Images in the grid, at least 1.
        seed: Seed of their latents.
        every: Epochs from one grid to the next, at least 1.
        generate: Function of a number that gives at most that many images;
            None takes `model.sample(number, seed)`.
        real: Real images `[n, height, width, channels]` in [-1, 1] to compare
            with, of which the first `num` are shown; None shows none.

    Raises:
        ValueError: If `num` or `every` are not positive; in `fit`, if images
            are no floats, not finite, or not in [-1, 1].

    Example:
    >>> gan.fit(images, epochs=25, callbacks=[SampleGrid("runs/dcgan")])
    """

    def __init__(
        self,
        log_dir: PathLike,
        num: int = 64,
        seed: int = 0,
        every: int = 1,
        generate: Callable[[int], TensorLike] | None = None,
        real: TensorLike | None = None,
    ):
        super().__init__()
        if num < 1 or every < 1:
            raise ValueError(
                "SampleGrid needs a positive number of images and of epochs "
                f"between grids. Received: num={num}, every={every}."
            )
        self.log_dir = pathlib.Path(log_dir)
        self.num = num
        self.seed = seed
        self.every = every
        self.generate = generate or self._sample
        self.real = real

    def _sample(self, num):
        return self.model.sample(num, self.seed)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir))
        if self.real is not None:
            self._show(self.real[: self.num], "real", "real", self._step())

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if (epoch + 1) % self.every:
            return
        step = self._step()
        images = self.generate(self.num)
        self._show(images, "generated", f"step-{step:07d}", step)

    def _step(self):
        return steps_taken(self.model)

    def _show(self, images, kind, name, step):
        require_in_range(images)
        grid = plots.image_grid(images)
        with warn_on_write_error(f"Samples in {self.log_dir}"):
            with self.writer.as_default():
                tf.summary.image(f"samples/{kind}", grid[None], step=step)
            self.writer.flush()
            plots.save(grid, self.log_dir / "samples" / f"{name}.png")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        with warn_on_write_error(f"Samples in {self.log_dir}"):
            self.writer.close()
