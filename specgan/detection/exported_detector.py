import hashlib
import pathlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from specgan.detection.checked_graph import checked_function
from specgan.detection.matching import as_trained
from specgan.detection.matching import qualities_of
from specgan.detection.relative import bin_frequencies
from specgan.detection.spectral_detector import GENERATED
from specgan.detection.spectral_detector import REAL
from specgan.detection.spectral_detector import UNSURE
from specgan.detection.spectral_features import SpectralFeatures
from specgan.detection.spectral_features import places_by_shape
from specgan.files import read_json

FORMAT_VERSION = 1
"""Of detector.json and of the SavedModel beside it."""

RECORD = "detector.json"

# What a detector.json says, and as what.
_FIELDS = {
    "description": str,
    "classifier": str,
    "features": dict,
    "lower": float,
    "upper": float,
    "about": dict,
    "reference": dict,
    "sha256": dict,
}

# Pixels judged at once: few enough for the memory, enough for two cores.
_CHUNK = 2**20


class Reference(NamedTuple):
    """The features of one kind of training images, one number a frequency."""

    mean: np.ndarray  # [length - 1], as `ExportedDetector.frequencies`
    spread: np.ndarray  # [length - 1], standard deviation


class ExportedDetector:
    """A detector as `export_detector` has written it. Make one by `load`.

    A SavedModel is a program. Of what is loaded, only the part that gives the
    probabilities is kept, and only if it does nothing but arithmetic: all its
    operations are looked up in a list (`checked_graph.ALLOWED_OPERATIONS`).
    So a stranger's detector can be wrong, but reads and writes no files. The
    SHA-256 sums within the folder protect against damage, not against anyone
    who alters both the files and the sums.

    Attributes:
        name: That of its folder.
        description: One line about it.
        about: Dictionary of what it was trained on, as it was exported.
        lower, upper: Probabilities, 0..1, between which the verdict is
            "unsure".
        frequencies: [length - 1] cycles per pixel, the bins of its features
            but the last: that is all beyond 1/2, in the corners.
        reference: Dictionary of "real" and "generated" with a `Reference`
            each: (mean, spread) of the features of the training images, in dB,
            at `frequencies`.
        features: The `SpectralFeatures` that it judges by; `features(images)`
            has a last column, the corners, that `frequencies` has not.

        matched: Dictionary of what its training pictures were made alike in:
            "size" in pixels and "jpeg", a list of qualities; `None` of either
            if they were left as they are.

    Example:
    >>> detector = ExportedDetector.load("saved_models/detector-faces")
    >>> pictures = [detector.prepared(face)[0], detector.prepared(landscape)[0]]
    >>> probabilities = detector.probabilities(pictures)  # uint8
    >>> detector.verdicts(probabilities)
    array(['generated', 'unsure'], dtype='<U9')
    """

    def __init__(self, name, record, serve):
        self.name = name
        self.description = record["description"]
        self.about = record["about"]
        self.lower = record["lower"]
        self.upper = record["upper"]
        self.features = SpectralFeatures(**record["features"])
        self.frequencies = bin_frequencies(self.features.length)
        self.reference = {
            kind: Reference(
                self._at_frequencies(record["reference"][kind]["mean"]),
                self._at_frequencies(record["reference"][kind]["spread"]),
            )
            for kind in (REAL, GENERATED)
        }
        self.matched = _checked_matched(self.about.get("matched"))
        self._serve = serve
        if not 0 <= self.lower <= self.upper <= 1:
            raise ValueError(f"bounds {self.lower} and {self.upper}")

    @classmethod
    def load(cls, path):
        """Read a detector from its folder.

        Args:
            path: A folder that `export_detector` wrote.

        Returns:
            An `ExportedDetector`.

        Raises:
            ValueError: If it is of another format version, incomplete,
                altered since it was written, or a program that does more than
                arithmetic.
        """
        path = pathlib.Path(path)
        record = read_record(path)
        _require_sums(path, record["sha256"])
        serve = checked_function(path / "saved_model.pb", "serve")
        try:
            detector = cls(path.resolve().name, record, serve)
            detector.probabilities(np.zeros([2, 16, 16, 3], np.uint8))
        except Exception as error:  # Wrong records fail in many ways.
            raise _damaged(path, error) from error
        return detector

    def prepared(self, picture, quality=None):
        """A picture cut and compressed as the training pictures were.

        `specgan detect` does so. Of others the detector knows nothing.

        Args:
            picture: uint8 [height, width, channels], 1 or 3 channels.
            quality: Of the JPEG file that it comes from, if it is known.

        Returns:
            (uint8 picture, a list of words: what was done, and what still
            differs), as `matching.as_trained`.
        """
        return as_trained(picture, self.matched, quality)

    def probabilities(self, images):
        """The probability that each picture was generated.

        They are taken as they are; see `prepared`.

        Args:
            images: uint8 [batch, height, width, channels], or a list of uint8
                [height, width, channels] of any sizes; 1 or 3 channels; at
                least 16 pixels high and wide.

        Returns:
            float32 [batch], in the order of the images.

        Raises:
            ValueError: If they are no such pictures, or if what the detector
                gives are no probabilities.
        """
        places = places_by_shape(images)
        for height, width, _ in places:
            self.features.require_size(height, width)
        probabilities = np.empty(len(images), np.float32)
        for (height, width, _), members in places.items():
            chunk = max(1, _CHUNK // (height * width))
            for start in range(0, len(members), chunk):
                some = members[start : start + chunk]
                batch = np.stack([images[place] for place in some])
                # Not on a GPU: the rings round as NumPy's do.
                with tf.device("CPU"):
                    answers = self._serve(tf.constant(batch))
                probabilities[some] = self._checked(answers, len(some))
        return probabilities

    def _checked(self, answers, count):
        answers = np.asarray(answers)
        right = answers.shape == (count,) and answers.dtype.kind == "f"
        if not right or not np.all((answers >= 0) & (answers <= 1)):
            raise ValueError(
                f"The detector {self.name} gives no probabilities. Expected "
                f"{count} numbers from 0 to 1. Received: {answers.dtype} of "
                f"shape {answers.shape}, {answers.ravel()[:3]}. Do not use it."
            )
        return answers

    def verdicts(self, probabilities):
        """What to say of pictures of these probabilities.

        Args:
            probabilities: [n], as `probabilities` gives them.

        Returns:
            [n] strings: "real", "generated" or "unsure".
        """
        probabilities = np.asarray(probabilities)
        return np.where(
            probabilities > self.upper,
            GENERATED,
            np.where(probabilities < self.lower, REAL, UNSURE),
        )

    def _at_frequencies(self, features):
        """Features without the last, the corners: [length - 1]."""
        values = np.asarray(features, np.float64)
        values = values.reshape([self.features.length])[:-1]
        if not np.all(np.isfinite(values)):
            raise ValueError("features that are not finite")
        return values


def _checked_matched(said):
    """What a record says its pictures were matched in, complete."""
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


def read_record(path):
    """What the detector.json of a folder says, complete.

    Args:
        path: The folder.

    Raises:
        ValueError: If there is none, it is damaged or of another version.
    """
    path = pathlib.Path(path)
    if not (path / RECORD).is_file():
        raise ValueError(
            f"{path} holds no detector. Expected a folder with {RECORD} and a "
            "SavedModel, as `export_detector` writes it."
        )
    record = read_json(path / RECORD)
    version = record.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise ValueError(
            f"The detector {path} is of another format version. Expected "
            f"{FORMAT_VERSION}. Received: {version!r}. Export it anew, or use "
            "the version of specgan that wrote it."
        )
    for field, kind in _FIELDS.items():
        if not isinstance(record.get(field), kind):
            reason = f"no {kind.__name__} as {field!r}: {record.get(field)!r}"
            raise _damaged(path, reason)
    if not record["description"].isprintable():  # A line on a terminal.
        reason = f"a description that is no line: {record['description']!r}"
        raise _damaged(path, reason)
    return record


def sums(path):
    """The SHA-256 of every file of a SavedModel: {place in it: digits}."""
    path = pathlib.Path(path)
    files = [path / "saved_model.pb", path / "fingerprint.pb"]
    files += sorted((path / "variables").glob("*"))
    return {
        file.relative_to(path).as_posix(): hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in files
        if file.is_file()
    }


def _require_sums(path, expected):
    received = sums(path)
    for name in {"saved_model.pb", *expected}:
        if received.get(name) != expected.get(name) or name not in received:
            raise ValueError(
                f"The detector {path} is not as it was exported. Expected "
                f"SHA-256 {expected.get(name)} of {name}. Received: "
                f"{received.get(name, 'no such file')}. Fetch the folder again."
            )


def _damaged(path, reason):
    reason = (str(reason).splitlines() or ["nothing"])[0][:200].rstrip(".")
    return ValueError(
        f"The detector {path} cannot be read. Expected {RECORD} as it was "
        f"exported. Received: {reason}. Fetch the folder again."
    )
