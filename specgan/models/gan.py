import keras
import numpy as np
import tensorflow as tf

from specgan.files import folder_written_whole
from specgan.losses import adversarial
from specgan.losses import spectral
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from specgan.signal import to_uint8


@keras.saving.register_keras_serializable(package="specgan")
class GAN(keras.Model):
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
        gradient_penalty: None, or a function of (discriminator, reals, fakes)
            that gives a scalar, added to the discriminator's loss.
        spectral_loss: None, True, or a name or object of
            `specgan.losses.spectral`. It needs `adapt` before `fit`.
        discriminator_steps: Steps of the discriminator per generator step,
            each on real images of its own: `fit` joins so many batches.
        seed: Integer from which all noise of the training derives, together
            with the step and the replica.
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
        seed=0,
        name=None,
    ):
        super().__init__(name=name)
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                "The generator's images do not fit the discriminator. "
                f"Expected images of shape {discriminator.input_shape[1:]}. "
                f"Received: {generator.output_shape[1:]}. Build both for one "
                "image size and number of channels."
            )
        if int(discriminator_steps) < 1:
            raise ValueError(
                "A GAN needs at least 1 discriminator step per generator "
                f"step. Received: discriminator_steps={discriminator_steps}."
            )
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = adversarial.get(adversarial_loss)
        self.gradient_penalty = gradient_penalty
        self.spectral_loss = spectral.get(spectral_loss)
        self.discriminator_steps = discriminator_steps
        self.seed = seed
        if self.spectral_loss is not None and not self.spectral_loss.built:
            self.spectral_loss.build(generator.output_shape)
        names = ["d_loss", "g_loss", "d_real", "d_fake"]
        if self.spectral_loss is not None:
            names.append("spectral_loss")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        # The parts are built; Keras must not try to call this model on images.
        self.built = True

    @property
    def image_shape(self):
        """(height, width, channels) of the images."""
        return tuple(self.generator.output_shape[1:])

    @property
    def latent_dim(self):
        """Number of values from which an image is generated."""
        return self.generator.input_shape[-1]

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
        if num_images < 1:
            raise ValueError(
                "adapt needs at least 1 image. "
                f"Received: num_images={num_images}."
            )
        batches = self._checked_batches(images, num_images)
        if self.spectral_loss is None:
            for _ in batches:
                pass
        else:
            self.spectral_loss.adapt(batches)

    def _checked_batches(self, images, num_images):
        if not isinstance(images, tf.data.Dataset):
            images = tf.data.Dataset.from_tensor_slices(images).batch(64)
        remaining = num_images
        for data in images:
            batch = keras.utils.unpack_x_y_sample_weight(data)[0]
            batch = batch[:remaining]
            _check_images(batch, self.image_shape)
            yield batch
            remaining -= len(batch)
            if remaining <= 0:
                return
        if remaining == num_images:
            raise ValueError(
                "There are no images. Expected at least one image. Received: "
                "an empty data set. Check that it is not exhausted."
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
            ValueError: If `jit_compile` or `steps_per_execution` are asked
                for under several replicas, where Keras cannot have them.
        """
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if replicas > 1 and (
            kwargs.get("jit_compile") is True
            or kwargs.get("steps_per_execution", 1) != 1
        ):
            raise ValueError(
                "Keras has no jit_compile=True and no steps_per_execution "
                f"above 1 under several replicas. Received: {kwargs} with "
                f"{replicas} replicas. Leave both out."
            )
        g_optimizer = keras.optimizers.get(g_optimizer or self._adam("g"))
        d_optimizer = keras.optimizers.get(d_optimizer or self._adam("d"))
        super().compile(optimizer=g_optimizer, **kwargs)
        if isinstance(
            self.optimizer, keras.optimizers.LossScaleOptimizer
        ) and not isinstance(d_optimizer, keras.optimizers.LossScaleOptimizer):
            d_optimizer = keras.optimizers.LossScaleOptimizer(d_optimizer)
        self.d_optimizer = d_optimizer
        # Each on its own network's variables; Keras would build the first on
        # those of both, and under a distribution strategy fail.
        self.optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self._compile_arguments = kwargs

    def _adam(self, network):
        arguments = {"g": self.generator_adam, "d": self.discriminator_adam}
        return keras.optimizers.Adam(**arguments[network])

    @property
    def g_optimizer(self):
        """The generator's optimizer: `self.optimizer`."""
        return self.optimizer

    def fit(self, x=None, *args, **kwargs):
        """Train; see `keras.Model.fit`.

        Args:
            x: A `tf.data.Dataset` of batches `[batch, height, width,
                channels]` in [-1, 1], or an array of images.
            *args: As for `keras.Model.fit`.
            **kwargs: As for `keras.Model.fit`.

        Returns:
            Keras' `History`.

        Raises:
            ValueError: Before `adapt` when there is a spectral loss; if the
                first images are not finite, not in [-1, 1] or do not fit.
        """
        if self.spectral_loss is not None and not self.spectral_loss.adapted:
            raise ValueError(
                "The spectral loss has no target yet. Expected adapt(images) "
                "before fit. Received: fit on a model that has seen no real "
                "images. Call gan.adapt(images) first."
            )
        if isinstance(x, tf.data.Dataset | np.ndarray | tf.Tensor):
            next(self._checked_batches(x, 64))
        if self.discriminator_steps > 1:
            x = self._joined_batches(x, kwargs)
        if isinstance(x, tf.data.Dataset):
            kwargs["shuffle"] = False  # Keras would warn that it cannot.
        return super().fit(x, *args, **kwargs)

    def _joined_batches(self, x, kwargs):
        """Batches of the real images of all steps of the discriminator.

        They run on over the ends of the data, where otherwise up to
        `discriminator_steps` batches would be lost; an epoch still is as many
        steps as the data has joined batches.
        """
        if isinstance(x, np.ndarray | tf.Tensor):
            count = len(x)
            x = tf.data.Dataset.from_tensor_slices(x)
            if kwargs.pop("shuffle", True):
                x = x.shuffle(count, seed=self.seed)
            x = x.batch(kwargs.pop("batch_size", None) or 32)
        x = x.map(lambda images, *labels: images)
        batches = int(x.cardinality())
        if batches > 0:  # Otherwise endless, or unknown until it ends.
            joined = max(1, batches // self.discriminator_steps)
            kwargs.setdefault("steps_per_epoch", joined)
            x = x.repeat()
        batch = next(iter(x)).shape[0]
        return x.rebatch(batch * self.discriminator_steps, drop_remainder=True)

    # === Training ===

    def train_step(self, data):
        reals = keras.utils.unpack_x_y_sample_weight(data)[0]
        # Every n-th image, so that replicas together split as one would.
        steps = self.discriminator_steps
        reals = [reals[i::steps] for i in range(steps)]
        batch = tf.shape(reals[0])[0]

        with tf.GradientTape() as generator_tape:
            fakes = self.generator(self._latents(batch, 0), training=True)
            regularizers = self.generator.losses

        for i in range(1, self.discriminator_steps):
            others = self.generator(self._latents(batch, i), training=True)
            self._discriminator_step(reals[i], others)
        self._discriminator_step(reals[0], fakes)

        # The loss's gradient on the images, through the discriminator as it
        # now is, then through the generator as it was when it made them.
        with tf.GradientTape() as tape:
            tape.watch(fakes)
            loss = self._generator_loss(reals[0], fakes, training=True)
            loss = self.optimizer.scale_loss(loss / _replicas())
        gradients = generator_tape.gradient(
            [fakes, *regularizers],
            self.generator.trainable_variables,
            output_gradients=[
                tape.gradient(loss, fakes),
                *[
                    self.optimizer.scale_loss(tf.ones_like(r) / _replicas())
                    for r in regularizers
                ],
            ],
        )
        self.optimizer.apply(gradients, self.generator.trainable_variables)
        return self._logs()

    def _discriminator_step(self, reals, fakes):
        variables = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            loss = self._discriminator_loss(reals, fakes, training=True)
            loss = self.d_optimizer.scale_loss(loss / _replicas())
        self.d_optimizer.apply(tape.gradient(loss, variables), variables)

    def _discriminator_loss(self, reals, fakes, training):
        # Two passes, so that batch normalization does not mix the two kinds.
        real_logits = self.discriminator(reals, training=training)
        fake_logits = self.discriminator(fakes, training=training)
        loss = self.adversarial_loss.discriminator(
            tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        )
        if self.gradient_penalty is not None:
            loss += self.gradient_penalty(self.discriminator, reals, fakes)
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

    def test_step(self, data):
        """The losses in inference mode, on as many generated images."""
        reals = keras.utils.unpack_x_y_sample_weight(data)[0]
        fakes = self.generator(
            self._latents(tf.shape(reals)[0], 0), training=False
        )
        self._discriminator_loss(reals, fakes, training=False)
        self._generator_loss(reals, fakes, training=False)
        return self._logs()

    def _logs(self):
        return {name: m.result() for name, m in self.trackers.items()}

    def _latents(self, batch, draw):
        """Noise of this step, replica and draw, from stateless seeds.

        Every replica draws for all and takes its part, so that the noise does
        not depend on the number of replicas.
        """
        seed = tf.constant([self.seed, 0])
        for number in (self.optimizer.iterations, draw):
            seed = tf.random.experimental.stateless_fold_in(seed, number)
        context = tf.distribute.get_replica_context()
        latents = tf.random.stateless_normal(
            [batch * context.num_replicas_in_sync, self.latent_dim], seed
        )
        start = context.replica_id_in_sync_group * batch
        return latents[start : start + batch]

    # === After training ===

    def sample(self, num, seed=0, batch_size=64):
        """Generate images, the same ones for the same seed.

        Args:
            num: How many, at least 1.
            seed: Any integer.
            batch_size: Images made at once; it does not change them.

        Returns:
            `[num, height, width, channels]`, NumPy float32 in [-1, 1].

        Raises:
            ValueError: If `num` is not positive.
        """
        if num < 1:
            raise ValueError(
                "sample needs a positive number of images. "
                f"Received: num={num}."
            )
        latents = _sample_latents(num, seed, self.latent_dim)
        return np.concatenate(
            [
                self._generate(latents[i : i + batch_size]).numpy()
                for i in range(0, num, batch_size)
            ]
        )

    def _generate(self, latents):
        # Made once: a model keeps its compiled functions.
        if self._inference is None:
            self._inference = tf.function(
                lambda z: tf.cast(self.generator(z, training=False), "float32"),
                reduce_retracing=True,
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
        height, width, _ = self.image_shape
        frequencies = ring_frequencies(height, width).astype(np.float32)

        def serve(latents):
            return tf.cast(self.generator(latents, training=False), tf.float32)

        def sample(n, seed):
            return to_uint8(serve(_sample_latents(n, seed, self.latent_dim)))

        def spectrum(images):
            power = azimuthal_integral(from_uint8(images))
            return {
                "frequencies": tf.constant(frequencies),
                "decibels": decibels(power)[:, :-1],  # Without the corner.
            }

        scalar = tf.TensorSpec([], tf.int32)
        endpoints = {
            "serve": (serve, [tf.TensorSpec([None, self.latent_dim])]),
            "sample": (sample, [scalar, scalar]),
            "spectrum": (
                spectrum,
                [tf.TensorSpec([None, *self.image_shape], tf.uint8)],
            ),
        }
        archive = keras.export.ExportArchive()
        archive.track(self.generator)
        for name, (function, signature) in endpoints.items():
            archive.add_endpoint(name, function, input_signature=signature)
        with folder_written_whole(filepath) as folder:
            archive.write_out(folder, verbose=False)

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


def _replicas():
    return tf.distribute.get_strategy().num_replicas_in_sync


def _sample_latents(num, seed, latent_dim):
    return tf.random.stateless_normal([num, latent_dim], [seed, 0])


def _check_images(images, image_shape):
    images = np.asarray(images)
    if images.shape[1:] != image_shape:
        raise ValueError(
            "The images do not fit the networks. Expected batches of shape "
            f"(batch, {', '.join(map(str, image_shape))}). Received: "
            f"{images.shape}. Load the data with the model's image_size and "
            "channels."
        )
    if not np.all(np.isfinite(images)):
        raise ValueError(
            "The images hold NaN or infinite values. Expected finite values "
            "in [-1, 1]. Clean the data first."
        )
    low, high = float(images.min()), float(images.max())
    if low < -1.001 or high > 1.001:
        raise ValueError(
            "The images are out of range. Expected values in [-1, 1]. "
            f"Received: values from {low:.4g} to {high:.4g}. For 8-bit images "
            "use images / 127.5 - 1."
        )
