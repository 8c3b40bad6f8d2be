"""Train a detector on real and generated pictures."""

import argparse
import shlex

from specgan.cli.arguments import add_features_argument
from specgan.cli.arguments import add_matching_arguments
from specgan.cli.arguments import rate
from specgan.cli.checks import require_path
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive
from specgan.cli.terminal import seed
from specgan.files import require_new_folder

_OF_TWO_KINDS = ("fake", "aligned", "classifier", "false_positive_rate")
"""Settings without a meaning for real pictures alone."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("--real", required=True, help="folder of real pictures or videos")
    add(
        "--fake",
        nargs="+",
        metavar="FOLDER",
        help="folder of generated ones; several are one for each generator, "
        "and the report leaves each out once; without, the detector knows real "
        "pictures alone, and says what is unusual",
    )
    add(
        "--aligned",
        metavar="MODEL",
        help="learn from the real pictures and their reconstructions by this "
        "auto-encoder or VAE (run folder, .keras file or pretrained name), "
        "and only judge those of --fake",
    )
    add("--out", required=True, help="new folder for the detector")
    add_features_argument(
        add,
        default=["spectrum", "patches", "cooccurrences", "dct"],
        help="what is measured on pictures: the 1-D spectrum, the 2-D spectrum "
        "of patches, co-occurrences of second differences, statistics of the "
        "8x8 cosine transform, coherence of the colours",
    )
    add(
        "--classifier",
        choices=["svm", "linear_svm", "logistic_regression"],
        default="logistic_regression",
        help="classifier of the features",
    )
    add(
        "--no-perturb",
        action="store_true",
        help="learn from the pictures as they are alone, and not from copies "
        "that are compressed, resized, blurred and so on",
    )
    add(
        "--num",
        type=positive,
        default=2000,
        help="largest number of pictures of each kind, drawn from all",
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
    add_matching_arguments(command)
    add(
        "--false-positive-rate",
        type=rate,
        metavar="RATE",
        help="share of real pictures that may be called generated (else the "
        "threshold is where both are as probable)",
    )
    add("--seed", type=seed, default=0, help="of the drawing and the splits")
    add(
        "--html",
        metavar="FILE",
        help="write a page with the report and the training pictures that a "
        "detector gets most surely wrong which was not fitted to them",
    )


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    require_new_folder(settings.out)
    if settings.html is not None:
        require_suffix("--html", settings.html, [".html"])
    require_path("--real", settings.real)
    for folder in settings.fake or ():
        require_path("--fake", folder)
    if settings.aligned is not None:
        from specgan.runs.named_models import require_model_of

        require_model_of(settings.aligned)
    elif settings.fake is None:
        for option, value, default in (
            ("--html", settings.html, None),
            ("--false-positive-rate", settings.false_positive_rate, None),
            ("--classifier", settings.classifier, "logistic_regression"),
        ):
            if value != default:
                raise ValueError(
                    f"{option} is of a detector that tells two kinds apart. "
                    "Expected --fake with folders of generated pictures, or "
                    "--aligned with an auto-encoder. Received: neither. Leave "
                    f"{option} out for a detector that knows real pictures "
                    "alone."
                )


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan train-detector --help`."""
    from specgan.detection import Training
    from specgan.detection import train_detector
    from specgan.detection import train_one_class
    from specgan.detection import write_evaluation

    arguments = dict(vars(settings))
    page = arguments.pop("html")
    if arguments.pop("no_perturb"):
        arguments["perturb"] = None
    if settings.aligned is not None:
        from specgan.runs.named_models import model_of

        arguments["aligned"] = model_of(settings.aligned)
    if settings.aligned is None and settings.fake is None:
        for name in _OF_TWO_KINDS:
            del arguments[name]
        training = train_one_class(**arguments)
    else:
        training = train_detector(**arguments)
    print("\n".join(training.lines()))
    if page is not None and isinstance(training, Training):
        write_evaluation(
            page,
            f"Detector {settings.out}"
            + ", reconstructions shown as their originals"
            * (settings.aligned is not None),
            training.lines(),
            training.paths,
            training.labels,
            training.probabilities,
        )
    place = shlex.quote(settings.out)
    print(f"{settings.out}: specgan detect --detector {place} ...")
