"""What a detector may be made of."""

from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from specgan.detection.matching import qualities_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from specgan.detection.joined_features import JoinedFeatures
    from specgan.detection.spectral_detector import SpectralDetector


def checked_matched(said: Any) -> dict[str, Any]:
    """What a record says its images were matched in, complete."""
    said = {} if said is None else said
    if not isinstance(said, dict):
        raise ValueError(f"matched is {said!r}")
    size, qualities = said.get("size"), qualities_of(said)
    if size is not None and not _is_between(size, 16, 2**16):
        raise ValueError(f"matched to a size of {size!r}")
    if not all(_is_between(quality, 1, 100) for quality in qualities):
        raise ValueError(f"matched to JPEG of quality {qualities!r}")
    return {"size": size, "jpeg": qualities or None}


def _is_between(value, least, most):
    return type(value) is int and least <= value <= most


def require_savable(
    detector: "SpectralDetector", features: "JoinedFeatures"
) -> None:
    """A `ValueError` unless a detector can be kept as numbers."""
    if detector.classifier == "k_means":
        raise ValueError(
            "Detectors by k-means are not saved: they are for comparison "
            "with the paper. Expected a classifier 'svm', 'linear_svm' or "
            "'logistic_regression'. Received: 'k_means'. Fit one of these."
        )
    if features.length != detector.n_features_in_:
        raise ValueError(
            "The detector was fitted to other features. Expected "
            f"{detector.n_features_in_} of them. Received: {features.length} "
            f"of {features.parts!r}."
        )


def checked_features(features: "JoinedFeatures") -> "JoinedFeatures":
    """Features that a detector may decide by."""
    if any(getattr(part, "reference_code", False) for part in features.parts):
        raise ValueError(
            "Detectors by the features of the reference code are not saved: "
            "size, gain and codec show in them more than generators do. "
            "Expected SpectralFeatures(reference_code=False). Received: "
            f"{features.parts!r}. Fit the detector to the default ones."
        )
    return features


def checked_rows(kind: str, rows: "ArrayLike", length: int) -> np.ndarray:
    """Features of training images of a kind, [n, length]."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != length or not len(rows):
        raise ValueError(
            f"Invalid value for argument `{kind}_rows`. Expected features "
            f"[n, {length}] of some {kind} images. Received: shape "
            f"{rows.shape}."
        )
    return rows


def checked_description(about: Any) -> str:
    """The line that describes a detector, of what is written about it."""
    if not isinstance(about, dict):
        raise ValueError(
            "Invalid value for argument `about`. Expected a dictionary. "
            f"Received: {about!r}."
        )
    description = about.get("description", "")
    if not isinstance(description, str) or not description.isprintable():
        raise ValueError(
            "The description of a detector is a line of a list. Expected one "
            f"line of plain text. Received: {description!r}."
        )
    return description


def checked_odds(name: str, odds: np.ndarray) -> np.ndarray:
    """Log odds that are probabilities, of a detector of some name."""
    if np.any(np.isnan(odds)):
        raise ValueError(
            f"The detector {name} gives no probabilities. Expected numbers "
            f"from 0 to 1. Received: {np.isnan(odds).sum()} NaN. Do not use it."
        )
    return odds
