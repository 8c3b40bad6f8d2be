"""Image generators that get their frequency spectrum right.

Sub-packages load when they are used: `import specgan; specgan.layers`.
"""

import importlib

_SUBPACKAGES = (
    "callbacks",
    "data",
    "detection",
    "layers",
    "losses",
    "metrics",
    "models",
    "plots",
    "signal",
)


def __getattr__(name):
    if name in _SUBPACKAGES:
        return importlib.import_module(f"specgan.{name}")
    if name == "__version__":
        # Here, since it takes longer to import than all of this.
        metadata = importlib.import_module("importlib.metadata")
        return metadata.version("specgan")
    raise AttributeError(f"module 'specgan' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), "__version__", *_SUBPACKAGES})
