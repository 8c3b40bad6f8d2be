import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self
from typing import cast

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.losses import adversarial
from specgan.losses import gradient_penalty as gradient_penalties
from specgan.losses import spectral
from specgan.models import fit_arguments
from specgan.models import generator_average as moving_average
from specgan.models import images as real_images
from specgan.models.adam import Adam
from specgan.models.adversarial_step import AdversarialStep
from specgan.models.compile_checks import check_optimizer
from specgan.models.image_model import ImageModel
from specgan.models.latent_sampler import LatentSampler
from specgan.models.network_checks import check_networks
from specgan.models.network_checks import check_no_batch_normalization
from specgan.models.network_checks import input_shapes
from specgan.models.network_checks import num_classes
from specgan.models.replicas import batch_sizes
from specgan.models.replicas import inner_optimizer
from specgan.models.schedule_checks import check_schedule
from specgan.models.schedule_checks import training_steps
from specgan.typing import Config
from specgan.typing import Tensor
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.losses.adversarial import AdversarialLoss
    from specgan.losses.gradient_penalty import GradientPenalty
    from specgan.losses.spectral.spectral_loss import SpectralLoss
    from specgan.models.discriminator_augmentation import (
        DiscriminatorAugmentation,
    )
    from specgan.models.generator_average import Decay


@keras.saving.register_keras_serializable(package="specgan")
class GAN(AdversarialStep, LatentSampler, ImageModel):
    """A generator and a discriminator, trained against each other by `fit`.

    The only adversarial training step of the library; the classes of `zoo`
    name its parts. In each step the generator runs once: the discriminator
    takes `discriminator_steps` steps on real and generated images, then the
    gradient of the generator's loss with respect to the same images is pulled
    back through the generator.

    That the generator runs once is the usual order of alternating steps, with
    one draw of noise for both; many implementations draw anew for the
    generator's step, at the cost of another pass.

    A generator that takes one-hot labels as a second input is conditional: so
    must the discriminator be, and the data set has integer labels beside the
    images. Generated images are of the real ones' classes.

    Formula of the generator's loss:

    ```
    g_loss + weight * spectral_loss          (Durall et al., 2020, Eq. 10)
    ```

    Args:
        generator: Built Keras model, `[batch, latent_dim]` to images
            `[batch, height, width, channels]` in [-1, 1].
        discriminator: Built Keras model, images to logits.
        adversarial_loss: A name or object of `specgan.losses.adversarial`.
        gradient_penalty: None, or a name or object of
            `specgan.losses.gradient_penalty`, added to the discriminator's
            loss. The discriminator must not have batch normalization then.
            A lazy one, such as "r1", takes a step of its own every few
            steps; the default optimizer's constants are set to suit that.
        spectral_loss: None, True, or a name or object of
            `specgan.losses.spectral`. It needs `adapt` before `fit`.
        discriminator_steps: Steps of the discriminator per generator step,
            each on real images of its own: `fit` joins that many batches.
        ema_decay: None, or the decay in [0, 1) of an exponential moving
            average of the generator's weights, with batch-norm statistics of
            its own, which then samples, evaluates and is exported. It begins
            faster, with (1 + step) / (10 + step). Or "half_life", or a
            `specgan.models.HalfLife`, which begins otherwise.
        augmentations: Objects of `DiscriminatorAugmentation`, which alter all
            images that the discriminator sees in training, one after the
            other.
        seed: Integer from which all noise of the training derives, together
            with the step and the replica. (Under XLA, Keras' default on a
            GPU, TensorFlow draws other numbers from the same seed.)
        name: Name of the model.

    Logs:
        d_loss: The discriminator's loss with its penalty; like all that
            follow a mean over the epoch.
        g_loss: The generator's adversarial loss.
        d_real, d_fake: Mean logits of real and generated images.
        spectral_loss: The spectral distance, before its weight.
        gradient_penalty: A lazy penalty, over the steps that took it (0 in
            an epoch without any).

    Example:
    >>> gan = GAN(generator, discriminator, "hinge", spectral_loss=True)
    >>> gan.adapt(images)
    >>> gan.compile()
    >>> gan.fit(images, epochs=25)
    >>> gan.sample(16, seed=1).shape
    (16, 64, 64, 3)
    """

    # Arguments of the Adam optimizers when `compile` is given none; a class
    # of the zoo states its paper's.
    generator_adam = {"learning_rate": 2e-4, "beta_1": 0.5}
    discriminator_adam = {"learning_rate": 2e-4, "beta_1": 0.5}

    # Whether NaN gradients are taken as 0, and infinite ones as 10^5, before an
    # optimizer sees them.
    sanitizes_gradients = False

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        adversarial_loss: "str | AdversarialLoss" = "non_saturating",
        gradient_penalty: "str | GradientPenalty | None" = None,
        spectral_loss: "str | bool | SpectralLoss | None" = None,
        discriminator_steps: int = 1,
        ema_decay: "float | str | Decay | None" = None,
        augmentations: "Sequence[DiscriminatorAugmentation]" = (),
        seed: int = 0,
        name: str | None = None,
    ):
        check_networks(generator, discriminator)
        require_positive_integer("discriminator_steps", discriminator_steps)
        if not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
            raise ValueError(
                "The seed of a training is an integer from 0 to 2^31 - 1. "
                f"Received: seed={seed!r}."
            )
        super().__init__(
            generator.output_shape[1:], spectral.get(spectral_loss), seed, name
        )
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = adversarial.get(adversarial_loss)
        self.gradient_penalty: Any = gradient_penalties.get(gradient_penalty)
        if self.gradient_penalty is not None:
            check_no_batch_normalization(discriminator)
        self.discriminator_steps = discriminator_steps
        self.ema_decay = ema_decay
        self.augmentations = list(augmentations)
        self._decay = moving_average.get(ema_decay)
        self.generator_ema = None
        if self._decay is not None:
            self.generator_ema = moving_average.average_of(generator)
        names = ["d_loss", "g_loss", "d_real", "d_fake"]
        if self.spectral_loss is not None:
            names.append("spectral_loss")
        if self._lazy:
            names.append("gradient_penalty")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        # The parts are built; Keras must not try to call this model on images.
        self.built = True

    @property
    def latent_dim(self) -> int:
        """Number of values from which an image is generated."""
        return input_shapes(self.generator)[0][-1]

    @property
    def num_classes(self) -> int | None:
        """Number of classes of a conditional GAN, or None."""
        return num_classes(self.generator)

    @property
    def _lazy(self):
        penalty = self.gradient_penalty
        return penalty is not None and penalty.interval > 1

    @property
    def sampling_generator(self) -> keras.Model:
        """The generator that samples: the average, where there is one."""
        if self.generator_ema is None:
            return self.generator
        if not tf.inside_function():
            self._recalibrate()
        return self.generator_ema

    def call(self, latents: TensorLike, training: bool = False) -> Tensor:
        return self.generator(latents, training=training)

    # === Before training ===

    def compile(
        self, g_optimizer: Any = None, d_optimizer: Any = None, **kwargs: Any
    ) -> None:
        """Set the optimizers and build them.

        Args:
            g_optimizer: The generator's optimizer, an object or a name; None
                takes Adam as the GAN's paper sets it. It is `self.optimizer`,
                so that Keras' learning-rate callbacks act on the generator;
                `specgan.callbacks.LearningRate` acts on either network. Its
                learning rate may be a schedule of Keras, or a
                `specgan.models.TrainingSchedule`.
            d_optimizer: The same for the discriminator.
            **kwargs: `run_eagerly`, `jit_compile` and the like, for
                `keras.Model.compile`.

        Raises:
            ValueError: If both optimizers are one object or one has
                `use_ema`; if `jit_compile`, `steps_per_execution` or clipping
                are asked for under several replicas, where Keras cannot have
                them; in the scope of another strategy; if a network has
                layers that draw random numbers, such as Dropout.
        """
        with self._compiling(kwargs):
            self._compile(g_optimizer, d_optimizer, **kwargs)
        self._compile_arguments = kwargs

    def _compile(self, g_optimizer, d_optimizer, **kwargs):
        g_optimizer, d_optimizer = (
            keras.optimizers.get(optimizer or Adam(**self.adam_arguments(name)))
            for name, optimizer in (
                ("generator", g_optimizer),
                ("discriminator", d_optimizer),
            )
        )
        if inner_optimizer(g_optimizer) is inner_optimizer(d_optimizer):
            raise ValueError(
                "An optimizer keeps the state of one network. Expected two "
                "optimizers, one for the generator and one for the "
                "discriminator. Received: the same object twice, "
                f"{type(g_optimizer).__name__}. Make another one like it."
            )
        super().compile(optimizer=g_optimizer, **kwargs)
        if isinstance(
            self.optimizer, keras.optimizers.LossScaleOptimizer
        ) and not isinstance(d_optimizer, keras.optimizers.LossScaleOptimizer):
            d_optimizer = keras.optimizers.LossScaleOptimizer(d_optimizer)
        self.d_optimizer = d_optimizer
        for optimizer in (self.optimizer, self.d_optimizer):
            check_optimizer(optimizer)
        # Each on its own network's variables; Keras would build the first on
        # those of both, and under a distribution strategy fail.
        self.optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    def adam_arguments(self, network: str, **changes: Any) -> dict[str, Any]:
        """Arguments of the Adam optimizer that `compile` makes of a network.

        Args:
            network: "generator" or "discriminator".
            **changes: Arguments in the place of the class's own, such as
                `learning_rate=1e-4`.

        Returns:
            A dictionary, for `specgan.models.Adam`. With a lazy penalty the
            discriminator's are those of the paper for its further steps.

        Raises:
            ValueError: For an unknown network.
        """
        own = {
            "generator": self.generator_adam,
            "discriminator": self.discriminator_adam,
        }
        if network not in own:
            raise unknown_name("network", network, own)
        arguments = {**own[network], **changes}
        if network == "discriminator" and self._lazy:
            # Of interval + 1 steps, all together do what interval steps did.
            interval = self.gradient_penalty.interval
            part = interval / (interval + 1)
            arguments = {"beta_1": 0.9, "beta_2": 0.999, **arguments}
            arguments["learning_rate"] *= part
            arguments["beta_1"] **= part
            arguments["beta_2"] **= part
        return arguments

    def optimizer_steps(self, network: str, steps: int) -> int:
        """Steps that a network's optimizer takes in a training.

        Args:
            network: "generator" or "discriminator".
            steps: Steps of the generator.

        Returns:
            A number: for the discriminator with its `discriminator_steps` and
            those of a lazy penalty.
        """
        if network == "generator":
            return steps
        taken = steps * self.discriminator_steps
        if self._lazy:
            taken += math.ceil(steps / self.gradient_penalty.interval)
        return taken

    @property
    def g_optimizer(self) -> keras.optimizers.Optimizer:
        """The generator's optimizer: `self.optimizer`."""
        return self.optimizer

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """Both optimizers, a list."""
        return [self.g_optimizer, self.d_optimizer]

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
                Batches may be dictionaries of "image" and "label".
            y: None; labels are ignored, unless the GAN is conditional: then
                integers `[batch]`, in the data set beside the images.
            batch_size: Images of a batch of an array; 32 unless given.
            epochs: Passes over the images.
            **kwargs: As for `keras.Model.fit`.

        Returns:
            Keras' `History`.

        Raises:
            ValueError: Before `adapt` when there is a spectral loss; if the
                first images are not finite, not in [-1, 1] or do not fit; if
                several replicas cannot share the batches evenly; if a
                conditional GAN's first labels are not those of its classes
                (later ones: `tf.errors.InvalidArgumentError`);
                if a learning-rate schedule ends before the training; for
                weights of images or classes.
        """
        x, y, kwargs = fit_arguments.prepared(x, y, kwargs)
        fit_arguments.check_callbacks(kwargs.get("callbacks"))
        batch_size = self._checked_batch_size(x, batch_size, epochs)
        real_images.check_labels(x, y, self.num_classes)
        if self.num_classes is not None and isinstance(x, tf.data.Dataset):
            x = real_images.batches_of_classes(x, self.num_classes)
        if self.discriminator_steps > 1:
            shuffle = kwargs.pop("shuffle", True)
            if not isinstance(x, tf.data.Dataset):
                labels = None if self.num_classes is None else y
                seed = self.seed if shuffle else None
                x = real_images.batches_of_array(
                    x, labels, cast(int, batch_size), seed
                )
            x, y = real_images.joined_batches(x, self.discriminator_steps), None
            joined = cast(int, real_images.batch_size_of(x))
            sizes = [joined // self.discriminator_steps]
            kwargs.setdefault("validation_batch_size", batch_size)
        else:
            sizes = batch_sizes(x, batch_size)
        self._check_shares(sizes, batch_size, kwargs)
        self._check_schedules(training_steps(x, batch_size, epochs, **kwargs))
        if isinstance(x, tf.data.Dataset):
            batch_size = None  # Its batches are made.
            kwargs["shuffle"] = False  # Keras would warn that it cannot.
        return super().fit(x, y, batch_size, epochs, **kwargs)

    def _check_schedules(self, steps):
        for network, optimizer in (
            ("generator", self.g_optimizer),
            ("discriminator", self.d_optimizer),
        ):
            taken = steps and self.optimizer_steps(network, steps)
            check_schedule(f"the {network}", optimizer, taken)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """The losses on other data; see `keras.Model.evaluate`."""
        x, y, kwargs = fit_arguments.prepared(x, y, kwargs)
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        real_images.check_labels(x, y, self.num_classes)
        self._recalibrate()
        measured = super().evaluate(x, y, batch_size, **kwargs)
        # Numbers, where Keras leaves what `test_step` gave.
        return tf.nest.map_structure(
            lambda value: float(np.squeeze(value)), measured
        )

    # === Saving ===

    def get_config(self) -> Config:
        parts = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "adversarial_loss": self.adversarial_loss,
            "gradient_penalty": self.gradient_penalty,
            "spectral_loss": self.spectral_loss,
            "ema_decay": self.ema_decay,
            "augmentations": self.augmentations,
        }
        return {
            **{
                name: keras.saving.serialize_keras_object(part)
                for name, part in parts.items()
            },
            "discriminator_steps": self.discriminator_steps,
            **super().get_config(),
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: dict[str, Any] | None = None
    ) -> Self:
        config = dict(config)
        if "views" in config:  # Their name in files of before.
            config["augmentations"] = config.pop("views")
        return super().from_config(spectral.as_written(config), custom_objects)

    def get_compile_config(self) -> Config | None:
        if not self.compiled:
            return None
        return {
            "g_optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "d_optimizer": keras.saving.serialize_keras_object(
                self.d_optimizer
            ),
            **self._compile_arguments,
        }

    def compile_from_config(self, config: Config) -> None:
        self.compile(
            **{
                name: keras.saving.deserialize_keras_object(value)
                for name, value in config.items()
            }
        )
