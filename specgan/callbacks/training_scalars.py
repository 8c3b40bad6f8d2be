import pathlib
from typing import Any

import keras
import tensorflow as tf

from specgan.callbacks.writing import warn_on_write_error
from specgan.models.training_step import steps_taken
from specgan.typing import PathLike

DESCRIPTIONS = {
    "d_loss": "loss of the discriminator, with penalties",
    "g_loss": "adversarial loss of the generator",
    "d_real": "mean logit of real images",
    "d_fake": "mean logit of generated images",
    "spectral_loss": "spectral distance in the generator's loss; 0 is best",
    "gradient_penalty": "penalty of the discriminator's gradients",
    "augmentation": "probability of each augmentation",
    "diversity": "spread of generated over that of real images; falls to 0 "
    "when all samples become one",
    "loss": "loss of the model",
    "learning_rate": "of the generator",
}


class TrainingScalars(keras.callbacks.Callback):
    """Writes the losses for TensorBoard, over generator steps.

    Keras' own `TensorBoard` counts epochs, so that its curves share no axis
    with those of `SpectrumMonitor`, `SampleGrid` and `GeneratorEvaluation`.
    Scalars are named "training/NAME" and described; what other callbacks put
    into the logs is left to them.

    Args:
        log_dir: TensorBoard's log folder of this run.

    Example:
    >>> gan.fit(images, epochs=25, callbacks=[TrainingScalars("runs/dcgan")])
    """

    def __init__(self, log_dir: PathLike):
        super().__init__()
        self.log_dir = pathlib.Path(log_dir)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.writer = tf.summary.create_file_writer(str(self.log_dir))

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        step = steps_taken(self.model)
        own = {metric.name for metric in self.model.metrics}
        values = {
            name: float(value)
            for name, value in (logs or {}).items()
            if name in own or name in DESCRIPTIONS
        }
        values["learning_rate"] = float(self.model.optimizer.learning_rate)
        with warn_on_write_error("TensorBoard's records"):
            with self.writer.as_default():
                for name, value in values.items():
                    tf.summary.scalar(
                        f"training/{name}",
                        value,
                        step,
                        description=DESCRIPTIONS.get(name),
                    )
            self.writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        with warn_on_write_error("TensorBoard's records"):
            self.writer.close()
