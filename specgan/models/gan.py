import numbers

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.losses import adversarial
from specgan.losses import gradient_penalty as gradient_penalties
from specgan.losses import spectral
from specgan.models import average as moving_average
from specgan.models import images as real_images
from specgan.models.draws import Draws
from specgan.models.export import export_generator
from specgan.models.replicas import BuiltModel
from specgan.models.replicas import batch_sizes
from specgan.models.replicas import inner_optimizer
from specgan.models.replicas import refuse_clipping_by_parts
from specgan.models.replicas import refuse_what_keras_cannot
from specgan.models.replicas import replicas
from specgan.models.replicas import reported
from specgan.models.sampling import Sampler
from specgan.models.sampling import sample_latents


@keras.saving.register_keras_serializable(package="specgan")
class GAN(Sampler, BuiltModel):
    """A generator and a discriminator, trained against each other by `fit`.

    The only adversarial training step of the library; the classes of `zoo`
    name its parts. In each step the generator runs once: the discriminator
    takes `discriminator_steps` steps on real and generated images, then the
    gradient of the generator's loss with respect to the same images is pulled
    back through the generator.

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
        spectral_loss: None, True, or a name or object of
            `specgan.losses.spectral`. It needs `adapt` before `fit`.
        discriminator_steps: Steps of the discriminator per generator step,
            each on real images of its own: `fit` joins so many batches.
        ema_decay: None, or the decay in [0, 1) of an exponential moving
            average of the generator's weights, with batch-norm statistics of
            its own, which then samples, evaluates and is exported. It begins
            faster, with (1 + step) / (10 + step).
        seed: Integer from which all noise of the training derives, together
            with the step and the replica. (Under XLA, Keras' default on a
            GPU, TensorFlow draws other numbers from the same seed.)
        name: Name of the model.

    Logs (means over the epoch):
        d_loss: The discriminator's loss with its penalty.
        g_loss: The generator's adversarial loss.
        d_real, d_fake: Mean logits of real and generated images.
        spectral_loss: The spectral distance, before its weight.

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

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_loss="non_saturating",
        gradient_penalty=None,
        spectral_loss=None,
        discriminator_steps=1,
        ema_decay=None,
        seed=0,
        name=None,
    ):
        super().__init__(name=name)
        self._check_networks(generator, discriminator)
        require_positive_integer("discriminator_steps", discriminator_steps)
        if not isinstance(seed, numbers.Integral) or not 0 <= seed < 2**31:
            raise ValueError(
                "The seed of a training is an integer from 0 to 2^31 - 1. "
                f"Received: seed={seed!r}."
            )
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = adversarial.get(adversarial_loss)
        self.gradient_penalty = gradient_penalties.get(gradient_penalty)
        self.spectral_loss = spectral.get(spectral_loss)
        self.discriminator_steps = discriminator_steps
        self.ema_decay = ema_decay
        self.seed = seed
        # A variable, so that a guard can change it and a file keeps it.
        self.noise_seed = self.add_weight(
            shape=[],
            initializer=lambda shape, dtype: tf.constant(seed, dtype),
            dtype="int32",
            trainable=False,
            name="noise_seed",
        )
        self.generator_ema = self._average()
        self._check_penalty()
        if self.spectral_loss is not None and not self.spectral_loss.built:
            self.spectral_loss.build(generator.output_shape)
        names = ["d_loss", "g_loss", "d_real", "d_fake"]
        if self.spectral_loss is not None:
            names.append("spectral_loss")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        # The parts are built; Keras must not try to call this model on images.
        self.built = True

    def _check_networks(self, generator, discriminator):
        try:
            made, taken = generator.output_shape, discriminator.input_shape
        except AttributeError as error:
            raise ValueError(
                "The networks of a GAN must tell the shapes of their inputs "
                "and outputs. Expected built Keras models. Received: "
                f"{generator!r} and {discriminator!r}, where {error} Begin "
                "each with a keras.Input."
            ) from error
        if made[1:] != taken[1:]:
            raise ValueError(
                "The generator's images do not fit the discriminator. "
                f"Expected images of shape {taken[1:]}. Received: {made[1:]}. "
                "Build both for one image size and number of channels."
            )

    def _average(self):
        if self.ema_decay is None:
            return None
        number = isinstance(self.ema_decay, numbers.Real)
        if not number or not 0 <= self.ema_decay < 1:
            raise ValueError(
                "The decay of an average is in [0, 1). "
                f"Received: ema_decay={self.ema_decay!r}."
            )
        return moving_average.average_of(self.generator)

    def _check_penalty(self):
        normalizations = [
            layer.name
            for layer in self.discriminator._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        if self.gradient_penalty is not None and normalizations:
            raise ValueError(
                "A gradient penalty is on the gradient of single images, which "
                "batch normalization mixes. Expected a discriminator without "
                f"it. Received: {', '.join(normalizations)}. Take layer "
                "normalization instead, or none."
            )

    @property
    def image_shape(self):
        """(height, width, channels) of the images."""
        return tuple(self.generator.output_shape[1:])

    @property
    def latent_dim(self):
        """Number of values from which an image is generated."""
        return self.generator.input_shape[-1]

    @property
    def sampling_generator(self):
        """The generator that samples: the average, where there is one."""
        if self.generator_ema is None:
            return self.generator
        return self.generator_ema

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    # === Before training ===

    def adapt(self, images, num_images=1000):
        """Compute the target spectrum from real images.

        Without a spectral loss there is nothing to compute, and the images
        are only checked.

        Args:
            images: A `tf.data.Dataset` of image batches, or an array of
                images, in [-1, 1].
            num_images: How many of them to use; the paper takes 1000.

        Raises:
            ValueError: If the images do not fit the networks, are not finite,
                or not in [-1, 1]; if `num_images` is not positive.
        """
        real_images.adapt(
            self.spectral_loss, images, self.image_shape, num_images
        )

    def compile(self, g_optimizer=None, d_optimizer=None, **kwargs):
        """Set the optimizers and build them.

        Args:
            g_optimizer: The generator's optimizer, an object or a name; None
                takes Adam as the GAN's paper sets it. It is `self.optimizer`,
                so that Keras' learning-rate callbacks act on the generator;
                `specgan.callbacks.LearningRate` acts on either network.
            d_optimizer: The same for the discriminator.
            **kwargs: `run_eagerly`, `jit_compile` and the like, for
                `keras.Model.compile`.

        Raises:
            ValueError: If both optimizers are one object; if `jit_compile` or
                `steps_per_execution` are asked for under several replicas,
                where Keras cannot have them, or an optimizer that clips
                gradients.
        """
        with self.distribute_strategy.scope():
            self._compile(g_optimizer, d_optimizer, **kwargs)
        self._compile_arguments = kwargs

    def _compile(self, g_optimizer, d_optimizer, **kwargs):
        refuse_what_keras_cannot(kwargs)
        g_optimizer = keras.optimizers.get(g_optimizer or self._adam("g"))
        d_optimizer = keras.optimizers.get(d_optimizer or self._adam("d"))
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
            refuse_clipping_by_parts(optimizer)
        # Each on its own network's variables; Keras would build the first on
        # those of both, and under a distribution strategy fail.
        self.optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    def _adam(self, network):
        arguments = {"g": self.generator_adam, "d": self.discriminator_adam}
        return keras.optimizers.Adam(**arguments[network])

    @property
    def g_optimizer(self):
        """The generator's optimizer: `self.optimizer`."""
        return self.optimizer

    @property
    def optimizers(self):
        """All optimizers, a list."""
        return [self.g_optimizer, self.d_optimizer]

    def fit(self, x=None, y=None, batch_size=None, epochs=1, **kwargs):
        """Train; see `keras.Model.fit`.

        Args:
            x: A `tf.data.Dataset` of batches `[batch, height, width,
                channels]` in [-1, 1], or an array of images. Under several
                replicas each batch must be a multiple of their number, and a
                data set must tell that it is (`drop_remainder=True`).
            y: None; labels are ignored.
            batch_size: Images of a batch of an array; 32 unless given.
            epochs: Passes over the images.
            **kwargs: As for `keras.Model.fit`.

        Returns:
            Keras' `History`.

        Raises:
            ValueError: Before `adapt` when there is a spectral loss; if the
                first images are not finite, not in [-1, 1] or do not fit; if
                several replicas cannot share the batches evenly.
        """
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        require_positive_integer("epochs", epochs)
        batch_size = real_images.checked_batch_size(x, batch_size)
        if self.discriminator_steps > 1:
            shuffle = kwargs.pop("shuffle", True)
            x = self._joined_batches(x, batch_size, shuffle)
            sizes = [x.element_spec.shape[0] // self.discriminator_steps]
        else:
            split = kwargs.get("validation_split") or 0.0
            sizes = batch_sizes(x, batch_size, split)
        self._require_even_shares(sizes)
        self._require_even_validation(
            kwargs.get("validation_data"),
            kwargs.get("validation_batch_size") or batch_size,
        )
        if isinstance(x, tf.data.Dataset):
            batch_size = None  # Its batches are made.
            kwargs["shuffle"] = False  # Keras would warn that it cannot.
        return super().fit(x, y, batch_size, epochs, **kwargs)

    def _joined_batches(self, x, batch_size, shuffle):
        """Batches of the real images of all steps of the discriminator."""
        if not isinstance(x, tf.data.Dataset):
            count, x = len(x), tf.data.Dataset.from_tensor_slices(x)
            x = x.shuffle(count, seed=self.seed) if shuffle else x
            x = x.batch(batch_size)
        x = x.map(lambda images, *labels: images)
        batches, steps = int(x.cardinality()), self.discriminator_steps
        if 0 <= batches < steps:
            raise ValueError(
                "There are too few images for a step of the generator. "
                f"Expected at least {steps} batches, one for each step of the "
                f"discriminator. Received: {batches}. Make the batches "
                "smaller."
            )
        batch = x.element_spec.shape[0]
        if batch is None:  # The last one may be smaller; it is filled up.
            batch = next(iter(x)).shape[0]
            x = x.repeat()
        x = x.rebatch(batch * steps, drop_remainder=True)
        if batches < 0:  # Endless, or unknown until it ends.
            return x
        # Keras must know how many, or it warns that the data have run out.
        known = tf.data.experimental.assert_cardinality(batches // steps)
        return x.take(batches // steps).apply(known)

    # === Training ===

    def train_step(self, data):
        reals = keras.utils.unpack_x_y_sample_weight(data)[0]
        # Every n-th image, so that replicas together split as one would.
        steps = self.discriminator_steps
        reals = [reals[i::steps] for i in range(steps)]
        batch = tf.shape(reals[0])[0]
        draws = Draws(self.noise_seed, self.optimizer.iterations)

        with tf.GradientTape() as generator_tape:
            latents = draws.normal([batch, self.latent_dim])
            fakes = self.generator(latents, training=True)
            regularizers = self.generator.losses

        for others in reals[1:]:
            latents = draws.normal([batch, self.latent_dim])
            other_fakes = self.generator(latents, training=True)
            self._discriminator_step(others, other_fakes, draws)
        self._discriminator_step(reals[0], fakes, draws)

        # The loss's gradient on the images, through the discriminator as it
        # now is, then through the generator as it was when it made them.
        with tf.GradientTape() as tape:
            tape.watch(fakes)
            loss = self._generator_loss(reals[0], fakes, training=True)
            loss = self.optimizer.scale_loss(loss / replicas())
        gradients = generator_tape.gradient(
            [fakes, *regularizers],
            self.generator.trainable_variables,
            output_gradients=[
                tape.gradient(loss, fakes),
                *[
                    self.optimizer.scale_loss(tf.ones_like(r) / replicas())
                    for r in regularizers
                ],
            ],
        )
        self.optimizer.apply(gradients, self.generator.trainable_variables)
        self._update_average()
        return self._logs()

    def _update_average(self):
        if self.generator_ema is None:
            return
        step = tf.cast(self.optimizer.iterations, tf.float32)
        decay = tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))

        moving_average.update(self.generator_ema, self.generator, decay)

    def _discriminator_step(self, reals, fakes, draws):
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._discriminator_loss(reals, fakes, draws, training=True)
            loss = self.d_optimizer.scale_loss(loss / replicas())
        self.d_optimizer.apply(tape.gradient(loss, variables), variables)

    def _discriminator_loss(self, reals, fakes, draws, training):
        # Two passes, so that batch normalization does not mix the two kinds.
        real_logits = self.discriminator(reals, training=training)
        fake_logits = self.discriminator(fakes, training=training)
        loss = self.adversarial_loss.discriminator(
            tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        )
        if self.gradient_penalty is not None:
            loss += self.gradient_penalty(
                self.discriminator, reals, fakes, draws
            )
        self.trackers["d_loss"].update_state(loss)
        self.trackers["d_real"].update_state(real_logits)
        self.trackers["d_fake"].update_state(fake_logits)
        return loss + sum(self.discriminator.losses)

    def _generator_loss(self, reals, fakes, training):
        fake_logits = self.discriminator(fakes, training=training)
        loss = self.adversarial_loss.generator(tf.cast(fake_logits, tf.float32))
        self.trackers["g_loss"].update_state(loss)
        if self.spectral_loss is not None:
            distance = self.spectral_loss(fakes, reals)
            self.trackers["spectral_loss"].update_state(distance)
            loss += self.spectral_loss.penalty(distance, loss)
        return loss

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """The losses on other data; see `keras.Model.evaluate`."""
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        self._recalibrate()
        measured = super().evaluate(x, y, batch_size, **kwargs)
        # Numbers, where Keras leaves what `test_step` gave.
        return tf.nest.map_structure(
            lambda value: float(np.squeeze(value)), measured
        )

    def test_step(self, data):
        """The losses in inference mode, on as many generated images."""
        reals = keras.utils.unpack_x_y_sample_weight(data)[0]
        # Other noise for every batch: `iterations` stands still.
        draws = Draws(self.noise_seed, self.trackers["g_loss"].count)
        latents = draws.normal([tf.shape(reals)[0], self.latent_dim])
        fakes = self.sampling_generator(latents, training=False)
        self._discriminator_loss(reals, fakes, draws, training=False)
        self._generator_loss(reals, fakes, training=False)
        return self._logs()

    def _logs(self):
        return {
            name: reported(tracker.result())
            for name, tracker in self.trackers.items()
        }

    # === After training ===

    def _sampling_function(self):
        self._recalibrate()
        return self._generate

    def _recalibrate(self):
        """Give the average the batch-norm statistics of its weights of now."""
        step = int(self.optimizer.iterations.numpy()) if self.compiled else -1
        # A guard goes back and comes to the same step with another seed.
        now = step, int(self.noise_seed.numpy())
        if self.generator_ema is not None and self._calibrated_at != now:
            latents = sample_latents(512, self.seed, self.latent_dim)
            moving_average.recalibrate(self.generator_ema, latents)
            self._calibrated_at = now

    _calibrated_at = None

    def _generate(self, latents):
        # Made once: a model keeps its compiled functions.
        if self._inference is None:
            self._inference = tf.function(
                lambda z: tf.cast(
                    self.sampling_generator(z, training=False), tf.float32
                ),
                input_signature=[tf.TensorSpec([None, self.latent_dim])],
            )
        return self._inference(latents)

    _inference = None

    def export(self, filepath):
        """Write the generator as a SavedModel that needs TensorFlow alone.

        Endpoints:

        - `serve(latents)`: float32 `[n, latent_dim]` to float32 images in
          [-1, 1].
        - `sample(n, seed)`: int32 scalars to n uint8 images; the images of
          `gan.sample(n, seed)`, rounded.
        - `spectrum(images)`: uint8 images, as `sample` gives them, to a
          dictionary of "frequencies" `[M // 2 + 1]` in cycles per pixel and
          "decibels" `[n, M // 2 + 1]`, each image's mean ring power.

        Args:
            filepath: A folder that does not exist yet, or is empty. It
                appears whole or not at all.

        Raises:
            ValueError: If there is something at `filepath`.

        Example:
        >>> gan.export("saved_models/dcgan")
        >>> model = tf.saved_model.load("saved_models/dcgan")
        >>> model.sample(16, 1)  # uint8 [16, 64, 64, 3]
        """
        self._recalibrate()
        export_generator(self.sampling_generator, filepath)

    # === Saving ===

    def get_config(self):
        parts = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "adversarial_loss": self.adversarial_loss,
            "gradient_penalty": self.gradient_penalty,
            "spectral_loss": self.spectral_loss,
        }
        return {
            **{
                name: keras.saving.serialize_keras_object(part)
                for name, part in parts.items()
            },
            "discriminator_steps": self.discriminator_steps,
            "ema_decay": self.ema_decay,
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(
                    value, custom_objects=custom_objects
                )
                for name, value in config.items()
            }
        )

    def get_compile_config(self):
        if not self.compiled:
            return None
        return {
            "g_optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "d_optimizer": keras.saving.serialize_keras_object(
                self.d_optimizer
            ),
            **self._compile_arguments,
        }

    def compile_from_config(self, config):
        self.compile(
            **{
                name: keras.saving.deserialize_keras_object(value)
                for name, value in config.items()
            }
        )
