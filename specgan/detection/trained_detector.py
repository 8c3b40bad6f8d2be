import json
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import numpy as np

from specgan.data.lazy_pixels import LazyPixels
from specgan.detection import feature_sets
from specgan.detection.detector_arrays import ONE_CLASS
from specgan.detection.detector_arrays import check_arrays
from specgan.detection.detector_arrays import read_arrays
from specgan.detection.detector_checks import checked_description
from specgan.detection.detector_checks import checked_features
from specgan.detection.detector_checks import checked_matched
from specgan.detection.detector_checks import checked_odds
from specgan.detection.detector_checks import checked_rows
from specgan.detection.detector_checks import require_savable
from specgan.detection.detector_files import ARRAYS
from specgan.detection.detector_files import check_sums
from specgan.detection.detector_files import damaged
from specgan.detection.detector_files import read_record
from specgan.detection.detector_files import to_json
from specgan.detection.detector_files import write_record
from specgan.detection.domain import Reference
from specgan.detection.domain import domain_distances
from specgan.detection.domain import kind_distances
from specgan.detection.domain import kinds_of
from specgan.detection.domain import nearest_deviations
from specgan.detection.domain import part_medians
from specgan.detection.joined_features import JoinedFeatures
from specgan.detection.log_odds import expit
from specgan.detection.log_odds import log_odds
from specgan.detection.matching import as_trained
from specgan.detection.relative import bin_frequencies
from specgan.detection.spectral_features import SpectralFeatures
from specgan.detection.unusualness import Unusualness
from specgan.detection.unusualness import ranked
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNSURE
from specgan.detection.verdicts import verdicts
from specgan.files import folder_written_whole
from specgan.typing import PathLike

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from specgan.detection.picture_features import PictureFeatures
    from specgan.detection.spectral_detector import SpectralDetector


class TrainedDetector:
    """Tells generated from real images: numbers, without scikit-learn.

    Make one by `load`, or by `of` from a fitted `SpectralDetector`. On disk it
    is JSON and plain arrays: nothing of a detector is executed.

    Args:
        name: That of its folder.
        description: One line about it.
        about: Dictionary of what it was trained on, such that JSON can write
            it. Its "matched" is the attribute of that name.
        classifier: "svm", "linear_svm" or "logistic_regression".
        features: `JoinedFeatures`, what it decides by.
        lower, upper: Probabilities, 0..1, between which the verdict is
            "unsure".
        arrays: Dictionary of finite float64: those of `log_odds.log_odds` and
            of `domain_fitting.fit_domain`.

    Attributes:
        frequencies: Cycles per pixel of its 1-D spectrum; none if it does not
            decide by one.
        kinds: Those of its training images: ("real", "generated").
        is_one_class: Whether it is a `OneClassDetector`, of ("real",) alone.
        reference: Dictionary of its `kinds` with a `Reference` each: (mean,
            spread) of their 1-D spectra, in dB, at `frequencies`.
        limit: Distance from the training images, see `distances`, beyond which
            there is no verdict.
        matched: Dictionary of what its training images were made alike in:
            "size" in pixels and "jpeg", a list of qualities; `None` of either
            if they were left as they are.

    Raises:
        ValueError: If an argument is invalid, or an array is missing,
            additional, of another shape or not finite.

    Example:
    >>> detector = TrainedDetector.load("saved_models/detector-faces")
    >>> images = [detector.prepared(face)[0], detector.prepared(landscape)[0]]
    >>> rows = detector.features(images)  # Of uint8.
    >>> detector.probabilities_of_features(rows)
    array([0.98, 0.31])
    >>> verdicts, distances = detector.judge(rows)
    >>> verdicts
    array(['generated', 'unsure'], dtype='<U9')
    """

    is_one_class = False

    def __init__(
        self,
        name: str,
        description: str,
        about: dict[str, Any],
        classifier: str,
        features: JoinedFeatures,
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
        self.features = checked_features(features)
        self.lower = lower
        self.upper = upper
        self.matched = checked_matched(about.get("matched"))
        check_arrays(arrays, classifier, features.length)
        self._arrays: dict[str, Any] = arrays
        self.kinds = kinds_of(arrays)
        self.limit = float(self._arrays["domain_limit"])
        bins = self._bins()
        self.frequencies = bin_frequencies(bins.stop - bins.start + 1)
        self.reference = {
            kind: Reference(
                self._arrays[f"{kind}_mean"][bins],
                self._arrays[f"{kind}_spread"][bins],
            )
            for kind in self.kinds
        }

    @classmethod
    def of(
        cls,
        detector: "SpectralDetector",
        features: "PictureFeatures | Sequence[str | PictureFeatures]",
        about: dict[str, Any],
        real_rows: "ArrayLike",
        generated_rows: "ArrayLike",
        name: str = "",
        groups: "Sequence[ArrayLike] | None" = None,
        perturbed: "Sequence[ArrayLike] | None" = None,
    ) -> Self:
        """The numbers of a fitted `SpectralDetector`.

        Args:
            detector: A `SpectralDetector`, fitted, of any classifier except
                k-means.
            features: What its rows came from, as `feature_sets.get` takes
                it; not the features of the reference code.
            about: Dictionary for JSON: what it was trained on, how it did,
                where it fails. Its "description", one line, is for `specgan
                list`.
            real_rows: [n, features] of real training images, of which mean
                and spread are kept; likewise
            generated_rows: [m, features], of generated ones.
            name: What to call it.
            groups: A pair of the groups of either, as for
                `SpectralDetector.fit`, or `None`.
            perturbed: A pair of rows of perturbed training images, which belong
                to what the detector knows, or `None`. With `groups` they are
                of the same pictures.

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
        # Here, since all else needs no scikit-learn.
        from specgan.detection.domain_fitting import domain_of

        arrays = detector.arrays()
        features = checked_features(feature_sets.get(features))
        require_savable(detector, features)
        # Of log odds, which may be infinite.
        lower, upper = (float(expit(arrays.pop(x))) for x in ("lower", "upper"))
        del arrays["threshold"]
        both = [
            checked_rows(kind, rows, features.length)
            for kind, rows in ((REAL, real_rows), (GENERATED, generated_rows))
        ]
        arrays |= domain_of(detector, both, groups, perturbed)
        description = checked_description(about)
        about = json.loads(to_json(about))  # As it will be loaded again.
        return cls(
            name,
            description,
            about,
            detector.classifier,
            features,
            lower,
            upper,
            arrays,
        )

    @classmethod
    def load(cls, path: PathLike) -> "TrainedDetector":
        """Read a detector from its folder.

        Args:
            path: A folder that `save` wrote.

        Returns:
            A `TrainedDetector`, or a `OneClassDetector` if it was one.

        Raises:
            ValueError: If it is of another format version, incomplete or
                altered since it was written.
        """
        path = pathlib.Path(path)
        record = read_record(path)
        check_sums(path, record)
        if record["classifier"] == ONE_CLASS:
            from specgan.detection.one_class_detector import OneClassDetector

            cls = OneClassDetector
        try:
            return cls(
                path.resolve().name,
                record["description"],
                record["about"],
                record["classifier"],
                feature_sets.from_record(record["features"]),
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
            "features": feature_sets.to_record(self.features),
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
        """
        # Here, since all else needs no TensorFlow.
        from specgan.detection.detector_graph import write_saved_model

        with folder_written_whole(path) as folder:
            write_saved_model(
                folder, self._arrays, self.features, self.lower, self.upper
            )

    def prepared(
        self, image: np.ndarray | LazyPixels, quality: int | None = None
    ) -> tuple[np.ndarray | LazyPixels, list[str]]:
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

    def probabilities(
        self, images: np.ndarray | Sequence[np.ndarray]
    ) -> np.ndarray:
        """The probability that each image was generated.

        They are taken as they are; see `prepared`.

        Args:
            images: uint8 [batch, height, width, channels], or a list of uint8
                [height, width, channels] of any sizes; 1 or 3 channels; at
                least `features.least_size` pixels high and wide.

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
        return expit(checked_odds(self.name, odds))

    def distances(self, features: np.ndarray) -> np.ndarray:
        """How far each image is from the training images, in its features.

        A robust Mahalanobis distance, see `domain.domain_distances`. Beyond
        `limit`, which is near 1 and which 5 % of further images like them
        exceed, no verdict is worth anything.

        Args:
            features: float64 [batch, features], as `features` gives them.

        Returns:
            float64 [batch].
        """
        return domain_distances(features, self._arrays)

    def unusualness(self, features: np.ndarray) -> list[Unusualness]:
        """How unusual each image is among real ones, by those alone.

        The distance from the model of the real training images, see
        `domain.kind_distances`, as its rank among the distances of real
        training images that the model was not fitted to. Of further real
        images like them about a share p is more unusual than 1 - p of them.

        No generated image has a part in it. What is unusual need not be
        generated: other cameras, codecs and sizes are unusual as well.

        Args:
            features: float64 [batch, features], as `features` gives them.

        Returns:
            A list of `Unusualness`, one for each image.

        Example:
        >>> print(*detector.unusualness(detector.features([picture])))
        more unusual than 97.0% of 2000 real pictures, most of all in DCT modes
        """
        return ranked(
            kind_distances(features, self._arrays, REAL),
            self._arrays["domain_real_distances"],
            self.strangest(features, (REAL,)),
        )

    def strangest(
        self, features: np.ndarray, kinds: Sequence[str] = ()
    ) -> list[str]:
        """In which kind of features each image is farthest from training.

        Args:
            features: float64 [batch, features], as `features` gives them.
            kinds: From the training images of which kinds, by default of all;
                the nearer counts.

        Returns:
            A list of `PictureFeatures.title`s, one for each image.
        """
        kinds = kinds or self.kinds
        deviations = nearest_deviations(features, self._arrays, kinds)
        medians = part_medians(deviations, self.features.columns)
        return [self.features.parts[i].title for i in np.argmax(medians, 0)]

    def profiles(self, features: np.ndarray) -> np.ndarray:
        """The 1-D spectra among features, in dB at `frequencies`.

        Args:
            features: float64 [..., features], as `features` gives them.

        Returns:
            float64 [..., frequencies], none if it does not decide by them.
        """
        return features[..., self._bins()]

    def verdicts(self, probabilities: "ArrayLike") -> np.ndarray:
        """What to say of images of these probabilities.

        Args:
            probabilities: [n], as `probabilities` gives them.

        Returns:
            [n] strings: "real", "generated" or "unsure".
        """
        return verdicts(probabilities, self.lower, self.upper)

    def judge(
        self, features: np.ndarray, probabilities: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What to say of images of these features.

        Args:
            features: float64 [batch, features], as `features` gives them.
            probabilities: [batch], of these features, if they are known.

        Returns:
            (verdicts, distances), [batch] each: "unsure" as well for what is
            beyond `limit`.
        """
        if probabilities is None:
            probabilities = self.probabilities_of_features(features)
        distances = self.distances(features)
        known = self.verdicts(probabilities)
        return np.where(distances > self.limit, UNSURE, known), distances

    def _bins(self):
        """Columns of the 1-D spectrum but its corner."""
        columns = self.features.columns.get(SpectralFeatures.name, slice(0, 1))
        return slice(columns.start, columns.stop - 1)
