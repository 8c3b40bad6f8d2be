"""Short trainings of an LSGAN that differ in one thing each, side by side.

    python -m recipes.spectral_trials losses --data FACES.zip --image-size 32 \
        --crop 64 --crop-offset 5 0 --cpu-seconds 120

Families: "losses" (spectral losses, and the spectral discriminator of Jung &
Keuper), "strength" (weights of the default loss), "units" (how the generator
enlarges), "chroma" (its resolution). Each trial has the same seed, the same
images in the same order and the same CPU-seconds of training steps; the last
images of the data set are held out and judge. What is finished is not trained
again: FAMILY/NAME.json holds all measurements and their protocol, and the
table and the picture are made of these files.

Reference:
- Jung & Keuper, Spectral Distribution Aware Image Generation, AAAI 2021
  (https://arxiv.org/abs/2012.03110)
"""

import json
import pathlib
import sys
import time

import keras
import numpy as np
from matplotlib.figure import Figure

import specgan.cli.suppress_startup_logs  # noqa: F401
import zoo
from specgan import data
from specgan import metrics
from specgan import plots
from specgan.cli.terminal import Parser
from specgan.cli.terminal import positive
from specgan.cli.terminal import run
from specgan.cli.terminal import seed
from specgan.errors import unknown_name
from specgan.files import read_json
from specgan.files import written_whole
from specgan.layers import AzimuthalIntegral
from specgan.losses import DistributionSpectralLoss
from specgan.models import GAN
from specgan.signal import decibels
from specgan.signal import to_uint8

UNITS = (
    "transposed", "nearest", "bilinear", "kaiser", "zero_insertion",
    "pixel_shuffle",
)  # fmt: skip

# Arguments of `zoo.LSGAN` by family and name.
TRIALS = {
    "losses": {
        "plain": {},
        "decibel": {"spectral_regularization": "decibel"},
        "energy": {"distance": "energy"},
        "sliced Wasserstein": {"distance": "sliced_wasserstein"},
        "mean and covariance": {"distance": "moments"},
        "spectral discriminator": {"discriminator": "spectral"},
    },
    "strength": {
        f"weight {weight}": {"weight": weight}
        for weight in (0.25, 0.5, 1.0, 2.0, 4.0)
    },
    "units": {unit: {"upsampling": unit} for unit in UNITS},
    "chroma": {
        "full": {"chroma": "full"},
        "half": {"chroma": "half"},
        "full, luma alone": {"chroma": "full", "loss_of_chroma": False},
        "half, luma alone": {"chroma": "half", "loss_of_chroma": False},
    },
}

# Of the distribution loss, those that a trial may set.
LOSS_ARGUMENTS = {
    "distance": "distance",
    "weight": "weight",
    "loss_of_chroma": "chroma",
}

COLUMNS = {
    "detection_luma_rbf": "luma",
    "detection_chroma_rbf": "chroma",
    "detection_chroma_rbf_jpeg75": "chroma, JPEG 75",
    "detection_map_linear": "2-D linear",
    "spectral_distance": "1-D dB",
    "spectral_distance_2d": "2-D dB",
    "kid": "KID x 1000",
    "fid": "FID",
}


def main(arguments=None):
    """Train and compare as the command line says. See `terminal.run`."""
    return run(_parser(), compare, arguments)


def compare(settings):
    """Train what is missing, print the table, draw the picture."""
    folder = pathlib.Path(settings.out, settings.family)
    names = settings.only or list(TRIALS[settings.family])
    results = {}
    for name in names:
        if name not in TRIALS[settings.family]:
            raise unknown_name("trial", name, TRIALS[settings.family])
    for name in names:
        record = folder / f"{name}.json"
        if not record.is_file():
            result = trained(TRIALS[settings.family][name], settings)
            with written_whole(record) as path:
                path.write_text(json.dumps(result, indent=1) + "\n")
        results[name] = read_json(record)
        print("\n".join(table(results)), flush=True)
    plots.save(plots.to_pixels(frontier(results)), folder / "trials.png")
    print(f"\nWritten: {folder}/*.json and trials.png.")


def trained(trial, settings):
    """The measurements of one training, with what it was."""
    keras.mixed_precision.set_dtype_policy(settings.dtype_policy)
    keras.utils.set_random_seed(settings.seed)
    images = data.load_array(
        settings.data,
        image_size=settings.image_size,
        channels=settings.channels,
        crop=settings.crop,
        crop_offset=settings.crop_offset,
        data_dir=settings.data_dir,
    )
    seen, held_out = np.split(images, [len(images) - settings.held_out])
    gan = made(trial, settings)
    batches = data.from_array(seen, batch_size=64, seed=settings.seed)
    gan.adapt(batches)
    gan.compile()
    clock = StepClock(settings.cpu_seconds)
    gan.fit(batches, epochs=10**6, callbacks=[clock], verbose=0)
    features = None
    if not settings.no_inception:
        features = metrics.CachedFeatures(metrics.InceptionFeatures())
    evaluation = metrics.Evaluation(features, settings.held_out, settings.seed)
    evaluation.add(real=held_out)
    evaluation.add(
        fake=(
            to_uint8(batch).numpy()
            for batch in gan.sample_batches(settings.held_out, settings.seed)
        )
    )
    return {
        "values": evaluation.result(),
        "steps": clock.steps,
        "seconds_a_step": clock.seconds / clock.steps,
        "trial": trial,
        "arguments": vars(settings),
        "protocol": evaluation.protocol(),
    }


def made(trial, settings):
    """The GAN of a trial."""
    arguments = dict(trial)
    loss = {
        name: arguments.pop(key)
        for key, name in LOSS_ARGUMENTS.items()
        if key in arguments
    }
    discriminator = arguments.pop("discriminator", None)
    if settings.family != "losses" or loss:
        arguments["spectral_regularization"] = DistributionSpectralLoss(**loss)
    gan = zoo.LSGAN(
        settings.image_size,
        settings.channels,
        settings.width,
        seed=settings.seed,
        **{"chroma": settings.chroma, **arguments},
    )
    if discriminator is None:
        return gan
    return GAN(
        gan.generator,
        with_spectral_discriminator(gan.discriminator),
        "least_squares",
        seed=settings.seed,
    )


def with_spectral_discriminator(discriminator):
    """A second logit beside the discriminator's, of the 1-D spectrum alone.

    Two hidden layers on the ring powers of each image in dB. The losses of
    both logits have equal weight, as the mean over them.
    """
    images = discriminator.input
    x = AzimuthalIntegral("hann")(images)
    x = keras.layers.Lambda(decibels, dtype="float32")(x)
    x = keras.layers.BatchNormalization(dtype="float32")(x)
    for _ in range(2):
        x = keras.layers.Dense(128, dtype="float32")(x)
        x = keras.layers.LeakyReLU(0.2, dtype="float32")(x)
    logits = keras.layers.Dense(1, dtype="float32")(x)
    both = keras.layers.Concatenate(dtype="float32")
    return keras.Model(images, both([discriminator.output, logits]))


class StepClock(keras.callbacks.Callback):
    """Ends a training after so many CPU-seconds of its steps.

    Args:
        limit: CPU-seconds. The first 3 steps, which compile, do not count.
    """

    def __init__(self, limit):
        super().__init__()
        self.limit = limit
        self.seconds = 0.0
        self.steps = 0
        self._taken = 0

    def on_train_batch_begin(self, batch, logs=None):
        self._begun = time.process_time()

    def on_train_batch_end(self, batch, logs=None):
        self._taken += 1
        if self._taken <= 3:
            return
        self.seconds += time.process_time() - self._begun
        self.steps += 1
        if self.seconds >= self.limit:
            self.model.stop_training = True


def table(results):
    """Lines: a trial each, fresh detectors' accuracy first (0.5 is best)."""
    width = max(map(len, results)) + 2
    lines = [
        f"{'':<{width}}{'steps':>7}"
        + "".join(f"{title:>17}" for title in COLUMNS.values())
    ]
    for name, result in results.items():
        values = dict(result["values"])
        values["kid"] = 1000 * values.get("kid", np.nan)
        lines.append(
            f"{name:<{width}}{result['steps']:>7}"
            + "".join(f"{values.get(key, np.nan):>17.3f}" for key in COLUMNS)
        )
    return lines


def frontier(results):
    """How far the images can be detected, against their quality."""
    figure = Figure(figsize=(7, 5), layout="constrained")
    ax = figure.subplots()
    has_kid = all("kid" in one["values"] for one in results.values())
    quality = "kid" if has_kid else "spectral_distance_2d"
    for i, (name, result) in enumerate(results.items()):
        values = result["values"]
        ax.errorbar(
            values[quality], values["detection_score"],
            xerr=values.get(f"{quality}_std"),
            yerr=values["detection_score_std"],
            marker="o", color=plots.COLOURS[i % len(plots.COLOURS)],
        )  # fmt: skip
        ax.annotate(
            name, (values[quality], values["detection_score"]),
            xytext=(6, 6), textcoords="offset points",
        )  # fmt: skip
    ax.axhline(0.5, color="black", linewidth=0.8)
    ax.set_ylabel("accuracy of a fresh spectral detector (0.5 is best)")
    names = {"kid": "KID (0 is best)"}
    ax.set_xlabel(names.get(quality, "2-D spectral distance (dB; 0 is best)"))
    ax.set_title("Best is below, on the left")
    ax.grid(alpha=0.25)
    return figure


def _parser():
    parser = Parser(
        prog="python -m recipes.spectral_trials",
        description="Short trainings that differ in one thing each.",
    )
    add = parser.add_argument
    add("family", choices=TRIALS)
    add("--only", nargs="+", metavar="NAME", help="these trials")
    add("--data", default="photos", help="name, folder or .zip")
    add("--data-dir", help="folder that holds a named data set's files")
    add("--image-size", type=positive, default=32, help="pixels")
    add("--channels", type=positive, default=3)
    add("--crop", type=positive)
    add("--crop-offset", type=int, nargs=2, default=(0, 0))
    add("--chroma", choices=("full", "half"), default="full")
    add("--width", type=positive, default=32, help="of both networks")
    add("--held-out", type=positive, default=2048, help="last images, to judge")
    add("--cpu-seconds", type=positive, default=120, help="of training steps")
    add("--dtype-policy", default="mixed_bfloat16")
    add("--no-inception", action="store_true", help="without FID and KID")
    add("--seed", type=seed, default=0)
    add("--out", default="trials", help="folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
