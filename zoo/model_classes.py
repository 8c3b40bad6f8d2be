"""The classes of models by name, each imported when it is looked up."""

import ast
import importlib
import importlib.util
import pathlib
from collections.abc import Mapping
from typing import Any


class ModelClasses(Mapping):
    """A dictionary of names and classes that imports a class on its look-up.

    So the names are known without TensorFlow and Keras.

    Args:
        places: Dictionary of names and places: "zoo.dcgan.DCGAN".
    """

    def __init__(self, places: Mapping[str, str]):
        self._places = dict(places)

    def __getitem__(self, name):
        module, _, name_in_module = self._places[name].rpartition(".")
        return getattr(importlib.import_module(module), name_in_module)

    def __contains__(self, name):
        return name in self._places  # A Mapping's own would import the class.

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def __repr__(self):
        return f"ModelClasses({self._places})"

    def register(self) -> None:
        """Import all classes: Keras finds those that files name then."""
        for _ in self.values():
            pass

    def summary(self, name: str) -> str:
        """The first line of a class's docstring, without importing it."""
        module, _, name_in_module = self._places[name].rpartition(".")
        spec: Any = importlib.util.find_spec(module)
        source = pathlib.Path(spec.origin)
        [definition] = [
            node
            for node in ast.parse(source.read_text("utf-8")).body
            if isinstance(node, ast.ClassDef) and node.name == name_in_module
        ]
        return (ast.get_docstring(definition) or "").splitlines()[0]


# Those of convolutional networks, which take the same arguments.
_GANS = {
    "dcgan": "zoo.dcgan.DCGAN",
    "lsgan": "zoo.lsgan.LSGAN",
    "wgangp": "zoo.wgangp.WGANGP",
    "dragan": "zoo.dragan.DRAGAN",
    "sngan": "zoo.sngan.SNGAN",
    "r3gan": "zoo.r3gan.R3GAN",
}

GANS = ModelClasses(_GANS)
"""Classes of convolutional GANs by the names of `specgan train`."""

MODELS = ModelClasses(
    {
        **_GANS,
        "alias-free": "zoo.alias_free_gan.AliasFreeGAN",
        "autoencoder": "zoo.autoencoder.AutoEncoder",
        "vae": "zoo.vae.VAE",
    }
)
"""Classes of all models by the names of `specgan train`."""
