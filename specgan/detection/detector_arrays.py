"""The numbers of a detector: which there are, and how they are read."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from specgan.detection.domain import kinds_of
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.errors import unknown_name

_POSITIVE = (
    "scale",
    "gamma",
    *(
        f"domain_{kind}_{name}"
        for kind in (REAL, GENERATED)
        for name in ("variances", "scales")
    ),
)

CLASSIFIERS = ("svm", "linear_svm", "logistic_regression")
"""Those that detectors can be saved of."""

ONE_CLASS = "one_class"
"""In place of a classifier, in detectors of real pictures alone."""


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an archive, without unpickling anything.

    Args:
        path: The `Path` of an .npz file.

    Returns:
        Dictionary of arrays.

    Raises:
        ValueError: If it is something else, or holds pickled objects; damaged
            archives raise other exceptions, too.
    """
    # Of other files numpy would read something else than an archive.
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path.name} is not an archive of arrays")
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def check_arrays(
    arrays: Mapping[str, np.ndarray], classifier: str, length: int
) -> None:
    """A `ValueError` unless arrays are those of a detector.

    Args:
        arrays: Dictionary of arrays; see `TrainedDetector`.
        classifier: One of `CLASSIFIERS`, or `ONE_CLASS`.
        length: Features of an image.
    """
    shapes = _expected_shapes(classifier, length)
    if set(arrays) != set(shapes):
        missing = sorted(set(shapes) - set(arrays))
        additional = sorted(set(arrays) - set(shapes))
        raise ValueError(
            f"arrays {missing} are missing and {additional} are additional"
        )
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float64:
            raise ValueError(f"{name} is {array.dtype}, not float64")
        if len(array.shape) != len(shape) or any(
            expected not in (None, size)
            for size, expected in zip(array.shape, shape, strict=True)
        ):
            wanted = str(shape).replace("None", "n")
            raise ValueError(f"{name} is of shape {array.shape}, not {wanted}")
        if not np.all(np.isfinite(array)):
            raise ValueError(f"{name} is not finite")
    if classifier == "svm":
        count = len(arrays["dual_coefficients"])
        expected = len(arrays["support_vectors"])
        if count != expected or not count:
            raise ValueError(
                f"dual_coefficients are {count} for {expected} support_vectors"
            )
    for kind in kinds_of(arrays):
        axes = len(arrays[f"domain_{kind}_axes"])
        for name in ("center", "variances"):
            count = len(arrays[f"domain_{kind}_{name}"])
            if count != axes:
                raise ValueError(
                    f"domain_{kind}_{name} are {count} for {axes} axes"
                )
    known = arrays["domain_real_distances"]
    if not len(known) or np.any(np.diff(known) < 0):
        raise ValueError(
            f"domain_real_distances are {len(known)}, or do not ascend"
        )
    for name in _POSITIVE:
        if not np.all(arrays.get(name, 1.0) > 0):
            raise ValueError(f"{name} is not positive")


def _expected_shapes(classifier, length):
    """{name of an array: its shape}, of which `None` may be any number."""
    if classifier not in (*CLASSIFIERS, ONE_CLASS):
        raise unknown_name("classifier", classifier, (*CLASSIFIERS, ONE_CLASS))
    shapes = {"domain_limit": (), "domain_real_distances": (None,)}
    for kind in (REAL,) if classifier == ONE_CLASS else (REAL, GENERATED):
        shapes |= {
            f"{kind}_mean": (length,),
            f"{kind}_spread": (length,),
            f"domain_{kind}_axes": (None, length),
            f"domain_{kind}_center": (None,),
            f"domain_{kind}_variances": (None,),
            f"domain_{kind}_scales": (2,),
        }
    if classifier == ONE_CLASS:
        return shapes
    shapes |= dict.fromkeys(("bias", "slope", "intercept"), ())
    shapes |= {"mean": (length,), "scale": (length,)}
    if classifier != "svm":
        return {**shapes, "weights": (length,)}
    return {
        **shapes,
        "support_vectors": (None, length),
        "dual_coefficients": (None,),
        "gamma": (),
    }
