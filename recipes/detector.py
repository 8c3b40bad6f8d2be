"""The closed loop: does a spectral term deceive detectors, and which?

    specgan train lsgan --data photos --run plain
    specgan train lsgan --data photos --spectral-regularization --run spectral
    python -m recipes.detector plain spectral --out loop

All images are split into a first and a later half. A *stale* detector is
fitted to the first half of the real and of the plain GAN's images and judges
the later half of both GANs. A *fresh* detector is fitted to part of the later
half and judged on the rest: it knows the GAN that it has to find. A generator
that deceives the stale detector has changed its trace; only one that deceives
the fresh detector has none in these features.

There is a detector of the 1-D spectrum, one for each row of
`metrics.DetectabilityProfile`, one for each other kind of
`detection.FEATURES`, and one of the kinds together that `specgan
train-detector` uses; with `--paper --classifier
k_means` that of Section 4.1 of Durall et al., 2020, alone (read
`specgan.detection.reference_code` before relying on it).
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan import plots
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality
from specgan.cli.terminal import seed
from specgan.data.jpeg import compressed
from specgan.detection import ColourCoherenceFeatures
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import feature_sets
from specgan.detection.classifiers import linear_classifier
from specgan.detection.protocol import Protocol
from specgan.files import folder_written_whole
from specgan.metrics.detectability_profile import ROWS
from specgan.metrics.detectability_profile import profile_features
from specgan.runs.run_evaluation import images_of_run
from specgan.signal import from_uint8

GANS = ("plain", "regularized")
CLASSIFIERS = ("svm", "linear_svm", "logistic_regression", "k_means")


def main(
    plain,
    regularized,
    num: positive = 4000,
    jpeg: quality = None,
    classifier: CLASSIFIERS = "svm",
    paper=False,
    splits: positive = 10,
    seed: seed = 0,
    out="loop",
):
    """Read both runs, judge the detectors, write what came out."""
    arguments = dict(locals())
    detectors = {"detector": SpectralDetector(classifier, random_state=seed)}
    if not paper:
        detectors |= {name: row.build() for name, row in ROWS.items()}
        detectors |= {name: linear_classifier() for name in kinds()}
    with folder_written_whole(out) as folder:
        rows = {
            kind: features_of(batches, paper, jpeg)
            for kind, batches in images(plain, regularized, num, seed)
        }
        reports = {}
        for name, one in detectors.items():
            view = ROWS[name].features if name in ROWS else name
            if view not in rows["real"]:  # Colours of grey images, and so on.
                continue
            print(f"Fitting {label_of(name)}", file=sys.stderr, flush=True)
            of_view = {kind: some[view] for kind, some in rows.items()}
            protocol = Protocol(splits=splits, seed=seed)
            reports[name] = judged(of_view, one, protocol)
        print("\n".join(table(reports)))
        plots.save(plots.to_pixels(figure(reports)), folder / "loop.png")
        by_name = {
            name: {case: one.as_dict() for case, one in some.items()}
            for name, some in reports.items()
        }
        record = {"arguments": arguments, "reports": by_name}
        (folder / "loop.json").write_text(json.dumps(record, indent=1) + "\n")
    print(f"\nWritten: {out}/loop.png and loop.json.")


def images(plain, regularized, num, seed):
    """Yields (kind, batches of uint8 images): real, and either GAN's."""
    for name, folder in zip(GANS, (plain, regularized), strict=True):
        wanted = argparse.Namespace(
            run=pathlib.Path(folder), real=None, num=num, seed=seed,
            all_real=False, image_size=None,
        )  # fmt: skip
        real, fake, _ = images_of_run(wanted)
        if name == GANS[0]:
            yield "real", real
        yield name, fake


def features_of(batches, paper, jpeg):
    """Features by view, of all images after JPEG of the quality, if any."""
    spectral = SpectralFeatures(reference_code=paper)
    views = []
    for batch in batches:
        if jpeg is not None:
            batch = np.stack([compressed(image, jpeg) for image in batch])
        view = {"detector": spectral(batch)}
        if not paper:
            view |= profile_features(from_uint8(batch)) | {
                name: features.transform(batch)
                for name, features in kinds().items()
                if min(batch.shape[1:3]) >= features.least_size
            }
        views.append(view)
    return {
        name: np.concatenate([view[name] for view in views])
        for name in views[0]
        if batch.shape[-1] == 3
        or ("chroma" not in name and name != ColourCoherenceFeatures.name)
    }


def kinds():
    """{name: features} but the 1-D spectrum, and those used together."""
    several = {
        name: feature_sets.get(name)
        for name in feature_sets.FEATURES
        if name != SpectralFeatures.name
    }
    return several | {"together": feature_sets.get(feature_sets.DEFAULT)}


def judged(rows, detector, protocol):
    """A `Report` by case: "stale on plain", "fresh on regularized" and so on.

    Args:
        rows: Dictionary of [images, features] by kind, of GANS and "real".
        detector: A scikit-learn classifier, not fitted.
        protocol: A `Protocol`.
    """
    first = {kind: some[0::2] for kind, some in rows.items()}
    later = {kind: some[1::2] for kind, some in rows.items()}
    known = [first["real"], first["plain"]]
    stale = clone(detector).fit(
        np.concatenate(known), np.repeat([0, 1], [len(some) for some in known])
    )
    detectors = {"stale": FrozenEstimator(stale), "fresh": detector}
    return {
        f"{age} on {gan}": protocol.evaluate(one, later["real"], later[gan])
        for age, one in detectors.items()
        for gan in GANS
    }


def table(reports):
    """Lines: balanced accuracies of each detector in percent, the control."""
    cases = list(next(iter(reports.values())))
    titles = "".join(f"{title:>22}" for title in [*cases, "real/real"])
    lines = [f"{'balanced accuracy, %':<30}{titles}"]
    for name, some in reports.items():
        accuracies = [some[case].scores["balanced_accuracy"] for case in cases]
        control = some[cases[-1]].controls["real"]["balanced_accuracy"]
        cells = [
            f"{100 * one.mean:.1f} ± {100 * one.error:.1f}".rjust(22)
            for one in [*accuracies, control]
        ]
        lines.append("".join([label_of(name).ljust(30), *cells]))
    doubts = {
        f"{label_of(name)}: {doubt}"
        for name, some in reports.items()
        for report in some.values()
        for doubt in report.doubts
    }
    return [*lines, *(f"Doubt: {doubt}" for doubt in sorted(doubts))]


def label_of(name):
    """What a detector is called in the table and in the picture."""
    if name in ROWS:
        return ROWS[name].label
    if name in feature_sets.FEATURES:
        return feature_sets.FEATURES[name].title
    return {"detector": "1-D spectrum, calibrated"}.get(
        name, "train-detector: kinds together"
    )


def figure(reports):
    """Accuracies: a line for each detector, a mark for each case."""
    drawing = Figure(
        figsize=(8, 1.6 + 0.42 * len(reports)), layout="constrained"
    )
    ax = drawing.subplots()
    places = range(len(reports))
    for age, marker in {"stale": "o", "fresh": "D"}.items():
        for gan, colour in zip(GANS, plots.COLOURS[1:], strict=False):
            estimates = [
                some[f"{age} on {gan}"].scores["balanced_accuracy"]
                for some in reports.values()
            ]
            ax.errorbar(
                [one.mean for one in estimates], places,
                xerr=[one.error for one in estimates], linestyle="none",
                marker=marker, color=colour, label=f"{age} detector, {gan} GAN",
                fillstyle="none" if age == "stale" else "full",
            )  # fmt: skip
    ax.axvline(0.5, color="black", linewidth=0.8)
    ax.set_yticks(places, [label_of(name) for name in reports])
    ax.invert_yaxis()
    ax.set_xlabel("balanced accuracy on later images (0.5: cannot detect)")
    ax.grid(alpha=0.25)
    drawing.legend(loc="outside upper center", ncols=2)
    return drawing


if __name__ == "__main__":
    sys.exit(page.run(main))
