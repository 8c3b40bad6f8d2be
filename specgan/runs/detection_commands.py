"""Tell generated from real pictures: `specgan detect`, `train-detector`.

specgan train-detector --real photographs/ --fake samples/ --out detector
specgan detect --detector detector picture.png folder/
"""

import json
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import tqdm
from matplotlib.figure import Figure

from specgan import plots
from specgan.data.jpeg import compressed
from specgan.data.videos import is_video
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection.drawing import drawn_files
from specgan.detection.export import export_detector
from specgan.detection.judging import Judge
from specgan.detection.matching import differences
from specgan.detection.matching import match
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.protocol import KINDS
from specgan.detection.protocol import Protocol
from specgan.detection.reading import files
from specgan.detection.reading import read
from specgan.detection.reading import read_video
from specgan.detection.reading import without_remarks
from specgan.detection.spectral_detector import GENERATED
from specgan.detection.spectral_detector import REAL
from zoo import detectors

# === Detect ===


def detect(settings):
    """Judge pictures and videos, a line each; tell of what cannot be read.

    Args:
        settings: The arguments of `specgan detect`.

    Returns:
        The exit code: 1 if any file could not be read, else 0.

    Raises:
        ValueError: If there is no detector, or --explain names a folder that
            holds something.
    """
    detector = load_detector(settings.detector)
    if settings.explain is not None:
        _require_new(settings.explain)
        Path(settings.explain).mkdir(parents=True, exist_ok=True)
    judge = Judge(detector, settings.frames, settings.explain is not None)
    paths = files(settings.places, settings.explain)
    links = []
    count = sum(1 for _ in files(settings.places, settings.explain, links))
    if links:
        warnings.warn(
            f"Links to folders are not followed: {len(links)}, e.g. "
            f"{_shown(links[0])}. Give these folders themselves.",
            stacklevel=2,
        )
    progress = progress_bar(count, "Detecting")
    number, failed = 0, 0
    with progress, without_remarks():
        for judgements in judge.judge(paths):
            for judgement in judgements:
                number += 1
                path = _shown(judgement.path)
                if judgement.error is not None:
                    failed += 1
                    progress.write(
                        f"specgan detect: {path}: {judgement.error}",
                        file=sys.stderr,
                    )
                elif settings.explain is not None:
                    name = f"{number:06}-{_printable(judgement.path.stem)}.png"
                    plots.save(
                        plots.to_pixels(explanation(detector, judgement)),
                        Path(settings.explain, name),
                    )
                if settings.json:
                    line = json.dumps(judgement.as_dict())
                    progress.write(line, file=sys.stdout)
                elif judgement.error is None:
                    line = f"{path}: {judgement.in_words()}"
                    progress.write(line, file=sys.stdout)
            sys.stdout.flush()
            progress.update(len(judgements))
    return int(failed > 0)


def load_detector(name):
    """An `ExportedDetector` by name or path; the first by name for `None`."""
    if name is None:
        name = next(iter(detectors.detector_names()), None)
    if name is None:
        raise ValueError(
            "There is no detector. Expected --detector with the folder of one, "
            "or some beside the pretrained models. Received: none. Make one "
            "with `specgan train-detector`."
        )
    return detectors.load_detector(name)


def _shown(path):
    """A path on one line, whatever bytes its name is made of."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def _printable(stem):
    """The beginning of a file's name, for that of another file."""
    return "".join(one if one.isprintable() else "_" for one in stem[:60])


def explanation(detector, judgement):
    """A picture's spectrum against those that the detector was trained on.

    Args:
        detector: An `ExportedDetector`.
        judgement: The picture's `Judgement`, or a video's, with features.

    Returns:
        A `Figure`: power over frequency in dB, relative to the band from 1/8
        to 1/4, with the mean and standard deviation of both kinds.
    """
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    ax = figure.subplots()
    kinds = {REAL: plots.COLOURS[2], GENERATED: plots.COLOURS[1]}
    for kind, colour in kinds.items():
        mean, spread = detector.reference[kind]
        ax.plot(detector.frequencies, mean, color=colour, label=f"mean {kind}")
        ax.fill_between(
            detector.frequencies, mean - spread, mean + spread, color=colour,
            alpha=0.2, linewidth=0, label=f"{kind}, ±1 sd",
        )  # fmt: skip
    if judgement.features is not None:  # It is not flat.
        is_picture = judgement.votes is None
        # The last feature is that of the corners, beyond all frequencies here.
        ax.plot(
            detector.frequencies,
            judgement.features[: len(detector.frequencies)],
            color="black",
            label="this picture" if is_picture else "mean of its frames",
        )
    words = textwrap.fill(judgement.in_words(), 80)
    ax.set_title(
        f"{_plain(judgement.path.name[-60:])}\n{words}", fontsize="medium"
    )
    ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    ax.set_ylabel("power relative to 1/8 .. 1/4 cycles per pixel (dB)")
    ax.set_xlim(0, 0.5)
    ax.grid(alpha=0.25)
    ax.legend(fontsize="small", title=f"detector {_plain(detector.name)}")
    return figure


def _plain(text):
    """A name without what matplotlib would take for a formula."""
    return _shown(text).replace("$", r"\$")


# === Train ===


def train_detector(settings):
    """Fit a detector to two folders, judge it honestly, and export it.

    Args:
        settings: The arguments of `specgan train-detector`.

    Raises:
        ValueError: If the folders hold no pictures, or such that something
            else than the generator tells apart; if they are too few.
    """
    _require_new(settings.out)
    chosen = chosen_files(settings, settings.frames)
    told = _comparable(chosen, settings)
    features = SpectralFeatures()
    rows, groups, skipped = _measured(chosen, features, settings)
    detector = SpectralDetector(
        settings.classifier,
        false_positive_rate=settings.false_positive_rate,
        random_state=settings.seed,
    )
    report = Protocol(seed=settings.seed).evaluate(
        detector, rows["real"], rows["fake"], (groups["real"], groups["fake"])
    )
    print("\n".join(report.lines()))
    detector.fit(
        np.concatenate([rows["real"], rows["fake"]]),
        np.repeat([0, 1], [len(rows["real"]), len(rows["fake"])]),
        np.concatenate([groups["real"], groups["fake"]]),
    )
    matched = {"size": settings.match_size, "jpeg": settings.match_jpeg}
    about = {
        "description": f"{settings.classifier}, trained on {settings.real} "
        f"against {settings.fake}",
        "real": str(settings.real),
        "fake": str(settings.fake),
        "matched": matched,
        "frames": settings.frames,
        "group_folders": settings.group_folders,
        "seed": settings.seed,
        "false_positive_rate": settings.false_positive_rate,
        "differences": told,
        "skipped": len(skipped),
        "protocol": report.as_dict(),
    }
    export_detector(
        detector, features, settings.out, about, rows["real"], rows["fake"]
    )
    print(f"{settings.out}: specgan detect --detector {settings.out} ...")


def chosen_files(settings, frames=0):
    """Some files of each kind, drawn from all.

    Args:
        settings: With `real` and `fake`, folders beside each other, `num` and
            `seed`.
        frames: As how many pictures a video counts; 0 passes over videos.

    Returns:
        {kind: paths}.
    """
    places = {"real": settings.real, "fake": settings.fake}
    for kind, place in places.items():
        if not Path(place).is_dir():
            raise ValueError(
                "Detectors are for folders of pictures. Expected one that is "
                f"there. Received: --{kind} {place}."
            )
    real, fake = (Path(place).resolve() for place in places.values())
    if real.is_relative_to(fake) or fake.is_relative_to(real):
        raise ValueError(
            "Real and generated pictures are mixed up. Expected two folders "
            f"beside each other. Received: --real {settings.real} and --fake "
            f"{settings.fake}, of which one holds the other. Separate them."
        )
    draw = np.random.default_rng(settings.seed)
    return {
        kind: drawn_files(place, settings.num, draw, frames)
        for kind, place in places.items()
    }


def _comparable(chosen, settings):
    """What differs between the files, warned of; refused unless matched."""
    told = differences(chosen["real"], chosen["fake"])
    remedies = {
        "The sizes differ": ("--match-size", settings.match_size),
        "The codecs differ": ("--match-jpeg", settings.match_jpeg),
        "The quality tables differ": ("--match-jpeg", settings.match_jpeg),
    }
    for sentence in told:
        for start, (option, value) in remedies.items():
            if sentence.startswith(start) and value is None:
                raise ValueError(
                    "A detector would learn to tell the files apart, not the "
                    f"generator. {sentence} Give {option}, or prepare both "
                    "kinds alike."
                )
        warnings.warn(sentence, stacklevel=2)
    return told


def _measured(chosen, features, settings):
    """Rows and groups by kind, and the files that could not be used."""
    rows = {kind: [] for kind in KINDS}
    sources, skipped = [], {kind: [] for kind in KINDS}

    def all_pictures():
        """Each picture, once its features are kept: it is read only once."""
        for kind in KINDS:
            for readings in _read(chosen[kind], settings.frames, progress):
                usable = []
                for reading in readings:
                    pixels, error = prepared(
                        reading, settings.match_size, settings.match_jpeg
                    )
                    if error is None:
                        usable.append(pixels)
                        sources.append(_source(reading.path, settings))
                    else:
                        skipped[kind].append(
                            f"{_shown(reading.path)} ({error})"
                        )
                if usable:
                    rows[kind].append(features(usable))
                yield from usable

    progress = progress_bar(sum(map(len, chosen.values())), "Measuring")
    with progress, without_remarks():
        # The sources are complete once the pictures are read.
        group = near_duplicate_groups(all_pictures(), sources)
    left_out = [one for some in skipped.values() for one in some]
    warn_of_skipped(left_out)
    for kind, some in rows.items():
        if not some:
            raise ValueError(
                f"No {kind} picture could be used. Expected some of both "
                f"kinds. Received: {len(chosen[kind])} files in "
                f"{getattr(settings, kind)}, all left out, e.g. "
                f"{skipped[kind][0]}."
            )
    rows = {kind: np.concatenate(some) for kind, some in rows.items()}
    count = len(rows["real"])
    groups = {"real": group[:count], "fake": group[count:]}
    return rows, groups, left_out


def _read(paths, frames, progress):
    """Lists of readings of pictures, and then of the frames of videos."""
    for readings in read(path for path in paths if not is_video(path)):
        yield readings
        progress.update(len(readings))
    for path in filter(is_video, paths):
        yield from read_video(path, frames)
        progress.update()


def _source(path, settings):
    """What is held out together."""
    together = settings.group_folders and not is_video(path)
    return str(path.parent if together else path)


def prepared(reading, size, quality):
    """A picture as it is to be measured.

    Args:
        reading: A `Reading`.
        size: Side of the square to cut, or `None`.
        quality: Of JPEG, or `None`.

    Returns:
        Pixels and `None`, or `None` and why the picture is left out.
    """
    if reading.error is not None:
        return None, reading.error
    if reading.is_flat:
        return None, "flat, without a spectrum"
    pixels = reading.pixels
    if size is not None:
        height, width, channels = pixels.shape
        if min(height, width) < size:
            return None, f"{width}x{height}, smaller than {size}x{size}"
        (pixels,) = match([pixels], size, quality, channels)
    elif quality is not None:
        pixels = compressed(pixels, quality)
    return pixels, None


# === Both ===


def warn_of_skipped(skipped):
    """A warning of pictures that are left out: sentences with their paths."""
    if skipped:
        more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        warnings.warn(
            f"{len(skipped)} pictures are left out: "
            f"{'; '.join(skipped[:5])}{more}.",
            stacklevel=3,
        )


def progress_bar(count, description):
    """A bar on the terminal, if it takes longer than a moment."""
    return tqdm.tqdm(
        total=count, desc=description, disable=None, delay=2, leave=False
    )


def _require_new(path):
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(
            f"{path} exists already and is not an empty folder. Expected a "
            "new path, since nothing is overwritten. Choose another one or "
            "remove it first."
        )
