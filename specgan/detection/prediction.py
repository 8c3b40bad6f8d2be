import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from specgan.detection.unusualness import Unusualness
from specgan.detection.verdicts import UNSURE


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a detector says of a file, or why the file could not be read.

    Args:
        path: The file's.
        verdict: "real", "generated" or "unsure"; `None` if it was not asked
            for, but how unusual the file is. "usual" or "unusual" of a
            detector that knows real pictures alone, `None` without a spectrum.
        probability: Of being generated, of a video the mean over its frames;
            `None` without a spectrum or a verdict.
        features: The picture's, or their mean over the frames: [length];
            `None` without a spectrum, or if they are not asked for.
        width, height: In pixels.
        format: Name of the codec: Pillow's, of a video FFmpeg's.
        mode: Name of the colours in the file: Pillow's, of a video FFmpeg's.
        remarks: Sentences in short: what of the file was not read, or altered,
            how it was prepared, and how it still differs from what the
            detector was trained on.
        provenance: What the file says of its own making: `Statement`s of
            `detection.provenance`. The verdict does not depend on them.
        votes: Of a video: {verdict: number of frames}; empty without verdicts.
        unusual: The `Unusualness` of a picture among real ones, of a video
            that of its median frame; `None` without a spectrum, or with a
            verdict other than "usual" or "unusual".
        error: Why it could not be read, or `None`.
    """

    path: Path
    verdict: str | None = UNSURE
    probability: float | None = None
    features: np.ndarray | None = None
    width: int = 0
    height: int = 0
    format: str = ""
    mode: str = ""
    remarks: tuple = ()
    provenance: tuple = ()
    votes: dict | None = None
    unusual: Unusualness | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """All of it except the features, such that JSON can write it."""
        if self.error is not None:
            return {"path": str(self.path), "error": self.error}
        unusual = self.unusual and self.unusual._asdict()
        if self.verdict is None:
            answer = {"unusual": unusual}
        elif unusual is not None:
            answer = {"verdict": self.verdict, "unusual": unusual}
        else:
            answer = {"verdict": self.verdict, "probability": self.probability}
        votes = {"votes": self.votes} if self.votes else {}
        return {
            "path": str(self.path),
            **answer,
            **votes,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "mode": self.mode,
            "notes": list(self.remarks),
            "provenance": [one._asdict() for one in self.provenance],
        }

    def to_text(self) -> str:
        """The same in one line, without the path; or the error."""
        if self.error is not None:
            return self.error
        text = "".join(f"{statement}; " for statement in self.provenance)
        text += self._answer()
        file = f"{self.width}x{self.height} {self.format} {self.mode}"
        return f"{text} ({', '.join([file, *self.remarks])})"

    def _answer(self):
        if self.verdict is None:
            return str(self.unusual or "nothing to compare with real pictures")
        text = self.verdict
        if self.unusual is not None:
            return f"{text}, {self.unusual}"
        if self.probability is not None:
            text += f", {self.probability:.1%} generated"
            if self.votes is not None:
                counts = ", ".join(
                    f"{count} {verdict}"
                    for verdict, count in self.votes.items()
                )
                text += (
                    f" on average of {sum(self.votes.values())} frames: "
                    f"{counts}"
                )
        return text
