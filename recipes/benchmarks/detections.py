"""`detect` on JPEG files of 256 px, beside Pillow's decoding of them alone.

python -m recipes.benchmarks.detections

Pictures per CPU second (of all threads) after start-up: Pillow's decoding,
which nothing that looks at pictures can exceed; a detector of 1-D spectra by a
support vector machine; and one of the default features. Both cut 64 px out of
the centre and compress them, as the shipped ones do, and both are fitted to
photographs and blurred copies of them: what they decide is of no interest.

Then the CPU seconds of `specgan detect` of one picture as a process of its
own, relative to those of the imports that it needs.
"""

import pathlib
import statistics
import tempfile

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from recipes.benchmarks.start_up import COMMAND
from recipes.benchmarks.start_up import cpu_seconds
from recipes.benchmarks.timing import durations
from recipes.benchmarks.timing import timer
from specgan import data
from specgan.detection import SpectralDetector
from specgan.detection import TrainedDetector
from specgan.detection import detect
from specgan.detection import feature_sets

IMPORTS = "import numpy, PIL.Image, PIL.JpegImagePlugin, PIL.PngImagePlugin"
"""What `detect` needs at the least; Pillow imports these plug-ins at once."""

DETECTORS = {
    "1-D spectra, svm": (["spectrum"], "svm"),
    "default features": (feature_sets.DEFAULT, "logistic_regression"),
}


def main(count=500, training=400, repetitions=7):
    """Measure and print.

    Args:
        count: Files.
        training: Pictures of each kind that the detectors are fitted to.
        repetitions: Turns of each.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = write_files(folder / "pictures", count)
        detectors = {
            name: trained(*arguments, training)
            for name, arguments in DETECTORS.items()
        }
        timers = [timer(lambda: decode(files))]
        for one in detectors.values():
            timers.append(timer(lambda one=one: list(detect(files, one))))
        seconds = np.median(durations(timers, repetitions), axis=0)
        names = ["Pillow's decoding alone", *detectors]
        for name, one in zip(names, seconds, strict=True):
            print(
                f"  {name:<24} {count / one:6.0f} pictures a CPU second, "
                f"{one / seconds[0]:4.1f} times the decoding"
            )
        start_up(detectors, folder, files[0], repetitions)


def write_files(folder, count):
    """Paths of JPEG files of photographs, of 256 px and quality 90."""
    folder.mkdir()
    photographs = data.load_array("photos", image_size=256)
    files = []
    for place in range(count):
        files.append(folder / f"{place:04}.jpg")
        image = Image.fromarray(photographs[place % len(photographs)])
        image.save(files[-1], quality=90)
    return files


def trained(features, classifier, count):
    """A `TrainedDetector` of photographs against blurred copies."""
    features = feature_sets.get(features)
    real = data.load_array("photos", image_size=64)[: 2 * count]
    real, fake = real[::2], real[1::2]
    fake = gaussian_filter(fake.astype(np.float32), (0, 0.4, 0.4, 0))
    rows = [features(real), features(np.rint(fake).astype(np.uint8))]
    detector = SpectralDetector(classifier)
    detector.fit(np.concatenate(rows), np.repeat([0, 1], list(map(len, rows))))
    about = {"matched": {"size": 64, "jpeg": [75, 60, 45]}}
    return TrainedDetector.of(detector, features, about, *rows)


def decode(files):
    """By Pillow."""
    for file in files:
        with Image.open(file) as image:
            image.load()


def start_up(detectors, folder, file, repetitions):
    """Print CPU seconds of processes, the medians of some in turns."""
    programs = {IMPORTS: IMPORTS}
    for place, (name, detector) in enumerate(detectors.items()):
        detector.save(folder / str(place))
        arguments = [
            "detect",
            "--detector",
            f"{folder / str(place)}",
            f"{file}",
        ]
        programs[f"detect, {name}"] = COMMAND.format(arguments)
    seconds = {name: [] for name in programs}
    for _ in range(repetitions):
        for name, program in programs.items():
            seconds[name].append(cpu_seconds(program))
    medians = {name: statistics.median(some) for name, some in seconds.items()}
    for name, median in medians.items():
        print(f"  {name:<66} {median:5.2f} s  {median / medians[IMPORTS]:5.2f}")


if __name__ == "__main__":
    main()
