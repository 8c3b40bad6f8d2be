"""Short trainings that differ in one thing each, side by side.

    python -m recipes.trials losses --data-name FACES.zip --crop 64 \
        --crop-offset 5 0 --image-size 32 --cpu-seconds 120

Families, of an LSGAN: "losses" (spectral losses, and the spectral
discriminator of Jung & Keuper), "remedies" (all of the literature beside
them), "strength" (weights of the default loss), "units" (how the generator
enlarges), "chroma" (its resolution); "gans" of the zoo, with flips,
augmentation and the average; what an "sngan" lacks; learning "rates" of a
DCGAN; "families", GANs at the zoo's rate. recipes/trials.toml lists them. Each
trial has the same seed, the same images in the same order and the same
CPU-seconds of training steps, or with --steps as many steps; the last images of
the data set are held out and judge. What is finished is not trained again:
FAMILY/NAME.json holds all measurements and their protocol, and table and
picture are those of `recipes.evaluation_table`.
"""

import specgan.cli.suppress_startup_logs  # noqa: F401

# isort: split

import json
import pathlib
import sys
import time
import tomllib

import keras
import numpy as np

import zoo
from recipes import evaluation_table
from recipes import page
from recipes.spectral_discriminator import DISCRIMINATORS
from specgan import data
from specgan import metrics
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.errors import unknown_name
from specgan.files import written_whole
from specgan.losses import DistributionSpectralLoss
from specgan.losses import FocalFrequencySpectralLoss
from specgan.models import GAN
from specgan.models import Adam
from specgan.signal import to_uint8

TRIALS = tomllib.loads(
    pathlib.Path(__file__).with_suffix(".toml").read_text("utf-8")
)
"""Arguments by family and name."""

LOSS_ARGUMENTS = {
    "distance": "distance",
    "weight": "weight",
    "loss_of_chroma": "chroma",
}

OF_LOSSES = ("losses", "remedies")
"""Families whose trials have no spectral loss unless they name one."""


CHROMA = ("full", "half")

NETWORKS = {
    "inception": metrics.InceptionFeatures,
    "inception-bfloat16": lambda: metrics.InceptionFeatures(dtype="bfloat16"),
    "none": lambda: None,
}
FEATURES = tuple(NETWORKS)


def main(
    family: tuple(TRIALS),
    only=(),
    data_name="photos",
    data_dir: str = None,
    crop: positive = None,
    crop_offset=(0, 0),
    image_size: positive = 32,
    channels: positive = 3,
    chroma: CHROMA = "full",
    width: positive = 32,
    held_out: positive = 2048,
    cpu_seconds: positive = 120,
    steps: positive = None,
    dtype_policy="mixed_bfloat16",
    features: FEATURES = "inception",
    seed: seed = 0,
    out="trials",
):
    """Train what is missing, print the table, draw the frontier."""
    protocol = dict(locals())
    folder = pathlib.Path(out, family)
    for name in only:
        if name not in TRIALS[family]:
            raise unknown_name("trial", name, TRIALS[family])
    keras.mixed_precision.set_dtype_policy(dtype_policy)
    files = []
    for name in only or TRIALS[family]:
        files.append(folder / f"{name}.json")
        if files[-1].is_file():
            continue
        print(f"Training {name}", file=sys.stderr, flush=True)
        keras.utils.set_random_seed(seed)
        images = data.load_array(
            data_name, image_size=image_size, channels=channels, crop=crop,
            crop_offset=crop_offset, data_dir=data_dir,
        )  # fmt: skip
        trial = dict(TRIALS[family][name])
        flip = trial.pop("flip", False)
        rates = {
            network: trial.pop(f"{network}_learning_rate", None)
            for network in ("generator", "discriminator")
        }
        gan = gan_of(
            trial, family, image_size, channels, width,
            chroma=chroma, seed=seed,
        )  # fmt: skip
        result = trained(
            gan, images, held_out, StepClock(cpu_seconds, steps),
            NETWORKS[features](), flip, rates, seed,
        )  # fmt: skip
        result |= {"trial": TRIALS[family][name], "arguments": protocol}
        with written_whole(files[-1]) as path:
            path.write_text(json.dumps(result, indent=1) + "\n")
    evaluation_table.main(*files, frontier=str(folder / "trials.png"))


def trained(gan, images, held_out, clock, features, flip, rates, seed):
    """Train a GAN on all but the last images, which judge it.

    Returns:
        Dictionary of the values, the steps and the protocol.
    """
    seen, held_out_images = np.split(images, [len(images) - held_out])
    batches = data.from_array(seen, batch_size=64, flip=flip, seed=seed)
    gan.adapt(batches)
    optimizers = {}
    for network, rate in rates.items():
        changes = {} if rate is None else {"learning_rate": rate}
        optimizers[network[0]] = Adam(**gan.adam_arguments(network, **changes))
    gan.compile(optimizers["g"], optimizers["d"])
    gan.fit(batches, epochs=10**6, callbacks=[clock], verbose=0)
    if features is not None:
        features = metrics.CachedFeatures(features)
    evaluation = metrics.Evaluation(features, held_out, seed)
    evaluation.add(real=held_out_images)
    samples = gan.sample_batches(held_out, seed)
    evaluation.add(fake=(to_uint8(batch).numpy() for batch in samples))
    return {
        "values": evaluation.result(),
        "steps": clock.steps,
        "seconds_a_step": clock.seconds / clock.steps,
        "protocol": evaluation.protocol(),
    }


def gan_of(trial, family, *shape, **arguments):
    """The GAN of a trial."""
    arguments |= trial
    loss = {
        name: arguments.pop(key)
        for key, name in LOSS_ARGUMENTS.items()
        if key in arguments
    }
    discriminator = arguments.pop("discriminator", None)
    if "phases" in arguments:
        arguments["spectral_regularization"] = FocalFrequencySpectralLoss(
            phases=arguments.pop("phases")
        )
    if family not in OF_LOSSES or loss:
        arguments.setdefault(
            "spectral_regularization", DistributionSpectralLoss(**loss)
        )
    gan = zoo.GANS[arguments.pop("gan", "lsgan")](*shape, **arguments)
    if discriminator is None:
        return gan
    return GAN(
        gan.generator,
        DISCRIMINATORS[discriminator](gan.discriminator),
        "least_squares",
        seed=arguments["seed"],
    )


class StepClock(keras.callbacks.Callback):
    """Ends a training after a number of CPU seconds of its steps, or of steps.

    Args:
        limit: CPU-seconds. The first 3 steps, which compile, do not count.
        most_steps: None, or the steps that count in place of the CPU-seconds.
    """

    def __init__(self, limit, most_steps=None):
        super().__init__()
        self.limit = limit
        self.most_steps = most_steps
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
        if self.most_steps is None:
            is_over = self.seconds >= self.limit
        else:
            is_over = self.steps >= self.most_steps
        if is_over:
            self.model.stop_training = True


if __name__ == "__main__":
    sys.exit(page.run(main))
