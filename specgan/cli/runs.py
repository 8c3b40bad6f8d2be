"""Print a table of runs: steps and spectral errors."""


def add_arguments(command):
    """Add the options to a parser."""
    command.add_argument("runs", nargs="+", help="run folders")


def run(settings):
    """Run the command. See `specgan runs --help`."""
    from specgan.runs import run_table as tables

    tables.print_table(settings.runs)
