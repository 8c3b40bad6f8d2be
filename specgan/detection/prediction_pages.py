"""Pages of HTML on what a detector says of files, and where it is wrong.

They hold small copies of the pictures, and are whole or not there at all.
"""

import collections
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from specgan import html_page
from specgan.data.box_resizing import box_resized
from specgan.data.jpeg import to_image
from specgan.data.videos import is_video
from specgan.detection.prediction import Prediction
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNSURE
from specgan.detection.whole_pictures import read
from specgan.detection.whole_pictures import read_video
from specgan.files import printable
from specgan.typing import PathLike

THUMBNAILS = 100
"""Pictures on a page of predictions."""

ROWS = 5000
"""Lines of a page's table of files."""

_SIDE = 112  # Pixels of a thumbnail's longer side.
_ORDER = (GENERATED, UNSURE, REAL)


def write_predictions(
    path: PathLike, predictions: Sequence[Prediction], detector: str
) -> pathlib.Path:
    """Write a page on files that a detector was asked about.

    It has the counts of the verdicts, the pictures that are most surely
    generated (at most 100) and a table of all files (at most 5000), in the
    same order, with what each file says of its own making.

    Args:
        path: The page's path; what it held before is replaced.
        predictions: What `detect` gave.
        detector: The detector's name.

    Returns:
        The path.

    Example:
    >>> predictions = list(detect("pictures/", detector))
    >>> write_predictions("report.html", predictions, detector.name)
    """
    known = [one for one in predictions if one.error is None]
    known.sort(key=_surely_generated)
    wrong = [one for one in predictions if one.error is not None]
    sections = [_counts(predictions)]
    if known:
        sections += [_thumbnails_of(known[:THUMBNAILS], len(known))]
        sections += [_files(known)]
    if wrong:
        rows = [(printable(one.path), one.error) for one in wrong[:ROWS]]
        sections.append(
            html_page.section(
                "Files that could not be read",
                _how_many(rows, wrong),
                html_page.table(rows, header=("file", "why"), style="files"),
            )
        )
    return html_page.write(path, f"What {printable(detector)} says", sections)


def write_evaluation(
    path: PathLike,
    title: str,
    lines: Sequence[str],
    paths: Sequence[PathLike],
    labels: ArrayLike,
    probabilities: ArrayLike,
    figure: np.ndarray | None = None,
) -> pathlib.Path:
    """Write a page on how a detector does on pictures of known kinds.

    It has the figure, the table and the pictures that are
    `most_surely_wrong`.

    Args:
        path: The page's path; what it held before is replaced.
        title: A text.
        lines: Those of a table, such as `Report.lines` and `Robustness.lines`.
        paths, labels, probabilities: As for `most_surely_wrong`.
        figure: uint8 [height, width, 3], or `None`.

    Returns:
        The path.

    Raises:
        ValueError: As `most_surely_wrong`.

    Example:
    >>> probabilities = scipy.special.expit(detector.held_out_log_odds_)
    >>> write_evaluation(
    ...     "report.html", "Held-out pictures", report.lines(), paths, labels,
    ...     probabilities,
    ... )
    """
    wrong = most_surely_wrong(paths, labels, probabilities)
    parts = []
    if figure is not None:
        parts.append(html_page.picture(figure, title))
    parts.append(html_page.preformatted(lines))
    sections = [html_page.section("How it does", *parts), *wrong]
    return html_page.write(path, title, sections)


def most_surely_wrong(
    paths: Sequence[PathLike],
    labels: ArrayLike,
    probabilities: ArrayLike,
    count: int = 24,
) -> list[str]:
    """Sections of a page: the pictures on which a detector is surely wrong.

    The real ones that most surely count as generated, and the generated ones
    that most surely count as real. Of several rows with one path, such as the
    frames of a video, the worst is shown.

    Args:
        paths: [n], of pictures and videos.
        labels: [n], 0 for real and 1 for generated.
        probabilities: [n], of being generated, by a detector that was not
            fitted to the picture.
        count: The largest number of pictures of each kind.

    Returns:
        Two texts of HTML, for `html_page.write`.

    Raises:
        ValueError: If there are not as many labels and probabilities as paths.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    if not (len(paths),) == labels.shape == probabilities.shape:
        raise ValueError(
            "Each picture needs its path, label and probability. Expected "
            f"{len(paths)} of each. Received: labels of shape {labels.shape} "
            f"and probabilities of shape {probabilities.shape}."
        )
    sections = []
    for label, kind, wrongly in ((0, REAL, GENERATED), (1, GENERATED, REAL)):
        mine = np.flatnonzero(labels == label)
        # Of being of the other kind.
        wrong = np.abs(probabilities[mine] - label)
        order = mine[np.argsort(-wrong, kind="stable")]
        order = order[: np.sum(wrong > 0.5)]
        worst = {}
        for i in order:
            worst.setdefault(pathlib.Path(paths[i]), i)
        chosen = list(worst.items())[:count]
        shown = html_page.thumbnails(
            (image, name, [name, f"{probabilities[i]:.1%} generated"])
            for (_, i), (image, name) in zip(
                chosen, _thumbnails([path for path, _ in chosen]), strict=True
            )
        )
        sections.append(
            html_page.section(
                f"{kind.capitalize()} pictures that count as {wrongly}",
                html_page.note(
                    f"{len(order)} of {len(mine)}, at a probability of 1/2; "
                    "those that are most surely wrong come first."
                    if len(order)
                    else f"None of {len(mine)}, at a probability of 1/2."
                ),
                shown,
            )
        )
    return sections


def _counts(predictions):
    counts = collections.Counter(
        "not read" if one.error is not None else one.verdict
        for one in predictions
    )
    rows = [(name, counts[name]) for name in (*_ORDER, "not read")]
    return html_page.section(
        "Verdicts",
        html_page.table([*rows, ("all files", len(predictions))], (1,)),
        html_page.note(
            "The probability of being generated holds for pictures like those "
            'that the detector was trained on. "Real" means: nothing of a '
            "generator that it knows was found. What the file itself says "
            "decides nothing."
        ),
    )


def _thumbnails_of(predictions, total):
    return html_page.section(
        "Pictures",
        html_page.note(
            f"{len(predictions)} of {total}; those that are most surely "
            "generated come first."
        ),
        html_page.thumbnails(
            (image, name, [name, *_captions(one)])
            for one, (image, name) in zip(
                predictions,
                _thumbnails([one.path for one in predictions]),
                strict=True,
            )
        ),
    )


def _files(predictions):
    rows = [
        (
            printable(one.path),
            one.verdict,
            _percent(one),
            "; ".join(map(str, one.provenance)),
            f"{one.width}x{one.height} {one.format} {one.mode}",
            ", ".join([*_votes(one), *one.remarks]),
        )
        for one in predictions[:ROWS]
    ]
    header = (
        "file", "verdict", "generated", "the file says", "picture", "remarks",
    )  # fmt: skip
    return html_page.section(
        "Files",
        _how_many(rows, predictions),
        html_page.table(rows, (2,), header, "files"),
    )


def _how_many(rows, predictions):
    left_out = len(predictions) - len(rows)
    more = f"; {left_out} more are left out here" if left_out else ""
    return html_page.note(f"{len(rows)} files{more}.")


def _surely_generated(prediction):
    """What sorts predictions: the most surely generated come first."""
    probability = prediction.probability
    known = -1 if probability is None else probability
    return _ORDER.index(prediction.verdict), -known


def _percent(prediction):
    if prediction.probability is None:
        return ""
    return f"{prediction.probability:.1%}"


def _captions(prediction):
    yield prediction.verdict
    if prediction.probability is not None:
        yield f"{_percent(prediction)} generated"
    if any(statement.generated for statement in prediction.provenance):
        yield "the file says: generated"


def _votes(prediction):
    if prediction.votes is not None:
        yield "frames: " + ", ".join(
            f"{count} {verdict}" for verdict, count in prediction.votes.items()
        )


def _thumbnails(
    paths: Sequence[pathlib.Path],
) -> Iterator[tuple[Image.Image | None, str]]:
    """A small picture, or `None`, and the name of each path.

    They are read once more: to keep all that are seen would take gigabytes.
    """
    readings = _pictures(path for path in paths if not is_video(path))
    for path in paths:
        reading = next(_frame(path) if is_video(path) else readings)
        image = None
        if reading.pixels is not None:  # It may be gone by now.
            image = _thumbnail(reading.pixels)
        del reading  # Before the next is read.
        yield image, printable(path.name)


def _pictures(paths):
    for readings in read(paths):
        yield from readings
        del readings  # Before the next are read.


def _thumbnail(pixels):
    height, width, channels = pixels.shape
    shrinkage = max(height, width) / (8 * _SIDE)
    if shrinkage > 1:  # At the memory of some rows.
        size = (
            max(round(width / shrinkage), 1),
            max(round(height / shrinkage), 1),
        )
        image = box_resized(pixels, size, "L" if channels == 1 else "RGB")
    else:
        image = to_image(pixels)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return image


def _frame(path):
    for readings in read_video(path, 1):
        yield readings[0]
