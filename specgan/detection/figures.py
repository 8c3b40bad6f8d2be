"""Figures of what detectors say: a file's spectrum, curves of robustness."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from specgan import plots
from specgan.detection.perturbations import PERTURBATIONS
from specgan.detection.perturbed_pictures import Robustness
from specgan.detection.prediction import Prediction
from specgan.detection.trained_detector import TrainedDetector
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.files import printable


def explanation(detector: TrainedDetector, prediction: Prediction) -> Figure:
    """A picture's spectrum against those that the detector was trained on.

    Args:
        detector: A `TrainedDetector`.
        prediction: The picture's `Prediction`, or a video's, with features.

    Returns:
        A `Figure`: power over frequency in dB, relative to the band from 1/8
        to 1/4, with the mean and standard deviation of both kinds.
    """
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    ax = figure.subplots()
    kinds = {REAL: plots.COLOURS[2], GENERATED: plots.COLOURS[1]}
    for kind, (mean, spread) in detector.reference.items():
        colour = kinds[kind]
        ax.plot(detector.frequencies, mean, color=colour, label=f"mean {kind}")
        ax.fill_between(
            detector.frequencies, mean - spread, mean + spread, color=colour,
            alpha=0.2, linewidth=0, label=f"{kind}, ±1 sd",
        )  # fmt: skip
    if prediction.features is not None:  # It is not flat.
        is_picture = prediction.votes is None
        ax.plot(
            detector.frequencies,
            detector.profiles(prediction.features),
            color="black",
            label="this picture" if is_picture else "mean of its frames",
        )
    words = textwrap.fill(prediction.to_text(), 80)
    ax.set_title(
        f"{_plain(prediction.path.name[-60:])}\n{words}", fontsize="medium"
    )
    ax.set_xlabel("frequency (cycles per pixel; Nyquist 0.5)")
    ax.set_ylabel("power relative to 1/8 .. 1/4 cycles per pixel (dB)")
    ax.set_xlim(0, 0.5)
    ax.grid(alpha=0.25)
    ax.legend(fontsize="small", title=f"detector {_plain(detector.name)}")
    return figure


_CURVES = {
    "auc": ("AUC", "o-", plots.COLOURS[0]),
    "real_accuracy": ("real correct", "s-", plots.COLOURS[2]),
    "generated_accuracy": ("generated correct", "D-", plots.COLOURS[1]),
    "control_auc": ("control: AUC, real against real", "o-", "grey"),
    "unsure": ("unsure", "--", plots.COLOURS[3]),
}


def robustness_curves(result: Robustness, title: str) -> Figure:
    """The curves of a `Robustness`, a panel for each perturbation.

    Each starts where nothing happens, in both directions where it has two.
    Bars are standard errors, of two to each side.
    """
    rows = -(-(len(result.curves) + 1) // 4)
    drawing = Figure(figsize=(12, 0.6 + 2.9 * rows), layout="constrained")
    panels = drawing.subplots(rows, 4, sharey=True, squeeze=False)
    shown = [name for name in _CURVES if name in result.scores]
    for ax, (name, curve) in zip(
        panels.flat, result.curves.items(), strict=False
    ):
        strengths, order = _along(name, curve)
        points = [result.scores, *curve.scores]
        points = [points[place] for place in order]
        for metric in shown:
            label, style, colour = _CURVES[metric]
            ax.errorbar(
                range(len(order)),
                100 * np.array([scores[metric].mean for scores in points]),
                200 * np.array([scores[metric].error for scores in points]),
                fmt=style, label=label, color=colour, markersize=4,
                linewidth=1.2, elinewidth=1, capsize=2,
            )  # fmt: skip
        ax.set_xticks(range(len(order)), strengths)
        ax.set_xlabel(curve.unit)
        ax.set_title(name, fontsize="medium")
        ax.set_ylim(-3, 103)
        ax.grid(alpha=0.25)
    for ax in panels[:, 0]:
        ax.set_ylabel("%")
    free = panels.flat[len(result.curves) :]
    for ax in free:
        ax.set_axis_off()
    handles, labels = panels[0, 0].get_legend_handles_labels()
    free[-1].legend(
        handles, labels, loc="center", frameon=False,
        title="bars: 2 standard errors\nto each side",
    )  # fmt: skip
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


def _plain(text):
    """A name without what matplotlib would take for a formula."""
    return printable(text).replace("$", r"\$")
