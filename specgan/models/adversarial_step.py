"""The only adversarial training step of the library."""

from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf

from specgan.models import fit_arguments
from specgan.models import generator_average as moving_average
from specgan.models.replicas import as_reducible_log
from specgan.models.replicas import replicas
from specgan.models.stateless_rng import StatelessRNG
from specgan.models.training_step import has_updated
from specgan.models.training_step import step_of
from specgan.models.training_step import step_rng
from specgan.typing import Tensor
from specgan.typing import TensorLike


class AdversarialStep:
    """What `fit` and `evaluate` of a `GAN` do with a batch.

    `train_step` reads from top to bottom: the generator makes images once; the
    discriminator takes its steps on real images and these; a lazy penalty
    takes a step of its own where one is due; then the gradient of the
    generator's loss on the same images is pulled back through the generator.
    """

    if TYPE_CHECKING:
        # The rest is in the `GAN` that it is a part of.
        def __getattr__(self, name: str) -> Any: ...

    def train_step(self, data: Any) -> dict[str, Tensor]:
        reals, labels = self._reals_and_labels(data)
        # Every n-th image, so that replicas together split as one would.
        steps = self.discriminator_steps
        parts = [
            (reals[i::steps], None if labels is None else labels[i::steps])
            for i in range(steps)
        ]
        rng = step_rng(self.noise_seed, self.optimizer)

        reals, labels = parts[0]
        with tf.GradientTape() as generator_tape:
            fakes = self._fakes(reals, labels, rng)
            regularizers = self.generator.losses

        for others, their_labels in parts[1:]:
            other_fakes = self._fakes(others, their_labels, rng)
            self._discriminator_step(others, other_fakes, their_labels, rng)
        self._discriminator_step(reals, fakes, labels, rng)
        if self._lazy:
            self._penalty_step(reals, fakes, labels, rng)

        # The loss's gradient on the images, through the discriminator as it
        # now is, then through the generator as it was when it made them.
        with tf.GradientTape() as tape:
            tape.watch(fakes)
            loss = self._generator_loss(
                reals, fakes, labels, rng, training=True
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
        reals, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:  # Of `train_on_batch`.
            raise fit_arguments.weighted("sample_weight or class_weight")
        if self.num_classes is None:
            return reals, None
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        return reals, tf.one_hot(labels, self.num_classes)

    def _fakes(self, reals, labels, rng):
        """As many generated images, of the same classes."""
        latents = rng.normal([tf.shape(reals)[0], self.latent_dim])
        return self.generator(network_inputs(latents, labels), training=True)

    def _apply(self, optimizer, gradients, network):
        # With a scaled loss, such gradients mean that the scale is too large.
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        if self.sanitizes_gradients and not scaled:
            gradients = [nan_to_num(gradient) for gradient in gradients]
        optimizer.apply(gradients, network.trainable_variables)

    def _update_average(self):
        if self.generator_ema is None:
            return
        step = tf.cast(self.optimizer.iterations, tf.float32)
        # While gradients are accumulated there is nothing new to average.
        decay = tf.where(has_updated(self.optimizer), self._decay(step), 1.0)
        moving_average.update(self.generator_ema, self.generator, decay)

    def _discriminator_step(self, reals, fakes, labels, rng):
        with tf.GradientTape() as tape:
            loss = self._discriminator_loss(
                reals, fakes, labels, rng, training=True
            )
            loss = self.d_optimizer.scale_loss(loss / replicas())
        gradients = tape.gradient(loss, self.discriminator.trainable_variables)
        self._apply(self.d_optimizer, gradients, self.discriminator)

    def _penalty_step(self, reals, fakes, labels, rng):
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
                step_of(self.optimizer) % interval == 0,
                lambda: strategy.extended.call_for_each_replica(step, batch),
                lambda: None,
            )

        tf.distribute.get_replica_context().merge_call(
            step_where_due, args=(reals, fakes, labels, rng)
        )

    def _penalty(self, reals, fakes, labels, rng, training=True):
        discriminate = self._discriminator_of(labels, rng, training)
        return self.gradient_penalty(discriminate, reals, fakes, rng)

    def _discriminator_of(self, labels, rng, training):
        """The discriminator as a penalty calls it."""
        return lambda images, **_: self._discriminate(
            images, labels, rng, training
        )

    def _discriminate(self, images, labels, rng, training):
        """The discriminator's logits, in training of augmented images."""
        if training:
            for augmentation in self.augmentations:
                images = augmentation(
                    images, rng=rng, step=step_of(self.optimizer)
                )
        return self.discriminator(
            network_inputs(images, labels), training=training
        )

    def _discriminator_loss(self, reals, fakes, labels, rng, training):
        # Two passes, so that batch normalization does not mix the two kinds.
        penalty = 0.0
        if self.gradient_penalty is None or self._lazy:
            real_logits = self._discriminate(reals, labels, rng, training)
            fake_logits = self._discriminate(fakes, labels, rng, training)
        else:
            discriminate = self._discriminator_of(labels, rng, training)
            real_logits, fake_logits, penalty = (
                self.gradient_penalty.with_logits(
                    discriminate, reals, fakes, rng
                )
            )
        loss = self.adversarial_loss.discriminator(
            tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        )
        loss += penalty
        if training:
            realness = real_logits
            if self.adversarial_loss.relativistic:  # Logits have no zero then.
                realness = real_logits - fake_logits
            for augmentation in self.augmentations:
                augmentation.update(realness, step_of(self.optimizer))
        self.trackers["d_loss"].update_state(loss)
        self.trackers["d_real"].update_state(real_logits)
        self.trackers["d_fake"].update_state(fake_logits)
        return loss + sum(self.discriminator.losses)

    def _generator_loss(self, reals, fakes, labels, rng, training):
        loss, distance = self._generator_terms(
            reals, fakes, labels, rng, training
        )
        self.trackers["g_loss"].update_state(loss)
        if distance is not None:
            self.trackers["spectral_loss"].update_state(distance)
            loss += self.spectral_loss.penalty(distance, loss)
        return loss

    def _generator_terms(self, reals, fakes, labels, rng, training):
        """The adversarial loss, and the spectral distance or None."""
        logits = [self._discriminate(fakes, labels, rng, training)]
        if self.adversarial_loss.relativistic:
            logits.append(self._discriminate(reals, labels, rng, training))
        loss = self.adversarial_loss.generator(
            *[tf.cast(each, tf.float32) for each in logits]
        )
        if self.spectral_loss is None:
            return loss, None
        return loss, self.spectral_loss(fakes, reals)

    def test_step(self, data: Any) -> dict[str, Tensor]:
        """The losses in inference mode, with equally many generated images."""
        reals, labels = self._reals_and_labels(data)
        # Other noise for every batch: `iterations` stands still.
        rng = StatelessRNG(self.noise_seed, self.trackers["g_loss"].count)
        latents = rng.normal([tf.shape(reals)[0], self.latent_dim])
        fakes = self.sampling_generator(
            network_inputs(latents, labels), training=False
        )
        self._discriminator_loss(reals, fakes, labels, rng, training=False)
        self._generator_loss(reals, fakes, labels, rng, training=False)
        if self._lazy:
            penalty = self._penalty(reals, fakes, labels, rng, training=False)
            self.trackers["gradient_penalty"].update_state(penalty)
        return self._logs()

    def _logs(self):
        logs = {
            name: tracker.result() for name, tracker in self.trackers.items()
        }
        for augmentation in self.augmentations:
            logs.update(augmentation.logs())
        return {name: as_reducible_log(value) for name, value in logs.items()}


def network_inputs(inputs: TensorLike, labels: TensorLike | None) -> TensorLike:
    """What a network takes: inputs, and labels where there are any."""
    return inputs if labels is None else [inputs, labels]


def nan_to_num(gradient: Tensor) -> Tensor:
    """A gradient with 0 for NaN and +-10^5 for infinite values."""
    gradient = tf.where(tf.math.is_nan(gradient), 0.0, gradient)
    return tf.where(tf.math.is_inf(gradient), tf.sign(gradient) * 1e5, gradient)
