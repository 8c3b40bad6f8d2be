"""A 1-D spectrum as the pages of this folder keep it in their JSON."""

import dataclasses

import numpy as np

from specgan.metrics import SpectrumStatistics
from specgan.signal import rms_decibel_error


@dataclasses.dataclass(frozen=True)
class StoredSpectrum:
    """What `plots.spectra` draws of a `SpectrumStatistics`.

    Args:
        frequencies: `[M // 2 + 1]` cycles per pixel.
        mean_power: `[M // 2 + 2]` mean ring power, the corner last.
        decibels: The same in dB.
        spread: `[M // 2 + 2]` standard deviation over single images, in dB.
        count: Images.
    """

    frequencies: np.ndarray
    mean_power: np.ndarray
    decibels: np.ndarray
    spread: np.ndarray
    count: int

    @classmethod
    def of(cls, images, window=None):
        """That of an array of images in [-1, 1], 1000 at a time."""
        parts = (images[i : i + 1000] for i in range(0, len(images), 1000))
        statistics = SpectrumStatistics.of(parts, window=window)
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: getattr(statistics, name) for name in names})

    @classmethod
    def from_dict(cls, content):
        """That which `as_dict` has given."""
        return cls(
            **{
                name: value if name == "count" else np.asarray(value)
                for name, value in content.items()
            }
        )

    def as_dict(self):
        """Lists and numbers for JSON, six significant digits of each."""
        return {
            name: value
            if name == "count"
            else [float(f"{one:.6g}") for one in value]
            for name, value in vars(self).items()
        }

    def rms_error(self, real, beyond=0.0):
        """As `SpectrumStatistics.rms_error`."""
        return rms_decibel_error(
            self.mean_power, real.mean_power, self.frequencies, beyond
        )
