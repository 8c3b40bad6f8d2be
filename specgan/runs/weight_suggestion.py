"""`specgan suggest-weight MODEL`: a weight of a spectral loss, by gradients.

specgan suggest-weight lsgan --data faces/ --spectral-regularization decibel
specgan suggest-weight runs/lsgan

The table has, batch by batch as median and quartiles, the norm of both losses'
gradients, their ratio (the weight at which both are equally long) and the
cosine of the angle between them: on the generator's weights, by which the
weight is chosen, and on the images.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import zoo
from specgan.losses import spectral
from specgan.models import GAN
from specgan.models import GradientBalance
from specgan.models.training_step import steps_taken
from specgan.runs import step_trial
from specgan.runs import strategies
from specgan.runs import training
from specgan.runs.run_folder import RunFolder

STEPS = 300
"""Generator steps before the measurement, unless another number is given."""

SHARES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""For which the table has weights."""


def main(settings: argparse.Namespace, defaults: Mapping[str, Any]) -> None:
    """Train a little, measure, print a table or JSON.

    Args:
        settings: The arguments of `specgan suggest-weight`.
        defaults: What options of a training mean that a run folder's record
            does not have.

    Raises:
        ValueError: If a run folder is not that of a GAN.
        Diverged: If a gradient is not finite.
    """
    with strategies.get("one-device", device=settings.device).scope():
        if settings.model in zoo.GANS:
            gan, settings = _new(settings)
        else:
            gan, settings = _of_run(settings, defaults)
        batches = training.images(settings)
        _train(gan, batches.repeat(), settings)
        balance = GradientBalance.of(gan, batches, settings.batches)
    measured = len(balance.ratios)
    if measured < settings.batches:
        print(
            f"specgan: warning: {measured} batches were measured, not "
            f"{settings.batches}: there are no more. Give more images, or a "
            "smaller --batch-size.",
            file=sys.stderr,
        )
    if settings.json:
        record = as_record(gan, balance, settings.share)
        print(json.dumps(record, indent=1))
    else:
        print("\n".join(table(gan, balance, settings.share)))


def _new(settings):
    """A new GAN, with the default loss unless another is named."""
    keras.config.set_dtype_policy(settings.dtype_policy)
    keras.utils.set_random_seed(settings.seed)
    settings = _with(
        settings,
        spectral_regularization=settings.spectral_regularization or True,
        steps=STEPS if settings.steps is None else settings.steps,
    )
    return step_trial.model_of(zoo.GANS[settings.model], settings), settings


def _of_run(settings, defaults):
    """The GAN of a run, and the options of its training."""
    run = RunFolder(settings.model)
    model = run.load()
    if not isinstance(model, GAN):
        raise ValueError(
            "A weight is suggested by an adversarial loss. Expected the run of "
            f"a GAN. Received: that of a {type(model).__name__}, "
            f"{settings.model}."
        )
    trained = RunFolder.around(run.path)
    if trained is None:
        raise ValueError(
            f"{settings.model} does not say what it was trained on. Expected "
            "the folder of a run."
        )
    asked = {**defaults, **trained.arguments()}
    asked["data_dir"] = settings.data_dir or asked["data_dir"]
    loss = settings.spectral_regularization
    if loss is not None or model.spectral_loss is None:
        model.spectral_loss = spectral.get(loss or True)
        model.adapt(training.images(argparse.Namespace(**asked)))
    own = {
        name: value
        for name, value in vars(settings).items()
        if name not in defaults
    }
    own["steps"] = settings.steps or 0
    return model, argparse.Namespace(**{**asked, **own})


def _with(settings, **changes):
    return argparse.Namespace(**{**vars(settings), **changes})


def _train(gan, batches, settings):
    if settings.steps:
        gan.fit(
            batches.take(settings.steps * gan.discriminator_steps),
            verbose=0 if settings.json else training.verbosity(),
        )


def table(gan: GAN, balance: GradientBalance, share: float) -> list[str]:
    """The measurement and the weights as lines of text.

    Args:
        gan: The GAN that was measured.
        balance: Its gradients.
        share: That of the weight that is suggested.
    """
    rows = {
        "adversarial gradient": (
            balance.adversarial, balance.adversarial_on_images
        ),
        "spectral gradient": (balance.spectral, balance.spectral_on_images),
        "ratio": (balance.ratios, balance.ratios_on_images),
        "cosine": (balance.cosine,),
    }  # fmt: skip
    lines = [
        f"{type(gan).__name__} after {steps_taken(gan):,} steps, "
        f"{type(gan.spectral_loss).__name__}: norms over "
        f"{len(balance.ratios)} batches, median [quartiles]",
        "",
        f"{'':<22}{'on the weights':<32}on the images",
    ]
    for name, columns in rows.items():
        cells = [f"{_spread(values):<32}" for values in columns]
        lines.append(f"{name:<22}{''.join(cells)}".rstrip())
    weight = _weight(gan)
    if weight:
        lines.append(
            f"{'share':<22}{_share(gan, balance):.3g}, at the weight of this "
            f"training, {weight:g}"
        )
    lines += ["", "share of the adversarial gradient's length    weight"]
    for each in sorted({*SHARES, share}):
        mark = "  suggested" if each == share else ""
        lines.append(f"{each:<46g}{balance.weight(each):.2g}{mark}")
    return [*lines, "", f"--spectral-weight {balance.weight(share):.2g}"]


def _weight(gan):
    """That which the spectral loss of a training has."""
    loss: Any = gan.spectral_loss
    return loss.weight


def _share(gan, balance):
    """The share that the training's own weight gives."""
    return float(_weight(gan) / np.median(balance.ratios))


def _spread(values):
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{median:.3g} [{low:.3g}, {high:.3g}]"


def as_record(
    gan: GAN, balance: GradientBalance, share: float
) -> dict[str, Any]:
    """The same for machines: all batches, unrounded.

    Args:
        gan, balance, share: As for `table`.
    """
    return {
        "model": type(gan).__name__,
        "spectral_loss": type(gan.spectral_loss).__name__,
        "steps": steps_taken(gan),
        "share": share,
        "weight": balance.weight(share),
        "trained_with": {
            "weight": _weight(gan),
            "share": _share(gan, balance),
        },
        "ratios": balance.ratios.tolist(),
        **{name: one.tolist() for name, one in balance._asdict().items()},
    }
