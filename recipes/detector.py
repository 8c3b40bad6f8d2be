"""The closed loop: does a spectral term deceive detectors, and which?

    specgan train lsgan --data photos --run plain
    specgan train lsgan --data photos --spectral-regularization --run spectral
    python -m recipes.detector plain spectral --out loop

Half of the real images and as many of either GAN's are what detectors have at
first; the other half is what comes later. A *stale* detector is fitted to the
plain GAN's images at first and judges all that comes later. A *fresh* one is
fitted to part of what comes later, and judged on the rest: it knows the GAN
that it is to find. A generator that deceives the stale one has changed its
trace; only one that deceives the fresh one has none in the features.

With --classifier k_means and --paper the detectors are those of Section 4.1 of
Durall et al., 2020: see `specgan.detection.official` before relying on them.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from sklearn.frozen import FrozenEstimator

import specgan.cli.suppress_startup_logs  # noqa: F401
from specgan import plots
from specgan.cli.terminal import Parser
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality
from specgan.cli.terminal import run
from specgan.cli.terminal import seed
from specgan.data.jpeg import compressed
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import bin_frequencies
from specgan.detection.protocol import Protocol
from specgan.files import folder_written_whole
from specgan.runs.run_evaluation import images_of_run

GANS = ("plain", "regularized")
CLASSIFIERS = ("svm", "linear_svm", "logistic_regression", "k_means")


def main(arguments=None):
    """Compare as the command line says. See `terminal.run`."""
    return run(_parser(), compare, arguments)


def compare(settings):
    """Read both runs, judge the detectors, print and write what came out."""
    with folder_written_whole(settings.out) as folder:
        rows = measured(settings)
        reports = judged(rows, settings)
        print("\n".join(table(reports)))
        plots.save(
            plots.to_pixels(figure(rows, settings.paper)),
            folder / "spectra.png",
        )
        record = {
            "arguments": vars(settings),
            "reports": {
                " on ".join(names): report.as_dict()
                for names, report in reports.items()
            },
        }
        text = json.dumps(record, indent=1, default=str) + "\n"
        (folder / "loop.json").write_text(text)
    print(f"\nWritten: {settings.out}/spectra.png and loop.json.")


def measured(settings):
    """Features of the real images and of those of both GANs.

    Returns:
        Dictionary of [images, features] for "real", "plain", "regularized".
    """
    features = SpectralFeatures(official=settings.paper)
    rows = {}
    folders = settings.plain, settings.regularized
    for name, folder in zip(GANS, folders, strict=True):
        wanted = argparse.Namespace(
            run=folder, real=None, num=settings.num, seed=settings.seed,
            image_size=None,
        )  # fmt: skip
        real, fake, _ = images_of_run(wanted)
        for kind, batches in {"real": real, name: fake}.items():
            if kind not in rows:
                print(f"Reading {kind} images", file=sys.stderr, flush=True)
                rows[kind] = _features(batches, features, settings.jpeg)
    return rows


def _features(batches, features, quality):
    def prepared(batch):
        if quality is None:
            return batch
        return np.stack([compressed(image, quality) for image in batch])

    return np.concatenate([features(prepared(batch)) for batch in batches])


def judged(rows, settings):
    """A `Report` for each detector on each GAN.

    Args:
        rows: As `measured` gives them.
        settings: The arguments of this recipe.

    Returns:
        Dictionary of reports by ("stale" or "fresh", name of the GAN).
    """
    detector = SpectralDetector(settings.classifier, random_state=settings.seed)
    protocol = Protocol(seed=settings.seed)
    first = {kind: some[0::2] for kind, some in rows.items()}
    later = {kind: some[1::2] for kind, some in rows.items()}
    stale = SpectralDetector(**detector.get_params()).fit(
        np.concatenate([first["real"], first["plain"]]),
        np.repeat([0, 1], [len(first["real"]), len(first["plain"])]),
    )
    detectors = {"stale": FrozenEstimator(stale), "fresh": detector}
    return {
        (age, gan): protocol.evaluate(some, later["real"], later[gan])
        for age, some in detectors.items()
        for gan in GANS
    }


def table(reports):
    """Lines that set the reports side by side, in percent."""
    names = {
        "balanced_accuracy": "balanced accuracy",
        "auc": "AUC",
        "tpr_at_1_percent_fpr": "TPR at 1 % FPR",
        "expected_calibration_error": "calibration error",
    }
    header = f"{'detector':<10}{'judges':<14}" + "".join(
        f"{name:>20}" for name in [*names.values(), "control, real/real"]
    )
    lines = [header]
    for (age, gan), report in reports.items():
        cells = [report.scores[name] for name in names]
        cells.append(report.controls["real"]["balanced_accuracy"])
        lines.append(
            f"{age:<10}{gan:<14}"
            + "".join(
                f"{f'{100 * one.mean:.1f} ± {100 * one.error:.1f}':>20}"
                for one in cells
            )
        )
    doubts = dict.fromkeys(
        doubt for report in reports.values() for doubt in report.doubts
    )
    return [*lines, *(f"Doubt: {doubt}" for doubt in doubts)]


def figure(rows, paper=False):
    """Mean and spread of the features of the three kinds of images."""
    drawing = Figure(figsize=(7, 4.6), layout="constrained")
    ax = drawing.subplots()
    count = rows["real"].shape[1]
    places = np.arange(count) / count / 2 if paper else bin_frequencies(count)
    for colour, (kind, some) in enumerate(rows.items()):
        mean, spread = (
            values[: len(places)] for values in (some.mean(0), some.std(0))
        )
        ax.plot(places, mean, color=plots.COLOURS[colour], label=kind)
        ax.fill_between(
            places, mean - spread, mean + spread, linewidth=0, alpha=0.15,
            color=plots.COLOURS[colour],
        )  # fmt: skip
    ax.set_title("Spectra of single images: mean, ±1 standard deviation")
    ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    ax.set_ylabel(
        "the released code's feature, relative to its first"
        if paper
        else "power relative to 1/8 .. 1/4 cycles per pixel (dB)"
    )
    ax.set_xlim(0, 0.5)
    ax.grid(alpha=0.25)
    ax.legend()
    return drawing


def _parser():
    parser = Parser(
        prog="python -m recipes.detector",
        description="Stale and fresh detectors against two GANs.",
    )
    parser.add_argument("plain", type=pathlib.Path, help="run of a plain GAN")
    parser.add_argument(
        "regularized", type=pathlib.Path, help="run of a regularized GAN"
    )
    parser.add_argument(
        "--num", type=positive, default=4000, help="images of each kind"
    )
    parser.add_argument(
        "--jpeg", type=quality, metavar="QUALITY",
        help="compress all images alike first",
    )  # fmt: skip
    parser.add_argument("--classifier", choices=CLASSIFIERS, default="svm")
    parser.add_argument(
        "--paper", action="store_true",
        help="the released code's features instead of the corrected ones",
    )  # fmt: skip
    parser.add_argument("--seed", type=seed, default=0)
    parser.add_argument(
        "--out", default="loop", help="new folder for the picture and the JSON"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
