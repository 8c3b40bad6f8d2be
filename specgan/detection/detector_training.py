"""From two folders of pictures to a detector and how well it does."""

import dataclasses
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from specgan.data.progress import progress_bar
from specgan.data.videos import is_video
from specgan.detection.file_sampling import sample_both_kinds
from specgan.detection.matching import differences
from specgan.detection.matching import matched_pixels
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.protocol import KINDS
from specgan.detection.protocol import Protocol
from specgan.detection.protocol import Report
from specgan.detection.spectral_detector import SpectralDetector
from specgan.detection.spectral_features import SpectralFeatures
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.whole_pictures import read
from specgan.detection.whole_pictures import read_video
from specgan.files import printable
from specgan.files import require_new_folder
from specgan.typing import PathLike


@dataclasses.dataclass(frozen=True)
class Training:
    """What `train_detector` returns.

    Args:
        detector: The `TrainedDetector`, of all pictures.
        report: The `Report` of the protocol: how it does on held-out ones.
        differences: Sentences: how real and fake files differ other than by
            what they show.
        skipped: Sentences: which files could not be used, and why.
    """

    detector: TrainedDetector
    report: Report
    differences: list
    skipped: list


def train_detector(
    real: PathLike,
    fake: PathLike,
    out: PathLike | None = None,
    *,
    classifier: str = "svm",
    num: int = 2000,
    frames: int = 16,
    group_folders: bool = False,
    match_size: int | None = None,
    match_jpeg: int | None = None,
    false_positive_rate: float | None = None,
    seed: int = 0,
) -> Training:
    """Train a detector on two folders, and measure it on held-out pictures.

    Pictures that are nearly the same are held out together, as are the frames
    of a video. What could separate the files besides what they show is
    refused or, if it was matched, warned of.

    Args:
        real: Folder of real pictures or videos, searched with all folders
            below it.
        fake: Folder of generated ones, likewise.
        out: Folder for the detector that does not exist yet, or is empty;
            `None` writes nothing.
        classifier: "svm", "linear_svm" or "logistic_regression".
        num: Maximum number of pictures of each kind, drawn from all.
        frames: How many to read of a video, at equal distances.
        group_folders: Whether pictures of one folder are held out together.
        match_size: Side in pixels of a square that is cut out of each picture,
            at least 16; `None` leaves sizes alone.
        match_jpeg: Quality of JPEG at which each is compressed; `None` leaves
            them as they are.
        false_positive_rate: As for `SpectralDetector`.
        seed: Integer from 0, of the drawing and the splits.

    Returns:
        A `Training`.

    Raises:
        ValueError: If there is something at `out`, the folders hold no
            pictures or too few, or something other than the generator separates
            them apart.

    Example:
    >>> training = train_detector("photographs/", "samples/", "detector")
    >>> print("\\n".join(training.report.lines()))
    >>> for prediction in detect("pictures/", training.detector):
    ...     print(prediction.path, prediction.to_text())
    """
    if out is not None:
        require_new_folder(out)
    files = sample_both_kinds(real, fake, num, seed, frames)
    found = _check_comparable(files, match_size, match_jpeg)
    features = SpectralFeatures()

    def source(path):
        """What is held out together."""
        together = group_folders and not is_video(path)
        return str(path.parent if together else path)

    def prepared(reading):
        return matched_pixels(reading, match_size, match_jpeg)

    rows, groups, skipped = _measure(files, frames, features, prepared, source)
    detector = SpectralDetector(
        classifier, false_positive_rate=false_positive_rate, random_state=seed
    )
    report = Protocol(seed=seed).evaluate(
        detector, rows["real"], rows["fake"], (groups["real"], groups["fake"])
    )
    detector.fit(
        np.concatenate([rows["real"], rows["fake"]]),
        np.repeat([0, 1], [len(rows["real"]), len(rows["fake"])]),
        np.concatenate([groups["real"], groups["fake"]]),
    )
    about = {
        "description": f"{classifier}, trained on {real} against {fake}",
        "real": str(real),
        "fake": str(fake),
        "matched": {"size": match_size, "jpeg": match_jpeg},
        "frames": frames,
        "group_folders": group_folders,
        "seed": seed,
        "false_positive_rate": false_positive_rate,
        "differences": found,
        "skipped": len(skipped),
        "protocol": report.as_dict(),
    }
    name = "" if out is None else Path(out).resolve().name
    trained = TrainedDetector.of(
        detector, features, about, rows["real"], rows["fake"], name
    )
    if out is not None:
        trained.save(out)
    return Training(trained, report, found, skipped)


def _check_comparable(files, match_size, match_jpeg):
    """How the files differ; refused unless it is matched, else warned of."""
    found = differences(files["real"], files["fake"])
    remedies = {
        "The sizes differ": ("match_size", "--match-size", match_size),
        "The codecs differ": ("match_jpeg", "--match-jpeg", match_jpeg),
        "The quality tables differ": ("match_jpeg", "--match-jpeg", match_jpeg),
    }
    for sentence in found:
        for start, (argument, option, value) in remedies.items():
            if sentence.startswith(start) and value is None:
                raise ValueError(
                    "A detector would learn to separate the files, not the "
                    f"generator. {sentence} Give `{argument}` ({option}), or "
                    "prepare both kinds alike."
                )
        warnings.warn(sentence, stacklevel=3)
    return found


def _measure(files, frames, features, prepared, source):
    """Rows and groups by kind, and the files that could not be used."""
    rows = {kind: [] for kind in KINDS}
    sources, skipped = [], {kind: [] for kind in KINDS}

    def all_pictures():
        """Each picture, once its features are kept: it is read only once."""
        for kind in KINDS:
            for readings in _read(files[kind], frames, progress):
                usable = []
                for reading in readings:
                    pixels, error = prepared(reading)
                    if error is None:
                        usable.append(pixels)
                        sources.append(source(reading.name))
                    else:
                        path = printable(reading.name)
                        skipped[kind].append(f"{path} ({error})")
                if usable:
                    rows[kind].append(features(usable))
                yield from usable

    progress = progress_bar("Measuring", total=sum(map(len, files.values())))
    with progress:
        # The sources are complete once the pictures are read.
        group = near_duplicate_groups(all_pictures(), sources)
    all_skipped = [one for some in skipped.values() for one in some]
    warn_of_skipped(all_skipped)
    for kind, some in rows.items():
        if not some:
            raise ValueError(
                f"No {kind} picture could be used. Expected some of both "
                f"kinds. Received: {len(files[kind])} files, all left out, "
                f"e.g. {skipped[kind][0]}."
            )
    joined = {kind: np.concatenate(some) for kind, some in rows.items()}
    count = len(joined["real"])
    groups = {"real": group[:count], "fake": group[count:]}
    return joined, groups, all_skipped


def _read(paths, frames, progress):
    """Lists of readings of pictures, and then of the frames of videos."""
    for readings in read(path for path in paths if not is_video(path)):
        yield readings
        progress.update(len(readings))
    for path in filter(is_video, paths):
        yield from read_video(path, frames)
        progress.update()


def warn_of_skipped(skipped: Sequence[str]) -> None:
    """A warning of pictures that are left out: sentences with their paths."""
    if skipped:
        more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        warnings.warn(
            f"{len(skipped)} pictures are left out: "
            f"{'; '.join(skipped[:5])}{more}.",
            stacklevel=4,
        )
