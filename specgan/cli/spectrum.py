"""Compare the 1-D spectra of sets of images."""

import argparse

from specgan.cli.arguments import add_framing_arguments
from specgan.cli.arguments import source
from specgan.cli.checks import require_suffix
from specgan.cli.terminal import positive


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add(
        "sources",
        nargs="+",
        type=source,
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
        "largest that fits the first image of each, unless given; --crop "
        "resizes)",
    )
    add("--num", type=positive, default=1000, help="images of each")
    add_framing_arguments(command)
    add("--window", choices=["hann"], help="window against border leakage")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.data.catalogue import require_there
    from specgan.runs.source_framing import SourceFraming

    sources = dict(settings.sources)
    if len(sources) < len(settings.sources):
        raise ValueError(
            "Every source needs a name of its own. Received: "
            f"{', '.join(name for name, _ in settings.sources)}."
        )
    require_suffix("--out", settings.out, [".png"])
    for place in sources.values():
        require_there(place, settings.data_dir)
    SourceFraming.of(settings).require_used(sources.values())


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan spectrum --help`."""
    from specgan.runs import spectra
    from specgan.runs.source_framing import SourceFraming

    spectra.compare(
        dict(settings.sources),
        settings.out,
        image_size=settings.image_size,
        num_images=settings.num,
        window=settings.window,
        framing=SourceFraming.of(settings),
    )
