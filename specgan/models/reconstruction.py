import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.losses import spectral
from specgan.models import fit_arguments
from specgan.models import images as real_images
from specgan.models.adam import Adam
from specgan.models.compile_checks import check_optimizer
from specgan.models.image_model import ImageModel
from specgan.models.replicas import as_reducible_log
from specgan.models.replicas import batch_sizes
from specgan.models.replicas import replicas
from specgan.models.sampling import in_batches
from specgan.models.schedule_checks import check_schedule
from specgan.models.schedule_checks import training_steps
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.losses.spectral.spectral_loss import SpectralLoss


class Reconstruction(ImageModel, abc.ABC):
    """A model that learns to give back the images it is shown. Abstract.

    `fit(images)` is Keras' own, with Keras' own training step; this class
    says what the loss is. A subclass says what is reconstructed (`call`,
    `reconstructed`) and what that costs (`reconstruction_loss`).

    Formula of the loss:

    ```
    reconstruction_loss + weight * spectral_loss   (Durall et al., 2020)
    ```

    with the spectral distance of the reconstructions to the target, which
    `adapt` computes from real images. Under several replicas it is the loss
    of the whole batch.

    Args:
        image_shape: (height, width, channels).
        spectral_regularization: None, True ("decibel", unlike for a GAN), or
            a name or object of `specgan.losses.spectral`.
        spectral_weight: Factor of the spectral term; None takes the class's
            `default_spectral_weight` for a loss that is given by name.
        seed: Integer from which all noise of the training derives, together
            with the step and the replica.
        name: Name of the model.

    Logs:
        loss: What is minimized; like all that follow a mean over the
            epoch's images.
        reconstruction: Mean square error of the images' values.
        spectral_loss: The spectral distance, before its weight.
    """

    # Arguments of Adam when `compile` is given no optimizer.
    adam = {"learning_rate": 1e-3}

    # The losses' own weights are made for an adversarial loss, which is of
    # the order of 1; a mean square error is of the order of 0.01.
    default_spectral_weight = 0.01

    def __init__(
        self,
        image_shape: Sequence[int],
        spectral_regularization: "str | bool | SpectralLoss | None" = None,
        spectral_weight: float | None = None,
        seed: int = 0,
        name: str | None = None,
    ):
        by_name = spectral_regularization is True or isinstance(
            spectral_regularization, str
        )
        weight = spectral_weight
        if by_name and weight is None:
            weight = self.default_spectral_weight
        # What the weights above were found with; it has no other default.
        loss = spectral_regularization
        loss = spectral.get("decibel" if loss is True else loss, weight)
        super().__init__(image_shape, loss, seed, name)
        self.spectral_regularization = spectral_regularization
        self.spectral_weight = spectral_weight
        self.track("reconstruction")
        if self.spectral_loss is not None:
            self.track("spectral_loss")

    # === What a subclass says ===

    @abc.abstractmethod
    def call(self, images: TensorLike, training: bool = False) -> Any:
        """What the networks make of a batch of images."""

    @abc.abstractmethod
    def reconstructed(self, outputs: Any) -> Tensor:
        """The images among what `call` gives, float32."""

    @abc.abstractmethod
    def reconstruction_loss(self, images: TensorLike, outputs: Any) -> Tensor:
        """The loss without the spectral term, a scalar.

        Args:
            images: `[batch, height, width, channels]`, float32.
            outputs: What `call` has made of them.
        """

    def track(self, name: str) -> None:
        """Have the mean of a quantity among the logs; see `log`."""
        self.trackers[name] = keras.metrics.Mean(name=name)

    def log(self, name: str, value: TensorLike, images: TensorLike) -> None:
        """Count a batch's value of a quantity."""
        self.trackers[name].update_state(value, tf.shape(images)[0])

    # === Training ===

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """All optimizers, a list of one."""
        return [self.optimizer]

    def compile(self, optimizer: Any = None, **kwargs: Any) -> None:
        """Set the optimizer and build it.

        Args:
            optimizer: An optimizer or its name; None takes Adam with the
                class's settings.
            **kwargs: `run_eagerly`, `jit_compile` and the like, for
                `keras.Model.compile`. The loss is the model's own.

        Raises:
            ValueError: If `jit_compile`, `steps_per_execution` or clipping
                are asked for under several replicas, where Keras cannot have
                them; in the scope of another strategy; for an optimizer with
                `use_ema`, or layers that draw random numbers.
        """
        with self._compiling(kwargs):
            super().compile(
                optimizer=optimizer or Adam(**self.adam),
                **kwargs,
            )
            check_optimizer(self.optimizer)
            self.optimizer.build(self.trainable_variables)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train; see `keras.Model.fit`.

        Args:
            x: A `tf.data.Dataset` of batches `[batch, height, width,
                channels]` in [-1, 1], or an array of images. Under several
                replicas each batch must be a multiple of their number, and a
                data set must have a static batch size (`drop_remainder=True`).
                Batches may be dictionaries with "image".
            y: None; labels are ignored.
            batch_size: Images of a batch of an array; 32 unless given.
            epochs: Passes over the images.
            **kwargs: As for `keras.Model.fit`.

        Returns:
            Keras' `History`.

        Raises:
            ValueError: Before `adapt` when there is a spectral loss; if the
                first images are not finite, not in [-1, 1] or do not fit; if
                several replicas cannot share the batches evenly; if a
                learning-rate schedule ends before the training; for weights
                of images or classes.
        """
        x, y, kwargs = fit_arguments.prepared(x, y, kwargs)
        batch_size = self._checked_batch_size(x, batch_size, epochs)
        self._check_shares(batch_sizes(x, batch_size), batch_size, kwargs)
        steps = training_steps(x, batch_size, epochs, **kwargs)
        check_schedule("the model", self.optimizer, steps)
        if isinstance(x, tf.data.Dataset):
            kwargs["shuffle"] = False  # Keras would warn that it cannot.
        return super().fit(x, y, batch_size, epochs, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        if sample_weight is not None:  # Of `train_on_batch`.
            raise fit_arguments.weighted("sample_weight or class_weight")
        images = tf.cast(x, tf.float32)
        reconstructions = self.reconstructed(y_pred)
        self.log(
            "reconstruction",
            tf.reduce_mean(tf.square(reconstructions - images)),
            images,
        )
        loss = self.reconstruction_loss(images, y_pred)
        if self.spectral_loss is not None:
            distance = self.spectral_loss(reconstructions, images)
            self.log("spectral_loss", distance, images)
            loss += self.spectral_loss.penalty(distance, loss)
        # Keras sums the gradients of the replicas.
        return loss / replicas()

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Tensor]:
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        return {name: as_reducible_log(value) for name, value in logs.items()}

    # === After training ===

    def reconstruct(
        self, images: TensorLike, batch_size: int = 64
    ) -> np.ndarray:
        """Reconstruct images.

        Args:
            images: `[num, height, width, channels]` in [-1, 1].
            batch_size: Images made at once; it does not change them.

        Returns:
            `[num, height, width, channels]`, NumPy float32 in [-1, 1].

        Raises:
            ValueError: If there are no images, or they do not fit the
                networks, are not finite, or not in [-1, 1].
        """
        images = np.asarray(images, np.float32)
        for _ in real_images.checked_batches(
            images, self.image_shape, len(images)
        ):
            pass
        # Made once: a model keeps its compiled functions.
        if self._inference is None:
            self._inference = tf.function(
                lambda x: self.reconstructed(self(x, training=False)),
                reduce_retracing=True,
            )
        return np.concatenate(
            list(in_batches(self._inference, images, batch_size))
        )

    _inference = None

    # === Saving ===

    def get_config(self) -> Config:
        return {
            "spectral_regularization": keras.saving.serialize_keras_object(
                self.spectral_regularization
            ),
            "spectral_weight": self.spectral_weight,
            **super().get_config(),
        }

    def compile_from_config(self, config: Config) -> None:
        # Keras leaves a model with its own `compile` uncompiled.
        self.compile(**keras.saving.deserialize_keras_object(config))
