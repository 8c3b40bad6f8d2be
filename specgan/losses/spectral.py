"""Spectral losses: how far the generator's 1-D spectrum is from the real one.

Three formulations, side by side, so that they can be compared:

| name            | distance                                  | effect on the generator |
|-----------------|-------------------------------------------|-------------------------|
| `decibel`       | Huber distance of the batch's mean ring   | its own gradient, equal |
|                 | power to the target, in dB                | for all frequencies     |
| `cross_entropy` | Eq. 11 of the paper as printed            | its own gradient, under |
|                 |                                           | 0.2 % beyond half       |
|                 |                                           | Nyquist                 |
| `scaling`       | what the authors' released code computes  | none: it multiplies the |
|                 |                                           | adversarial loss        |

Regularization of the spectrum of *images* has nothing to do with spectral
normalization, which bounds the spectral norm of *weights*.

Reference:
- Durall, Keuper & Keuper, 2020, Section 3.2, Eq. 10 and 11
  (https://arxiv.org/abs/2003.01826)
"""  # noqa: E501

import math
import numbers

import keras
import numpy as np
import tensorflow as tf

from specgan.errors import unknown_name
from specgan.losses.replicas import mean_over_replicas
from specgan.signal import spectrum


def decibel_distance(power, target, delta=3.0):
    """Mean over rings of the Huber distance of two spectra in decibels.

    Formula, with D the difference in dB and ring 0 (the mean image, which the
    shape of a spectrum does not contain) left out:

    ```
    D[k] = 10 log10((power[k] + floor) / (target[k] + floor))
    huber(D) = D^2 / 2                   where |D| <= delta
               delta (|D| - delta / 2)   elsewhere
    distance = mean_k huber(D[k]),       k = 1..M//2, corner
    ```

    Args:
        power: `[rings]` mean ring power of a batch.
        target: `[rings]` mean ring power of real images.
        delta: Difference in dB from which the distance grows linearly, so
            that a spectral hole early in training cannot dominate.

    Returns:
        A scalar in squared dB (halved).
    """
    difference = spectrum.decibels(power) - spectrum.decibels(target)
    magnitude = tf.abs(difference[1:])
    huber = tf.where(
        magnitude <= delta,
        0.5 * tf.square(magnitude),
        delta * (magnitude - 0.5 * delta),
    )
    return tf.reduce_mean(huber)


def cross_entropy_distance(profile, target, epsilon=1e-7):
    """Binary cross-entropy between 1-D spectra relative to their DC power.

    Formula (Eq. 11 as printed; its 1/(M/2 - 1) is the mean over the rings
    k = 1..M/2-1, because ring 0 is 1 by definition and log(1 - 1) infinite):

    ```
    -1/(M/2 - 1) sum_k [target[k] log profile[k]
                        + (1 - target[k]) log(1 - profile[k])]
    ```

    Args:
        profile: `[batch, rings]` ring power relative to ring 0, of images in
            [0, 1]; clipped to [epsilon, 1 - epsilon].
        target: `[rings]` the mean of the same over real images.
        epsilon: Distance kept from the logarithm's poles.

    Returns:
        A scalar in nats, the mean over batch and rings; not 0 at equality but
        the target's own entropy.
    """
    rings = slice(1, profile.shape[-1] - 2)  # k = 1..M/2-1
    p = tf.clip_by_value(target[rings], epsilon, 1 - epsilon)
    q = tf.clip_by_value(profile[:, rings], epsilon, 1 - epsilon)
    return -tf.reduce_mean(p * tf.math.log(q) + (1 - p) * tf.math.log(1 - q))


def released_profile(images):
    """The 1-D spectrum as the authors' released training script computes it.

    Ring mean of `20 ln|F + 1e-8|` on rings `floor(r)` centred half a pixel
    beside DC, first and last ring dropped, scaled to [0, 1] image by image.

    Args:
        images: `[batch, size, size, channels]`.

    Returns:
        `[batch, rings]`; 88 rings at 128 px.
    """
    grey = spectrum.luminance(images)
    height, width = grey.shape[1:]
    rows, columns = np.indices((height, width))
    radius = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    index = np.fft.ifftshift(radius.astype(np.int32)).ravel()
    transform = tf.signal.fft2d(tf.complex(grey, tf.zeros_like(grey)))
    log_amplitude = 20 * tf.math.log(tf.abs(transform + 1e-8))
    ring_means = tf.transpose(
        tf.math.unsorted_segment_mean(
            tf.transpose(tf.reshape(log_amplitude, [-1, index.size])),
            index,
            index.max() + 1,
        )
    )[:, 1:-1]
    low = tf.reduce_min(ring_means, axis=1, keepdims=True)
    high = tf.reduce_max(ring_means, axis=1, keepdims=True)
    return (ring_means - low) / (high - low)


def released_cross_entropy(fake_profile, real_profile):
    """Cross-entropy with the arguments in the released code's order.

    Input real, target generated (the paper's order is the other one), the
    i-th of a batch against the i-th, logarithms not below -100.

    Args:
        fake_profile: `[batch, rings]` in [0, 1], generated images.
        real_profile: Same shape, real images.

    Returns:
        A scalar in nats.
    """
    log_real = tf.maximum(tf.math.log(real_profile), -100.0)
    log_other = tf.maximum(tf.math.log(1 - real_profile), -100.0)
    return -tf.reduce_mean(
        fake_profile * log_real + (1 - fake_profile) * log_other
    )


class SpectralLoss(keras.layers.Layer):
    """Distance of generated images' spectrum to that of real ones. Abstract.

    A layer rather than a `keras.losses.Loss`, because it has a state that
    belongs to the model: the target spectrum, which `adapt` computes from real
    images and which is saved with the weights. It computes in float32.

    Args:
        weight: Factor of the term in the generator's loss: the paper's lambda
            of Eq. 10.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Call arguments:
        fakes: `[batch, height, width, channels]` generated images.
        reals: `[batch, height, width, channels]` the batch of real images.

    Raises:
        ValueError: If `weight` is negative.
    """

    def __init__(self, weight, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        if not isinstance(weight, numbers.Real) or not 0 <= weight < math.inf:
            raise ValueError(
                "A spectral loss needs a weight of at least 0, and finite. "
                f"Received: weight={weight!r}. A negative one would drive the "
                "spectra apart."
            )
        self.weight = weight

    def profile(self, images):
        """`[batch, rings]`: what the target is the mean of."""
        raise NotImplementedError

    def call(self, fakes, reals):
        raise NotImplementedError

    def penalty(self, distance, adversarial_loss):
        """The term added to the generator's adversarial loss."""
        raise NotImplementedError

    def build(self, fakes_shape, reals_shape=None):
        rings = self.profile(tf.zeros([1, *fakes_shape[1:]])).shape[-1]
        self.target = self.add_weight(
            shape=[rings], initializer="zeros", trainable=False, name="target"
        )
        self.target_count = self.add_weight(
            shape=[],
            initializer="zeros",
            dtype="int32",
            trainable=False,
            name="target_count",
        )
        self.built = True

    @property
    def adapted(self):
        """Whether there is a target: real images have been seen."""
        return self.built and int(self.target_count.numpy()) > 0

    def adapt(self, batches):
        """Set the target to the mean profile of real images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1], all of one height and width.

        Raises:
            ValueError: If there are no images.
        """
        total, count = 0.0, 0
        for images in batches:
            images = tf.cast(images, tf.float32)
            if not self.built:
                self.build(images.shape)
            profile = self.profile(images).numpy().astype(np.float64)
            if not np.all(np.isfinite(profile)):
                raise ValueError(
                    "The real images hold NaN or infinite values. Expected "
                    "finite values in [-1, 1]. Clean the data first."
                )
            total = total + profile.sum(axis=0)
            count += len(profile)
        if count == 0:
            raise ValueError(
                "A spectral loss adapts to at least one real image. Received "
                "none. Check that the data set is not empty or exhausted."
            )
        self.target.assign(total / count)
        self.target_count.assign(count)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


@keras.saving.register_keras_serializable(package="specgan")
class DecibelSpectralLoss(SpectralLoss):
    """Robust distance of mean ring powers in decibels: the default.

    Decibels weigh a factor of two the same at every frequency, where the power
    of photographs spans 60 dB; the *mean* over the batch is compared, so that
    single images keep their natural variation (1.6 to 2.7 dB). Under several
    replicas the mean is taken over all of them.

    See `decibel_distance` for the formula.

    Args:
        weight: Factor of the term in the generator's loss.
        delta: Difference in dB from which the distance grows linearly.
        window: None or "hann".
        **kwargs: For `SpectralLoss`.

    Example:
    >>> images = tf.random.stateless_normal([64, 32, 32, 3], [0, 0])
    >>> loss = DecibelSpectralLoss()
    >>> loss.adapt([images])
    >>> round(float(loss(2 * images)), 2)  # 6.02 dB: 3 * (6.02 - 3 / 2)
    13.56
    """

    def __init__(self, weight=2.0, delta=3.0, window=None, **kwargs):
        super().__init__(weight, **kwargs)
        if not delta > 0:
            raise ValueError(
                "The distance from which a spectral loss grows linearly is "
                f"positive. Received: delta={delta!r} dB."
            )
        spectrum.window_function(window, 2, 2)  # Raises for an unknown name.
        self.delta = delta
        self.window = window

    def profile(self, images):
        return spectrum.azimuthal_integral(images, self.window)

    def call(self, fakes, reals=None):
        power = self.profile(tf.cast(fakes, tf.float32))
        power = mean_over_replicas(tf.reduce_mean(power, axis=0))
        return decibel_distance(power, self.target, self.delta)

    def penalty(self, distance, adversarial_loss):
        return self.weight * distance

    def get_config(self):
        return {
            **super().get_config(),
            "delta": self.delta,
            "window": self.window,
        }


@keras.saving.register_keras_serializable(package="specgan")
class CrossEntropySpectralLoss(SpectralLoss):
    """Eq. 11 of the paper as printed, made differentiable.

    Kept as the baseline: rings beyond half Nyquist carry less than 0.2 % of
    its weight, because a ring's share is its power relative to DC. Images are
    mapped to [0, 1] first; in [-1, 1] the DC power may vanish.

    See `cross_entropy_distance` for the formula.

    Args:
        weight: The paper's lambda; 2 for its DCGAN, 0.5 for its LSGAN.
        window: None or "hann".
        **kwargs: For `SpectralLoss`.

    Reference:
    - Durall et al., 2020, Eq. 11 (https://arxiv.org/abs/2003.01826)
    """

    def __init__(self, weight=2.0, window=None, **kwargs):
        super().__init__(weight, **kwargs)
        spectrum.window_function(window, 2, 2)  # Raises for an unknown name.
        self.window = window

    def profile(self, images):
        power = spectrum.azimuthal_integral((images + 1) / 2, self.window)
        return power / tf.maximum(power[:, :1], spectrum.QUANTIZATION_NOISE)

    def call(self, fakes, reals=None):
        return cross_entropy_distance(
            self.profile(tf.cast(fakes, tf.float32)), self.target
        )

    def penalty(self, distance, adversarial_loss):
        return self.weight * distance

    def get_config(self):
        return {**super().get_config(), "window": self.window}


@keras.saving.register_keras_serializable(package="specgan")
class ScalingSpectralLoss(SpectralLoss):
    """What the authors' released code really does: no spectral gradient.

    It detaches both spectra, so that the generator's loss becomes
    `g_loss (1 + weight c)` with a number c that is nearly constant. Its only
    effect is on the size of the adversarial gradient, which Adam cancels. For
    comparison, not for use.

    See `released_profile` and `released_cross_entropy`. It compares with the
    real images of the same batch; the target is stored but not used.

    Args:
        weight: The released code's `lambda_freq`; 1e-5 by its default, 2 in
            the paper's text for DCGAN.
        **kwargs: For `SpectralLoss`.

    Reference:
    - Durall et al., 2020, Eq. 10 and the authors' `train_spectrum` script
      (https://github.com/cc-hpc-itwm/UpConv, issues 5 and 13)
    """

    def __init__(self, weight=2.0, **kwargs):
        super().__init__(weight, **kwargs)

    def profile(self, images):
        return released_profile(images)

    def call(self, fakes, reals):
        distance = released_cross_entropy(
            self.profile(tf.cast(fakes, tf.float32)),
            self.profile(tf.cast(reals, tf.float32)),
        )
        # Of all replicas: it is multiplied with each one's loss.
        return tf.stop_gradient(mean_over_replicas(distance))

    def penalty(self, distance, adversarial_loss):
        return self.weight * distance * adversarial_loss


SPECTRAL_LOSSES = {
    "decibel": DecibelSpectralLoss,
    "cross_entropy": CrossEntropySpectralLoss,
    "paper": CrossEntropySpectralLoss,
    "scaling": ScalingSpectralLoss,
}


def get(identifier, weight=None):
    """The spectral loss of a name, or the object itself.

    Args:
        identifier: None or False (no spectral loss), True (the default,
            `DecibelSpectralLoss`), a key of `SPECTRAL_LOSSES`, or a
            `SpectralLoss`.
        weight: The weight of a loss that is made from its name; None leaves
            the loss's default.

    Returns:
        A `SpectralLoss` or None.

    Raises:
        ValueError: For an unknown name, or a weight with nothing to weigh.
    """
    arguments = {} if weight is None else {"weight": weight}
    if identifier is None or identifier is False:
        loss = None
    elif identifier is True:
        return DecibelSpectralLoss(**arguments)
    elif isinstance(identifier, SpectralLoss):
        loss = identifier
    elif isinstance(identifier, str) and identifier in SPECTRAL_LOSSES:
        return SPECTRAL_LOSSES[identifier](**arguments)
    else:
        raise unknown_name("spectral loss", identifier, SPECTRAL_LOSSES)
    if weight is not None:
        raise ValueError(
            "A spectral weight belongs to a spectral loss given by name. "
            f"Received: weight={weight} with {identifier!r}. Turn spectral "
            "regularization on, or give the object its own weight."
        )
    return loss
