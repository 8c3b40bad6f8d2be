"""Packages whose public names load when they are used.

The names stand once, in the stub `__init__.pyi` beside `__init__.py`, where
type checkers and editors look for them as well.
"""

import ast
import importlib
import pathlib
import sys
from collections.abc import Callable
from typing import Any


def attach(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """What a package needs so that its names load when they are used.

    Args:
        package: Its `__name__`.
        file: Its `__file__`; the stub beside it has a line `from module import
            name as name` for each public name. None of them is that of a
            module in the package, which would take its place.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.

    Example:
    >>> __getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)
    """
    modules = public_modules(file)

    def load(name):
        if name not in modules:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}"
            )
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)  # Found without us then.
        return value

    def names():
        return sorted({*vars(sys.modules[package]), *modules})

    return load, names, sorted(modules)


def public_modules(file: str) -> dict[str, str]:
    """The public names of a package that uses `attach`.

    Args:
        file: The package's `__file__`.

    Returns:
        Dictionary of names and the modules that define them.
    """
    stub = pathlib.Path(file).with_suffix(".pyi").read_text("utf-8")
    return {
        alias.name: node.module
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
