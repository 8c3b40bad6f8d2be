from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from specgan.data.lazy_pixels import LazyPixels
from specgan.data.videos import is_video
from specgan.detection.whole_pictures import read
from specgan.detection.whole_pictures import read_video
from specgan.files import printable

if TYPE_CHECKING:
    from specgan.detection.training_pictures import Preparation


class MeasuredPictures:
    """Features of the usable pictures among some files, as they are read.

    Args:
        preparation: A `Preparation`.

    Attributes:
        paths: List of the usable pictures' files.
        skipped: Sentences: which files could not be used, and why.
    """

    def __init__(self, preparation: "Preparation"):
        self.preparation = preparation
        self.paths: list[Path] = []
        self.skipped: list[str] = []
        self._rows: list[np.ndarray] = []
        self._perturbed: list[Any] = []

    @property
    def rows(self) -> np.ndarray:
        """float64 [n, features]."""
        return np.concatenate(self._rows)

    @property
    def perturbed(self) -> np.ndarray | None:
        """The same of perturbed copies, `None` if there are none."""
        if self.preparation.perturb is None:
            return None
        return np.concatenate(self._perturbed)

    def read(
        self, files: Sequence[Path], frames: int, progress: Any
    ) -> Iterator[list[np.ndarray | LazyPixels]]:
        """Read pictures, and then the frames of videos.

        Args:
            files: Paths.
            frames: How many to read of a video.
            progress: What `progress_bar` gives.

        Yields:
            Lists of uint8 pictures, none of them empty.
        """
        for readings in _read(files, frames, progress):
            usable = []
            for reading in readings:
                pixels, error = self.preparation.pixels(reading)
                if error is None:
                    usable.append(pixels)
                    self.paths.append(reading.name)
                else:
                    path = printable(reading.name)
                    self.skipped.append(f"{path} ({error})")
            del readings, reading, pixels  # Before the next are read.
            if usable:
                yield usable
            del usable

    def measure(
        self,
        pictures: Sequence[np.ndarray | LazyPixels],
        rng: np.random.Generator,
    ) -> None:
        """Keep the features of pictures, and of perturbed copies if any.

        Args:
            pictures: uint8 pictures, as `read` gives them.
            rng: What the perturbations come from.
        """
        rows, perturbed = self.preparation.measured(pictures, rng)
        self._rows.append(rows)
        self._perturbed.append(perturbed)


def _read(paths, frames, progress):
    """Lists of readings of pictures, and then of the frames of videos."""
    for readings in read(path for path in paths if not is_video(path)):
        count = len(readings)
        yield readings
        del readings  # Before the next are read.
        progress.update(count)
    for path in filter(is_video, paths):
        yield from read_video(path, frames)
        progress.update()
