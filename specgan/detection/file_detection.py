"""What a detector says of files: pictures, and videos by a vote."""

import functools
import itertools
import os
import warnings
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import numpy as np

from specgan.data.reading import Reading
from specgan.data.videos import is_video
from specgan.detection.file_statements import provenance
from specgan.detection.file_statements import statements
from specgan.detection.find_files import find_files
from specgan.detection.matching import far_from_training
from specgan.detection.prediction import Prediction
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.unusualness import Unusualness
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNSURE
from specgan.detection.whole_pictures import read
from specgan.detection.whole_pictures import read_video
from specgan.errors import require_positive_integer
from specgan.files import printable
from specgan.typing import PathLike


def detect(
    paths: PathLike | Iterable[PathLike],
    detector: TrainedDetector,
    frames: int = 64,
    *,
    features: bool = False,
    exclude: PathLike | None = None,
    one_class: bool = False,
) -> Iterator[Prediction]:
    """Tell generated from real pictures and videos, at the memory of some.

    Pictures are cut and compressed as those were that the detector was trained
    on, if those were made alike: about others it knows nothing. What is far
    smaller, compressed far more (`far_from_training`) or unlike all that the
    detector was trained on (`TrainedDetector.distances`) is "unsure", with the
    reason. A video
    is what more than half of its frames are said to be, or "unsure".

    With `one_class` there is no verdict, but how unusual a picture is among
    real ones (`TrainedDetector.unusualness`): for generators that the detector
    was not trained on. Of a video it is the median over its frames. A detector
    that knows real pictures alone always says that, with "usual" or "unusual"
    as the verdict.

    What the file itself says of its making (`provenance`) comes first, and
    decides nothing.

    What cannot be read has an error, and the others go on. Links to folders
    are not followed, which a warning says at the end: they may lead around in
    circles.

    Args:
        paths: A file or folder, or an iterable of them. Folders are searched
            with all folders below them, sorted by name, for pictures and
            videos; hidden files are passed over.
        detector: A `TrainedDetector`.
        frames: How many to read of a video, at equal distances.
        features: Whether predictions have features, which take time.
        exclude: A folder to pass over, or `None`.
        one_class: Whether to compare with real pictures alone.

    Yields:
        A `Prediction` for each file, in the order in which they are found.

    Raises:
        ValueError: If `frames` is not a positive integer.

    Example:
    >>> detector = zoo.load_detector("detector-celeba64")
    >>> for prediction in detect(["face.png", "folder"], detector):
    ...     print(prediction.path, prediction.to_text())
    face.png unsure, 61.0% generated (64x64 PNG RGB, compressed at quality 75)
    """
    require_positive_integer("frames", frames)
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    one_class = one_class or detector.is_one_class
    asked = _Asked(detector, frames, features, one_class)
    return _detect(paths, asked, exclude)


class _Asked(NamedTuple):
    """What `detect` is asked for of each file."""

    detector: TrainedDetector
    frames: int
    features: bool
    one_class: bool


def _detect(paths, asked, exclude):
    # The GNU C library keeps up to twice as much freed memory as the largest
    # array that was freed; else it would return that of each batch's arrays to
    # the system, and get it again page by page, for a tenth of the time.
    np.empty(2**22, np.uint8)
    links = []
    found = find_files(paths, exclude, links)
    for are_videos, some in itertools.groupby(found, _is_video_file):
        if are_videos:
            for path in some:
                yield _predict_video(path, asked)
        else:
            prepare = functools.partial(_prepared_picture, asked.detector)
            for readings in read(some, prepare):
                yield from _predict_pictures(readings, asked)
                del readings  # Before the next are read.
    if links:
        warnings.warn(
            f"Links to folders are not followed: {len(links)}, e.g. "
            f"{printable(links[0])}. Give these folders themselves.",
            stacklevel=1,
        )


def _is_video_file(path):
    return is_video(path) and not path.is_dir()


def _predict_pictures(readings, asked):
    for reading, answer in zip(
        readings, _answers(readings, asked), strict=True
    ):
        if reading.error is not None:
            yield Prediction(reading.name, error=reading.error)
            continue
        flat = ["flat, without a spectrum"] * reading.annotation.is_flat
        yield Prediction(
            reading.name,
            answer.verdict,
            answer.probability,
            answer.features,
            **_properties(reading, [*flat, *answer.remarks]),
            provenance=reading.annotation.statements,
            unusual=answer.unusual,
        )


def _predict_video(path, asked):
    known, flat = [], 0
    first: Any = None  # There is at least one frame, or an error.
    for readings in read_video(path, asked.frames):
        if readings[-1].error is not None:
            return Prediction(path, error=readings[-1].error)
        readings = [_prepared(asked.detector, one) for one in readings]
        answers = _answers(readings, asked)
        first = first or (readings[0], answers[0])
        flat += sum(reading.annotation.is_flat for reading in readings)
        known += [one for one in answers if one.is_measured]
    reading, answer = first
    left_out = [f"{flat} flat frames left out"] * (flat > 0)
    properties = _properties(reading, [*left_out, *answer.remarks])
    properties["provenance"] = tuple(provenance(path))
    if known and asked.features:
        properties["features"] = np.mean(
            [one.features for one in known], axis=0
        )
    if asked.one_class:
        known.sort(key=lambda one: one.unusual.share)
        middle = known[(len(known) - 1) // 2] if known else _Answer(None)
        return Prediction(
            path,
            middle.verdict,
            votes={},
            unusual=middle.unusual,
            **properties,
        )
    votes = dict.fromkeys((GENERATED, REAL, UNSURE), 0)
    if not known:
        return Prediction(path, **properties, votes=votes)
    for one in known:
        votes[one.verdict] += 1
    winner = max(votes, key=lambda verdict: votes[verdict])
    return Prediction(
        path,
        winner if 2 * votes[winner] > len(known) else UNSURE,
        float(np.mean([one.probability for one in known])),
        **properties,
        votes=votes,
    )


class _Answer(NamedTuple):
    """What a detector says of one picture or frame."""

    verdict: str | None = UNSURE
    probability: float | None = None
    features: np.ndarray | None = None
    remarks: tuple = ()  # How it was prepared.
    unusual: Unusualness | None = None

    @property
    def is_measured(self) -> bool:
        return self.probability is not None or self.unusual is not None


class _Preparation(NamedTuple):
    """What is known of a picture or frame before it is measured."""

    is_flat: bool
    is_small: bool
    far: list  # Why there is no verdict, by size and codec.
    remarks: tuple
    statements: tuple


def _prepared_picture(detector, reading, image):
    said = tuple(statements(reading.name, image))
    return _prepared(detector, reading, said)


def _prepared(detector, reading, said=()):
    """A reading with the pixels to be measured, and a `_Preparation`."""
    quality = reading.header.quality
    pixels, remarks = detector.prepared(reading.pixels, quality)
    far = far_from_training(reading.pixels.shape, detector.matched, quality)
    remarks = (*remarks, *far)
    is_small = min(pixels.shape[:2]) < detector.features.least_size
    if is_small:
        remarks = (*remarks, _too_small(detector.features))
    preparation = _Preparation(reading.is_flat, is_small, far, remarks, said)
    return Reading(
        reading.name,
        pixels,
        reading.header,
        reading.remarks,
        annotation=preparation,
    )


def _answers(readings, asked):
    """An `_Answer` to each reading, of which those in error mean nothing."""
    detector = asked.detector
    unmeasured = _Answer(None if asked.one_class else UNSURE)
    answers = [unmeasured] * len(readings)
    usable = {}  # {place: pixels}
    for place, reading in enumerate(readings):
        if reading.error is None:
            preparation = reading.annotation
            answers[place] = unmeasured._replace(remarks=preparation.remarks)
            if not preparation.is_flat and not preparation.is_small:
                usable[place] = reading.pixels
    if not usable:
        return answers
    rows = detector.features(list(usable.values()))
    if asked.features:
        for place, row in zip(usable, rows, strict=True):
            answers[place] = answers[place]._replace(features=row)
    if asked.one_class:
        verdicts = [None] * len(rows)
        if detector.is_one_class:
            verdicts = detector.judge(rows)[0].tolist()
        for place, verdict, unusual in zip(
            usable, verdicts, detector.unusualness(rows), strict=True
        ):
            answers[place] = answers[place]._replace(
                verdict=verdict, unusual=unusual
            )
        return answers
    probabilities = detector.probabilities_of_features(rows)
    verdicts, distances = detector.judge(rows, probabilities)
    strange = distances > detector.limit
    titles = iter(detector.strangest(rows[strange]))
    for place, verdict, probability, is_strange in zip(
        usable,
        verdicts,
        probabilities,
        strange,
        strict=True,
    ):
        remarks = answers[place].remarks
        if is_strange:
            remarks = (
                *remarks,
                "unlike what this detector was trained on, most of all in "
                f"{next(titles)}",
            )
        is_far = readings[place].annotation.far
        answers[place] = answers[place]._replace(
            verdict=UNSURE if is_far else str(verdict),
            probability=float(probability),
            remarks=remarks,
        )
    return answers


def _too_small(features):
    return f"smaller than the {features.least_size} pixels that are measured"


def _properties(reading, remarks):
    return {
        "width": reading.header.width,
        "height": reading.header.height,
        "format": reading.header.format,
        "mode": reading.header.mode,
        "remarks": (*reading.remarks, *remarks),
    }
