import hashlib
import itertools
import math
import warnings
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tqdm

from specgan.errors import TooFewImages
from specgan.metrics.detectability_profile import DetectabilityProfile
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.frechet_inception_distance import FrechetInceptionDistance
from specgan.metrics.kernel_inception_distance import KernelInceptionDistance
from specgan.metrics.precision_recall import PrecisionRecall
from specgan.metrics.spectral_distances import SpectralDistances
from specgan.typing import TensorLike

CHUNK = 256
"""Images whose features are computed, and cached, at once."""


SAME = {
    "detection_score": "detection_luma_rbf",
    "detection_score_std": "detection_luma_rbf_std",
    "detection_control": "detection_luma_rbf_control",
    "detection_control_std": "detection_luma_rbf_control_std",
}
"""Names of `DetectionScore`, and those of its row in the profile."""


def is_of_quality(name: str) -> bool:
    """Whether a measure is one of quality; others say how sure one is.

    Args:
        name: Name of the measure. Those of standard errors and deviations end
            in "_std", those of controls in "_control".
    """
    return not name.endswith(("_std", "_control"))


def to_minimize(name: str, value: float) -> float:
    """A number that is the smaller, the better a measure's value is.

    Args:
        name: Name of the measure.
        value: Its value; NaN is worse than all others.

    Raises:
        ValueError: If it is not a measure of quality.
    """
    if not is_of_quality(name):
        raise ValueError(
            f"{name} does not measure quality, but how sure another measure "
            "is. Expected a measure whose name does not end in _std or "
            f"_control. Received: {name!r}."
        )
    if math.isnan(value):
        return math.inf
    if name.startswith(("precision", "recall", "density", "coverage")):
        return -value
    if name.startswith("detection"):
        return abs(value - 0.5)
    if name.startswith(("kernel", "kid")):
        return value
    return abs(value)


class Evaluation:
    """All metrics of the same images, with their protocol.

    Each kind of images is read once, in pieces, so that memory does not grow
    with their number. Metrics of features keep the first 10,000 images of a
    kind at most, where they need more than sums.

    Args:
        features: A `FeatureNetwork`, best a `CachedFeatures`; None leaves out
            FID, KID, precision and recall.
        num_images: How many images of each kind at most.
        seed: Of random subsets, splits and resamples.
        all_real: Whether FID compares with all real images that are added, as
            papers do; the other metrics take the first `num_images` of them.

    Example:
    >>> evaluation = metrics.Evaluation(metrics.InceptionFeatures())
    >>> evaluation.add(real=photographs, fake=pictures)
    >>> evaluation.result()["fid"], evaluation.protocol()
    """

    def __init__(
        self,
        features: FeatureNetwork | None = None,
        num_images: int = 10_000,
        seed: int = 0,
        all_real: bool = False,
    ):
        self.features = features
        self.num_images = num_images
        self.seed = seed
        self.all_real = all_real
        capacity = min(num_images, 10_000)
        self.on_features = []
        if features is not None:
            self.on_features = [
                FrechetInceptionDistance(features),
                KernelInceptionDistance(features, capacity=capacity, seed=seed),
                PrecisionRecall(features, capacity=capacity),
            ]
        self.spectral = SpectralDistances(seed=seed)
        self.profile = DetectabilityProfile(seed=seed)
        self.on_images = [self.spectral, self.profile]
        self.seen = {"real": _Seen(), "fake": _Seen()}

    def add(
        self,
        *,
        real: Iterable[np.ndarray] | None = None,
        fake: Iterable[np.ndarray] | None = None,
    ) -> None:
        """Read images, to their end or until there are as many as wanted.

        Args:
            real: Batches of uint8 `[n, height, width, 1 or 3]`, or one array
                of all; or None.
            fake: The same, of generated images.

        Raises:
            ValueError: If images of a kind differ in size or type.
        """
        for kind, images in (("real", real), ("fake", fake)):
            if images is not None:
                self._add(kind, images)

    def _add(self, kind, images):
        seen = self.seen[kind]
        if isinstance(images, np.ndarray):
            images = [images]
        remaining = self.num_images - seen.count
        goes_on = kind == "real" and self.all_real
        with tqdm.tqdm(
            total=None if goes_on else remaining,
            desc=f"Measuring {kind} images",
            disable=None, delay=2, leave=False,
        ) as progress:  # fmt: skip
            for chunk in _chunks(images, None if goes_on else remaining):
                first = max(self.num_images - seen.count, 0)
                seen.add(chunk, kind)
                self._update(kind, chunk, first)
                progress.update(len(chunk))

    def _update(self, kind, chunk, first):
        """Give FID all images of a chunk, the other metrics its first ones."""
        if first:
            for metric in self.on_images:
                metric.update_state(**{kind: chunk[:first]})
        if self.features is None:
            return
        features = self.features(chunk)
        for metric in self.on_features:
            if isinstance(metric, FrechetInceptionDistance):
                metric.update_features(**{kind: features})
            elif first:
                metric.update_features(**{kind: features[:first]})

    def reset_fake(self) -> None:
        """Forget the generated images, and keep the real ones."""
        self.seen["fake"] = _Seen()
        for metric in (*self.on_features, *self.on_images):
            metric.reset_fake()

    def result(self) -> dict[str, float]:
        """Dictionary of names and floats: all metrics.

        Metrics that need more images than were added are left out, with a
        warning.

        Raises:
            ValueError: If there are less than 2 images of a kind.
        """
        real, fake = self.seen["real"], self.seen["fake"]
        if real.digest == fake.digest and real.count:
            warnings.warn(
                "The real and the generated images are the same, pixel by "
                "pixel. Expected two sets. Check the sources.",
                stacklevel=2,
            )
        if min(real.count, fake.count) < 2:
            raise TooFewImages(
                "An evaluation compares two sets of images. Expected at least "
                f"2 of each. Received: {real.count} real, {fake.count} fake."
            )
        values, missing = {}, []
        for metric in (*self.on_features, *self.on_images):
            try:
                result = metric.result()
            except TooFewImages as error:
                missing.append(error)
                continue
            if not isinstance(result, dict):
                result = {metric.name: result}
            values.update({k: float(v) for k, v in result.items()})
        for error in missing:
            warnings.warn(f"Left out: {error}", stacklevel=2)
        for name, row in SAME.items():
            if row in values:
                values[name] = values[row]
        return values

    def intervals(self) -> dict[str, list[float]]:
        """Dictionary of names and [low, high]: 95 % bootstrap intervals."""
        return {k: list(v) for k, v in self.spectral.intervals().items()}

    def evidence(self) -> dict[str, Any] | None:
        """Where spectra differ: `DetectabilityProfile.evidence`.

        Returns:
            A dictionary, as JSON can hold it, or None if there are too few
            images for it.
        """
        try:
            return self.profile.evidence()
        except TooFewImages:
            return None

    def protocol(self) -> dict[str, Any]:
        """What produced the numbers, as JSON can hold it."""
        return {
            "images": {
                kind: {
                    "count": seen.count,
                    "size": list(seen.shape or ()),
                    "sha256": seen.digest,
                }
                for kind, seen in self.seen.items()
            },
            "features": None
            if self.features is None
            else {"name": self.features.name, **self.features.protocol},
            "real_images_of_fid_alone": max(
                self.seen["real"].count - self.num_images, 0
            ),
            "quantized": "rounded to uint8",
            "seed": self.seed,
            "versions": {
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
            },
        }


class _Seen:
    """How many images of a kind there were, of what size, and their hash."""

    def __init__(self):
        self.count = 0
        self.shape = None
        self._hash = hashlib.sha256()

    def add(self, images: TensorLike, kind: str) -> None:
        images = np.ascontiguousarray(images)
        shape = images.shape[1:]
        if images.dtype != np.uint8 or self.shape not in (None, shape):
            raise ValueError(
                f"The {kind} images of an evaluation are uint8 and all of one "
                f"size. Received: {images.dtype} of {shape}, after "
                f"{self.count} of {self.shape}. Quantise with signal.to_uint8 "
                "and cut to one size."
            )
        self.shape = shape
        self.count += len(images)
        self._hash.update(images)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _chunks(batches, num_images):
    """The first images, or all, in pieces that depend on their order alone."""
    images = itertools.islice(
        itertools.chain.from_iterable(batches), num_images
    )
    # Those of another shape or type begin a piece, which is then refused.
    kinds = itertools.groupby(
        map(np.asarray, images), lambda image: (image.shape, image.dtype)
    )
    for _, alike in kinds:
        while waiting := list(itertools.islice(alike, CHUNK)):
            yield np.stack(waiting)
