from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import Self

import numpy as np
import tensorflow as tf

from specgan.errors import Diverged
from specgan.errors import require_positive_integer
from specgan.models import fit_arguments
from specgan.models import images as real_images
from specgan.models.stateless_rng import StatelessRNG
from specgan.models.training_step import step_of

if TYPE_CHECKING:
    from specgan.models.gan import GAN

SHARE = 1.0
"""Length of the weighted spectral gradient for which a weight is suggested,
as a part of that of the adversarial one."""


class GradientBalance(NamedTuple):
    """Lengths of the gradients of a GAN's adversarial and spectral losses.

    Formula, with the generator's weights theta, for each batch:

    ```
    adversarial = |d g_loss / d theta|
    spectral    = |d spectral_loss / d theta|        before its weight
    weight      = share * median(adversarial / spectral)
    ```

    On the weights, not on the images, since the optimizer adds both there:
    what a generator cannot make of a gradient on the images, such as single
    frequencies, has no part in a step. It is a balance of one state: a GAN
    trained without the spectral loss is farther from its target and has
    longer spectral gradients, so that its weight comes out too small.

    Attributes:
        adversarial: `[batches]`, Euclidean norm of the gradient of the
            adversarial loss on the generator's weights.
        spectral: Same shape, of the spectral distance, before its weight.
        cosine: Same shape, of the angle between both.
        adversarial_on_images: As `adversarial`, on the generated images.
        spectral_on_images: As `spectral`, on the generated images.

    Example:
    >>> gan = zoo.LSGAN(64, spectral_regularization="focal_frequency")
    >>> gan.adapt(images)
    >>> gan.compile()
    >>> gan.fit(images, epochs=2)
    >>> GradientBalance.of(gan, images).weight()

    Reference:
    - Esser et al., Taming Transformers for High-Resolution Image Synthesis,
      2021, Eq. 7, whose weight is the ratio of two such norms
      (https://arxiv.org/abs/2012.09841)
    """

    adversarial: np.ndarray
    spectral: np.ndarray
    cosine: np.ndarray
    adversarial_on_images: np.ndarray
    spectral_on_images: np.ndarray

    @classmethod
    def of(cls, gan: "GAN", images: Any, num_batches: int = 16) -> Self:
        """Measure a GAN as it is: train it with the loss for 300 steps first.

        Nothing of the GAN is changed.

        Args:
            gan: A compiled `GAN` with an adapted spectral loss.
            images: A `tf.data.Dataset` as for `GAN.fit`, or an array without
                labels, which is measured in batches of 64.
            num_batches: How many batches to measure at most.

        Returns:
            A `GradientBalance`.

        Raises:
            ValueError: Without a spectral loss or its target, before
                `compile`, for images that do not fit, or for a spectral loss
                without a gradient.
            Diverged: If a gradient is not finite.
        """
        images = _checked_images(gan, images, num_batches)
        # Training mode moves the statistics of batch normalization.
        moved = gan.non_trainable_variables
        before = [variable.numpy() for variable in moved]
        measure = tf.function(_norms)
        try:
            rows = [
                np.array(measure(gan, batch, tf.constant(number)))
                for number, batch in enumerate(images.take(num_batches))
            ]
        finally:
            for variable, value in zip(moved, before, strict=True):
                variable.assign(value)
        balance = cls(*np.transpose(rows))
        _check_gradients(balance, gan.spectral_loss)
        return balance

    @property
    def ratios(self) -> np.ndarray:
        """`[batches]`: the weight at which both gradients are equally long."""
        return self.adversarial / self.spectral

    @property
    def ratios_on_images(self) -> np.ndarray:
        """The same of the gradients on the images."""
        return self.adversarial_on_images / self.spectral_on_images

    def weight(self, share: float = SHARE) -> float:
        """The weight that gives the spectral gradient a share of the length.

        Args:
            share: Wanted length of the weighted spectral gradient, divided by
                that of the adversarial one.

        Returns:
            `share` times the median of `ratios`.
        """
        return share * float(np.median(self.ratios))


def _checked_images(gan, images, num_batches):
    """The images as a data set of batches, if all is right."""
    require_positive_integer("num_batches", num_batches)
    if gan.spectral_loss is None:
        raise ValueError(
            "There is no spectral loss to weigh. Expected a GAN with "
            "spectral_regularization. Received: one without."
        )
    if not gan.compiled:
        raise ValueError(
            "The gradients are those of a training. Expected a compiled GAN. "
            "Received: one before compile(). Call it, and fit for some hundred "
            "steps."
        )
    real_images.check_before_use(gan.spectral_loss, images, gan.image_shape)
    real_images.check_labels(images, None, gan.num_classes)
    images, _ = fit_arguments.images_and_labels(images)
    if not isinstance(images, tf.data.Dataset):
        images = real_images.batches_of_array(images, None, 64)
    return images


def _check_gradients(balance, spectral_loss):
    if not np.all(np.isfinite(balance)):
        raise Diverged(
            "a gradient of the generator's losses is not finite: the training "
            "has diverged. Measure after fewer steps, or with another seed"
        )
    if not np.all(balance.spectral > 0):
        raise ValueError(
            "A weight needs a gradient to weigh. Expected a spectral loss that "
            f"has one. Received: {type(spectral_loss).__name__}, whose "
            "gradient is 0."
        )


def _norms(gan, data, number):
    """The five values of a batch, in the order of `GradientBalance`."""
    reals, labels = gan._reals_and_labels(data)
    # Other noise than the training's, and other for each batch.
    rng = StatelessRNG(gan.noise_seed, step_of(gan.optimizer), number + 1)
    weights = gan.generator.trainable_variables
    with tf.GradientTape(persistent=True) as generator_tape:
        fakes = gan._fakes(reals, labels, rng)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fakes)
        adversarial, distance = gan._generator_terms(
            reals, fakes, labels, rng, training=True
        )
    on_images = [
        tape.gradient(loss, fakes, unconnected_gradients="zero")
        for loss in (adversarial, distance)
    ]
    on_weights = [
        generator_tape.gradient(
            fakes, weights, output_gradients=gradient,
            unconnected_gradients="zero",
        )
        for gradient in on_images
    ]  # fmt: skip
    norms = [_norm(one) for one in on_weights]
    products = [
        tf.reduce_sum(tf.cast(one, tf.float32) * tf.cast(other, tf.float32))
        for one, other in zip(*on_weights, strict=True)
    ]
    cosine = tf.math.divide_no_nan(tf.add_n(products), norms[0] * norms[1])
    return (*norms, cosine, *[_norm([one]) for one in on_images])


def _norm(tensors):
    """Euclidean norm of all values together, a scalar in float32."""
    return tf.linalg.global_norm([tf.cast(one, tf.float32) for one in tensors])
