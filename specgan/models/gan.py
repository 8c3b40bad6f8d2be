import math
import numbers

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.losses import adversarial
from specgan.losses import gradient_penalty as gradient_penalties
from specgan.losses import spectral
from specgan.models import average as moving_average
from specgan.models import images as real_images
from specgan.models.adam import Adam
from specgan.models.draws import Draws
from specgan.models.export import export_generator
from specgan.models.projection import project
from specgan.models.replicas import BuiltModel
from specgan.models.replicas import batch_sizes
from specgan.models.replicas import inner_optimizer
from specgan.models.replicas import refuse_clipping_by_parts
from specgan.models.replicas import refuse_what_keras_cannot
from specgan.models.replicas import replicas
from specgan.models.replicas import reported
from specgan.models.sampling import Sampler
from specgan.models.sampling import checked_labels
from specgan.models.sampling import checked_sampling
from specgan.models.sampling import in_batches
from specgan.models.sampling import in_range
from specgan.models.sampling import sample_labels
from specgan.models.sampling import sample_latents
from specgan.models.sampling import truncated
from specgan.models.schedule_checks import check_schedule
from specgan.models.schedule_checks import training_steps


@keras.saving.register_keras_serializable(package="specgan")
class GAN(Sampler, BuiltModel):
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
            A lazy one, such as "r1", makes a step of its own every so many
            steps; the default optimizer's constants are set to suit that.
        spectral_loss: None, True, or a name or object of
            `specgan.losses.spectral`. It needs `adapt` before `fit`.
        discriminator_steps: Steps of the discriminator per generator step,
            each on real images of its own: `fit` joins so many batches.
        ema_decay: None, or the decay in [0, 1) of an exponential moving
            average of the generator's weights, with batch-norm statistics of
            its own, which then samples, evaluates and is exported. It begins
            faster, with (1 + step) / (10 + step). Or "half_life", or a
            `specgan.models.HalfLife`, which begins otherwise.
        views: `specgan.models.view.View`s through which the discriminator in
            training sees all images, one after the other.
        seed: Integer from which all noise of the training derives, together
            with the step and the replica. (Under XLA, Keras' default on a
            GPU, TensorFlow draws other numbers from the same seed.)
        name: Name of the model.

    Logs (means over the epoch):
        d_loss: The discriminator's loss with its penalty.
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

    # Whether gradients that are no numbers are taken as 0, and infinite ones
    # as 10^5, before an optimizer sees them.
    finite_gradients = False

    # Resolution of the generator's chroma, "full" or "half", where a class
    # has that option.
    chroma = None

    def __init__(
        self,
        generator,
        discriminator,
        adversarial_loss="non_saturating",
        gradient_penalty=None,
        spectral_loss=None,
        discriminator_steps=1,
        ema_decay=None,
        views=(),
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
        self.views = list(views)
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
        if self._lazy:
            names.append("gradient_penalty")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        # The parts are built; Keras must not try to call this model on images.
        self.built = True

    def _check_networks(self, generator, discriminator):
        try:
            made, taken = generator.output_shape, _shapes(discriminator)[0]
            classes = [_num_classes(generator), _num_classes(discriminator)]
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
        if classes[0] != classes[1]:
            raise ValueError(
                "Both networks must take labels of the same classes, or none. "
                f"Received: {classes[0]} classes of the generator and "
                f"{classes[1]} of the discriminator."
            )

    def _average(self):
        self._decay = moving_average.get(self.ema_decay)
        if self._decay is None:
            return None
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
        return _shapes(self.generator)[0][-1]

    @property
    def num_classes(self):
        """Number of classes of a conditional GAN, or None."""
        return _num_classes(self.generator)

    @property
    def _lazy(self):
        penalty = self.gradient_penalty
        return penalty is not None and penalty.interval > 1

    @property
    def sampling_generator(self):
        """The generator that samples: the average, where there is one."""
        if self.generator_ema is None:
            return self.generator
        return self.generator_ema

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    # === Before training ===

    def adapt(self, images, num_images=None):
        """Compute the target spectrum from real images.

        Without a spectral loss there is nothing to compute, and the images
        are only checked. A warning says so where they have next to no chroma
        at high frequencies, like JPEG files with 4:2:0 subsampling, and the
        model has `chroma="full"`.

        Args:
            images: A `tf.data.Dataset` of image batches, or an array of
                images, in [-1, 1].
            num_images: How many of them to use; None takes what the spectral
                loss needs: 1000, as the paper does, or 4096.

        Raises:
            ValueError: If the images do not fit the networks, are not finite,
                or not in [-1, 1]; if `num_images` is not positive.
        """
        real_images.adapt(
            self.spectral_loss,
            images,
            self.image_shape,
            num_images,
            self.chroma,
        )

    def compile(self, g_optimizer=None, d_optimizer=None, **kwargs):
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
            refuse_clipping_by_parts(optimizer)
        # Each on its own network's variables; Keras would build the first on
        # those of both, and under a distribution strategy fail.
        self.optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    def adam_arguments(self, network, **changes):
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

    def optimizer_steps(self, network, steps):
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
                conditional GAN's first labels are not those of its classes;
                if a learning-rate schedule ends before the training.
        """
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        real_images.check_labels(x, y, self.num_classes)
        require_positive_integer("epochs", epochs)
        batch_size = real_images.checked_batch_size(x, batch_size)
        if self.discriminator_steps > 1:
            shuffle = kwargs.pop("shuffle", True)
            x, y = self._joined_batches(x, y, batch_size, shuffle), None
            sizes = [_batch_size(x) // self.discriminator_steps]
        else:
            split = kwargs.get("validation_split") or 0.0
            sizes = batch_sizes(x, batch_size, split)
        self._require_even_shares(sizes)
        self._require_even_validation(
            kwargs.get("validation_data"),
            kwargs.get("validation_batch_size") or batch_size,
        )
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

    def _joined_batches(self, x, y, batch_size, shuffle):
        """Batches of the real images of all steps of the discriminator."""
        if not isinstance(x, tf.data.Dataset):
            count = len(x)
            x = x if self.num_classes is None else (x, y)
            x = tf.data.Dataset.from_tensor_slices(x)
            x = x.shuffle(count, seed=self.seed) if shuffle else x
            x = x.batch(batch_size)
        if self.num_classes is None:
            x = x.map(lambda images, *labels: images)
        batches, steps = int(x.cardinality()), self.discriminator_steps
        if 0 <= batches < steps:
            raise ValueError(
                "There are too few images for a step of the generator. "
                f"Expected at least {steps} batches, one for each step of the "
                f"discriminator. Received: {batches}. Make the batches "
                "smaller."
            )
        batch = _batch_size(x)
        if batch is None:  # The last one may be smaller; it is filled up.
            batch = len(tf.nest.flatten(next(iter(x)))[0])
            x = x.repeat()
        x = x.rebatch(batch * steps, drop_remainder=True)
        if batches < 0:  # Endless, or unknown until it ends.
            return x
        # Keras must know how many, or it warns that the data have run out.
        known = tf.data.experimental.assert_cardinality(batches // steps)
        return x.take(batches // steps).apply(known)

    # === Training ===

    def train_step(self, data):
        reals, labels = self._reals_and_labels(data)
        # Every n-th image, so that replicas together split as one would.
        steps = self.discriminator_steps
        parts = [
            (reals[i::steps], None if labels is None else labels[i::steps])
            for i in range(steps)
        ]
        draws = Draws(self.noise_seed, self.optimizer.iterations)

        reals, labels = parts[0]
        with tf.GradientTape() as generator_tape:
            fakes = self._fakes(reals, labels, draws)
            regularizers = self.generator.losses

        for others, their_labels in parts[1:]:
            other_fakes = self._fakes(others, their_labels, draws)
            self._discriminator_step(others, other_fakes, their_labels, draws)
        self._discriminator_step(reals, fakes, labels, draws)
        if self._lazy:
            self._penalty_step(reals, fakes, labels, draws)

        # The loss's gradient on the images, through the discriminator as it
        # now is, then through the generator as it was when it made them.
        with tf.GradientTape() as tape:
            tape.watch(fakes)
            loss = self._generator_loss(
                reals, fakes, labels, draws, training=True
            )
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
        self._apply(self.optimizer, gradients, self.generator)
        self._update_average()
        return self._logs()

    def _reals_and_labels(self, data):
        """Images and their one-hot labels, or None without classes."""
        reals, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return reals, None
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        return reals, tf.one_hot(labels, self.num_classes)

    def _fakes(self, reals, labels, draws):
        """As many generated images, of the same classes."""
        latents = draws.normal([tf.shape(reals)[0], self.latent_dim])
        return self.generator(_with(latents, labels), training=True)

    def _apply(self, optimizer, gradients, network):
        # With a scaled loss, such gradients tell that the scale is too large.
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if self.finite_gradients and not scaled:
            gradients = [finite(gradient) for gradient in gradients]
        optimizer.apply(gradients, network.trainable_variables)

    def _update_average(self):
        if self.generator_ema is None:
            return
        step = tf.cast(self.optimizer.iterations, tf.float32)
        moving_average.update(
            self.generator_ema, self.generator, self._decay(step)
        )

    def _discriminator_step(self, reals, fakes, labels, draws):
        with tf.GradientTape() as tape:
            loss = self._discriminator_loss(
                reals, fakes, labels, draws, training=True
            )
            loss = self.d_optimizer.scale_loss(loss / replicas())
        gradients = tape.gradient(loss, self.discriminator.trainable_variables)
        self._apply(self.d_optimizer, gradients, self.discriminator)

    def _penalty_step(self, reals, fakes, labels, draws):
        """The discriminator's step on a lazy penalty, where one is due.

        That is decided for all replicas at once: Keras' optimizers cannot
        leave a step out within a replica.
        """
        interval = self.gradient_penalty.interval

        def step(*batch):
            with tf.GradientTape() as tape:
                penalty = self._penalty(*batch)
                loss = interval * penalty / replicas()
                loss = self.d_optimizer.scale_loss(loss)
            self.trackers["gradient_penalty"].update_state(penalty)
            variables = self.discriminator.trainable_variables
            gradients = [
                # The last bias has no part in it.
                tf.zeros_like(variable) if gradient is None else gradient
                for gradient, variable in zip(
                    tape.gradient(loss, variables), variables, strict=True
                )
            ]
            self._apply(self.d_optimizer, gradients, self.discriminator)

        def step_where_due(strategy, *batch):
            tf.cond(
                self.optimizer.iterations % interval == 0,
                lambda: strategy.extended.call_for_each_replica(step, batch),
                lambda: None,
            )

        tf.distribute.get_replica_context().merge_call(
            step_where_due, args=(reals, fakes, labels, draws)
        )

    def _penalty(self, reals, fakes, labels, draws, training=True):
        judge = self._judge_of(labels, draws, training)
        return self.gradient_penalty(judge, reals, fakes, draws)

    def _judge_of(self, labels, draws, training):
        """The discriminator as a penalty calls it."""
        return lambda images, **_: self._judge(images, labels, draws, training)

    def _judge(self, images, labels, draws, training):
        """The discriminator's logits, in training of what its views show."""
        if training:
            for view in self.views:
                images = view(
                    images, draws=draws, step=self.optimizer.iterations
                )
        return self.discriminator(_with(images, labels), training=training)

    def _discriminator_loss(self, reals, fakes, labels, draws, training):
        # Two passes, so that batch normalization does not mix the two kinds.
        penalty = 0.0
        if self.gradient_penalty is None or self._lazy:
            real_logits = self._judge(reals, labels, draws, training)
            fake_logits = self._judge(fakes, labels, draws, training)
        else:
            judge = self._judge_of(labels, draws, training)
            real_logits, fake_logits, penalty = (
                self.gradient_penalty.with_logits(judge, reals, fakes, draws)
            )
        loss = self.adversarial_loss.discriminator(
            tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        )
        loss += penalty
        if training:
            realness = real_logits
            if self.adversarial_loss.relativistic:  # Logits have no zero then.
                realness = real_logits - fake_logits
            for view in self.views:
                view.adapt_to(realness, self.optimizer.iterations)
        self.trackers["d_loss"].update_state(loss)
        self.trackers["d_real"].update_state(real_logits)
        self.trackers["d_fake"].update_state(fake_logits)
        return loss + sum(self.discriminator.losses)

    def _generator_loss(self, reals, fakes, labels, draws, training):
        logits = [self._judge(fakes, labels, draws, training)]
        if self.adversarial_loss.relativistic:
            logits.append(self._judge(reals, labels, draws, training))
        loss = self.adversarial_loss.generator(
            *[tf.cast(each, tf.float32) for each in logits]
        )
        self.trackers["g_loss"].update_state(loss)
        if self.spectral_loss is not None:
            distance = self.spectral_loss(fakes, reals)
            self.trackers["spectral_loss"].update_state(distance)
            loss += self.spectral_loss.penalty(distance, loss)
        return loss

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """The losses on other data; see `keras.Model.evaluate`."""
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        real_images.check_labels(x, y, self.num_classes)
        self._recalibrate()
        measured = super().evaluate(x, y, batch_size, **kwargs)
        # Numbers, where Keras leaves what `test_step` gave.
        return tf.nest.map_structure(
            lambda value: float(np.squeeze(value)), measured
        )

    def test_step(self, data):
        """The losses in inference mode, on as many generated images."""
        reals, labels = self._reals_and_labels(data)
        # Other noise for every batch: `iterations` stands still.
        draws = Draws(self.noise_seed, self.trackers["g_loss"].count)
        latents = draws.normal([tf.shape(reals)[0], self.latent_dim])
        fakes = self.sampling_generator(_with(latents, labels), training=False)
        self._discriminator_loss(reals, fakes, labels, draws, training=False)
        self._generator_loss(reals, fakes, labels, draws, training=False)
        if self._lazy:
            penalty = self._penalty(reals, fakes, labels, draws, training=False)
            self.trackers["gradient_penalty"].update_state(penalty)
        return self._logs()

    def _logs(self):
        logs = {
            name: tracker.result() for name, tracker in self.trackers.items()
        }
        for view in self.views:
            logs.update(view.logs())
        return {name: reported(value) for name, value in logs.items()}

    # === After training ===

    def sample_batches(
        self, num, seed=0, batch_size=64, labels=None, truncation=None
    ):
        """The images of `sample`, a batch at a time, where all are too many.

        Args:
            num: How many, at least 1.
            seed: Any integer.
            batch_size: Images made at once; it does not change them.
            labels: Of a conditional GAN: the class of all of them, or `num`
                classes; None draws classes, all as likely.
            truncation: None, or the largest latent value in standard
                deviations, from 0 on: the smaller, the likelier and the less
                various the images. See `specgan.models.sampling.truncated`.

        Returns:
            An iterator of `[batch, height, width, channels]`, NumPy float32
            in [-1, 1].

        Raises:
            ValueError: If `num` or `truncation` is not positive, or the labels
                are not of classes that there are.
        """
        inputs = self._sampling_inputs(num, seed, batch_size, labels)
        return self._generated(inputs, batch_size, truncation)

    def generate(self, latents, labels=None, batch_size=64, truncation=None):
        """The images of latent values.

        Args:
            latents: `[num, latent_dim]`, such as `project` finds them, or
                standard normal ones.
            labels: Of a conditional GAN: the class of all of them, or `num`
                classes.
            batch_size, truncation: As for `sample_batches`.

        Returns:
            `[num, height, width, channels]`, NumPy float32 in [-1, 1].

        Raises:
            ValueError: If the latents are of another shape or not finite, or
                labels are missing or not of classes that there are.

        Example:
        >>> gan.generate(np.random.normal(size=[4, gan.latent_dim])).shape
        (4, 64, 64, 3)
        """
        latents = np.asarray(latents, np.float32)
        if (
            latents.shape[1:] != (self.latent_dim,)
            or not len(latents)
            or not np.all(np.isfinite(latents))
        ):
            raise ValueError(
                "Images are made of finite latent values. Expected an array of "
                f"shape (num, {self.latent_dim}). Received: shape="
                f"{latents.shape}"
                f"{'' if np.all(np.isfinite(latents)) else ', not finite'}."
            )
        inputs = self._with_labels(latents, labels)
        return np.concatenate(
            list(self._generated(inputs, batch_size, truncation))
        )

    def project(self, images, labels=None, **options):
        """The latent values whose images are nearest to given ones.

        See `specgan.models.projection.project`.

        Args:
            images: `[num, height, width, channels]` in [-1, 1].
            labels: As for `generate`.
            **options: `steps`, `candidates`, `learning_rate`, `prior`, `seed`.

        Returns:
            `Projection(latents, images, distance)`.

        Example:
        >>> found = gan.project(images)
        >>> found.images.shape, found.distance.shape
        ((4, 64, 64, 3), (4,))
        """
        self._recalibrate()
        return project(self, images, labels, **options)

    def _sampling_inputs(self, num, seed, batch_size, labels=None):
        """Latents, and one-hot labels beside them where there are classes."""
        seed = checked_sampling(num, seed, batch_size)
        latents = sample_latents(num, seed, self.latent_dim)
        if labels is None and self.num_classes is not None:
            labels = sample_labels(num, seed, self.num_classes)
            return tf.concat([latents, labels], axis=1)
        return self._with_labels(latents, labels)

    def _with_labels(self, latents, labels):
        if labels is None and self.num_classes is None:
            return latents
        labels = checked_labels(labels, len(latents), self.num_classes)
        return tf.concat([latents, labels], axis=1)

    def _generated(self, inputs, batch_size, truncation):
        """Their images, an iterator of batches."""
        inputs = tf.concat(
            [
                truncated(inputs[:, : self.latent_dim], truncation),
                inputs[:, self.latent_dim :],
            ],
            axis=1,
        )
        return in_batches(self._sampling_function(), inputs, batch_size)

    def _parted(self, inputs):
        """What a generator takes, of `_sampling_inputs`."""
        if self.num_classes is None:
            return inputs
        return tf.split(inputs, [self.latent_dim, self.num_classes], axis=1)

    def _sampling_function(self):
        self._recalibrate()
        return self._generate

    def _recalibrate(self):
        """Give the average the batch-norm statistics of its weights of now."""
        step = int(self.optimizer.iterations.numpy()) if self.compiled else -1
        # A guard goes back and comes to the same step with another seed.
        now = step, int(self.noise_seed.numpy())
        if self.generator_ema is not None and self._calibrated_at != now:
            inputs = self._parted(self._sampling_inputs(512, self.seed, 512))
            moving_average.recalibrate(self.generator_ema, inputs)
            self._calibrated_at = now

    _calibrated_at = None

    def _generate(self, inputs):
        # Made once: a model keeps its compiled functions.
        if self._inference is None:
            width = self.latent_dim + (self.num_classes or 0)
            self._inference = tf.function(
                lambda x: in_range(
                    self.sampling_generator(self._parted(x), training=False)
                ),
                input_signature=[tf.TensorSpec([None, width])],
            )
        return self._inference(inputs)

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
            "ema_decay": self.ema_decay,
            "views": self.views,
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
                for name, value in spectral.as_written(config).items()
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


def _shapes(network):
    """The shapes of a network's inputs, a list."""
    shape = network.input_shape
    return shape if isinstance(shape, list) else [shape]


def _num_classes(network):
    """Number of classes of a network that takes labels too, or None."""
    shapes = _shapes(network)
    return shapes[1][-1] if len(shapes) > 1 else None


def _batch_size(dataset):
    """Images of a batch, or None where the data set does not tell."""
    return tf.nest.flatten(dataset.element_spec)[0].shape[0]


def _with(inputs, labels):
    return inputs if labels is None else [inputs, labels]


def finite(gradient):
    """A gradient with 0 for what is no number, and +-10^5 for the infinite."""
    gradient = tf.where(tf.math.is_nan(gradient), 0.0, gradient)
    return tf.where(tf.math.is_inf(gradient), tf.sign(gradient) * 1e5, gradient)
