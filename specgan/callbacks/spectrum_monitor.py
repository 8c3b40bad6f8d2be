import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

from specgan.callbacks import pictures
from specgan.callbacks.recalling_callback import RecallingCallback
from specgan.callbacks.writing import told_if_not_written
from specgan.files import read_json
from specgan.files import written_whole
from specgan.metrics import SpectrumStatistics
from specgan.signal.spectrum import window_function


class SpectrumMonitor(RecallingCallback):
    """Compares the spectrum of generated images with that of real ones.

    Every few epochs, from images generated in inference mode:

    - in `logs`, for the progress bar and for callbacks that come later in the
      list: `spectral_error`, the rms error in dB over all rings but DC, and
      `spectral_error_high`, over those beyond half Nyquist (0.25 cycles per
      pixel);
    - in TensorBoard, over generator steps: both as scalars; the 1-D spectra
      with their spread, the 2-D mean log spectra, and the error of every ring
      over the training as a heat map, as images;
    - in the log folder, all measurements as `spectrum.json`, and the newest
      1-D and 2-D spectra as `spectrum-1-d.png` and `spectrum-2-d.png`.

    Args:
        log_dir: TensorBoard's log folder of this run.
        images: A `tf.data.Dataset` of real image batches, or an array of
            images, in [-1, 1].
        num_images: How many real and generated images to compare.
        seed: Seed of the generated images' latents.
        every: Epochs from one measurement to the next.
        window: None or "hann".
        generate: Function of a number that gives so many images, at most;
            None takes `model.sample(number, seed)`. For a model that
            reconstructs: `lambda num: model.reconstruct(reals[:num])`.

    Raises:
        ValueError: If `num_images` or `every` are not positive.

    Example:
    >>> monitor = SpectrumMonitor("runs/dcgan", images)
    >>> gan.fit(images, epochs=25, callbacks=[monitor])
    """

    def __init__(
        self,
        log_dir,
        images,
        num_images=1000,
        seed=0,
        every=1,
        window=None,
        generate=None,
    ):
        super().__init__()
        if num_images < 1 or every < 1:
            raise ValueError(
                "SpectrumMonitor needs a positive number of images and of "
                "epochs between measurements. Received: "
                f"num_images={num_images}, every={every}."
            )
        window_function(window, 2, 2)  # Raises for an unknown name.
        self.log_dir = pathlib.Path(log_dir)
        self.images = images
        self.num_images = num_images
        self.seed = seed
        self.every = every
        self.window = window
        self.generate = generate or self._sample
        self.history = {
            "epochs": [], "steps": [], "ring_errors": [],
            "spectral_error": [], "spectral_error_high": [],
        }  # fmt: skip

    def _sample(self, num):
        return self.model.sample(num, self.seed)

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        self.writer = tf.summary.create_file_writer(str(self.log_dir))
        images = self.images
        if not isinstance(images, tf.data.Dataset):
            images = [images]
        batches = (
            keras.utils.unpack_x_y_sample_weight(data)[0] for data in images
        )
        self.real = SpectrumStatistics.of(batches, self.num_images, self.window)
        size = (self.real.height, self.real.width)
        if size != tuple(self.model.image_shape[:2]):
            raise ValueError(
                "SpectrumMonitor compares images of one size. Expected real "
                f"images of {self.model.image_shape[:2]} pixels. Received: "
                f"{size}. Load them with the model's image_size."
            )

    def _recall(self, epoch):
        """Take up what a training that now goes on had measured by an epoch."""
        record = self.log_dir / "spectrum.json"
        if epoch == 0 or not record.exists():
            return
        # By epochs: a guard may have taken the steps back.
        earlier = read_json(record)
        count = sum(one <= epoch for one in earlier["epochs"])
        self.history = {name: earlier[name][:count] for name in self.history}

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        generated = SpectrumStatistics.of(
            [self.generate(self.num_images)], window=self.window
        )
        step = int(self.model.optimizer.iterations.numpy())
        errors = {
            "spectral_error": generated.rms_error(self.real),
            "spectral_error_high": generated.rms_error(self.real, beyond=0.25),
        }
        if logs is not None:
            logs.update(errors)
        self._remember(epoch + 1, step, errors, generated)
        with told_if_not_written(f"Spectra in {self.log_dir}"):
            self._write_summaries(step, errors, generated)
            with written_whole(self.log_dir / "spectrum.json") as path:
                path.write_text(json.dumps(self._record(generated)))

    def _remember(self, epoch, step, errors, generated):
        difference = generated.decibels - self.real.decibels
        rings = len(self.real.frequencies)
        self.history["epochs"].append(epoch)
        self.history["steps"].append(step)
        self.history["ring_errors"].append(difference[1:rings].tolist())
        for name, error in errors.items():
            self.history[name].append(error)

    def _record(self, generated):
        return {
            "unit": "dB",
            "images": {"real": self.real.count, "generated": generated.count},
            "window": self.window,
            "frequencies": self.real.frequencies[1:].tolist(),
            **self.history,
        }

    def _write_summaries(self, step, errors, generated):
        both = {"real": self.real, "generated": generated}
        images = {
            "1-D": pictures.to_pixels(pictures.spectra(both)),
            "2-D": pictures.to_pixels(pictures.log_spectra(both)),
        }
        for name, pixels in images.items():
            pictures.save(pixels, self.log_dir / f"spectrum-{name.lower()}.png")
        history = pictures.error_history(
            self.history["steps"],
            self.real.frequencies[1:],
            np.array(self.history["ring_errors"]),
        )
        images["error over training"] = pictures.to_pixels(history)
        with self.writer.as_default():
            for name, error in errors.items():
                tf.summary.scalar(f"spectrum/{name} (dB)", error, step=step)
            for name, pixels in images.items():
                tf.summary.image(f"spectrum/{name}", pixels[None], step=step)
        self.writer.flush()

    def on_train_end(self, logs=None):
        with told_if_not_written(f"Spectra in {self.log_dir}"):
            self.writer.close()
