import json
import pathlib
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from specgan import plots
from specgan.callbacks.resumable_callback import ResumableCallback
from specgan.callbacks.writing import warn_on_write_error
from specgan.errors import invalid_argument
from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.files import damage_named
from specgan.files import read_json
from specgan.files import written_whole
from specgan.metrics import CachedFeatures
from specgan.metrics import Evaluation
from specgan.metrics import InceptionFeatures
from specgan.metrics.evaluation import is_of_quality
from specgan.metrics.evaluation import to_minimize
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.inception_features import CHOICES
from specgan.models.fit_arguments import batches_of_images
from specgan.models.training_step import steps_taken
from specgan.signal import to_uint8
from specgan.signal.image_values import require_in_range
from specgan.typing import PathLike


class GeneratorEvaluation(ResumableCallback):
    """Measures generated images every few epochs, and keeps the best model.

    FID, KID, precision, recall, density, coverage, the spectral distances and
    the detectability profile of `metrics.Evaluation`:

    - in `logs`, for the progress bar and for callbacks that come later in the
      list, such as `ModelCheckpoint` and `EarlyStopping` with `monitor="fid",
      mode="min"`. Epochs without a measurement have none: EarlyStopping's
      patience counts measurements. Errors and controls are left out;
    - in TensorBoard, over generator steps, as scalars under "evaluation", and
      FID and spectral distance over the training as one picture, and where
      detectors catch the generator as another;
    - in `evaluation.json` in the log folder: all measurements, with intervals
      and the protocol, and the last one's evidence of detectability;
    - `best.keras` in the log folder: the model whose `monitor` was best.

    A second `fit` with the same object goes on: it keeps the measurements, and
    the best model until there is a better one.

    Args:
        log_dir: TensorBoard's log folder of this run.
        images: A `tf.data.Dataset` of real image batches, or an array of
            images, in [-1, 1]; dictionaries as for `fit`.
        features: A `FeatureNetwork`; "inception" for `InceptionFeatures()`,
            "inception-bfloat16" for a faster one whose distances are no FIDs,
            None to leave out what needs one. On a CPU Inception takes about a
            minute for 1000 images.
        num_images: How many real and generated images to compare; fewer than
            2048 make FID useless.
        seed: Seed of the generated images' latents, and of random subsets.
        every: Epochs from one measurement to the next.
        monitor: Name of the metric that chooses the best model; None takes FID
            or its like, and the spectral distance without a network.
        generate: Function of a number that gives batches of that many images,
            at most; None takes `model.sample_batches(number, seed)`.
        about: Dictionary to keep with the protocol: where the data come from.

    Raises:
        ValueError: If a number is not positive, the network's weights are not
            there, or `monitor` is not measured or no measure of quality.

    Example:
    >>> evaluation = callbacks.GeneratorEvaluation("runs/dcgan", images)
    >>> stop = keras.callbacks.EarlyStopping("fid", mode="min", patience=5)
    >>> gan.fit(images, epochs=100, callbacks=[evaluation, stop])

    Reference:
        Durall et al., 2020, Figures 12 to 14: FID and spectral loss over the
        training.
    """

    def __init__(
        self,
        log_dir: PathLike,
        images: Any,
        features: str | FeatureNetwork | None = "inception",
        num_images: int = 2048,
        seed: int = 0,
        every: int = 1,
        monitor: str | None = None,
        generate: Callable[[int], Iterable] | None = None,
        about: dict[str, Any] | None = None,
    ):
        super().__init__()
        require_positive_integer("num_images", num_images)
        require_positive_integer("every", every)
        if monitor is not None and not is_of_quality(monitor):
            raise invalid_argument(
                "monitor", "a measure, no standard error or control", monitor
            )
        if isinstance(features, str):
            if features not in CHOICES:
                raise unknown_name("feature network", features, CHOICES)
            features = InceptionFeatures(dtype=CHOICES[features])
        self.log_dir = pathlib.Path(log_dir)
        self.images = images
        self.features: Any = features
        self.num_images = num_images
        self.seed = seed
        self.every = every
        self.monitor: Any = monitor
        self.generate = generate or self._sample
        self.about = about or {}
        self.history = []
        self._lost = 0  # Measurements, the first ones, of models not kept.

    def _sample(self, num):
        return self.model.sample_batches(num, self.seed)

    @property
    def record(self) -> pathlib.Path:
        """Path of the record of all measurements."""
        return self.log_dir / "evaluation.json"

    # === Measuring ===

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.writer = tf.summary.create_file_writer(str(self.log_dir))
        cached = self.features and CachedFeatures(self.features)
        self.evaluation = Evaluation(cached, self.num_images, self.seed)
        batches = batches_of_images(self.images)
        self.evaluation.add(real=(_pictures(batch) for batch in batches))
        # Generated images never come again.
        self.evaluation.features = self.features
        if self.monitor is None:
            distances = [metric.name for metric in self.evaluation.on_features]
            self.monitor = [*distances, "spectral_distance"][0]

    def _restore(self, epoch):
        """Take up what a training that now goes on had measured by an epoch."""
        if epoch and self.record.exists():
            with damage_named(self.record, "measurements by epochs"):
                record = read_json(self.record)
                self.history = [
                    one for one in record["history"] if one["epoch"] <= epoch
                ]
                has_best = any(
                    one["step"] == record["best"] for one in self.history
                )
            if not has_best:
                # The best model is of an epoch that is now trained again.
                (self.log_dir / "best.keras").unlink(missing_ok=True)
                self._lost = len(self.history)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if (epoch + 1) % self.every:
            return
        self._measure(epoch + 1)
        if logs is not None:
            values = self.history[-1]["values"].items()
            logs.update({k: v for k, v in values if is_of_quality(k)})

    def _measure(self, epoch):
        evaluation = self.evaluation
        evaluation.reset_fake()
        fakes = self.generate(self.num_images)
        evaluation.add(fake=(_pictures(batch) for batch in fakes))
        values = evaluation.result()
        if self.monitor not in values:
            raise ValueError(
                "The best model is chosen by one of the metrics. Expected one "
                f"of: {', '.join(values)}. Received: monitor={self.monitor!r}."
            )
        self.history.append(
            {
                "epoch": epoch,
                "step": steps_taken(self.model),
                "values": values,
                "intervals": evaluation.intervals(),
            }
        )
        with warn_on_write_error(f"The evaluation in {self.log_dir}"):
            evidence = evaluation.evidence()
            self._write_summaries(evidence)
            self._write_record(evidence)

    @property
    def best(self) -> dict[str, Any]:
        """The measurement with the best value of `monitor`."""
        return min(
            self.history[self._lost :],
            key=lambda one: to_minimize(
                self.monitor, one["values"][self.monitor]
            ),
        )

    # === Writing ===

    def _write_summaries(self, evidence):
        now = self.history[-1]
        with self.writer.as_default():
            for name, value in now["values"].items():
                tf.summary.scalar(f"evaluation/{name}", value, now["step"])
            pixels = plots.to_pixels(
                plots.quality_over_training(self.history, self.monitor)
            )
            tf.summary.image(
                "evaluation/over training", pixels[None], now["step"]
            )
            if evidence is not None:
                pixels = plots.to_pixels(
                    plots.detectability(now["values"], evidence)
                )
                tf.summary.image(
                    "evaluation/detectability", pixels[None], now["step"]
                )
        self.writer.flush()

    def _write_record(self, evidence):
        if self.best is self.history[-1]:
            with written_whole(self.log_dir / "best.keras") as path:
                self.model.save(path)
        record = {
            "monitor": self.monitor,
            "best": self.best["step"],
            "protocol": {**self.about, **self.evaluation.protocol()},
            "history": self.history,
            "evidence": evidence,
        }
        with written_whole(self.record) as path:
            path.write_text(json.dumps(record, indent=1) + "\n")

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        with warn_on_write_error(f"The evaluation in {self.log_dir}"):
            self.writer.close()


def _pictures(images):
    """Images in [-1, 1] as uint8, a NumPy array."""
    require_in_range(images)
    return to_uint8(images).numpy()
