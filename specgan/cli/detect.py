"""Tell generated from real pictures by their spectra."""

from specgan.cli.arguments import place
from specgan.cli.terminal import positive


def add_arguments(command):
    """Add the options to a parser."""
    add = command.add_argument
    add(
        "places",
        nargs="+",
        type=place,
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


def run(settings):
    """Run the command. See `specgan detect --help`."""
    from specgan.runs import detection_commands as detection

    return detection.detect(settings)
