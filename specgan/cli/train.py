"""Train a model and record its spectrum."""

import argparse
import shlex
import signal

from specgan.cli.arguments import INCEPTION
from specgan.cli.arguments import add_data_arguments
from specgan.cli.arguments import decay
from specgan.cli.arguments import positive_number
from specgan.cli.arguments import whole
from specgan.cli.checks import require_name
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed

STRATEGIES = ("one-device", "mirrored", "multi-worker")
"""The keys of `specgan.runs.strategies.STRATEGIES`."""

# Models of the sizes of `specgan.image_sizes`; the others check their own.
CONVOLUTIONAL = ("dcgan", "dragan", "lsgan", "r3gan", "sngan", "vae", "wgangp")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    # A new option is None or False unless given, and means what was before:
    # another default makes all cells of `specgan queue` stale.
    command.add_argument("model", help="a name; see `specgan list`")
    command.add_argument(
        "--run", required=True, help="new folder for all that comes of it"
    )
    command.add_argument(
        "--dry-run",
        action="store_true",
        help="build the model, time a few steps, print parameters, memory and "
        "minutes, and write nothing",
    )
    add_training_arguments(command)


def add_training_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained, and how."""
    add_data_arguments(command)
    add = command.add_argument_group("data augmentation").add_argument
    add(
        "--flip",
        action="store_const",
        const=True,
        help="mirror each image left to right with probability 1/2; FID and "
        "spectra are measured against the images as they are",
    )
    add(
        "--augment",
        action="store_const",
        const=True,
        help="show the discriminator adaptively altered images (ADA), for "
        "fewer than some 100,000 of them",
    )
    add = command.add_argument_group("classes").add_argument
    add(
        "--labels",
        action="store_const",
        const=True,
        help="a GAN conditional on the images' classes: those of the data set, "
        "or a folder of images for each",
    )
    group = command.add_argument_group("model")
    add = group.add_argument
    add(
        "--width",
        type=positive,
        help="filters at half the image's size (64, unless given)",
    )
    add(
        "--upsampling",
        help="up-sampling unit, see `specgan list` (transposed; of r3gan "
        "bilinear)",
    )
    add(
        "--spectral-regularization",
        nargs="?",
        const=True,
        type=_loss,
        metavar="LOSS",
        help="regularize the spectrum of the images; with the default loss "
        "unless another is named, see `specgan list`",
    )
    add(
        "--spectral-weight",
        type=float,
        help="factor of the spectral term (the loss's own, unless given)",
    )
    add(
        "--spectral-head",
        action=argparse.BooleanOptionalAction,
        help="end the generator in the paper's head (as the regularization "
        "has it, unless given)",
    )
    add(
        "--chroma",
        choices=["full", "half"],
        help="resolution of chroma: half, as in JPEG files with 4:2:0 "
        "subsampling, or full (full, unless given)",
    )
    _average_arguments(group)
    _penalty_arguments(command)
    _alias_free_arguments(command)
    add = command.add_argument_group("training").add_argument
    add(
        "--epochs",
        type=positive,
        default=25,
        help="passes over the data; the same command with more of them makes "
        "a run longer, a finished one as well",
    )
    add(
        "--init-from",
        metavar="NAME_OR_RUN",
        help="begin with the weights of that run folder, .keras file or "
        "pretrained model (random ones, unless given)",
    )
    add("--batch-size", type=positive, default=64, help="images a step")
    add("--seed", type=seed, default=0, help="of weights, noise, data order")
    _optimizer_arguments(command)
    add(
        "--dtype-policy",
        default="float32",
        help="mixed_float16 or mixed_bfloat16 for mixed precision; auto takes "
        "mixed_bfloat16 if ten steps of it are faster here than of float32",
    )
    add(
        "--device",
        help="cpu, gpu or gpu:1 and the like (the first GPU, or without one "
        "the processor, unless given)",
    )
    add(
        "--strategy",
        default="one-device",
        help="one-device, mirrored (all devices of this machine) or "
        "multi-worker (several machines, described in TF_CONFIG)",
    )
    add(
        "--replicas",
        type=positive,
        help="devices of --strategy mirrored (all GPUs, unless given; without "
        "a GPU, parts of the processor)",
    )
    add(
        "--evaluate-every",
        type=positive,
        metavar="EPOCHS",
        help="measure FID and all else of `specgan evaluate` every few "
        "epochs, and keep the best model as best.keras (never, unless given)",
    )
    add(
        "--evaluate-images",
        type=positive,
        help="images of each kind for it (2048, unless given)",
    )
    add(
        "--evaluate-features",
        choices=INCEPTION,
        help="network for it (inception, unless given); in bfloat16 it takes a "
        "third of the time where the processor has that, and its distances "
        "are no FIDs",
    )
    add(
        "--stop-by",
        metavar="METRIC",
        help="stop when it no longer improves: spectral_error, "
        "spectral_error_high, or with --evaluate-every fid, kid, precision, "
        "recall and others of `specgan evaluate` (never, unless given)",
    )
    add(
        "--patience",
        type=positive,
        metavar="MEASUREMENTS",
        help="of them without a better one, before it stops (5, unless given)",
    )


def _loss(text):
    import zoo

    if text in zoo.MODELS:
        raise argparse.ArgumentTypeError(
            f"expected a loss, received the name of a model, {text!r}: write "
            f"it before the options, `specgan train {text} "
            "--spectral-regularization ...`"
        )
    return text


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.data.catalogue import require_there
    from specgan.runs.named_models import require_model_of
    from specgan.runs.run_folder import RunFolder

    check_names(settings)
    RunFolder(settings.run).require_run_or_new()
    require_there(settings.data, settings.data_dir)
    if settings.init_from is not None:
        require_model_of(settings.init_from)


def check_names(settings: argparse.Namespace) -> None:
    """Refuse unknown models, up-sampling units, losses and metrics."""
    import zoo
    from specgan.cli.list import SPECTRAL_LOSSES
    from specgan.cli.list import UPSAMPLING_UNITS
    from specgan.image_sizes import base_and_levels
    from specgan.runs import stop_options

    require_name("model", settings.model, zoo.MODELS)
    units = UPSAMPLING_UNITS
    if settings.model == "autoencoder":
        units = (*units, "max_unpooling")
    require_name("up-sampling unit", settings.upsampling, units)
    loss = settings.spectral_regularization
    require_name("spectral loss", loss, SPECTRAL_LOSSES)
    require_name("strategy", settings.strategy, STRATEGIES)
    if settings.model in CONVOLUTIONAL:
        base_and_levels(settings.image_size)  # Raises for other sizes.
    stop_options.check(settings)


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan train --help`."""
    from specgan.runs import strategies as distribution

    # Before anything else uses TensorFlow.
    strategy = distribution.get(
        settings.strategy, settings.replicas, settings.device
    )
    import zoo
    from specgan.runs import dry_run
    from specgan.runs import precision
    from specgan.runs import training
    from specgan.runs.model_options import defaults
    from specgan.runs.run_folder import RunFolder

    distribution.check_batch(settings.batch_size, strategy)
    model_class = zoo.MODELS[settings.model]
    # What is left, the run folder records.
    is_dry = vars(settings).pop("dry_run")
    run = RunFolder(settings.run, writes=distribution.is_chief(strategy))
    command, arguments = f"specgan train {settings.model}", vars(settings)
    record = run.open(
        command, arguments, defaults(model_class), may_grow=("epochs",)
    )
    if run.grows and settings.schedule not in (None, "constant"):
        raise ValueError(
            "The learning rate of this run came to its end with its epochs. "
            "Expected --epochs "
            f"{run.arguments()['epochs']} with --schedule "
            f"{settings.schedule}. Received: --epochs {settings.epochs}. "
            "Begin a new run with its weights: --init-from "
            f"{shlex.quote(str(run.path))} --run ANOTHER."
        )
    if record is not None and run.has_ended(record):
        print(f"{run.path}: finished already, {record['finished']}.")
        if "stopped" in record:
            print(f"It stopped {record['stopped']}.")
        return
    # A training is stopped like an interruption from the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if record is not None:
        print(f"{run.path}: going on with the run of {record['started']}.")
    if not is_dry:
        run.lock()
    try:
        with strategy.scope(), distribution.translate_worker_errors():
            precision.set_policy(model_class, settings, run)
            if is_dry:
                dry_run.main(model_class, settings)
                return
            training.train(model_class, settings, run)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; the same command goes on with {run.path}, from its "
            "last whole epoch"
        ) from None
    finally:
        run.unlock()
    print(
        f"{run.path}: models/, spectrum.json, samples/. Watch: "
        f"tensorboard --logdir {shlex.quote(str(run.path.parent))}"
    )


def _optimizer_arguments(command):
    # None where the class's own is taken: mostly its paper's.
    add = command.add_argument_group("optimizers").add_argument
    add(
        "--learning-rate",
        type=positive_number,
        metavar="RATE",
        help="of both networks (the model's own, unless given)",
    )
    add(
        "--discriminator-learning-rate",
        type=positive_number,
        metavar="RATE",
        help="of the discriminator, where it has another",
    )
    add("--beta-1", type=decay, help="of Adam (the model's own, unless given)")
    add("--beta-2", type=decay, help="of Adam (the model's own, unless given)")
    add(
        "--schedule",
        choices=["constant", "cosine", "linear"],
        help="learning rate over the training; cosine and linear end in zero "
        "(constant, unless given)",
    )
    add(
        "--warm-up",
        type=positive,
        metavar="STEPS",
        help="generator steps in which the learning rates rise from zero "
        "(none, unless given)",
    )
    add(
        "--discriminator-steps",
        type=positive,
        metavar="STEPS",
        help="of the discriminator (critic) in a generator step (the model's "
        "own, unless given: 5 of wgangp)",
    )


def _average_arguments(group):
    add = group.add_mutually_exclusive_group().add_argument
    add(
        "--ema-half-life",
        type=positive,
        metavar="IMAGES",
        help="images until a step's share in the generator's moving average "
        "has halved; the average samples, is evaluated and is published (312.5 "
        "batches, unless given: 20,000 images in batches of 64)",
    )
    add(
        "--ema-decay",
        type=float,
        help="a constant decay of that average, a step",
    )
    add(
        "--no-ema",
        action="store_const",
        const=True,
        help="no average: the generator itself samples",
    )


def _penalty_arguments(command):
    group = command.add_argument_group("models alias-free and r3gan")
    add = group.add_argument
    add(
        "--gamma",
        type=float,
        help="weight of the penalty R1, of r3gan R1 and R2 (by the size)",
    )
    add(
        "--penalty-every",
        type=positive,
        metavar="STEPS",
        help="of r3gan: take R1 and R2 in a step of their own, every that many "
        "steps and that many times as heavy (1, with every step)",
    )


def _alias_free_arguments(command):
    # None where the class's own default is taken.
    add = command.add_argument_group("model alias-free").add_argument
    add("--config", help="B to H, T (translation) or R (and rotation)")
    add(
        "--channel-base",
        type=positive,
        help="channels of a map times its size in pixels (32768, unless given)",
    )
    add(
        "--channel-max",
        type=positive,
        help="most channels of a map (512, unless given)",
    )
    add(
        "--discriminator-width",
        type=positive,
        help="factor of the channels of the discriminator (1, unless given)",
    )
    add(
        "--num-layers",
        type=positive,
        help="layers of the generator, with --config T or R (14, unless given)",
    )
    add("--latent-dim", type=positive, help="latent values (512)")
    add(
        "--blur-steps",
        type=whole,
        help="steps in which the blur of what the discriminator sees fades "
        "(6250 with --config R, 0 with others)",
    )
