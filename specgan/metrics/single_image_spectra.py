from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Self

import numpy as np
import tensorflow as tf

from specgan.metrics.first_images import first_images
from specgan.metrics.measured_images import measured_images
from specgan.signal import quantization
from specgan.signal import spectrum
from specgan.typing import TensorLike

WINDOW = "hann"
"""As `DetectionScore` has it: it sees the same rows."""

_SMALLEST_SPREAD = 0.01  # dB


class SingleImageSpectra:
    """The spectra of single images: how they vary from image to image.

    A mean spectrum can be right while no single image's is. Kept are the
    `signal.ring_levels` of every image, the rows that `DetectionScore` fits
    its classifier to: of pictures of 8 bits, less their mean, with a Hann
    window. Besides, the mean over images of the 2-D power in dB. That is
    4 bytes x (M // 2 + 1) an image, M = min(height, width).

    Args:
        height: Rows of the images.
        width: Columns of the images.

    Attributes:
        count: Images seen.
        frequencies: `[M // 2]` cycles per pixel of rings 1..M//2.
        levels: `[count, M // 2 + 1]` in dB: these rings, then the corner.
        mean_map: `[height, width]` mean 2-D power in dB, DC in the centre.

    Example:
    >>> real = SingleImageSpectra.of(images, num_images=1000)
    >>> fake = SingleImageSpectra.of([gan.sample(1000)])
    >>> fake.spread_ratio(real)
    0.75
    """

    def __init__(self, height: int, width: int):
        self.count = 0
        self.frequencies = spectrum.ring_frequencies(height, width)[1:]
        self._levels = []
        self._map = np.zeros([height, width])

    @classmethod
    def of(
        cls, batches: Iterable[TensorLike], num_images: int | None = None
    ) -> Self:
        """The spectra of batches of images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1].
            num_images: Stop after this number; None takes all.

        Returns:
            The `SingleImageSpectra`.

        Raises:
            ValueError: If there are no images.
        """
        spectra: Any = None
        for images in first_images(batches, num_images):
            if spectra is None:
                spectra = cls(*images.shape[1:3])
            spectra.update(images)
        return spectra

    def update(self, images: TensorLike) -> None:
        """Add a batch `[batch, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: If it has another size or type, is not finite, or not
                in [-1, 1].
        """
        size = self._map.shape
        images = measured_images(images, "SingleImageSpectra", size)
        # No picture that was read from a file has powers below 8 bits' noise.
        images = quantization.from_uint8(quantization.to_uint8(images))
        self._levels.append(spectrum.ring_levels(images, WINDOW).numpy())
        images -= tf.reduce_mean(images, axis=(1, 2), keepdims=True)
        power = spectrum.power_spectrum(images, WINDOW)
        levels = spectrum.decibels(power).numpy()
        self._map += levels.sum(axis=0, dtype=np.float64)
        self.count += len(levels)

    @property
    def levels(self) -> np.ndarray:
        return np.concatenate(self._levels)

    @property
    def mean_map(self) -> np.ndarray:
        return self._map / self.count

    @property
    def spread(self) -> np.ndarray:
        """`[M // 2]` standard deviation over single images, in dB."""
        return self.levels[:, :-1].std(axis=0, dtype=np.float64)

    def quantiles(
        self, probabilities: Sequence[float] | np.ndarray
    ) -> np.ndarray:
        """Quantiles over single images of the power of each ring.

        Args:
            probabilities: `[n]` from 0 to 1.

        Returns:
            `[n, M // 2]` in dB.
        """
        return np.quantile(self.levels[:, :-1], probabilities, axis=0)

    def spread_ratio(self, real: Self) -> float:
        """How much single images vary, against real ones: 1 is best.

        Formula: `mean over rings 1..M//2 of spread(self) / spread(real)`

        Below 1 the images are more alike than real ones, above 1 less. A real
        spread counts as 0.01 dB at least, so that the ratio is always finite.

        Args:
            real: `SingleImageSpectra` of real images of the same size.

        Returns:
            A float, not negative.
        """
        ratio = self.spread / np.maximum(real.spread, _SMALLEST_SPREAD)
        return float(np.mean(ratio))
