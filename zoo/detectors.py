"""Pretrained detectors: a folder each, loaded by name.

```
saved_models/detector-faces/
    detector.json       what it was trained on, its bounds, SHA-256 sums
    saved_model.pb      images to probabilities, for TensorFlow alone
    README.md           the card: how it does, and where it fails
```

They stand beside the pretrained generators; `specgan.detection.export_detector`
writes one.
"""

import os
import pathlib

from specgan.errors import unknown_name
from zoo import pretrained


def detector_names():
    """The names of the pretrained detectors, with a line about each.

    A folder whose detector.json cannot be read is told in a warning.

    Returns:
        Dictionary of names and descriptions; empty if there are none.
    """
    # Here, since scikit-learn comes with it, which generators need not.
    from specgan.detection import exported_detector

    return pretrained.descriptions(
        pretrained.entries(exported_detector.RECORD),
        exported_detector.read_record,
    )


def load_detector(name):
    """A pretrained detector, or one of your own.

    Args:
        name: A name of `specgan list`, or the path of a folder that
            `specgan train-detector` or `export_detector` wrote. Where both
            exist, the name counts; write "./name" for the folder.

    Returns:
        A `specgan.detection.ExportedDetector`.

    Raises:
        ValueError: For an unknown name, or a folder that is incomplete,
            altered, of another format version, or a program that does more
            than arithmetic.

    Example:
    >>> detector = zoo.load_detector("detector-faces")
    >>> detector.verdicts(detector.probabilities([picture]))
    array(['unsure'], dtype='<U9')
    """
    from specgan.detection.exported_detector import RECORD
    from specgan.detection.exported_detector import ExportedDetector

    known = {entry.name: entry for entry in pretrained.entries(RECORD)}
    if isinstance(name, str) and name in known:
        return ExportedDetector.load(known[name])
    if isinstance(name, str | pathlib.Path):
        # Of a name that no file can have, pathlib raises what it is told.
        if os.path.isfile(os.path.join(name, RECORD)):
            return ExportedDetector.load(name)
    if not known:
        raise ValueError(
            "There are no pretrained detectors. Expected some in "
            f"{pretrained.folder()}, or the path of a detector's folder. "
            f"Received: {name!r}. Set SPECGAN_MODELS to the folder that holds "
            "them, or make one with `specgan train-detector`."
        )
    raise unknown_name("detector", name, known)
