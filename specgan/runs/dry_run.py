"""What a training would take: `specgan train --dry-run`."""

import argparse
import resource
import sys

import tensorflow as tf

from specgan.models import GAN
from specgan.models.images import joined_batches
from specgan.runs import step_trial
from specgan.runs import training
from specgan.runs.optimizers import compile_arguments


def main(model_class: type, settings: argparse.Namespace) -> None:
    """Build the model, time a few steps and print what a training would take.

    Nothing is written, except that images which are new here are prepared and
    cached, as every training does first.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.

    Raises:
        ValueError: For what the training itself would refuse.
    """
    before = _peak_memory()
    model = step_trial.model_of(model_class, settings)
    batches = training.images(settings)
    # Both refuse what the training would refuse: a wrong schedule, too few.
    compile_arguments(settings, model, len(batches))
    if isinstance(model, GAN):
        batches = joined_batches(batches, model.discriminator_steps)
    steps = settings.epochs * len(batches)
    seconds = step_trial.seconds_per_step({"": model}, settings)[""]
    step = step_trial.median(seconds)
    networks = {"model": model}
    if isinstance(model, GAN):
        networks = {
            "generator": model.generator, "discriminator": model.discriminator
        }  # fmt: skip
    for name, network in networks.items():
        print(f"{name:<14}{network.count_params():,} parameters")
    print(
        f"{'memory':<14}{_gigabytes(_peak_memory())} at most in the trial "
        f"({_gigabytes(before)} before it)"
    )
    for device, peak in _device_peaks().items():
        print(f"{device:<14}{_gigabytes(peak)} at most in the trial")
    print(
        f"{'time':<14}{steps * step / 60:,.1f} minutes for {steps:,} steps of "
        f"{step:.3g} s (median of {len(seconds)} in a trial), without "
        "evaluation, pictures and saving"
    )
    print("A dry run: nothing was written.")


def _peak_memory():
    """Bytes of memory that this process has had at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


def _device_peaks():
    """Bytes of memory of the GPUs in use, at most."""
    names = [
        device.name.removeprefix("/device:")
        for device in tf.config.list_logical_devices("GPU")
    ]
    info = tf.config.experimental.get_memory_info
    return {name.lower(): info(name)["peak"] for name in names}


def _gigabytes(size):
    return f"{size / 1e9:.2f} GB"
