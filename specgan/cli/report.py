"""Write all about a run as one HTML page."""

import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder")
    add("--out", help="the page (RUN/report.html unless given)")


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan report --help`."""
    from specgan.runs import html_report as reports

    print(reports.write(settings.run, settings.out))
