"""Image generators that get their frequency spectrum right.

Sub-packages load when they are used: `import specgan; specgan.layers`.
"""

import importlib
import importlib.metadata

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
        return importlib.metadata.version("specgan")
    raise AttributeError(f"module 'specgan' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), "__version__", *_SUBPACKAGES})
