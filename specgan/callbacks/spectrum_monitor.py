import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from specgan import plots
from specgan.callbacks.resumable_callback import ResumableCallback
from specgan.callbacks.writing import warn_on_write_error
from specgan.files import damage_named
from specgan.files import read_json
from specgan.files import written_whole
from specgan.metrics import SingleImageSpectra
from specgan.metrics import SpectrumStatistics
from specgan.metrics.first_images import first_images
from specgan.metrics.single_image_spectra import WINDOW
from specgan.models.fit_arguments import batches_of_images
from specgan.models.training_step import steps_taken
from specgan.signal.spectrum import window_function
from specgan.typing import PathLike
from specgan.typing import TensorLike

_SCALARS = {  # Units and descriptions.
    "spectral_error": (
        " (dB)",
        "Of the mean 1-D spectrum, rms over all rings but DC; 0 is best.",
    ),
    "spectral_error_high": (
        " (dB)",
        "The same above half the Nyquist frequency; 0 is best.",
    ),
    "spread_ratio": (
        "",
        "Standard deviation over single images of the power in dB, generated "
        "/ real, mean over all rings but DC; 1 is best.",
    ),
}


class SpectrumMonitor(ResumableCallback):
    """Compares the spectrum of generated images with that of real ones.

    Every few epochs, from images generated in inference mode:

    - in `logs`, for the progress bar and for callbacks that come later in the
      list: `spectral_error`, the rms error in dB over all rings but DC,
      `spectral_error_high`, over those above half the Nyquist frequency (0.25
      cycles per pixel), and `spread_ratio`, how much single images vary
      against real ones (1 is best);
    - in TensorBoard, over generator steps: these as scalars; as images the 1-D
      spectra with their spread, the 2-D mean log spectra, the quantiles of
      single images' spectra, the 2-D difference, and the error of every ring
      over the training as a heat map;
    - in the log folder, all measurements and the newest quantiles as
      `spectrum.json`, and the spectra that were drawn last as
      `spectrum-1-d.png`, `spectrum-2-d.png`, `spectrum-single-images.png` and
      `spectrum-2-d-difference.png`.

    Pictures take longer than measurements: they are drawn of the first one, at
    the end of `fit` of the last one, and in between whenever that keeps to
    `drawing_share`. A training that is broken off leaves those before.

    Of single images it keeps one float for each ring, in dB: they are the
    rows of `SingleImageSpectra`, with a Hann window whatever `window` is.

    Args:
        log_dir: TensorBoard's log folder of this run.
        images: A `tf.data.Dataset` of real image batches, or an array of
            images, in [-1, 1]; dictionaries as for `fit`.
        num_images: How many real and generated images to compare.
        seed: Seed of the generated images' latents.
        every: Epochs from one measurement to the next.
        window: None or "hann", of the mean spectra.
        generate: Function of a number that gives at most that many images;
            None takes `model.sample(number, seed)`. For a model that
            reconstructs: `lambda num: model.reconstruct(reals[:num])`.
        drawing_share: Largest part of the training time that pictures may
            take, above 0; 1 draws them of every measurement.

    Raises:
        ValueError: If `num_images`, `every` or `drawing_share` are not
            positive.

    Example:
    >>> monitor = SpectrumMonitor("runs/dcgan", images)
    >>> gan.fit(images, epochs=25, callbacks=[monitor])
    """

    def __init__(
        self,
        log_dir: PathLike,
        images: Any,
        num_images: int = 1000,
        seed: int = 0,
        every: int = 1,
        window: str | None = None,
        generate: Callable[[int], TensorLike] | None = None,
        drawing_share: float = 0.05,
    ):
        super().__init__()
        if num_images < 1 or every < 1 or not drawing_share > 0:
            raise ValueError(
                "SpectrumMonitor needs a positive number of images, of epochs "
                "between measurements, and share of the time for pictures. "
                f"Received: num_images={num_images}, every={every}, "
                f"drawing_share={drawing_share}."
            )
        window_function(window, 2, 2)  # Raises for an unknown name.
        self.log_dir = pathlib.Path(log_dir)
        self.images = images
        self.num_images = num_images
        self.seed = seed
        self.every = every
        self.window = window
        self.generate = generate or self._sample
        self.drawing_share = drawing_share
        self.history: dict[str, Any] = {
            "epochs": [], "steps": [], "ring_errors": [],
            "spectral_error": [], "spectral_error_high": [],
            "spread_ratio": [],
        }  # fmt: skip

    def _sample(self, num):
        return self.model.sample(num, self.seed)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._draw_at = time.monotonic()
        self._undrawn: Any = None
        self.writer = tf.summary.create_file_writer(str(self.log_dir))
        batches = batches_of_images(self.images)
        self.real, self.real_images = self._measure(batches)
        size = (self.real.height, self.real.width)
        if size != tuple(self.model.image_shape[:2]):
            raise ValueError(
                "SpectrumMonitor compares images of one size. Expected real "
                f"images of {self.model.image_shape[:2]} pixels. Received: "
                f"{size}. Load them with the model's image_size."
            )

    def _measure(self, batches):
        """`SpectrumStatistics` and `SingleImageSpectra`, in one pass."""
        mean: Any = None
        single: Any = None
        for images in first_images(batches, self.num_images):
            if mean is None:
                height, width = images.shape[1:3]
                mean = SpectrumStatistics(height, width, self.window)
                single = SingleImageSpectra(height, width)
            mean.update(images)
            single.update(images)
        return mean, single

    def _restore(self, epoch):
        """Take up what a training that now goes on had measured by an epoch."""
        record = self.log_dir / "spectrum.json"
        if epoch == 0 or not record.exists():
            return
        # By epochs: a guard may have taken the steps back.
        with damage_named(record, "measurements by epochs"):
            earlier = read_json(record)
            count = sum(one <= epoch for one in earlier["epochs"])
            # What earlier versions did not measure is unknown.
            unknown = [None] * count
            self.history: dict[str, Any] = {
                name: earlier.get(name, unknown)[:count]
                for name in self.history
            }

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if (epoch + 1) % self.every:
            return
        generated, images = self._measure([self.generate(self.num_images)])
        step = steps_taken(self.model)
        values = {
            "spectral_error": generated.rms_error(self.real),
            "spectral_error_high": generated.rms_error(self.real, beyond=0.25),
            "spread_ratio": images.spread_ratio(self.real_images),
        }
        if logs is not None:
            logs.update(values)
        self._remember(epoch + 1, step, values, generated)
        self._undrawn = step, generated, images
        with warn_on_write_error(f"Spectra in {self.log_dir}"):
            with written_whole(self.log_dir / "spectrum.json") as path:
                path.write_text(json.dumps(self._record(generated, images)))
            self._write_scalars(step, values)
            if time.monotonic() >= self._draw_at:
                self._draw()
            self.writer.flush()

    def _remember(self, epoch, step, values, generated):
        difference = generated.decibels - self.real.decibels
        rings = len(self.real.frequencies)
        self.history["epochs"].append(epoch)
        self.history["steps"].append(step)
        self.history["ring_errors"].append(difference[1:rings].tolist())
        for name, value in values.items():
            self.history[name].append(value)

    def _record(self, generated, images):
        return {
            "unit": "dB",
            "images": {"real": self.real.count, "generated": generated.count},
            "window": self.window,
            "frequencies": self.real.frequencies[1:].tolist(),
            "single_images": {
                "window": WINDOW,
                "probabilities": plots.QUANTILES,
                "quantiles": {
                    "real": self._quantiles(self.real_images),
                    "generated": self._quantiles(images),
                },
                "spread": {
                    "real": self.real_images.spread.tolist(),
                    "generated": images.spread.tolist(),
                },
            },
            **self.history,
        }

    def _quantiles(self, images):
        return images.quantiles(plots.QUANTILES).tolist()

    def _write_scalars(self, step, values):
        with self.writer.as_default():
            for name, value in values.items():
                unit, meaning = _SCALARS[name]
                tf.summary.scalar(
                    f"spectrum/{name}{unit}", value, step, description=meaning
                )

    def _draw(self):
        """Draw the newest measurement, and say when the next one may be."""
        started = time.monotonic()
        step, generated, images = self._undrawn
        self._undrawn = None
        both = {"real": self.real, "generated": generated}
        figures = {
            "1-D": plots.spectra(both),
            "2-D": plots.log_spectra(both),
            "single images": plots.single_image_spectra(
                self.real_images.levels, images.levels, images.frequencies
            ),
            "2-D difference": plots.spectrum_difference(
                self.real_images.mean_map, images.mean_map
            ),
        }
        drawn = {
            name: plots.to_pixels(figure) for name, figure in figures.items()
        }
        for name, pixels in drawn.items():
            file = f"spectrum-{name.lower().replace(' ', '-')}.png"
            plots.save(pixels, self.log_dir / file)
        history = plots.error_history(
            self.history["steps"],
            self.real.frequencies[1:],
            np.array(self.history["ring_errors"]),
        )
        drawn["error over training"] = plots.to_pixels(history)
        with self.writer.as_default():
            for name, pixels in drawn.items():
                tf.summary.image(f"spectrum/{name}", pixels[None], step=step)
        now = time.monotonic()
        self._draw_at = now + (now - started) * (1 / self.drawing_share - 1)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        with warn_on_write_error(f"Spectra in {self.log_dir}"):
            if self._undrawn is not None:
                self._draw()
            self.writer.close()
