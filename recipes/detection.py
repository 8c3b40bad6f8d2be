"""Tell generated from real pictures: `specgan detect`, `train-detector`.

specgan train-detector --real photographs/ --fake samples/ --out detector
specgan detect --detector detector picture.png folder/
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import tqdm
from matplotlib.figure import Figure

from recipes.reading import Reading
from recipes.reading import files
from recipes.reading import read
from recipes.reading import without_remarks
from specgan.callbacks import pictures
from specgan.data.files import folder
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection.export import export_detector
from specgan.detection.matching import compressed
from specgan.detection.matching import differences
from specgan.detection.matching import match
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.protocol import KINDS
from specgan.detection.protocol import Protocol
from specgan.detection.spectral_detector import GENERATED
from specgan.detection.spectral_detector import REAL
from specgan.detection.spectral_detector import UNSURE
from zoo import detectors

# === Detect ===


def detect(settings):
    """Judge pictures, one line each; what cannot be read is told, and skipped.

    Args:
        settings: The arguments of `specgan detect`.

    Returns:
        The exit code: 1 if any picture could not be read, else 0.

    Raises:
        ValueError: If there is no detector, or --explain names a folder that
            holds something.
    """
    name = settings.detector or _first_detector()
    detector = detectors.load_detector(name)
    if settings.explain is not None:
        _require_new(settings.explain)
        Path(settings.explain).mkdir(parents=True, exist_ok=True)
    paths = files(settings.places, besides=settings.explain)
    count = sum(1 for _ in files(settings.places, besides=settings.explain))
    progress = _progress(count, "Detecting")
    number, failed = 0, 0
    with progress, without_remarks():
        for readings in read(paths):
            for reading, probability, verdict in _judged(detector, readings):
                number += 1
                if reading.error is not None:
                    failed += 1
                    progress.write(
                        f"specgan detect: {_shown(reading.path)}: "
                        f"{reading.error}",
                        file=sys.stderr,
                    )
                elif settings.explain is not None:
                    name = f"{number:06}-{reading.path.stem[:60]}.png"
                    figure = explanation(
                        detector, reading, probability, verdict
                    )
                    pictures.save(
                        pictures.to_pixels(figure),
                        Path(settings.explain, name),
                    )
                line = _as_json if settings.json else _as_text
                if settings.json or reading.error is None:
                    progress.write(
                        line(reading, probability, verdict), file=sys.stdout
                    )
            sys.stdout.flush()
            progress.update(len(readings))
    return int(failed > 0)


def _first_detector():
    name = next(iter(detectors.detector_names()), None)
    if name is None:
        raise ValueError(
            "There is no detector. Expected --detector with the folder of one, "
            "or some beside the pretrained models. Received: none. Make one "
            "with `specgan train-detector`."
        )
    return name


def _judged(detector, readings):
    """Triples of a reading, its probability or `None`, and its verdict."""
    places = [
        place
        for place, reading in enumerate(readings)
        if reading.pixels is not None and not reading.is_flat
    ]
    probabilities, verdicts = [None] * len(readings), [UNSURE] * len(readings)
    if places:
        judged = detector.probabilities(
            [readings[place].pixels for place in places]
        )
        for place, probability, verdict in zip(
            places, judged, detector.verdicts(judged), strict=True
        ):
            probabilities[place] = float(probability)
            verdicts[place] = str(verdict)
    return zip(readings, probabilities, verdicts, strict=True)


def _as_json(reading, probability, verdict):
    path = str(reading.path)
    if reading.error is not None:
        return json.dumps({"path": path, "error": reading.error})
    height, width, _ = reading.pixels.shape
    return json.dumps(
        {
            "path": path,
            "verdict": verdict,
            "probability": probability,
            "width": width,
            "height": height,
            "format": reading.format,
            "mode": reading.mode,
            "notes": _notes(reading),
        }
    )


def _as_text(reading, probability, verdict):
    return f"{_shown(reading.path)}: {_in_words(reading, probability, verdict)}"


def _in_words(reading, probability, verdict):
    height, width, _ = reading.pixels.shape
    said = [verdict]
    if probability is not None:
        said.append(f"{probability:.1%} generated")
    what = [f"{width}x{height} {reading.format} {reading.mode}"]
    return f"{', '.join(said)} ({', '.join(what + _notes(reading))})"


def _notes(reading):
    return [*reading.notes, *["flat, without a spectrum"] * reading.is_flat]


def _shown(path):
    """A path on one line, whatever bytes its name is made of."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def explanation(detector, reading, probability, verdict):
    """A picture's spectrum against those that the detector was trained on.

    Args:
        detector: An `ExportedDetector`.
        reading: The picture's `Reading`.
        probability: Of being generated, or `None`.
        verdict: "real", "generated" or "unsure".

    Returns:
        A `Figure`: power over frequency in dB, relative to the band from 1/8
        to 1/4, with the mean and standard deviation of both kinds.
    """
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    ax = figure.subplots()
    kinds = {REAL: pictures.COLOURS[2], GENERATED: pictures.COLOURS[1]}
    for kind, colour in kinds.items():
        mean, spread = detector.reference[kind]
        ax.plot(detector.frequencies, mean, color=colour, label=f"mean {kind}")
        ax.fill_between(
            detector.frequencies, mean - spread, mean + spread, color=colour,
            alpha=0.2, linewidth=0, label=f"{kind}, ±1 sd",
        )  # fmt: skip
    # The last feature is that of the corners, beyond all frequencies here.
    (features,) = detector.features([reading.pixels])
    ax.plot(
        detector.frequencies,
        features[: len(detector.frequencies)],
        color="black",
        label="this picture",
    )
    ax.set_title(
        f"{_plain(reading.path.name[-60:])}\n"
        + _in_words(reading, probability, verdict),
        fontsize="medium",
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
    chosen = _chosen(settings)
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


def _chosen(settings):
    """{kind: some of its files, drawn from all}."""
    places = {"real": settings.real, "fake": settings.fake}
    for kind, place in places.items():
        if not Path(place).is_dir():
            raise ValueError(
                "A detector is trained on folders of pictures. Expected one "
                f"that is there. Received: --{kind} {place}."
            )
    real, fake = (Path(place).resolve() for place in places.values())
    if real.is_relative_to(fake) or fake.is_relative_to(real):
        raise ValueError(
            "Real and generated pictures are mixed up. Expected two folders "
            f"beside each other. Received: --real {settings.real} and --fake "
            f"{settings.fake}, of which one holds the other. Separate them."
        )
    draw = np.random.default_rng(settings.seed)
    chosen = {}
    for kind, place in places.items():
        _, found = folder(Path(place)).pictures()
        order = draw.permutation(len(found))[: settings.num]
        chosen[kind] = [Path(place, found[i][0]) for i in sorted(order)]
    return chosen


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
    skipped = []

    def all_pictures():
        """Each picture, once its features are kept: it is read only once."""
        for kind in KINDS:
            for readings in read(chosen[kind]):
                usable = []
                for reading in readings:
                    pixels, error = _prepared(reading, settings)
                    if error is None:
                        usable.append(pixels)
                    else:
                        skipped.append(f"{_shown(reading.path)} ({error})")
                if usable:
                    rows[kind].append(features(usable))
                yield from usable
                progress.update(len(readings))

    progress = _progress(sum(map(len, chosen.values())), "Measuring")
    with progress, without_remarks():
        group = near_duplicate_groups(all_pictures())
    if skipped:
        more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        warnings.warn(
            f"{len(skipped)} pictures are left out: "
            f"{'; '.join(skipped[:5])}{more}.",
            stacklevel=2,
        )
    for kind, some in rows.items():
        if not some:
            raise ValueError(
                f"No {kind} picture could be used. Expected some of both "
                f"kinds. Received: {len(chosen[kind])} files in "
                f"{getattr(settings, kind)}, all left out, e.g. {skipped[-1]}."
            )
    rows = {kind: np.concatenate(some) for kind, some in rows.items()}
    count = len(rows["real"])
    groups = {"real": group[:count], "fake": group[count:]}
    return rows, groups, skipped


def _prepared(reading: Reading, settings):
    """Pixels and `None`, or `None` and why the picture is left out."""
    if reading.error is not None:
        return None, reading.error
    if reading.is_flat:
        return None, "flat, without a spectrum"
    pixels, size = reading.pixels, settings.match_size
    if size is not None:
        height, width, channels = pixels.shape
        if min(height, width) < size:
            return None, f"{width}x{height}, smaller than --match-size {size}"
        (pixels,) = match([pixels], size, settings.match_jpeg, channels)
    elif settings.match_jpeg is not None:
        pixels = compressed(pixels, settings.match_jpeg)
    return pixels, None


# === Both ===


def _progress(count, description):
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
