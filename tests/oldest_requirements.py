"""The oldest packages that setup.cfg allows, as constraints for pip.

    python tests/oldest_requirements.py > constraints.txt

`make test-oldest` runs the tests with them.
"""

import configparser
import pathlib
import re

SETUP = pathlib.Path(__file__).parent.parent / "setup.cfg"
LOWER_BOUND = re.compile(r"^([\w-]+)>=([\w.]+),", re.MULTILINE)


def constraints(text):
    """Lines "name==version", a lower bound each.

    Args:
        text: What setup.cfg says of the options.
    """
    return [f"{name}=={version}" for name, version in LOWER_BOUND.findall(text)]


if __name__ == "__main__":
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(SETUP)
    needed = settings["options"]["install_requires"]
    print("\n".join(constraints(needed)))
