"""Figures 10 and 11: spectra that the paper's detectors see, and controls.

    python -m recipes.paper.detection_spectra RUN ... --real heldout/ \
        --crop 64 --crop-offset 5 0 --out detection_spectra

Mean and standard deviation of the 1-D spectra that the paper's Section 4.1
classifies, as its released code computes them: the mean over rings of 20 ln of
the amplitude of 8-bit grey levels, raw (as for Faces-HQ, Figure 10) and
interpolated and divided by its first value (as for FaceForensics++,
Figure 11). The paper reads from such curves that real and generated images
can be told apart. The controls are real images alone: other ones treated alike,
and the same with something done to them that is not generation (fewer columns,
half the contrast, JPEG, the values of [-1, 1]). Logistic regression of
standardized values separates each set from the real images, 80 to 20, ten
times; `recipes.paper.table_1` has the paper's classifiers.

Reference:
- Durall et al., 2020, Section 4.1 (https://arxiv.org/abs/2003.01826)
"""

import itertools
import sys

import numpy as np
from matplotlib.figure import Figure
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.model_selection import cross_val_score

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from recipes.paper import generated_images
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.data.jpeg import compressed
from specgan.detection import reference_code
from specgan.detection.classifiers import linear_classifier
from specgan.plots.style import COLOURS

NAME = "detection_spectra"

LENGTH = 300
"""Values after the interpolation, as for FaceForensics++."""

QUALITY = 75


def main(
    *runs,
    real="photos",
    data_dir: str = None,
    crop: positive = None,
    crop_offset=(0, 0),
    num: positive = 1000,
    seed: seed = 0,
    out=NAME,
):
    """Compute all profiles, print the table, draw the figure."""
    record = measured(
        generated_images.expanded(runs), num, seed,
        source=real, data_dir=data_dir, crop=crop, crop_offset=crop_offset,
    )  # fmt: skip
    figures = {f"{NAME}.png": figure_of(record)}
    print(page.write(out, NAME, record, table(record), figures))


def measured(names, num, seed, source, **framing):
    """Profiles of all sets of images.

    Returns:
        Dictionary for JSON: "sets" of name, kind ("real", "control" or
        "generated"), mean and spread of both features, and the accuracy
        against the first set.

    Raises:
        ValueError: If there is no generator, or too few real images.
    """
    if not names:
        raise ValueError(
            "There is no generator to compare. Expected run folders or names "
            "of `specgan list`. Received none."
        )
    real, results = None, []
    for name in names:
        model, about = generated_images.generator(name)
        if real is None:
            images, others = generated_images.real_images(
                model, num, source, **framing
            )
            real = features(images)
            results.append(_result("real images", "real", real, None, seed))
            for title, treated in controls(others).items():
                results.append(
                    _result(title, "control", features(treated), real, seed)
                )
        generated = features(generated_images.samples(model, num, seed))
        title = f"{about.model}, {about.unit}, {about.remedy}"
        results.append(_result(title, "generated", generated, real, seed))
    protocol = {"real": str(source), **framing, "num": num, "seed": seed}
    return {"protocol": protocol, "sets": results}


def controls(images):
    """Real images with something done to them, by what it is."""
    columns = images.shape[2]
    cut = columns // 8
    grey = reference_code.grey_levels(images).astype(np.float64)
    return {
        "other real images": images,
        f"real, {cut} columns fewer": images[:, :, cut // 2 : cut // 2 - cut],
        "real, half the contrast": (images / 2 + 64).astype(np.uint8),
        f"real, JPEG of quality {QUALITY}": np.stack(
            [compressed(image, QUALITY) for image in images]
        ),
        "real, values in [-1, 1]": (grey / 127.5 - 1)[..., None],
    }


def features(images):
    """{"raw": [n, K], "normalized": [n, 300]} of images.

    Args:
        images: `[n, height, width, channels]`: uint8, or grey values as they
            are.
    """
    is_pixels = images.dtype == np.uint8
    grey = reference_code.grey_levels(images) if is_pixels else images[..., 0]
    raw = reference_code.durall_spectrum(grey)
    matrix = reference_code.cubic_interpolation(raw.shape[1], LENGTH)
    normalized = raw @ matrix.T
    return {"raw": raw, "normalized": normalized / normalized[:, :1]}


def _result(title, kind, found, real, seed):
    """Mean and spread of features, and how well they are recognized."""
    result = {"name": title, "kind": kind}
    for name, rows in found.items():
        result[name] = {
            "mean": [float(f"{x:.5g}") for x in rows.mean(axis=0)],
            "spread": [float(f"{x:.5g}") for x in rows.std(axis=0)],
        }
        # Of another size the raw profile has another length.
        if real is not None and rows.shape[1] == real[name].shape[1]:
            scores = accuracies(real[name], rows, seed)
            result[name]["accuracy"] = float(np.mean(scores))
            result[name]["deviation"] = float(np.std(scores, ddof=1))
    return result


def accuracies(real, other, seed):
    """Accuracies of logistic regression on ten random fifths."""
    rows = np.concatenate([real, other])
    labels = np.repeat([0, 1], [len(real), len(other)])
    splits = StratifiedShuffleSplit(10, test_size=0.2, random_state=seed)
    return cross_val_score(linear_classifier(C=1.0), rows, labels, cv=splits)


def table(record):
    """Lines of Markdown: how often each set is recognized."""
    yield "| images | Figure 10: raw | Figure 11: divided by the first value |"
    yield "|---|---:|---:|"
    for one in record["sets"][1:]:
        cells = [
            f"{one[name]['accuracy']:.1%} ± {one[name]['deviation']:.1%}"
            if "accuracy" in one[name]
            else "another length"
            for name in ("raw", "normalized")
        ]
        yield f"| {one['name']} | {cells[0]} | {cells[1]} |"


def figure_of(record):
    """Figure 10 above, 11 below; generated images left, controls right.

    Args:
        record: What `measured` gives.

    Returns:
        A `Figure`.
    """
    figure = Figure(figsize=(13, 9), layout="constrained")
    grid = figure.subplots(2, 2, sharex="row", sharey="row")
    titles = {
        "raw": ("Figure 10", "mean of 20 ln |F|, ±1 sd"),
        "normalized": ("Figure 11", "divided by the first value, ±1 sd"),
    }
    for row, (name, (title, label)) in zip(grid, titles.items(), strict=True):
        for axes, kind in zip(row, ("generated", "control"), strict=True):
            colours = itertools.chain(COLOURS[:1], itertools.cycle(COLOURS[1:]))
            shown = [
                one
                for one in record["sets"]
                # Far from the others, by the units alone.
                if one["kind"] in ("real", kind)
                and not (name == "raw" and "[-1, 1]" in one["name"])
            ]
            for one, colour in zip(shown, colours, strict=False):
                mean, spread = (
                    np.array(one[name][what]) for what in ("mean", "spread")
                )
                x = np.arange(1, len(mean) + 1)
                axes.plot(
                    x, mean, color=colour, label=one["name"],
                    linewidth=3 if one["kind"] == "real" else 1.5,
                )  # fmt: skip
                axes.fill_between(
                    x, mean - spread, mean + spread, color=colour, alpha=0.1,
                    linewidth=0,
                )  # fmt: skip
            which = (
                "generated images" if kind == "generated" else "real ones alone"
            )
            axes.set_title(f"{title}: {which}")
            axes.set_xlabel("ring" if name == "raw" else "value of 300")
            axes.set_ylabel(label)
            axes.grid(alpha=0.25)
            axes.legend(fontsize="small")
    return figure


if __name__ == "__main__":
    sys.exit(page.run(main))
