"""Plot how a detector does on pictures that are altered."""

from specgan.cli.terminal import positive
from specgan.cli.terminal import seed


def add_arguments(command):
    """Add the options to a parser."""
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


def run(settings):
    """Run the command. See `specgan robustness --help`."""
    from specgan.runs import robustness_curves as curves

    curves.main(settings)
