"""What setup.cfg cannot say: saved_models/ is installed within zoo/."""

from setuptools import find_packages
from setuptools import setup

setup(
    packages=[*find_packages(include=["specgan*", "zoo*"]), "zoo.saved_models"],
    package_dir={"zoo.saved_models": "saved_models"},
    package_data={
        "specgan": ["py.typed", "**/*.pyi"],
        "zoo": ["*.pyi"],
        "zoo.saved_models": ["**/*"],
    },
)
