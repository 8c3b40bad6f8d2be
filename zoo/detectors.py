"""Pretrained detectors: a folder each, loaded by name.

```
saved_models/detector-faces/
    detector.json       what it was trained on, its bounds, SHA-256 sums
    detector.npz        the numbers; nothing is executed
    saved_model/        the same for TensorFlow alone
    README.md           the card: how it does, and where it fails
```

They stand beside the pretrained generators; `TrainedDetector.save` writes one.
"""

import os
import pathlib
from typing import TYPE_CHECKING

from specgan.errors import unknown_name
from specgan.typing import PathLike
from specgan.user_folders import models_folder
from zoo import pretrained

if TYPE_CHECKING:
    from specgan.detection.trained_detector import TrainedDetector


def detector_names() -> dict[str, str]:
    """The names of the pretrained detectors, with a line about each.

    A folder whose detector.json cannot be read causes a warning.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    # Here, since generators need none of it.
    from specgan.detection.detector_files import RECORD
    from specgan.detection.detector_files import read_record

    return pretrained.descriptions(pretrained.entries(RECORD), read_record)


def load_detector(name: PathLike) -> "TrainedDetector":
    """A pretrained detector, or one of your own.

    Args:
        name: A name of `specgan list`, or the path of a folder that
            `specgan train-detector` or `TrainedDetector.save` wrote. Where
            both exist, the name counts; write "./name" for the folder.

    Returns:
        A `specgan.detection.TrainedDetector`.

    Raises:
        ValueError: For an unknown name, or a folder that is incomplete,
            altered or of another format version.

    Example:
    >>> detector = zoo.load_detector("detector-faces")
    >>> detector.verdicts(detector.probabilities([picture]))
    array(['unsure'], dtype='<U9')
    """
    from specgan.detection.detector_files import RECORD
    from specgan.detection.trained_detector import TrainedDetector

    known = {entry.name: entry for entry in pretrained.entries(RECORD)}
    if isinstance(name, str) and name in known:
        return TrainedDetector.load(known[name])
    if isinstance(name, str | pathlib.Path):
        # pathlib raises an error for a name that no file can have.
        if os.path.isdir(name) and not pretrained.is_local(name):
            return TrainedDetector.load(name)
    if pretrained.is_local(name):
        raise ValueError(
            "The pretrained model generates images. Expected a detector, one "
            f"of: {', '.join(known)}. Received: {name!r}. Load it with "
            f"zoo.load({name!r})."
        )
    if not known:
        raise ValueError(
            "There are no pretrained detectors. Expected some in "
            f"{models_folder()}, or the path of a detector's folder. "
            f"Received: {name!r}. Set SPECGAN_MODELS to the folder that holds "
            "them, or make one with `specgan train-detector`."
        )
    raise unknown_name("detector", name, known)
