"""Make a pretrained model, with its card, of a run."""

import argparse

from specgan.cli.arguments import add_license_argument
from specgan.files import require_new_folder


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    add = command.add_argument
    add("run", help="run folder of a finished training")
    add("name", help="new name, for zoo.load")
    add("--description", required=True, help="one line, for `specgan list`")
    add_license_argument(add)
    add("--note", default="", help="what else the card must say")


def check(settings: argparse.Namespace) -> None:
    """Refuse bad input before TensorFlow is imported."""
    from specgan.runs.run_folder import RunFolder
    from specgan.user_folders import models_folder
    from zoo import pretrained

    pretrained.check_name(settings.name, settings.description)
    require_new_folder(models_folder() / settings.name)
    run = RunFolder(settings.run)
    run.require_measured()
    run.require_model()


def run(settings: argparse.Namespace) -> None:
    """Run the command. See `specgan publish --help`."""
    from specgan.runs import publishing

    path = publishing.publish(
        settings.run,
        settings.name,
        settings.license,
        settings.description,
        settings.note,
    )
    print(f"{path}: zoo.load({settings.name!r})")
