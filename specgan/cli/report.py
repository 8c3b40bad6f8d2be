"""Write all about a run as one HTML page."""


def add_arguments(command):
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder")
    add("--out", help="the page (RUN/report.html unless given)")


def run(settings):
    """Run the command. See `specgan report --help`."""
    from specgan.runs import html_report as reports

    print(reports.write(settings.run, settings.out))
