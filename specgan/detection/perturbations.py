"""What happens to pictures on their way, and what detectors make of it."""

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
import scipy.ndimage
from PIL import Image
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import roc_auc_score

from specgan.data.jpeg import compressed
from specgan.data.jpeg import to_image
from specgan.detection.matching import require_quality
from specgan.detection.scores import positive_scores
from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.errors import unknown_name


class Perturbation(NamedTuple):
    """A change of pictures, and the strengths at which to look at it.

    Args:
        function: (uint8 pictures [height, width, channels] of any sizes,
            strength) -> list of uint8 pictures.
        strengths: From weak to strong; then what goes the other way, beyond
            the one at which nothing happens.
        unit: What a strength is, in words.
        neutral: The strength at which nothing happens, or `None`.
    """

    function: Callable
    strengths: tuple
    unit: str
    neutral: float | None


@dataclasses.dataclass(frozen=True)
class Curve:
    """How a detector does as a perturbation grows.

    Args:
        unit: What a strength is, in words.
        strengths: Tuple of numbers.
        balanced_accuracy: Tuple, one for each strength, from 0 to 1.
        auc: Tuple, likewise: area under the receiver's characteristic.
        unsure: Tuple, likewise: the share of pictures on which the detector
            would rather say nothing; `None` if it was not asked.
    """

    unit: str
    strengths: tuple
    balanced_accuracy: tuple
    auc: tuple
    unsure: tuple | None = None


@dataclasses.dataclass(frozen=True)
class Robustness:
    """How a detector does on pictures left alone, and on perturbed ones.

    Args:
        balanced_accuracy, auc: Of the pictures as they are.
        curves: Dictionary of a `Curve` for each perturbation.
        unsure: As those, or `None`.
    """

    balanced_accuracy: float
    auc: float
    curves: dict
    unsure: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """All of it, such that JSON can write it."""
        return dataclasses.asdict(self)

    def lines(self) -> list[str]:
        """A table, line by line, in percent."""
        header = ["strength", "balanced accuracy", "AUC", "unsure"]
        rows = [
            ("unperturbed", "", self.balanced_accuracy, self.auc, self.unsure)
        ]
        for name, curve in self.curves.items():
            unsure = curve.unsure or [None] * len(curve.strengths)
            for row in zip(
                curve.strengths,
                curve.balanced_accuracy,
                curve.auc,
                unsure,
                strict=True,
            ):
                rows.append((f"{name} ({curve.unit})", *row))
        if self.unsure is None:
            header, rows = header[:-1], [row[:-1] for row in rows]
        width = max(len(row[0]) for row in rows)
        return [
            f"{'':{width}}  " + "  ".join(f"{name:>8}" for name in header),
            *(
                f"{name:{width}}  {strength!s:>8}  "
                + "  ".join(
                    f"{100 * value:{max(8, len(column))}.1f}"
                    for value, column in zip(values, header[1:], strict=True)
                )
                for name, strength, *values in rows
            ),
        ]


def get(identifier: str) -> Perturbation:
    """A perturbation by its name.

    Args:
        identifier: "jpeg", "resize", "crop", "blur", "noise" or "gain".

    Raises:
        ValueError: For another name.
    """
    if not isinstance(identifier, str) or identifier not in PERTURBATIONS:
        raise unknown_name("perturbation", identifier, PERTURBATIONS)
    return PERTURBATIONS[identifier]


def robustness(
    classifier: Any,
    features: Callable[[list[np.ndarray]], np.ndarray],
    real: np.ndarray | Sequence[np.ndarray],
    fake: np.ndarray | Sequence[np.ndarray],
    strengths: Mapping[str, Sequence[float] | None] | None = None,
    unsure: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Robustness:
    """How a fitted classifier does on perturbed pictures.

    Args:
        classifier: A fitted scikit-learn classifier of two classes, with
            `decision_function` or `predict_proba`; the second of its
            `classes_` is the generated one.
        features: Function of a list of uint8 [height, width, channels], which
            gives [pictures, features].
        real: Real pictures that the classifier was not fitted to: uint8
            [batch, height, width, channels], or a list of such pictures.
        fake: Generated ones, likewise.
        strengths: Dictionary from names of `PERTURBATIONS` to strengths, or to
            `None` for their own; by default all of them.
        unsure: Function of [pictures, features] that says for which pictures
            the detector would rather say nothing: bool [pictures]. If given,
            their share is measured, and the other metrics are still those of
            all pictures.

    Returns:
        A `Robustness`.

    Raises:
        ValueError: If a kind has no pictures, a perturbation is not known, or
            a strength is out of its range.

    Example:
    >>> robustness(detector, SpectralFeatures(), real, fake, {"jpeg": (90, 50)})
    >>> robustness(
    ...     detector, SpectralFeatures(), real, fake,
    ...     unsure=lambda rows: detector.verdict(rows) == "unsure",
    ... )
    """
    if not len(real) or not len(fake):
        raise ValueError(
            "Robustness is that of telling real from fake pictures. Expected "
            f"some of both. Received: {len(real)} and {len(fake)}."
        )
    if strengths is None:
        strengths = dict.fromkeys(PERTURBATIONS)
    perturbations = {name: get(name) for name in strengths}
    pictures = [*real, *fake]
    labels = np.repeat([0, 1], [len(real), len(fake)])

    def measured(pictures):
        rows = features(pictures)
        predictions = classifier.predict(rows) == classifier.classes_[1]
        return (
            float(balanced_accuracy_score(labels, predictions)),
            float(roc_auc_score(labels, positive_scores(classifier, rows))),
            None if unsure is None else float(np.mean(unsure(rows))),
        )

    curves = {}
    for name, perturbation in perturbations.items():
        chosen = strengths[name]
        chosen = perturbation.strengths if chosen is None else tuple(chosen)
        points = [
            measured(perturbation.function(pictures, strength))
            for strength in chosen
        ]
        columns: list[Any] = list(zip(*points, strict=True)) or [(), (), ()]
        if unsure is None:
            columns[2] = None
        curves[name] = Curve(perturbation.unit, chosen, *columns)
    accuracy, area, share = measured(pictures)
    return Robustness(accuracy, area, curves, share)


def _jpeg(images, quality):
    require_quality("strength", quality)
    return [compressed(image, quality) for image in images]


def _resize(images, factor):
    _require_factor("resize", factor)
    return [_resized(image, factor) for image in images]


def _resized(image, factor):
    height, width, channels = image.shape
    size = max(1, round(width * factor)), max(1, round(height * factor))
    resized = to_image(image).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(resized).reshape(size[1], size[0], channels)


def _crop(images, share):
    if not is_number(share) or not 0 < share <= 1:
        raise _invalid("crop", "a share above 0, up to 1", share)
    return [_cropped(image, share) for image in images]


def _cropped(image, share):
    height, width = (max(1, round(n * share)) for n in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def _blur(images, deviation):
    _require_deviation("blur", deviation)
    return [
        _rounded(
            scipy.ndimage.gaussian_filter(
                image.astype(np.float32), (deviation, deviation, 0)
            )
        )
        for image in images
    ]


def _noise(images, deviation):
    _require_deviation("noise", deviation)
    draw = np.random.default_rng(0)
    return [
        _rounded(image + draw.normal(0, deviation, image.shape))
        for image in images
    ]


def _gain(images, factor):
    _require_factor("gain", factor)
    return [_rounded(image * float(factor)) for image in images]


def _rounded(levels):
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _require_factor(name, strength):
    if not is_number(strength) or not 0 < strength < np.inf:
        raise _invalid(name, "a positive factor", strength)


def _require_deviation(name, strength):
    if not is_number(strength) or not 0 <= strength < np.inf:
        raise _invalid(name, "a standard deviation from 0", strength)


def _invalid(name, expected, strength):
    return invalid_argument("strength", f"{expected}, for '{name}'", strength)


PERTURBATIONS = {
    "jpeg": Perturbation(_jpeg, (95, 90, 75, 50, 30), "quality", None),
    "resize": Perturbation(_resize, (0.9, 0.75, 0.5, 1.25), "factor", 1),
    "crop": Perturbation(_crop, (0.9, 0.75, 0.5), "share of each side", 1),
    "blur": Perturbation(_blur, (0.5, 1.0, 2.0), "deviation in pixels", 0),
    "noise": Perturbation(_noise, (1.0, 2.0, 5.0, 10.0), "grey levels", 0),
    "gain": Perturbation(_gain, (0.9, 0.75, 0.5, 1.25), "factor", 1),
}
"""The perturbations by name.

- jpeg: compression at a quality from 1 to 100, colours at half resolution.
- resize: by a factor, with Pillow's bicubic filter, which averages where it
  shrinks. The size is not restored.
- crop: to a share of height and width around the centre; nothing is resampled.
- blur: by a Gaussian filter of a standard deviation in pixels.
- noise: Gaussian, of a standard deviation in grey levels of 255, independent
  in each pixel and channel; the same whenever it is called.
- gain: grey levels are multiplied by a factor, and cut at 255.
"""
