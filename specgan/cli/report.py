"""Write all about a run as one HTML page."""

import argparse

from specgan.cli.checks import require_suffix


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder")
    add("--out", help="the page (RUN/report.html unless given)")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.run_folder import RunFolder

    RunFolder(settings.run).require_measured()
    if settings.out is not None:
        require_suffix("--out", settings.out, [".html"])


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan report --help`."""
    from specgan.runs import html_report as reports

    print(reports.write(settings.run, settings.out))
