import math
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from specgan.distribution import gathered_over_replicas
from specgan.distribution import mean_over_replicas
from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.errors import require_positive_integer
from specgan.losses.spectral import sample_distances
from specgan.losses.spectral.decibel_spectral_loss import huber
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.signal import chroma
from specgan.signal import image_levels
from specgan.signal import spectrum
from specgan.signal.image_values import require_in_range
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike

WINDOW = "hann"

BANK_BYTES = 800_000
"""Most that the bank takes in a model's file: all is 1 MB up to 256 px."""

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
    loss compares what such detectors look at, in decibels above the 8-bit
    quantization noise:

    Formula, with D[i, k] the power in dB of ring k of image i, less its mean
    and under a Hann window, mu and sigma their mean and standard deviation
    over real images; P the batch's mean ring powers, L its mean of the log
    powers at single frequencies, V their variance, all without a window:

    ```
    luma   = profile_weight * energy_distance((D - mu) / sigma, real ones)
             + mean_weight * mean_k huber(dB(P[k]) - dB(target P[k]))
             + plane_weight / 2 * mean_uv((L - target L)^2 - V / n)
    chroma = chroma_profile_weight * energy_distance(as above)
             + chroma_mean_weight * mean_k huber(as above, under the window)
             of R - Y and B - Y
    ```

    The energy distance acts on the shape of the distribution (see
    `sample_distances`), the second term on the mean, fast and robustly from
    the first step on; the third on patterns in two dimensions, such as
    checkerboards.

    The weights of chroma are small because its gradient on the images is long:
    generated chroma begins tens of decibels from real one, and the weaker a
    power is, the less of a change in the pixels moves its decibels. With the
    weights of luma, chroma would drown all else; as they are, the norms of
    both gradients are of the same order. `chroma="half"` of the generator
    makes that of the finer chroma ten times shorter.

    Under several replicas the distances are those of the whole batch. A batch
    of one image has a mean, but no spread.

    Args:
        weight: Factor of the term in the generator's loss.
        distance: "energy", "sliced_wasserstein" or "moments": how the
            distributions of profiles are compared.
        chroma: Whether chroma counts; None for RGB images, yes.
        bank_size: How many real profiles are kept to compare with, at most;
            where there are fewer images, some count twice. They take 2 bytes
            for each of M / 2 + 1 rings (three times with chroma), 0.8 MB at
            most: above 128 px there are fewer.
        profile_weight, mean_weight, plane_weight, chroma_profile_weight,
            chroma_mean_weight: Weights of the terms within `luma` and
            `chroma`.
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
        weight: float = 1.0,
        distance: str = "energy",
        chroma: bool | None = None,
        bank_size: int = 2048,
        profile_weight: float = 0.5,
        mean_weight: float = 2.0,
        plane_weight: float = 0.1,
        chroma_profile_weight: float = 0.01,
        chroma_mean_weight: float = 0.05,
        **kwargs: Any,
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
        }
        for name, value in self.term_weights.items():
            if not is_number(value) or not 0 <= value < math.inf:
                raise invalid_argument(
                    name, "a number of at least 0, and finite", value
                )

    # === State ===

    def build(
        self, fakes_shape: Shape, reals_shape: Shape | None = None
    ) -> None:
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
        planes = 3 if self.has_chroma else 1
        # Two bytes a level: fewer images where they are large.
        size = min(self.bank_size, BANK_BYTES // (2 * planes * rings))
        self.bank = _Bank(self, "luma", size, rings)
        self.plane_target = self._state(
            "plane_target", [height, width // 2 + 1]
        )
        if self.has_chroma:
            self.chroma_bank = _Bank(self, "chroma", size, 2 * rings)
            self.chroma_target = self._state("chroma_target", [2, rings])
        shares = spectrum.rings(height, width).multiplicity.copy()
        shares[0, 0] = 0  # DC.
        self._plane_shares = shares / np.sum(shares)

    def _state(self, name, shape, dtype="float32"):
        return self.add_weight(
            shape=shape, initializer="zeros", dtype=dtype, trainable=False,
            name=name,
        )  # fmt: skip

    def profile(self, images: TensorLike) -> Tensor:
        return spectrum.azimuthal_integral(images)

    def adapt(self, batches: Iterable[TensorLike]) -> None:
        """Set the targets and the bank of profiles from real images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1], all of one height and width. `bank_size` images fill
                the bank, spread evenly over those given, whatever their
                order; more make better targets.

        Raises:
            ValueError: If there are fewer than 2 images, or they are no
                floats in [-1, 1].
        """
        lumas, colours, plane = [], [], 0.0

        def with_spectra():
            nonlocal plane
            for images in batches:
                require_in_range(images)
                images = tf.cast(images, tf.float32)
                self._build_for(images)
                spectra = luma_spectra(images)
                lumas.append(spectra.levels.numpy())
                plane = plane + len(images) * spectra.plane_mean.numpy()
                if self.has_chroma:
                    colours.append(chroma_spectra(images).numpy())
                yield images

        super().adapt(with_spectra())
        luma = np.concatenate(lumas)
        if len(luma) < 2:
            self.target_count.assign(0)  # There is no bank.
            raise ValueError(
                "A distribution has a spread. Expected at least two real "
                "images, best 2,048 or more. Received: one."
            )
        self.bank.adapt(luma)
        self.plane_target.assign(plane / len(luma))
        if self.has_chroma:
            colour = np.concatenate(colours)
            self.chroma_target.assign(np.mean(colour, axis=0))
            levels = spectrum.decibels(colour).numpy()
            self.chroma_bank.adapt(levels.reshape(len(levels), -1))

    # === The distance ===

    def call(
        self, fakes: TensorLike, reals: TensorLike | None = None
    ) -> Tensor:
        fakes = tf.cast(fakes, tf.float32)
        distance = self.luma_term(fakes)
        if self.has_chroma:
            distance += self.chroma_term(fakes)
        return distance

    def luma_term(self, fakes: TensorLike) -> Tensor:
        """The term of luma, a scalar."""
        levels, *means = luma_spectra(fakes, ROUNDING[0])
        levels = gathered_over_replicas(levels)
        power, mean, square = (mean_over_replicas(one) for one in means)
        rings = image_levels.rings(*fakes.shape[1:3])
        power = image_levels.group_means(power[None], rings)[0]
        # Unbiased: what the noise of the batch's mean adds, goes out.
        count = tf.cast(tf.shape(levels)[0], tf.float32)
        noise = tf.math.divide_no_nan(square - tf.square(mean), count - 1)
        error = tf.square(mean - self.plane_target) - noise
        plane = 0.5 * tf.reduce_sum(self._plane_shares * error)
        weights = self.term_weights
        return (
            weights["profile_weight"] * self.bank.distance(levels)
            + weights["mean_weight"] * _distance(power, self.target[1:])
            + weights["plane_weight"] * plane
        )

    def chroma_term(self, fakes: TensorLike) -> Tensor:
        """The term of chroma, a scalar."""
        # Every second image does, for two planes of each.
        power = chroma_spectra(fakes, ROUNDING[1:], every=2)
        power = gathered_over_replicas(power)
        rings = self.chroma_target.shape[-1]
        levels = tf.reshape(spectrum.decibels(power), [-1, 2 * rings])
        weights = self.term_weights
        mean = tf.reduce_mean(power, axis=0)
        return weights["chroma_profile_weight"] * self.chroma_bank.distance(
            levels
        ) + weights["chroma_mean_weight"] * _distance(mean, self.chroma_target)

    def get_config(self) -> Config:
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
        size: Profiles.
        rings: Levels in dB of a profile.
    """

    def __init__(
        self, loss: DistributionSpectralLoss, name: str, size: int, rings: int
    ):
        self._distance = loss.sample_distance
        self.mean = loss._state(f"{name}_mean", [rings])
        self.spread = loss._state(f"{name}_spread", [rings])
        # Half precision: a thousandth of a standard deviation.
        self.rows = loss._state(f"{name}_bank", [size, rings], "float16")

    def adapt(self, levels: TensorLike) -> None:
        """Take `[count, rings]` levels of real images, in dB."""
        self.mean.assign(np.mean(levels, axis=0))
        self.spread.assign(np.maximum(np.std(levels, axis=0), LEAST_SPREAD))
        rows = (levels - self.mean.numpy()) / self.spread.numpy()
        # Evenly spaced: images may be sorted, by class for example.
        size = self.rows.shape[0]
        self.rows.assign(rows[np.arange(size) * len(rows) // size])

    def distance(self, levels: TensorLike) -> Tensor:
        """Of `[n, rings]` levels of generated images, in dB."""
        rows = (levels - self.mean) / self.spread
        return self._distance(rows, tf.cast(self.rows, rows.dtype))


# === Spectra of a batch ===


class LumaSpectra(NamedTuple):
    levels: tf.Tensor  # [n, rings] dB, of single images under the window
    power: tf.Tensor  # [height, width // 2 + 1], mean over the batch
    plane_mean: tf.Tensor  # same shape, mean of the power in dB
    plane_square: tf.Tensor  # same shape, mean of its square


@tf.function(jit_compile=True, autograph=False)
def luma_spectra(images: TensorLike, rounding: float = 0.0) -> LumaSpectra:
    """Spectra of the luma of a batch.

    Args:
        images: `[n, height, width, channels]`, float32 or float64.
        rounding: Power that rounding to 8 bits will add.

    Returns:
        `LumaSpectra`; rings 1..M // 2 and the corner.
    """
    grey = spectrum.luminance(images)
    windowed = rounding + image_levels.half_plane_power(grey, WINDOW)
    rings = image_levels.rings(*grey.shape[1:])
    power = rounding + spectrum.half_plane_power(grey)
    plane = spectrum.decibels(power)
    return LumaSpectra(
        image_levels.levels(windowed, rings),
        tf.reduce_mean(power, axis=0),
        tf.reduce_mean(plane, axis=0),
        tf.reduce_mean(tf.square(plane), axis=0),
    )


@tf.function(jit_compile=True, autograph=False)
def chroma_spectra(
    images: TensorLike, rounding: Sequence[float] = (0.0, 0.0), every: int = 1
) -> Tensor:
    """Ring powers of R - Y and B - Y of a batch, under the window.

    Args:
        images: `[n, height, width, 3]`, float32 or float64.
        rounding: Power that rounding to 8 bits will add to each.
        every: Take every second image, for example. (Within the compiled
            function: the slice's own gradient would take longer than all.)

    Returns:
        `[ceil(n / every), 2, rings]`; rings 1..M // 2 and the corner.
    """
    planes = [
        plane[::every] for plane in image_levels.colour_differences(images)
    ]
    planes = tf.concat(planes, axis=0)
    power = image_levels.half_plane_power(planes, WINDOW)
    rings = image_levels.rings(*images.shape[1:3])
    red, blue = tf.split(image_levels.group_means(power, rings), 2)
    return tf.stack([red + rounding[0], blue + rounding[1]], axis=1)


def _distance(power, target):
    """Mean Huber distance of two spectra in dB."""
    return huber(spectrum.decibels(power) - spectrum.decibels(target))
