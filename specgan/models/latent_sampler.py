"""Images from latent values: sampling, projection and export of a GAN."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.models import generator_average as moving_average
from specgan.models.exports.served_model import ServedModel
from specgan.models.exports.served_model import served_generator
from specgan.models.projection import project
from specgan.models.sampling import Sampler
from specgan.models.sampling import checked_labels
from specgan.models.sampling import checked_sampling
from specgan.models.sampling import in_batches
from specgan.models.sampling import in_range
from specgan.models.sampling import sample_labels
from specgan.models.sampling import sample_latents
from specgan.models.sampling import truncated
from specgan.typing import TensorLike

if TYPE_CHECKING:
    from specgan.models.projection import Projection


class LatentSampler(Sampler):
    """What a trained `GAN` makes of latent values, with classes or without."""

    if TYPE_CHECKING:
        # The rest is in the `GAN` that it is a part of.
        def __getattr__(self, name: str) -> Any: ...

    def sample_batches(
        self,
        num: int,
        seed: int = 0,
        batch_size: int = 64,
        labels: ArrayLike | None = None,
        truncation: float | None = None,
    ) -> Iterator[np.ndarray]:
        """The images of `sample`, a batch at a time, where all are too many.

        Args:
            num: How many, at least 1.
            seed: Any integer.
            batch_size: Images made at once; it does not change them.
            labels: Of a conditional GAN: the class of all of them, or `num`
                classes; None draws classes, all as likely.
            truncation: None, or the largest latent value in standard
                deviations, above 0: the smaller, the likelier and the less
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

    def generate(
        self,
        latents: TensorLike,
        labels: ArrayLike | None = None,
        batch_size: int = 64,
        truncation: float | None = None,
    ) -> np.ndarray:
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

    def project(
        self, images: ArrayLike, labels: ArrayLike | None = None, **options: Any
    ) -> "Projection":
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

    def _split_inputs(self, inputs):
        """What a generator takes, of `_sampling_inputs`."""
        if self.num_classes is None:
            return inputs
        return tf.split(inputs, [self.latent_dim, self.num_classes], axis=1)

    def _sampling_function(self):
        self._recalibrate()
        return self._generate

    def _recalibrate(self):
        """Give the average the batch-norm statistics of its weights of now.

        Weights come from training, files, other models, and guards: that they
        have changed is seen from themselves. The seed is always the same, so
        that equal weights give equal images.
        """
        average = self.generator_ema
        if average is None:
            return
        if moving_average.fingerprint(average) != self._calibrated:
            inputs = self._split_inputs(self._sampling_inputs(512, 0, 512))
            moving_average.recalibrate(average, inputs)
            self._calibrated = moving_average.fingerprint(average)

    _calibrated: bytes | None = None

    def _generate(self, inputs):
        # Made once: a model keeps its compiled functions.
        if self._inference is None:
            width = self.latent_dim + (self.num_classes or 0)
            self._inference = tf.function(
                lambda x: in_range(
                    self.sampling_generator(
                        self._split_inputs(x), training=False
                    )
                ),
                input_signature=[tf.TensorSpec([None, width])],
            )
        return self._inference(inputs)

    _inference = None

    def served(self) -> ServedModel:
        """What `export` writes: the generator, that of the average if any."""
        self._recalibrate()
        return served_generator(self.sampling_generator)
