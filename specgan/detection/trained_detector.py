import json
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from specgan.detection.detector_arrays import check_arrays
from specgan.detection.detector_arrays import read_arrays
from specgan.detection.detector_checks import checked_description
from specgan.detection.detector_checks import checked_length
from specgan.detection.detector_checks import checked_matched
from specgan.detection.detector_checks import checked_normalize
from specgan.detection.detector_checks import checked_rows
from specgan.detection.detector_checks import require_savable
from specgan.detection.detector_files import ARRAYS
from specgan.detection.detector_files import check_sums
from specgan.detection.detector_files import damaged
from specgan.detection.detector_files import read_record
from specgan.detection.detector_files import to_json
from specgan.detection.detector_files import write_record
from specgan.detection.log_odds import log_odds
from specgan.detection.matching import as_trained
from specgan.detection.relative import bin_frequencies
from specgan.detection.relative import relative_spectra
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import verdicts
from specgan.files import folder_written_whole
from specgan.typing import PathLike

if TYPE_CHECKING:
    from specgan.detection.spectral_detector import SpectralDetector
    from specgan.detection.spectral_features import SpectralFeatures


FARTHEST_SPECTRUM = 2.5
"""Standard deviations from the training images, see `distances`.

Chosen on `detector-celeba64`: hardly a face that it has not seen lies above,
and half of the photographs of other things do.
"""


class Reference(NamedTuple):
    """The features of one kind of training images, one number a frequency."""

    mean: np.ndarray  # [length - 1], as `TrainedDetector.frequencies`
    spread: np.ndarray  # [length - 1], standard deviation


class TrainedDetector:
    """Tells generated from real images: numbers, without scikit-learn.

    Make one by `load`, or by `of` from a fitted `SpectralDetector`, with which
    it shares the code that computes the log odds. On disk it is JSON and plain
    arrays: nothing of a detector is executed.

    Args:
        name: That of its folder.
        description: One line about it.
        about: Dictionary of what it was trained on, such that JSON can write
            it. Its "matched" is the attribute of that name.
        classifier: "svm", "linear_svm" or "logistic_regression".
        length: Features of an image, from 2.
        normalize: As for `relative_spectrum`.
        lower, upper: Probabilities, 0..1, between which the verdict is
            "unsure".
        arrays: Dictionary of finite float64: those of `log_odds.log_odds`, and
            of the features of the training images `real_mean`,
            `real_spread`, `generated_mean`, `generated_spread` [length].

    Attributes:
        frequencies: [length - 1] cycles per pixel, the bins of its features
            except the last, which is all above 1/2, in the corners.
        reference: Dictionary of "real" and "generated" with a `Reference`
            each: (mean, spread) of the features of the training images, in dB,
            at `frequencies`.
        matched: Dictionary of what its training images were made alike in:
            "size" in pixels and "jpeg", a list of qualities; `None` of either
            if they were left as they are.

    Raises:
        ValueError: If an argument is invalid, or an array is missing,
            additional, of another shape or not finite.

    Example:
    >>> detector = TrainedDetector.load("saved_models/detector-faces")
    >>> images = [detector.prepared(face)[0], detector.prepared(landscape)[0]]
    >>> probabilities = detector.probabilities(images)  # uint8
    >>> detector.verdicts(probabilities)
    array(['generated', 'unsure'], dtype='<U9')
    """

    def __init__(
        self,
        name: str,
        description: str,
        about: dict[str, Any],
        classifier: str,
        length: int,
        normalize: bool,
        lower: float,
        upper: float,
        arrays: dict[str, np.ndarray],
    ):
        if not 0 <= lower <= upper <= 1:
            raise ValueError(
                "The bounds of a detector are probabilities. Expected 0 <= "
                f"lower <= upper <= 1. Received: {lower} and {upper}."
            )
        self.name = name
        self.description = description
        self.about = about
        self.classifier = classifier
        self.length = length
        self.normalize = checked_normalize(normalize)
        self.lower = lower
        self.upper = upper
        self.matched = checked_matched(about.get("matched"))
        check_arrays(arrays, classifier, checked_length(length))
        self._arrays: dict[str, Any] = arrays
        self.frequencies = bin_frequencies(length)
        self.reference = {
            kind: Reference(
                self._arrays[f"{kind}_mean"][:-1],
                self._arrays[f"{kind}_spread"][:-1],
            )
            for kind in (REAL, GENERATED)
        }

    @classmethod
    def of(
        cls,
        detector: "SpectralDetector",
        features: "SpectralFeatures",
        about: dict[str, Any],
        real_rows: ArrayLike,
        generated_rows: ArrayLike,
        name: str = "",
    ) -> Self:
        """The numbers of a fitted `SpectralDetector`.

        Args:
            detector: A `SpectralDetector`, fitted, of any classifier except
                k-means.
            features: The `SpectralFeatures` that its rows came from; not
                those of the reference code.
            about: Dictionary for JSON: what it was trained on, how it did,
                where it fails. Its "description", one line, is for `specgan
                list`.
            real_rows: [n, length], features of real training images, of which
                mean and spread are kept; likewise
            generated_rows: [m, length], of generated ones.
            name: What to call it.

        Returns:
            A `TrainedDetector`.

        Raises:
            ValueError: If the detector, the features or the rows are others
                than these, or `about` is not JSON.

        Example:
        >>> features = SpectralFeatures()
        >>> real, fake = features(photographs), features(generated)
        >>> detector = SpectralDetector()
        >>> detector.fit(np.concatenate([real, fake]), labels)
        >>> trained = TrainedDetector.of(detector, features, {}, real, fake)
        >>> trained.save("faces")
        """
        arrays = detector.arrays()
        require_savable(detector, features)
        # Of log odds, which may be infinite.
        lower, upper = (float(expit(arrays.pop(x))) for x in ("lower", "upper"))
        del arrays["threshold"]
        for kind, rows in ((REAL, real_rows), (GENERATED, generated_rows)):
            rows = checked_rows(kind, rows, int(detector.n_features_in_))
            arrays[f"{kind}_mean"] = rows.mean(axis=0)
            arrays[f"{kind}_spread"] = rows.std(axis=0)
        description = checked_description(about)
        about = json.loads(to_json(about))  # As it will be loaded again.
        return cls(
            name,
            description,
            about,
            detector.classifier,
            int(detector.n_features_in_),
            bool(features.normalize),
            lower,
            upper,
            arrays,
        )

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """Read a detector from its folder.

        Args:
            path: A folder that `save` wrote.

        Returns:
            A `TrainedDetector`.

        Raises:
            ValueError: If it is of another format version, incomplete or
                altered since it was written.
        """
        path = pathlib.Path(path)
        record = read_record(path)
        check_sums(path, record)
        try:
            return cls(
                path.resolve().name,
                record["description"],
                record["about"],
                record["classifier"],
                **record["features"],
                lower=record["lower"],
                upper=record["upper"],
                arrays=read_arrays(path / ARRAYS),
            )
        except Exception as error:  # Wrong files fail in many ways.
            raise damaged(path, error) from error

    def save(
        self, path: PathLike, card: str | None = None, saved_model: bool = False
    ) -> None:
        """Write the detector: see `detector_files` for what that is.

        Args:
            path: A folder that does not exist yet, or is empty. It appears
                whole or not at all.
            card: The text of its README.md, or `None` for none.
            saved_model: Whether to add what `export` writes, as the folder
                saved_model/. It imports TensorFlow.

        Raises:
            ValueError: If there is something at `path`.
        """
        record = {
            "description": self.description,
            "classifier": self.classifier,
            "features": {"length": self.length, "normalize": self.normalize},
            "lower": self.lower,
            "upper": self.upper,
            "about": self.about,
        }
        with folder_written_whole(path) as folder:
            np.savez(folder / ARRAYS, **self._arrays)
            if saved_model:
                self.export(folder / "saved_model")
            if card is not None:
                (folder / "README.md").write_text(card)
            write_record(folder, record)

    def export(self, path: PathLike) -> None:
        """Write the detector as a SavedModel, for TensorFlow alone.

        It gives the probabilities to 1e-6; for its endpoints `serve(images)`
        and `bounds()` see `detector_graph.write_saved_model`.

        Args:
            path: A folder that does not exist yet, or is empty. It appears
                whole or not at all.

        Raises:
            ValueError: If there is something at `path`.

        Example:
        >>> detector.export("served")
        >>> tf.saved_model.load("served").serve(photographs)
        """
        # Here, since all else needs no TensorFlow.
        from specgan.detection.detector_graph import write_saved_model

        with folder_written_whole(path) as folder:
            write_saved_model(
                folder,
                self._arrays,
                self.length,
                self.normalize,
                self.lower,
                self.upper,
            )

    def prepared(
        self, image: np.ndarray, quality: int | None = None
    ) -> tuple[np.ndarray, list[str]]:
        """An image cut and compressed as the training images were.

        `specgan detect` does so. Of others the detector knows nothing.

        Args:
            image: uint8 [height, width, channels], 1 or 3 channels.
            quality: Of the JPEG file that it comes from, if it is known.

        Returns:
            (uint8 image, a list of remarks: what was done, and what still
            differs), as `matching.as_trained`.
        """
        return as_trained(image, self.matched, quality)

    def features(self, images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
        """What it decides by: the `relative_spectra` of images.

        Args:
            images: As for `probabilities`.

        Returns:
            float64 [batch, length], in dB; the last column is the corners,
            which `frequencies` has not.
        """
        return relative_spectra(images, self.length, self.normalize)

    def probabilities(
        self, images: np.ndarray | Sequence[np.ndarray]
    ) -> np.ndarray:
        """The probability that each image was generated.

        They are taken as they are; see `prepared`.

        Args:
            images: uint8 [batch, height, width, channels], or a list of uint8
                [height, width, channels] of any sizes; 1 or 3 channels; at
                least 16 pixels high and wide.

        Returns:
            float64 [batch], in the order of the images.

        Raises:
            ValueError: If the images are others, there are none, or the
                detector's numbers give something else than probabilities.
        """
        return self.probabilities_of_features(self.features(images))

    def probabilities_of_features(self, features: np.ndarray) -> np.ndarray:
        """The same for what `features` gives: [batch], of [batch, length]."""
        with np.errstate(all="ignore"):  # Which the check below reports.
            odds = log_odds(features, self._arrays)
        if np.any(np.isnan(odds)):
            raise ValueError(
                f"The detector {self.name} gives no probabilities. Expected "
                f"numbers from 0 to 1. Received: {np.isnan(odds).sum()} NaN. "
                "Do not use it."
            )
        return expit(odds)

    def distances(self, features: np.ndarray) -> np.ndarray:
        """How far each image's spectrum is from those of the training images.

        The root mean square of its features' deviations from the mean of the
        real or of the generated training images, whichever is nearer, each in
        standard deviations of that kind. About 1 for an image like them; above
        `FARTHEST_SPECTRUM` no verdict is worth anything.

        Args:
            features: float64 [batch, length], as `features` gives them.

        Returns:
            float64 [batch].
        """
        return np.min(
            [
                _rms_deviation(
                    features,
                    self._arrays[f"{kind}_mean"],
                    self._arrays[f"{kind}_spread"],
                )
                for kind in (REAL, GENERATED)
            ],
            axis=0,
        )

    def verdicts(self, probabilities: ArrayLike) -> np.ndarray:
        """What to say of images of these probabilities.

        Args:
            probabilities: [n], as `probabilities` gives them.

        Returns:
            [n] strings: "real", "generated" or "unsure".
        """
        return verdicts(probabilities, self.lower, self.upper)


def _rms_deviation(features, mean, spread):
    varying = spread > 0  # What never varied says nothing of distance.
    if not varying.any():
        return np.zeros(len(features))
    deviations = (features - mean)[:, varying] / spread[varying]
    return np.sqrt(np.mean(deviations**2, axis=1))
