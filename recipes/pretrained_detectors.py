"""The detectors of saved_models/, each made and judged by one command.

    python -m recipes.pretrained_detectors detector-celeba64 \
        --data celeba10k_89x109.zip --out saved_models

Real images of a data set against those of this project's generators that were
trained on it. Either kind is compressed alike: the quality of each picture is
drawn from the same few. Half of the pictures train, by the protocol and then
all together; the other half tells how the detector does on a generator that it
has not seen, on pictures that were altered, and on such as it was not made
for. All figures of the card come from here.
"""

import dataclasses
import pathlib
import sys

import numpy as np

import specgan.cli.suppress_startup_logs  # noqa: F401
import zoo
from specgan import data
from specgan.cli.terminal import Parser
from specgan.cli.terminal import positive
from specgan.cli.terminal import run
from specgan.cli.terminal import seed
from specgan.data.jpeg import compressed
from specgan.detection import SpectralDetector
from specgan.detection import SpectralFeatures
from specgan.detection import TrainedDetector
from specgan.detection.near_duplicates import near_duplicate_groups
from specgan.detection.perturbations import robustness
from specgan.detection.protocol import Protocol
from specgan.detection.scores import measures
from specgan.detection.scores import positive_probabilities
from specgan.detection.scores import positive_scores
from specgan.detection.verdicts import GENERATED
from specgan.detection.verdicts import REAL
from specgan.detection.verdicts import UNSURE
from specgan.signal import to_uint8


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a detector is trained on.

    Args:
        description: A line for `specgan list`.
        generators: Names of pretrained generators.
        framing: Arguments of `data.load_array`, how they were trained.
        qualities: Of JPEG, one of which is drawn for each picture.
        history: What happened to the real pictures before.
        licence: Of the data, and so of what is learned from them.
    """

    description: str
    generators: tuple
    framing: dict
    qualities: tuple
    history: str
    licence: str


PLANS = {
    "detector-celeba64": Plan(
        "faces of 64 px, as JPEG: CelebA against this project's GANs",
        (
            "dcgan-celeba64-spectral",
            "lsgan-celeba64-spectral",
            "dragan-celeba64-spectral",
        ),
        {"image_size": 64, "crop": 64, "crop_offset": (5, 0)},
        (75, 60, 45),
        "The real ones are cut out of JPEG files of quality 75; no quality "
        "above that is drawn. They have been compressed twice, the generated "
        "ones once, after training on the former.",
        "CelebA is for non-commercial research only, and so is this detector.",
    ),
    "detector-fashion32": Plan(
        "grey clothes of 32 px, as JPEG: Fashion-MNIST against this project's "
        "GANs",
        (
            "lsgan-fashion32-spectral",
            "dragan-fashion32-spectral",
            "wgangp-fashion32-spectral",
        ),
        {"image_size": 32, "channels": 1},
        (90, 75, 60, 45),
        "Fashion-MNIST itself was never compressed; it was resized from 28 to "
        "32 px, as for the generators' training.",
        "Fashion-MNIST: MIT licence.",
    ),
}

CARD = """# {name}

{description}

```python
import zoo

detector = zoo.load_detector("{name}")
picture, remarks = detector.prepared(picture)  # uint8 [height, width, channels]
probability = detector.probabilities([picture])[0]  # of being generated
```

or `specgan detect --detector {name} FILE...`, which prepares pictures itself:
cut to {size}x{size} and compressed, as those were that it was trained on.

Made and judged by `python -m recipes.pretrained_detectors {name}`: spectra of
single pictures in {length} bands, an SVM, a sigmoid fitted to held-out scores.
{count} real and {count} generated pictures, the latter of {generators} alike.
Each is compressed as JPEG at a quality drawn from {qualities}. {history}

## How it does

On pictures like these ({protocol}; in percent, with standard errors):

```
{table}
```

On {held} real and {held} generated pictures that it never saw ({known:.0%}
right if the kinds weigh alike), and as they are altered:

```
{robustness}
```

What it says of pictures as it knows them, held out, in percent:

| pictures | how many | real | unsure | generated |
|---|---|---|---|---|
{familiar}

## Where it fails

**A generator it does not know.** Trained without one of them, and judged on
that one, in percent:

| left out | balanced accuracy | AUC |
|---|---|---|
{unseen}

**Pictures that it was not made for.** Its verdicts, in percent; they mean
nothing, least of all "real":

| pictures | how many | real | unsure | generated |
|---|---|---|---|---|
{out_of_distribution}

It knows the spectra of a few small, young GANs and of one data set, and
nothing of what a picture shows. A picture of another size, camera, codec or
generator may get any answer, and with a probability far from 1/2. "Not
generated" it never means: only "not by one of these".

{licence}
"""


def main(arguments=None):
    """Make a detector as the command line says. See `terminal.run`."""
    return run(_parser(), make, arguments)


def make(settings):
    """Make a detector, with its card."""
    plan = PLANS[settings.name]
    draw = np.random.default_rng(settings.seed)
    features = SpectralFeatures()
    real, fake, rest = pictures(plan, settings, draw)
    half = settings.num
    rows = {"real": features(real)}
    rows |= {name: features(some) for name, some in fake.items()}

    _tell("Protocol")
    known = np.concatenate([_first(some, fake) for some in fake.values()])
    groups = near_duplicate_groups([*real[:half], *known])
    fake_rows = np.concatenate([_first(rows[name], fake) for name in fake])
    report = Protocol(seed=settings.seed).evaluate(
        SpectralDetector(), rows["real"][:half], fake_rows,
        (groups[:half], groups[half:]),
    )  # fmt: skip
    print("\n".join(report.lines()))

    _tell("Generators left out")
    unseen = {
        name: _left_out(name, rows, half, fake) for name in plan.generators
    }
    _tell("The detector, and pictures that are altered")
    detector = _fitted(rows["real"][:half], fake_rows)
    later = np.concatenate([some[len(some) // 2 :] for some in fake.values()])
    altered = robustness(
        detector, features, real[half:], later,
        unsure=lambda some: detector.verdict(some) == UNSURE,
    )  # fmt: skip
    about = {
        "description": plan.description,
        "generators": plan.generators,
        "matched": {
            "size": plan.framing["image_size"], "jpeg": plan.qualities
        },
        "history": plan.history,
        "licence": plan.licence,
        "seed": settings.seed,
        "protocol": report.as_dict(),
        "generators left out": unseen,
        "robustness": altered.as_dict(),
    }  # fmt: skip
    out = pathlib.Path(settings.out, settings.name)
    trained = TrainedDetector.of(
        detector, features, about, rows["real"][:half], fake_rows
    )
    familiar = {"real": real[half:]} | {
        f"generated by {name}": some[len(some) // 2 :]
        for name, some in fake.items()
    }
    unknown = out_of_distribution(plan, rest, settings, draw)
    card = CARD.format(
        name=settings.name,
        description=plan.description,
        length=features.length,
        count=half,
        generators=", ".join(plan.generators),
        qualities=", ".join(map(str, plan.qualities)),
        history=plan.history,
        protocol=report.lines()[0],
        table="\n".join(report.lines()[1:]),
        held=len(later),
        known=altered.balanced_accuracy,
        robustness="\n".join(altered.lines()),
        unseen="\n".join(
            f"| {name} | {100 * one['balanced_accuracy']:.1f} "
            f"| {100 * one['auc']:.1f} |"
            for name, one in unseen.items()
        ),
        size=plan.framing["image_size"],
        familiar=verdicts(trained, familiar),
        out_of_distribution=verdicts(trained, unknown),
        licence=plan.licence,
    )
    trained.save(out, card, saved_model=True)
    print(f"Written: {out}")


def pictures(plan, settings, draw):
    """Compressed pictures: twice as many as are trained on.

    Returns:
        (uint8 [2 num, height, width, channels] of real ones; dictionary of
        such arrays by generator, which together are about as many; up to 500
        more real ones, not compressed).
    """
    array = data.load_array(
        settings.data, data_dir=settings.data_dir, **plan.framing
    )
    order = draw.permutation(len(array))
    chosen, others = np.split(order, [2 * settings.num])
    rest = array[np.sort(others[:500])]
    if len(chosen) < 2 * settings.num:
        raise ValueError(
            f"Half of the pictures are held out. Expected {2 * settings.num} "
            f"real ones. Received: {len(array)}. Lower --num."
        )
    real = _compressed(array[np.sort(chosen)][draw.permutation(len(chosen))],
                       plan, draw)  # fmt: skip
    each = 2 * settings.num // len(plan.generators)
    fake = {}
    for name in plan.generators:
        _tell(f"Sampling {name}")
        images = to_uint8(zoo.load(name).sample(each, settings.seed)).numpy()
        fake[name] = _compressed(images, plan, draw)
    return real, fake, rest


def out_of_distribution(plan, rest, settings, draw):
    """Pictures that a detector was not made for, by what they are.

    Args:
        plan: The detector's.
        rest: Real ones of its data that it was not trained on.
        settings: The arguments of this recipe.
        draw: A random generator.
    """
    size = plan.framing["image_size"]
    photographs = data.load_array("photos", image_size=size)
    photographs = photographs[draw.permutation(len(photographs))[:500]]
    large = data.load_array("photos", image_size=256)
    photos = "real: patches of two photographs (scikit-learn)"
    sets = {
        f"{photos}, {size} px, same JPEG": _compressed(photographs, plan, draw),
        f"{photos}, 256 px, uncompressed": large[:100],
    }
    for other, theirs in PLANS.items():
        if theirs is plan:
            continue
        for name in theirs.generators:
            images = to_uint8(zoo.load(name).sample(500, settings.seed))
            sets[f"generated by {name} (for {other}), same JPEG"] = _compressed(
                images.numpy(), plan, draw
            )
    own = plan.generators[0]
    images = to_uint8(zoo.load(own).sample(500, settings.seed + 1)).numpy()
    sets[f"generated by {own}, uncompressed and not prepared"] = images
    if len(rest):
        sets["real, of the same data, not compressed again"] = rest
    return sets


def verdicts(detector, sets):
    """Rows of a table: how many pictures, and the shares of the verdicts."""
    lines = []
    for name, some in sets.items():
        told = detector.verdicts(detector.probabilities(list(some)))
        shares = [
            f"{100 * np.mean(told == verdict):.0f}"
            for verdict in (REAL, UNSURE, GENERATED)
        ]
        lines.append(f"| {name} | {len(some)} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _compressed(images, plan, draw):
    qualities = draw.choice(plan.qualities, len(images))
    return np.stack(
        [
            compressed(image, int(quality))
            for image, quality in zip(images, qualities, strict=True)
        ]
    )


def _first(some, fake):
    """The half of a generator's rows or pictures that is trained on."""
    return some[: len(next(iter(fake.values()))) // 2]


def _fitted(real, fake):
    labels = np.repeat([0, 1], [len(real), len(fake)])
    return SpectralDetector().fit(np.concatenate([real, fake]), labels)


def _left_out(name, rows, half, fake):
    """Measures on one generator of a detector that was trained without it."""
    others = [_first(rows[other], fake) for other in fake if other != name]
    detector = _fitted(rows["real"][:half], np.concatenate(others))
    later = rows[name][len(rows[name]) // 2 :]
    judged = np.concatenate([rows["real"][half:], later])
    labels = np.repeat([0, 1], [len(rows["real"]) - half, len(later)])
    return measures(
        labels,
        detector.predict(judged),
        positive_scores(detector, judged),
        positive_probabilities(detector, judged),
    )


def _tell(what):
    print(what, file=sys.stderr, flush=True)


def _parser():
    parser = Parser(
        prog="python -m recipes.pretrained_detectors",
        description="Make one of the detectors of saved_models/.",
    )
    parser.add_argument("name", choices=PLANS)
    parser.add_argument("--data", required=True, help="as for specgan train")
    parser.add_argument("--data-dir", help="as for specgan train")
    parser.add_argument(
        "--num", type=positive, default=3000,
        help="pictures of each kind to train",
    )  # fmt: skip
    parser.add_argument("--seed", type=seed, default=0)
    parser.add_argument(
        "--out", default="saved_models", help="folder for its folder"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
