"""What makes a recipe a program: its settings as options."""

import argparse
import inspect


def run(main):
    """Call a recipe's `main` with what the command line says.

    Each argument of `main` is an option: `image_size=64` is `--image-size 64`.
    Its default says its type; `True` and `False` are `--name` and `--no-name`.

    Args:
        main: The function.

    Returns:
        What it returns.
    """
    description, _, rest = inspect.getmodule(main).__doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=description,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, parameter in inspect.signature(main).parameters.items():
        default = parameter.default
        option = {"type": type(default)}
        if isinstance(default, bool):
            option = {"action": argparse.BooleanOptionalAction}
        parser.add_argument(
            f"--{name.replace('_', '-')}", default=default,
            help=f"(default: {default})", **option,
        )  # fmt: skip
    return main(**vars(parser.parse_args()))
