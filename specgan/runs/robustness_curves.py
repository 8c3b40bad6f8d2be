"""How a detector does on pictures that were altered: `specgan robustness`.

specgan robustness --detector detector --real photographs/ --fake samples/ \\
    --out robustness.png
"""

import json
import warnings
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from specgan import plots
from specgan.detection.matching import differences
from specgan.detection.matching import qualities_of
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbations import robustness
from specgan.detection.reading import LEAST_SIDE
from specgan.detection.reading import read
from specgan.detection.reading import without_remarks
from specgan.detection.spectral_detector import UNSURE
from specgan.runs.detection_commands import chosen_files
from specgan.runs.detection_commands import load_detector
from specgan.runs.detection_commands import prepared
from specgan.runs.detection_commands import progress_bar
from specgan.runs.detection_commands import warn_of_skipped

# Resizing and cropping leave half of it.
_LEAST_SIDE = 2 * LEAST_SIDE


def main(settings):
    """Measure an exported detector on altered pictures; plot and write it.

    Pictures are cut and compressed as those were that it was trained on, and
    altered after that. Above a probability of 1/2, they count as generated.

    Args:
        settings: The arguments of `specgan robustness`.

    Raises:
        ValueError: If there is no detector, or no picture for it.
    """
    out = Path(settings.out)
    if out.suffix != ".png":
        raise ValueError(
            "The curves are written as a picture. Expected a .png file. "
            f"Received: --out {out}."
        )
    detector = load_detector(settings.detector)
    chosen = chosen_files(settings)
    told = differences(chosen["real"], chosen["fake"])
    for sentence in told:
        warnings.warn(sentence, stacklevel=2)
    images = _prepared(chosen, detector, settings)
    steps = 1 + sum(len(one.strengths) for one in PERTURBATIONS.values())
    with progress_bar(steps, "Altering and judging") as progress:

        def probabilities(images):
            answers = detector.probabilities(images)
            progress.update()
            return answers[:, None]

        result = robustness(
            _ByProbability(),
            probabilities,
            images["real"],
            images["fake"],
            unsure=lambda rows: detector.verdicts(rows[:, 0]) == UNSURE,
        )
    print("\n".join(result.lines()))
    counts = {kind: len(some) for kind, some in images.items()}
    title = (
        f"Detector {detector.name} on {counts['real']} real and "
        f"{counts['fake']} generated pictures, altered"
    )
    plots.save(plots.to_pixels(figure(result, title)), out)
    record = {
        "detector": detector.name,
        "real": str(settings.real),
        "fake": str(settings.fake),
        "pictures": counts,
        "seed": settings.seed,
        "differences": told,
        **result.as_dict(),
    }
    out.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


class _ByProbability:
    """A classifier, as scikit-learn has them, of one feature: the answer."""

    classes_ = (0, 1)

    def decision_function(self, rows):
        return rows[:, 0]

    def predict(self, rows):
        return (rows[:, 0] > 0.5).astype(int)


def _prepared(chosen, detector, settings):
    """{kind: pixels, as the detector knows them}."""
    size, qualities = detector.matched["size"], qualities_of(detector.matched)
    draw = np.random.default_rng(settings.seed)
    images, skipped = {kind: [] for kind in chosen}, []
    progress = progress_bar(sum(map(len, chosen.values())), "Reading")
    with progress, without_remarks():
        for kind, paths in chosen.items():
            for readings in read(paths):
                for reading in readings:
                    quality = int(draw.choice(qualities)) if qualities else None
                    pixels, error = prepared(reading, size, quality)
                    if error is None and min(pixels.shape[:2]) < _LEAST_SIDE:
                        error = (
                            f"too small to be halved: of at least "
                            f"{_LEAST_SIDE}x{_LEAST_SIDE} pixels needed"
                        )
                    if error is None:
                        images[kind].append(pixels)
                    else:
                        skipped.append(f"{reading.path} ({error})")
                progress.update(len(readings))
    warn_of_skipped(skipped)
    return images


def figure(result, title):
    """The curves of a `Robustness`, a panel for each perturbation.

    Each starts where nothing happens, in both directions where it has two.
    """
    drawing = Figure(figsize=(9, 5.4), layout="constrained")
    panels = drawing.subplots(2, 3, sharey=True)
    for ax, (name, curve) in zip(
        panels.flat, result.curves.items(), strict=True
    ):
        strengths, order = _along(name, curve)
        measures = {
            "balanced accuracy": [
                result.balanced_accuracy, *curve.balanced_accuracy
            ],
            "AUC": [result.auc, *curve.auc],
            "unsure": [result.unsure, *curve.unsure],
        }  # fmt: skip
        for place, (label, values) in enumerate(measures.items()):
            ax.plot(
                100 * np.array(values)[order], "o-", label=label, markersize=4,
                color=plots.COLOURS[place],
            )  # fmt: skip
        ax.axhline(50, color="grey", linestyle=":", linewidth=1)
        ax.set_xticks(range(len(order)), strengths)
        ax.set_xlabel(curve.unit)
        ax.set_title(name, fontsize="medium")
        ax.set_ylim(-3, 103)
        ax.grid(alpha=0.25)
    for ax in panels[:, 0]:
        ax.set_ylabel("%")
    panels[0, 0].legend(fontsize="small")
    drawing.suptitle(title, fontsize="medium")
    return drawing


def _along(name, curve):
    """Words for a curve's points from one end to the other, and their order.

    That of the points is an array of places, 0 for the pictures as they are.
    """
    words = np.array(["as is", *map(str, curve.strengths)])
    neutral = PERTURBATIONS[name].neutral
    if neutral is None:
        return words, np.arange(len(words))
    beyond = np.array([0.0, *(one - neutral for one in curve.strengths)])
    beyond *= np.sign(beyond[1])  # The first strength stands to the right.
    order = np.argsort(beyond)
    return words[order], order
