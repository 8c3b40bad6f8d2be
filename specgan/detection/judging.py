"""What a detector says of files: pictures, and videos by a vote."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np

from specgan.data.videos import is_video
from specgan.detection.reading import read
from specgan.detection.reading import read_video
from specgan.detection.spectral_detector import GENERATED
from specgan.detection.spectral_detector import REAL
from specgan.detection.spectral_detector import UNSURE


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What a detector says of a file, or why it could not be read.

    Args:
        path: The file's.
        verdict: "real", "generated" or "unsure".
        probability: Of being generated, of a video the mean over its frames;
            `None` without a spectrum.
        features: The picture's, or their mean over the frames: [length];
            `None` without a spectrum, or if they are not asked for.
        width, height: In pixels.
        format, mode, notes: As of a `Reading`; the notes tell also how it was
            prepared, and how it differs all the same from what the detector
            was trained on.
        votes: Of a video: {verdict: number of frames}.
        error: Why it could not be read, or `None`.
    """

    path: Path
    verdict: str = UNSURE
    probability: float | None = None
    features: np.ndarray | None = None
    width: int = 0
    height: int = 0
    format: str = ""
    mode: str = ""
    notes: tuple = ()
    votes: dict | None = None
    error: str | None = None

    def as_dict(self):
        """What `--json` says."""
        if self.error is not None:
            return {"path": str(self.path), "error": self.error}
        votes = {} if self.votes is None else {"votes": self.votes}
        return {
            "path": str(self.path),
            "verdict": self.verdict,
            "probability": self.probability,
            **votes,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "mode": self.mode,
            "notes": list(self.notes),
        }

    def in_words(self):
        """The same in a line, but the path."""
        said = self.verdict
        if self.probability is not None:
            said += f", {self.probability:.1%} generated"
            if self.votes is not None:
                counts = ", ".join(
                    f"{count} {verdict}"
                    for verdict, count in self.votes.items()
                )
                said += (
                    f" on average of {sum(self.votes.values())} frames: "
                    f"{counts}"
                )
        what = [f"{self.width}x{self.height} {self.format} {self.mode}"]
        return f"{said} ({', '.join([*what, *self.notes])})"


class Judge:
    """A detector that judges files.

    Pictures are cut and compressed as those were that the detector was trained
    on, if those were made alike so: about others it knows nothing. A video is
    what more than half of its frames are said to be, or "unsure".

    Args:
        detector: An `ExportedDetector`.
        frames: How many to read of a video, at equal distances.
        explains: Whether judgements have features, which take time.
    """

    def __init__(self, detector, frames, explains=False):
        self.detector = detector
        self.frames = frames
        self.explains = explains

    def judge(self, paths):
        """Judge files in their order, at the memory of some pictures.

        Args:
            paths: An iterable, of any length.

        Yields:
            Lists of `Judgement`s, one for each path.
        """
        for are_videos, some in itertools.groupby(paths, _moves):
            if are_videos:
                for path in some:
                    yield [self._video(path)]
            else:
                for readings in read(some):
                    yield self._pictures(readings)

    def _pictures(self, readings):
        judgements = []
        for reading, answer in zip(
            readings, self._answers(readings), strict=True
        ):
            if reading.error is not None:
                judgements.append(Judgement(reading.path, error=reading.error))
                continue
            flat = ["flat, without a spectrum"] * reading.is_flat
            judgements.append(
                Judgement(
                    reading.path,
                    *answer,
                    **self._properties(reading, [*reading.notes, *flat]),
                )
            )
        return judgements

    def _video(self, path):
        answers, flat, first = [], 0, None
        for readings in read_video(path, self.frames):
            if readings[-1].error is not None:
                return Judgement(path, error=readings[-1].error)
            first = first or readings[0]
            flat += sum(reading.is_flat for reading in readings)
            answers += [
                answer
                for reading, answer in zip(
                    readings, self._answers(readings), strict=True
                )
                if not reading.is_flat
            ]
        notes = [*first.notes, *[f"{flat} flat frames left out"] * (flat > 0)]
        properties = self._properties(first, notes)
        votes = dict.fromkeys((GENERATED, REAL, UNSURE), 0)
        if not answers:
            return Judgement(path, **properties, votes=votes)
        verdicts, probabilities, features = zip(*answers, strict=True)
        for verdict in verdicts:
            votes[verdict] += 1
        winner = max(votes, key=votes.get)
        return Judgement(
            path,
            winner if 2 * votes[winner] > len(answers) else UNSURE,
            float(np.mean(probabilities)),
            np.mean(features, axis=0) if self.explains else None,
            **properties,
            votes=votes,
        )

    def _answers(self, readings):
        """Verdict, probability and features of each reading."""
        answers = [(UNSURE, None, None)] * len(readings)
        places = [
            place
            for place, reading in enumerate(readings)
            if reading.pixels is not None and not reading.is_flat
        ]
        if not places:
            return answers
        pixels = [self._prepared(readings[place])[0] for place in places]
        probabilities = self.detector.probabilities(pixels)
        features = [None] * len(places)
        if self.explains:
            features = self.detector.features(pixels)
        for place, verdict, probability, row in zip(
            places,
            self.detector.verdicts(probabilities),
            probabilities,
            features,
            strict=True,
        ):
            answers[place] = str(verdict), float(probability), row
        return answers

    def _prepared(self, reading):
        return self.detector.prepared(reading.pixels, reading.quality)

    def _properties(self, reading, notes):
        height, width, _ = reading.pixels.shape
        _, told = self._prepared(reading)
        return {
            "width": width,
            "height": height,
            "format": reading.format,
            "mode": reading.mode,
            "notes": (*notes, *told),
        }


def _moves(path):
    return is_video(path) and not path.is_dir()
