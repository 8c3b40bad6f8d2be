"""A table of runs: `specgan runs RUN...`."""

from collections.abc import Iterable

from specgan.files import damage_named
from specgan.files import read_json
from specgan.runs.run_folder import RunFolder
from specgan.typing import PathLike


def print_table(paths: Iterable[PathLike]) -> None:
    """Print what runs were of, how far they got, and their spectral errors.

    The errors are the last ones, in dB rms over all rings and above half the
    Nyquist frequency, and in brackets the largest of the second half of the
    training.

    Args:
        paths: Run folders.

    Raises:
        ValueError: If one is not a run, or has not finished an epoch.
    """
    rows = [_row(RunFolder(path)) for path in paths]
    header = ("run", "model", "data", "px", "steps", "all rings", "above half")
    widths = [max(map(len, column)) for column in zip(header, *rows)]  # noqa: B905
    for row in (header, *rows):
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def _row(run):
    run.require_measured()
    with damage_named(run.path, "the records of a run"):
        return _measured(run)


def _measured(run):
    arguments = run.arguments()
    history = read_json(run.path / "spectrum.json")
    half = len(history["steps"]) // 2
    errors = [
        f"{history[name][-1]:.2f} ({max(history[name][half:]):.2f})"
        for name in ("spectral_error", "spectral_error_high")
    ]
    return (
        str(run.path),
        arguments["model"],
        arguments["data"].rsplit("/", 1)[-1],
        str(arguments["image_size"]),
        str(history["steps"][-1]),
        *errors,
    )
