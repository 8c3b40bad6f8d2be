"""What recipes share: their `main` as a program, and the files they write."""

import argparse
import contextlib
import inspect
import json
import pathlib

from specgan import plots
from specgan.cli.terminal import Parser
from specgan.cli.terminal import run as run_parser
from specgan.files import written_whole


def run(main, arguments=None):
    """Call a recipe's `main` with what the command line says.

    An argument without a default is positional, `*names` takes any number;
    the others are options: `image_size=64` is `--image-size 64`, `paper=False`
    is `--paper` or `--no-paper`, a tuple takes as many values. An annotation
    converts (`num: positive`) or lists the choices (`age: ("old", "new")`);
    without one the default says the type.

    Args:
        main: The function.
        arguments: List of strings; None takes those of the process.

    Returns:
        The exit code, as `specgan.cli.terminal.exit_code_of` has it.
    """
    module = inspect.getmodule(main)
    description, _, rest = module.__doc__.partition("\n")
    parser = Parser(
        prog=f"python -m {module.__spec__.name}",
        description=description,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parameters = inspect.signature(main).parameters.values()
    for parameter in parameters:
        _add_argument(parser, parameter)

    def program(settings):
        values = vars(settings)
        in_order = [
            value
            for parameter in parameters
            if parameter.kind is not parameter.KEYWORD_ONLY
            for value in _positional(parameter, values.pop(parameter.name))
        ]
        main(*in_order, **values)

    return run_parser(parser, program, arguments)


def write(folder, name, record, lines, figures):
    """Write what was measured as JSON, its table and its pictures, or nothing.

    Args:
        folder: Where; it is made.
        name: Of the JSON and of the table, NAME.json and NAME.md.
        record: A dictionary for JSON.
        lines: The table, lines of Markdown.
        figures: {name of a picture's file: `Figure`}.

    Returns:
        The table, a string.
    """
    folder = pathlib.Path(folder)
    table = "\n".join(lines)
    texts = {f"{name}.json": json.dumps(record, indent=1), f"{name}.md": table}
    # All are written before the first of them has its name.
    with contextlib.ExitStack() as stack:

        def unfinished(file):
            return stack.enter_context(written_whole(folder / file))

        for file, text in texts.items():
            unfinished(file).write_text(f"{text}\n", "utf-8")
        for file, figure in figures.items():
            plots.save(plots.to_pixels(figure), unfinished(file))
    return table


def _positional(parameter, value):
    return value if parameter.kind is parameter.VAR_POSITIONAL else [value]


def _add_argument(parser, parameter):
    name, default = parameter.name, parameter.default
    option = {}
    if isinstance(parameter.annotation, tuple):
        option["choices"] = parameter.annotation
    elif parameter.annotation is not parameter.empty:
        option["type"] = parameter.annotation
    if parameter.kind is parameter.VAR_POSITIONAL:
        parser.add_argument(name, nargs="*", **option)
        return
    if default is parameter.empty:
        parser.add_argument(name, **option)
        return
    if isinstance(default, bool):
        option["action"] = argparse.BooleanOptionalAction
    elif isinstance(default, tuple):
        option["nargs"] = len(default) or "+"
        option.setdefault("type", type(default[0]) if default else str)
    elif default is not None and "choices" not in option:
        option.setdefault("type", type(default))
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        default=default,
        help=f"(default: {default})",
        **option,
    )
