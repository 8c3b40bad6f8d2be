"""The command line: `specgan COMMAND ...`.

Nothing heavy is imported before a command runs, so that `--help` is quick.
Bad input ends in one line on the error stream and exit code 2, a failure
outside (a full disk, say) or a training that diverged in exit code 1, an
interruption in 130, output that nobody reads any more silently in 141.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from specgan.cli.terminal import Parser
from specgan.cli.terminal import exit_code_of
from specgan.errors import unknown_name

COMMANDS = {
    "demo": "Train a plain and a regularized DCGAN and compare their spectra.",
    "train": "Train a model and record its spectrum.",
    "suggest-weight": "Propose a weight of a spectral loss from gradients.",
    "queue": "Compute many trainings with their evaluations, or resume them.",
    "sample": "Generate images with a trained GAN.",
    "interpolate": "Write a film of a walk through a GAN's latent values.",
    "spectrum": "Compare the 1-D spectra of sets of images.",
    "evaluate": "Measure generated images: FID, KID, recall, spectra.",
    "detect": "Tell generated from real pictures by their spectra.",
    "train-detector": "Train a detector on real and generated pictures.",
    "robustness": "Plot how a detector does on pictures that are altered.",
    "paper-protocol": "Run an experiment of the paper's Table 1.",
    "report": "Write all about a run as one HTML page.",
    "fetch-inception": "Get the weights of the FID's Inception, once (81 MB).",
    "export": "Write a trained model for another runtime.",
    "lint-upsampling": "Predict what a model's up-sampling does to spectra.",
    "upgrade-preset": "Convert a pretrained model of an older format.",
    "publish": "Make a pretrained model, with its card, of a run.",
    "runs": "Print a table of runs: steps and spectral errors.",
    "list": "List the names that the other commands know.",
    "benchmark": "Measure the speed of the parts, as ratios within one run.",
}
"""Their summaries; `specgan NAME` is `specgan.cli.NAME.run`."""

# Those that start without it: the queue waits for others, for days, and a model
# that comes with specgan is sampled by TensorFlow's C library alone.
_WITHOUT_TENSORFLOW = {"queue", "detect", "list", "runs", "sample"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: List of strings; None takes those of the process.

    Returns:
        The exit code: 0 done, 1 failed (or `lint-upsampling --strict` found
        risks, or `detect` pictures that it cannot read), 2 bad input, 130
        interrupted, 141 if nobody reads the output any more.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    command = arguments[0] if arguments else None
    parser = _parser(command)
    if command is None:
        parser.print_help()
        return 2
    if command == "--version":
        import specgan

        print(specgan.__version__)
        return 0
    is_known = command.startswith("-") or command in COMMANDS

    def program():
        if not is_known:
            raise unknown_name("command", command, COMMANDS)
        settings = parser.parse_args(arguments)
        # What is left, a run folder records.
        vars(settings).pop("command")
        module = _module(command)
        if hasattr(module, "check"):  # Before seconds of imports.
            module.check(settings)
        if command not in _WITHOUT_TENSORFLOW:
            import specgan.cli.suppress_startup_logs  # noqa: F401

        return module.run(settings)

    name = f"specgan {command}" if is_known else "specgan"
    return exit_code_of(name, program)


def add_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    """Add the options of a command, by its name, to a parser."""
    _module(name).add_arguments(parser)


def _module(name):
    return importlib.import_module(f"specgan.cli.{name.replace('-', '_')}")


def _parser(called=None):
    """The parser; only the command that is called has its options."""
    parser = Parser(
        prog="specgan",
        description="Image generators that get their frequency spectrum right.",
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True
    )
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        if name == called:
            add_arguments(name, command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
