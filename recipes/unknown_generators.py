"""How well generators are found that a detector does not know, in three ways.

    python -m recipes.unknown_generators real/ held/ dcgan/ lsgan/ dragan/ \
        --aligned runs/autoencoder --match-jpeg 75

- A detector trained on the pictures of the other generators.
- `train-detector --aligned`: trained on the real pictures and their
  reconstructions by an auto-encoder.
- `detect --one-class`: how unusual pictures are among the real ones; for the
  two accuracies what is more unusual than 95 % of them counts as generated.

The first two are fitted to half of the real pictures and judged on the other
half, the last is judged on those of `held`. In each cell: real and generated
accuracy and the area under the curve, in percent. Below, for the last way, real
pictures of another kind in place of the generated ones: how many are called
generated.
"""

import json
import pathlib
import sys

import numpy as np

import specgan.cli.suppress_startup_logs  # noqa: F401
from recipes import page
from specgan import data
from specgan import detection
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality
from specgan.cli.terminal import seed
from specgan.detection.file_sampling import sample_files
from specgan.detection.scores import classification_metrics
from specgan.detection.whole_pictures import read
from specgan.files import written_whole
from specgan.runs.named_models import model_of

UNUSUAL = 0.95
"""Share of the real pictures; what is more unusual counts as generated."""

METRICS = ("real_accuracy", "generated_accuracy", "auc")


def main(
    real,
    held,
    *fake,
    aligned=(),
    match_jpeg: quality = None,
    num: positive = 2000,
    seed: seed = 0,
    out="unknown-generators.json",
):
    """Measure all ways; print a table in Markdown, write the JSON."""
    if len(fake) < 2:
        raise ValueError(
            "Each generator is left out once. Expected folders of at least two "
            f"of them. Received: {len(fake)}."
        )
    options = {"num": num, "match_jpeg": match_jpeg, "seed": seed}
    print("Training on the other generators", file=sys.stderr, flush=True)
    training = detection.train_detector(real, fake, **options)
    ways = {"trained on the other generators": training.left_out}
    for name in aligned:
        print(f"Training on {name}", file=sys.stderr, flush=True)
        ways[f"aligned, {pathlib.Path(name).name}"] = detection.train_detector(
            real, fake, aligned=model_of(name), **options
        ).left_out
    print("Comparing with real pictures alone", file=sys.stderr, flush=True)
    usual = shares(training.detector, held)
    ways["real pictures alone"] = {
        name: one_class_metrics(usual, shares(training.detector, folder))
        for name, folder in zip(training.left_out, fake, strict=True)
    }
    others = other_real_pictures(held, num, seed)
    results = {
        "arguments": options,
        "real": training.report.pictures["real"],
        "held": len(usual),
        "ways": {
            way: {
                name: {metric: values[metric] for metric in METRICS}
                for name, values in by_generator.items()
            }
            for way, by_generator in ways.items()
        },
        "other_real_pictures": {
            name: np.mean(shares_of(training.detector, some) > UNUSUAL)
            for name, some in others.items()
        },
    }
    print("\n".join([*table(results), *other_lines(results)]))
    with written_whole(out) as path:
        path.write_text(json.dumps(results, indent=1) + "\n")


def shares(detector, folder):
    """How unusual the pictures of a folder are, each."""
    predictions = detection.detect(folder, detector, one_class=True)
    unusual = [one.unusual for one in predictions]
    return np.array([one.share for one in unusual if one is not None])


def other_real_pictures(folder, num, seed):
    """Real pictures of other kinds, by what they are."""
    draw = np.random.default_rng(seed)
    pictures = [
        np.asarray(reading.pixels)
        for readings in read(sample_files(folder, num, draw))
        for reading in readings
        if reading.error is None
    ]
    size = min(pictures[0].shape[:2])
    return {
        "the same real pictures, perturbed": detection.RandomPerturbations(
            unperturbed=0
        )(pictures, draw),
        "patches of two photographs": list(
            data.load_array("photos", image_size=size, limit=500)
        ),
    }


def shares_of(detector, pictures):
    """`shares` of pictures in memory."""
    prepared = [detector.prepared(picture)[0] for picture in pictures]
    unusual = detector.unusualness(detector.features(prepared))
    return np.array([one.share for one in unusual])


def one_class_metrics(real, fake):
    """`classification_metrics` of how unusual pictures are."""
    scores = np.concatenate([real, fake])
    labels = np.repeat([0, 1], [len(real), len(fake)])
    return classification_metrics(labels, scores > UNUSUAL, scores)


def table(results):
    """Lines of Markdown: a row for each way, a column for each generator."""
    ways = results["ways"]
    names = list(next(iter(ways.values())))
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for way, by_generator in ways.items():
        cells = [
            " / ".join(f"{100 * values[metric]:.1f}" for metric in METRICS)
            for values in by_generator.values()
        ]
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return lines


def other_lines(results):
    """Lines of Markdown: how many other real pictures are called generated."""
    return [
        "",
        "| real pictures of another kind | called generated |",
        "|---|---:|",
        *(
            f"| {name} | {100 * share:.1f} |"
            for name, share in results["other_real_pictures"].items()
        ),
    ]


if __name__ == "__main__":
    sys.exit(page.run(main))
