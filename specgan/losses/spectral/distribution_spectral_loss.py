import keras
import numpy as np
import tensorflow as tf

from specgan.distribution import gathered_over_replicas
from specgan.distribution import mean_over_replicas
from specgan.errors import require_positive_integer
from specgan.losses.gradient_scaling import scaled_to
from specgan.losses.spectral import sample_distances
from specgan.losses.spectral.decibel_spectral_loss import huber
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.signal import chroma
from specgan.signal import image_levels
from specgan.signal import spectrum

WINDOW = "hann"

LEAST_SPREAD = 0.1
"""Standard deviation in dB below which a ring's levels are not normalized."""

# What rounding to 8 bits adds to luma, and to R - Y and B - Y: real images
# have been rounded, generated ones in training have not.
ROUNDING = [
    spectrum.QUANTIZATION_NOISE * float(np.sum(np.square(weights)))
    for weights in (spectrum.LUMINANCE_WEIGHTS, *chroma.DIFFERENCES)
]


@keras.saving.register_keras_serializable(package="specgan")
class DistributionSpectralLoss(SpectralLoss):
    """Distance of the *distribution* of single images' spectra: the default.

    A mean spectrum can be right to 0.1 dB, and a detector fitted to the
    spectra of single images still find generated ones: by the spread of their
    powers, and by the lattice of up-sampling, which rings average out. This
    loss compares what such detectors look at, all under a Hann window and less
    the image's mean, in decibels above the 8-bit quantization noise:

    Formula, with D[i, k] the power in dB of ring k of image i, its mean mu
    and standard deviation sigma over real images, P the batch's mean powers,
    L the batch's mean of log powers at single frequencies, V their variance:

    ```
    luma   = profile_weight * energy_distance((D - mu) / sigma, real ones)
             + mean_weight * mean_k huber(dB(P[k]) - dB(target P[k]))
             + plane_weight / 2 * mean_uv((L - target L)^2 - V / n)
    chroma = the first two of R - Y and B - Y, weighted
             chroma_profile_weight and chroma_mean_weight
    ```

    The energy distance acts on the shape of the distribution (see
    `sample_distances`), the second term on the mean, fast and robustly from
    the first step on; the third on patterns in two dimensions, such as
    checkerboards.

    The gradient of `chroma` is scaled to `chroma_share` times the norm of that
    of `luma`: as it is, it would be 30 to 90 times as long and drown all else,
    since generated chroma begins tens of decibels from real one.

    Under several replicas the distances are those of the whole batch. A batch
    of one image has a mean, but no spread.

    Args:
        weight: Factor of the term in the generator's loss.
        distance: "energy", "sliced_wasserstein" or "moments": how the
            distributions of profiles are compared.
        chroma: Whether chroma counts; None for RGB images, yes.
        bank_size: How many real profiles are kept to compare with; where
            there are fewer images, some count twice. They take 2 bytes for
            each of M / 2 + 1 rings (three times with chroma).
        profile_weight, mean_weight, plane_weight, chroma_profile_weight,
            chroma_mean_weight: Weights of the terms within `luma` and
            `chroma`.
        chroma_share: The gradient of `chroma`, relative to that of `luma`.
        **kwargs: For `SpectralLoss`.

    Raises:
        ValueError: If a weight is negative, the distance unknown, `bank_size`
            not positive, or `chroma` asked for on grey images.

    Example:
    >>> gan = zoo.LSGAN(64, spectral_regularization="distribution")
    >>> gan.adapt(images, num_images=4096)

    Reference:
    - Durall et al., 2020, Section 3.2, for the idea of a spectral term
      (https://arxiv.org/abs/2003.01826)
    - Szekely & Rizzo, Energy statistics, 2013, Eq. 5, for the distance
    """

    num_images = 4096

    def __init__(
        self,
        weight=1.0,
        distance="energy",
        chroma=None,
        bank_size=2048,
        profile_weight=0.5,
        mean_weight=2.0,
        plane_weight=0.1,
        chroma_profile_weight=0.2,
        chroma_mean_weight=1.0,
        chroma_share=0.5,
        **kwargs,
    ):
        super().__init__(weight, **kwargs)
        require_positive_integer("bank_size", bank_size)
        if chroma not in (None, True, False):
            raise ValueError(
                "Chroma counts or not. Expected None, True or False. "
                f"Received: chroma={chroma!r}."
            )
        self.sample_distance = sample_distances.get(distance)
        self.distance = distance
        self.chroma = chroma
        self.bank_size = bank_size
        self.term_weights = {
            "profile_weight": profile_weight,
            "mean_weight": mean_weight,
            "plane_weight": plane_weight,
            "chroma_profile_weight": chroma_profile_weight,
            "chroma_mean_weight": chroma_mean_weight,
            "chroma_share": chroma_share,
        }
        for name, value in self.term_weights.items():
            if not value >= 0:
                raise ValueError(
                    f"A weight is at least 0. Received: {name}={value!r}."
                )

    # === State ===

    def build(self, fakes_shape, reals_shape=None):
        super().build(fakes_shape)
        _, height, width, channels = fakes_shape
        if self.chroma and channels != 3:
            raise ValueError(
                "Grey images have no chroma. Expected chroma=None or False, "
                f"or RGB images. Received: chroma=True, {channels} channel. "
                "Leave the argument out."
            )
        self.has_chroma = channels == 3 and self.chroma is not False
        rings = self.target.shape[0] - 1  # Without DC.
        self.bank = _Bank(self, "luma", rings)
        self.plane_target = self._state(
            "plane_target", [height, width // 2 + 1]
        )
        if self.has_chroma:
            self.chroma_bank = _Bank(self, "chroma", 2 * rings)
            self.chroma_target = self._state("chroma_target", [2, rings])
        shares = spectrum.rings(height, width).multiplicity.copy()
        shares[0, 0] = 0  # DC.
        self._plane_shares = shares / np.sum(shares)

    def _state(self, name, shape, dtype="float32"):
        return self.add_weight(
            shape=shape, initializer="zeros", dtype=dtype, trainable=False,
            name=name,
        )  # fmt: skip

    def profile(self, images):
        images -= tf.reduce_mean(images, axis=(1, 2), keepdims=True)
        return spectrum.azimuthal_integral(images, WINDOW)

    def adapt(self, batches):
        """Set the targets and the bank of profiles from real images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1], all of one height and width; 2,048 images fill the
                bank, and more make better targets.

        Raises:
            ValueError: If there are fewer than 2 images, or some are not
                finite.
        """
        luma, colour, plane = [], [], 0.0

        def with_spectra():
            nonlocal plane
            for images in batches:
                images = tf.cast(images, tf.float32)
                if not self.built:
                    self.build(images.shape)
                power, levels = _luma_spectra(images)
                luma.append(power.numpy())
                plane = plane + np.sum(levels.numpy(), 0, np.float64)
                if self.has_chroma:
                    colour.append(_chroma_spectra(images).numpy())
                yield images

        super().adapt(with_spectra())
        luma = np.concatenate(luma)
        if len(luma) < 2:
            raise ValueError(
                "A distribution has a spread. Expected at least two real "
                "images, best 2,048 or more. Received: one."
            )
        self.bank.adapt(_decibels(luma))
        self.plane_target.assign(plane / len(luma))
        if self.has_chroma:
            colour = np.concatenate(colour)
            self.chroma_target.assign(np.mean(colour, axis=0))
            levels = _decibels(colour)
            self.chroma_bank.adapt(levels.reshape(len(levels), -1))

    # === The distance ===

    def call(self, fakes, reals=None):
        fakes = tf.cast(fakes, tf.float32)
        if not self.has_chroma:
            return self.luma_term(fakes)
        return self._balanced(fakes)

    @tf.custom_gradient
    def _balanced(self, fakes):
        """Both terms, the gradient of chroma scaled to that of luma."""
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fakes)
            luma, chroma = self.luma_term(fakes), self.chroma_term(fakes)
        gradient = tape.gradient(luma, fakes)
        gradient += scaled_to(
            tape.gradient(chroma, fakes),
            gradient,
            self.term_weights["chroma_share"],
        )
        return luma + chroma, lambda upstream: upstream * gradient

    def luma_term(self, fakes):
        """The term of luma, a scalar."""
        power, mean, square = _luma_moments(fakes, ROUNDING[0])
        power = gathered_over_replicas(power)
        mean, square = mean_over_replicas(mean), mean_over_replicas(square)
        count = tf.cast(tf.shape(power)[0], tf.float32)
        weights = self.term_weights
        # Unbiased: what the noise of the batch's mean adds, goes out.
        noise = tf.math.divide_no_nan(square - tf.square(mean), count - 1)
        error = tf.square(mean - self.plane_target) - noise
        plane = 0.5 * tf.reduce_sum(self._plane_shares * error)
        return (
            weights["plane_weight"] * plane
            + weights["mean_weight"] * _mean_distance(power, self.target[1:])
            + weights["profile_weight"]
            * self.bank.distance(spectrum.decibels(power))
        )

    def chroma_term(self, fakes):
        """The term of chroma, a scalar."""
        # Every second image does, for two planes of each.
        power = _chroma_spectra(fakes[::2], ROUNDING[1:])
        power = gathered_over_replicas(power)
        levels = spectrum.decibels(power)
        levels = tf.reshape(levels, [-1, 2 * levels.shape[-1]])
        weights = self.term_weights
        return weights["chroma_mean_weight"] * _mean_distance(
            power, self.chroma_target
        ) + weights["chroma_profile_weight"] * self.chroma_bank.distance(levels)

    def penalty(self, distance, adversarial_loss):
        return self.weight * distance

    def get_config(self):
        return {
            **super().get_config(),
            "distance": self.distance,
            "chroma": self.chroma,
            "bank_size": self.bank_size,
            **self.term_weights,
        }


class _Bank:
    """Profiles of real images, normalized ring by ring.

    Args:
        loss: The `DistributionSpectralLoss` that owns the variables.
        name: Prefix of their names.
        rings: Levels in dB of a profile.
    """

    def __init__(self, loss, name, rings):
        self._distance = loss.sample_distance
        self.mean = loss._state(f"{name}_mean", [rings])
        self.spread = loss._state(f"{name}_spread", [rings])
        # Half precision: a thousandth of a standard deviation.
        self.rows = loss._state(
            f"{name}_bank", [loss.bank_size, rings], "float16"
        )

    def adapt(self, levels):
        """Take `[count, rings]` levels of real images, in dB."""
        self.mean.assign(np.mean(levels, axis=0))
        self.spread.assign(np.maximum(np.std(levels, axis=0), LEAST_SPREAD))
        rows = (levels - self.mean.numpy()) / self.spread.numpy()
        self.rows.assign(np.resize(rows, self.rows.shape))

    def distance(self, levels):
        """Of `[n, rings]` levels of generated images, in dB."""
        rows = (levels - self.mean) / self.spread
        return self._distance(rows, tf.cast(self.rows, rows.dtype))


# === Spectra of a batch ===


@tf.function(jit_compile=True)
def _luma_spectra(images, rounding=0.0):
    """`[n, rings]` ring powers and `[n, height, width // 2 + 1]` dB."""
    height, width = images.shape[1:3]
    power = rounding + image_levels.half_plane_power(
        spectrum.luminance(images), WINDOW
    )
    rings = image_levels.group_means(power, image_levels.rings(height, width))
    return rings, spectrum.decibels(power)


@tf.function(jit_compile=True)
def _luma_moments(images, rounding):
    """Ring powers; means over the batch of the plane's dB and their squares."""
    rings, levels = _luma_spectra(images, rounding)
    return (
        rings,
        tf.reduce_mean(levels, axis=0),
        tf.reduce_mean(tf.square(levels), axis=0),
    )


@tf.function(jit_compile=True)
def _chroma_spectra(images, rounding=(0.0, 0.0)):
    """`[n, 2, rings]` ring powers of R - Y and B - Y."""
    height, width = images.shape[1:3]
    planes = tf.concat(image_levels.colour_differences(images), axis=0)
    rings = image_levels.group_means(
        image_levels.half_plane_power(planes, WINDOW),
        image_levels.rings(height, width),
    )
    red, blue = tf.split(rings, 2)
    return tf.stack([red + rounding[0], blue + rounding[1]], axis=1)


def _mean_distance(power, target):
    """Mean Huber distance in dB of the batch's mean power to the target."""
    mean = tf.reduce_mean(power, axis=0)
    return huber(spectrum.decibels(mean) - spectrum.decibels(target))


def _decibels(power):
    return spectrum.decibels(power.astype(np.float64)).numpy()
