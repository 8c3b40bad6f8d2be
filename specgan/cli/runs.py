"""Print a table of runs: steps and spectral errors."""

import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    command.add_argument("runs", nargs="+", help="run folders")


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan runs --help`."""
    from specgan.runs import run_table as tables

    tables.print_table(settings.runs)
