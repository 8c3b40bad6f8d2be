"""Types and groups of arguments that several commands share."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

from specgan.cli.terminal import number
from specgan.cli.terminal import positive
from specgan.cli.terminal import quality

if TYPE_CHECKING:
    from specgan.detection.trained_detector import TrainedDetector

whole = number(int, lambda x: x >= 0, "a whole number of at least 0")
side = number(int, lambda x: x >= 16, "a whole number of at least 16 pixels")
rate = number(float, lambda x: 0 < x < 1, "a number between 0 and 1")
positive_number = number(
    float, lambda x: 0 < x < float("inf"), "a positive number"
)
decay = number(float, lambda x: 0 <= x < 1, "a number from 0 to below 1")

INCEPTION = ["inception", "inception-bfloat16"]
"""Names of `metrics.InceptionFeatures`, which imports more."""


def place(text: str) -> str:
    """The name of a file or folder."""
    if not text:
        raise argparse.ArgumentTypeError(
            f"expected the name of a file or folder, received {text!r}"
        )
    return text


def source(text: str) -> tuple[str, str]:
    """NAME=SOURCE, as a pair."""
    name, separator, source = text.partition("=")
    if not (name and separator and source):
        raise argparse.ArgumentTypeError(
            f"expected NAME=SOURCE, e.g. real=photos/, received {text!r}"
        )
    return name, source


def add_license_argument(add: Callable) -> None:
    """Add `--license` to a parser, by its `add_argument`."""
    add(
        "--license",
        required=True,
        help="that of the weights, as the Hugging Face Hub calls it: "
        "apache-2.0, say, or other",
    )


def add_data_arguments(
    command: argparse.ArgumentParser, image_size: int = 64
) -> None:
    """Which images, and how they are cut."""
    add = command.add_argument_group("data").add_argument
    add(
        "--data",
        default="photos",
        help="name of a data set, folder or .zip of images",
    )
    _add_data_dir_argument(add)
    add("--image-size", type=positive, default=image_size, help="pixels")
    add("--channels", type=positive, default=3, help="1 for grey, 3 for RGB")
    _add_crop_arguments(
        add,
        "side in pixels of the square cut out before resizing "
        "(the largest, unless given)",
        (0, 0),
    )
    add(
        "--resize",
        choices=("shrink", "pad", "enlarge"),
        default="shrink",
        help="what happens to pictures smaller than the images: shrink "
        "refuses them, pad surrounds them with black, enlarge applies a "
        "bicubic filter, which falsifies the spectrum",
    )
    add("--limit", type=positive, help="use only the first images")


def add_framing_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `add_data_arguments` for commands that measure.

    Where `train` resizes, they only cut, unless its crop is given: what is
    not given is None.
    """
    add = command.add_argument_group("data, as of `specgan train`").add_argument
    _add_data_dir_argument(add)
    add(
        "--channels",
        type=positive,
        help="1 for grey, 3 for RGB (as the pictures have them, unless given)",
    )
    _add_crop_arguments(
        add,
        "side in pixels of the square that a training has cut out before "
        "resizing; pictures that have --image-size already stay as they are "
        "(nothing is resized, unless given)",
        None,
    )
    add("--limit", type=positive, help="use only the first images of a source")


def _add_data_dir_argument(add):
    add(
        "--data-dir",
        help="folder that holds a named data set's files already",
    )


def _add_crop_arguments(add, meaning, no_offset):
    add(
        "--crop",
        type=positive,
        help=meaning,
    )
    add(
        "--crop-offset",
        type=int,
        nargs=2,
        default=no_offset,
        metavar=("DOWN", "RIGHT"),
        help="pixels from the image's centre to the square's",
    )


def add_truncation_argument(add: Callable) -> None:
    """How far latent values go."""
    add(
        "--truncation",
        type=float,
        help="likelier and less various images: the largest latent value, in "
        "standard deviations; of an alias-free GAN how far styles go from "
        "their average, from 0 to 1 (none unless given)",
    )


def add_label_argument(add: Callable) -> None:
    """Which class."""
    add(
        "--label",
        metavar="CLASS",
        help="of a GAN with classes, the name or number of one (all unless "
        "given)",
    )


def add_feature_arguments(command: argparse.ArgumentParser) -> None:
    """Which network FID and the like are measured with."""
    add = command.add_argument_group("feature network").add_argument
    add(
        "--features",
        choices=[*INCEPTION, "none"],
        default="inception",
        help="network of FID, KID, precision and recall; in bfloat16 it takes "
        "a third of the time where the processor has that, and its distances "
        "are no FIDs; none leaves them out",
    )
    add(
        "--resizer",
        choices=["clean", "legacy_tensorflow"],
        default="clean",
        help="how images come to its size",
    )
    add("--weights", help="file of its weights (see fetch-inception)")


def add_detector_argument(add: Callable) -> None:
    """Which detector; see `chosen_detector`."""
    add(
        "--detector",
        help="a name of `specgan list`, or the folder of one that "
        "`specgan train-detector` wrote (the first by name, unless given)",
    )


def add_features_argument(add: Callable, **arguments: Any) -> None:
    """Add --features: those of `detection.FEATURES`, which imports more."""
    add(
        "--features",
        nargs="+",
        choices=["spectrum", "patches", "cooccurrences", "dct", "colour"],
        **arguments,
    )


def chosen_detector(name: str | None) -> "TrainedDetector":
    """A `TrainedDetector` by name or path; the first by name for `None`.

    Raises:
        ValueError: If there is none, or it cannot be read.
    """
    from zoo import detectors

    if name is None:
        name = next(iter(detectors.detector_names()), None)
    if name is None:
        raise ValueError(
            "There is no detector. Expected --detector with the folder of one, "
            "or some beside the pretrained models. Received: none. Make one "
            "with `specgan train-detector`."
        )
    return detectors.load_detector(name)


def add_matching_arguments(command: argparse.ArgumentParser) -> None:
    """How pictures are made comparable."""
    add = command.add_argument
    add(
        "--match-size",
        type=side,
        metavar="PIXELS",
        help="cut a square of that side out of the centre of each picture",
    )
    add(
        "--match-jpeg",
        type=quality,
        metavar="QUALITY",
        help="compress and read each picture again, at a quality of 1..100",
    )
