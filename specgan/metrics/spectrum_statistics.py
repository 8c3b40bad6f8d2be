from collections.abc import Iterable
from typing import Any
from typing import Self

import numpy as np

from specgan.metrics.first_images import first_images
from specgan.metrics.measured_images import measured_images
from specgan.signal import spectrum
from specgan.typing import TensorLike


class SpectrumStatistics:
    """Mean and spread of the spectra of a stream of images.

    Sums in float64, so that memory does not depend on the number of images.

    Args:
        height: Rows of the images.
        width: Columns of the images.
        window: None or "hann".

    Attributes:
        count: Images seen.
        frequencies: `[M // 2 + 1]` cycles per pixel, M = min(height, width).
        mean_power: `[M // 2 + 2]` mean ring power, the corner last.
        decibels: The same in dB, above the 8-bit quantisation noise.
        spread: `[M // 2 + 2]` standard deviation over single images, in dB.
        mean_spectrum: `[height, width]` mean 2-D power, DC in the centre.

    Example:
    >>> real = SpectrumStatistics.of(images, num_images=1000)
    >>> fake = SpectrumStatistics.of([gan.sample(1000)])
    >>> fake.rms_error(real), fake.rms_error(real, beyond=0.25)
    """

    def __init__(self, height: int, width: int, window: str | None = None):
        self.height = height
        self.width = width
        self.window = window
        self.count = 0
        self.frequencies = spectrum.ring_frequencies(height, width)
        rings = len(self.frequencies) + 1
        self._power = np.zeros(rings)
        self._decibels = np.zeros(rings)
        self._squared_decibels = np.zeros(rings)
        self._spectrum = np.zeros([height, width])

    @classmethod
    def of(
        cls,
        batches: Iterable[TensorLike],
        num_images: int | None = None,
        window: str | None = None,
    ) -> Self:
        """Statistics of batches of images.

        Args:
            batches: Iterable of `[batch, height, width, channels]` in
                [-1, 1].
            num_images: Number of images to stop after; None takes all.
            window: None or "hann".

        Returns:
            The `SpectrumStatistics`.

        Raises:
            ValueError: If there are no images.
        """
        statistics: Any = None
        for images in first_images(batches, num_images):
            if statistics is None:
                statistics = cls(*images.shape[1:3], window=window)
            statistics.update(images)
        return statistics

    def update(self, images: TensorLike) -> None:
        """Add a batch `[batch, height, width, channels]` in [-1, 1].

        Raises:
            ValueError: If it has another size or type, is not finite, or not
                in [-1, 1].
        """
        size = self.height, self.width
        images = measured_images(images, "SpectrumStatistics", size)
        power = spectrum.azimuthal_integral(images, self.window).numpy()
        decibels = spectrum.decibels(power).numpy().astype(np.float64)
        self._power += power.sum(axis=0, dtype=np.float64)
        self._decibels += decibels.sum(axis=0)
        self._squared_decibels += (decibels**2).sum(axis=0)
        self._spectrum += (
            spectrum.power_spectrum(images, self.window).numpy().sum(axis=0)
        )
        self.count += len(power)

    @property
    def mean_power(self) -> np.ndarray:
        return self._power / self.count

    @property
    def decibels(self) -> np.ndarray:
        return spectrum.decibels(self.mean_power).numpy()

    @property
    def spread(self) -> np.ndarray:
        variance = (
            self._squared_decibels / self.count
            - (self._decibels / self.count) ** 2
        )
        return np.sqrt(np.maximum(variance, 0.0))

    @property
    def mean_spectrum(self) -> np.ndarray:
        return self._spectrum / self.count

    def rms_error(self, real: Self, beyond: float = 0.0) -> float:
        """Root mean square difference of the mean spectra, in dB.

        Args:
            real: `SpectrumStatistics` of real images of the same size.
            beyond: Only rings above this frequency count, in cycles per
                pixel; 0.25 is half Nyquist. DC and corner never count.

        Returns:
            A float, in dB.
        """
        return spectrum.rms_decibel_error(
            self.mean_power, real.mean_power, self.frequencies, beyond
        )
