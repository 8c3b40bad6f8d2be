import abc
from typing import Any

import tensorflow as tf

from specgan.distribution import gathered_over_replicas
from specgan.errors import TooFewImages
from specgan.metrics.measured_images import measured_images
from specgan.metrics.two_sample_metric import TwoSampleMetric
from specgan.signal import quantization
from specgan.signal import spectrum
from specgan.typing import TensorLike


class SpectralMetric(TwoSampleMetric):
    """Abstract: compares real and generated images by their spectra.

    Spectra are those of pictures of 8 bits: floats are rounded first. Where
    they have little power, images that were never rounded fall below the noise
    of 8 bits (-53 dB), and those read from files cannot: both would be detected
    apart by that alone.

    A subclass implements `_state(variable, name, height, width)`,
    `_rows(images)` and `result()`.

    Args:
        name: Name of the metric.
        window: None or "hann".

    Raises:
        ValueError: For another window.
    """

    def __init__(self, name: str, window: str | None):
        spectrum.window_function(window, 2, 2)
        super().__init__(name)
        self.window = window
        self.height: Any = None
        self.width: Any = None

    def build(self, height: int, width: int) -> None:
        """Make the variables, for images of a size.

        The first images do it too, except in a `tf.function` that runs on
        several replicas: there, build within the strategy's scope before.

        Args:
            height: Rows of the images, at least 2.
            width: Columns of the images, at least 2.
        """
        spectrum.require_image_shape((None, height, width, 1))
        self.height = height
        self.width = width
        self.real = self._state(self._variable, "real", height, width)
        self.fake = self._state(self._variable, "fake", height, width)

    @abc.abstractmethod
    def _state(self, variable, name, height, width):
        """What to keep of real, or of generated, images' spectra."""

    @abc.abstractmethod
    def _rows(self, images):
        """What the state takes of each image, float32 in [-1, 1]."""

    def update_state(
        self, real: TensorLike | None = None, fake: TensorLike | None = None
    ) -> None:
        """Add images, all of one size.

        Args:
            real: uint8, or floats in [-1, 1], which are rounded to 8 bits:
                `[n, height, width, 1 or 3]`; or None.
            fake: The same, of generated images.

        Raises:
            ValueError: If they have another shape, size or type, are not
                finite, or not in [-1, 1].
        """
        for kind, images in (("real", real), ("fake", fake)):
            if images is not None:
                pictures = self._pictures(images)
                rows = self._rows(quantization.from_uint8(pictures))
                state = {"real": self.real, "fake": self.fake}[kind]
                state.add(gathered_over_replicas(rows))

    def _pictures(self, images):
        """The images in uint8, after checks."""
        size = None if self.height is None else (self.height, self.width)
        images = measured_images(images, self.name, size, uint8=True)
        if size is None:
            self.build(*images.shape[1:3])
        if images.dtype == tf.uint8:
            return images
        return quantization.to_uint8(images)

    def _require(self, real, fake):
        """Raise a `ValueError` if there are fewer images of a kind."""
        counts = [
            0 if state is None else state.count
            for state in (self.real, self.fake)
        ]
        if counts[0] < real or counts[1] < fake:
            raise TooFewImages(
                f"{self.name} compares two sets of images. Expected at least "
                f"{real} real and {fake} generated ones. Received: "
                f"{counts[0]} real, {counts[1]} fake. Add more with "
                "update_state(real=..., fake=...)."
            )
