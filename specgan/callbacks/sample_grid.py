import pathlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from specgan import plots
from specgan.callbacks.writing import warn_on_write_error
from specgan.typing import PathLike
from specgan.typing import TensorLike


class SampleGrid(keras.callbacks.Callback):
    """Shows the same latents' images, every few epochs.

    In TensorBoard's Images tab under "samples", over generator steps, and as
    `samples/step-0001000.png` in the log folder.

    Args:
        log_dir: TensorBoard's log folder of this run.
        num: Images in the grid, at least 1.
        seed: Seed of their latents.
        every: Epochs from one grid to the next, at least 1.
        generate: Function of a number that gives at most that many images;
            None takes `model.sample(number, seed)`.

    Raises:
        ValueError: If `num` or `every` are not positive.

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

    def _sample(self, num):
        return self.model.sample(num, self.seed)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir))

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if (epoch + 1) % self.every:
            return
        step = int(self.model.optimizer.iterations.numpy())
        grid = plots.image_grid(self.generate(self.num))
        with warn_on_write_error(f"Samples in {self.log_dir}"):
            with self.writer.as_default():
                tf.summary.image("samples", grid[None], step=step)
            self.writer.flush()
            path = self.log_dir / "samples" / f"step-{step:07d}.png"
            plots.save(grid, path)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        with warn_on_write_error(f"Samples in {self.log_dir}"):
            self.writer.close()
