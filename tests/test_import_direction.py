"""Imports run one way: see CONTRIBUTING.md."""

import ast
import pathlib

import pytest

from specgan.cli.main import COMMANDS

ROOT = pathlib.Path(__file__).parent.parent

# A package imports itself and those of the lines above its own. `data` is a
# leaf: of the library it takes but the messages and the files.
LAYERS = [
    {"specgan.typing"},
    {"specgan.errors"},
    {
        "specgan.checksums",
        "specgan.files",
        "specgan.saved_model_session",
        "specgan.startup_logs",
        "specgan.image_sizes",
        "specgan.distribution",
        "specgan.lazy",
        "specgan.source_version",
        "specgan.user_folders",
    },
    {"specgan.export_formats", "specgan.html_page"},
    {"specgan.data", "specgan.signal"},
    {"specgan.layers", "specgan.losses", "specgan.metrics"},
    {"specgan.models", "specgan.plots"},
    {"specgan.callbacks", "specgan.detection"},
    {"zoo"},
    {"specgan.runs"},
    {"specgan.cli"},
    {"recipes"},
]
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}


def package_of(module):
    """The name in LEVELS under which a module stands, or None."""
    parts = module.split(".")
    for length in (2, 1):
        if ".".join(parts[:length]) in LEVELS:
            return ".".join(parts[:length])
    return None


def imported_modules(source):
    """(line, module) of every import, those in functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            # `from specgan import data` names a package in its alias.
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def violation(package, module):
    """Why `package` must not import `module`, or None."""
    if module.startswith("."):
        return "imports are absolute"
    other = package_of(module)
    if other is None or other == package:
        return None
    if LEVELS[other] >= LEVELS[package]:
        return f"{other} stands above or beside {package}"
    return None


def source_files():
    for folder in ("specgan", "zoo", "recipes"):
        yield from sorted((ROOT / folder).rglob("*.py"))
        yield from sorted((ROOT / folder).rglob("*.pyi"))  # Lazy packages'.


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_imports_run_one_way():
    problems = []
    for path in source_files():
        package = package_of(module_of(path))
        if package is None:  # specgan/__init__.py
            continue
        for line, module in imported_modules(path.read_text()):
            reason = violation(package, module)
            if reason:
                place = path.relative_to(ROOT)
                problems.append(f"{place}:{line} imports {module}: {reason}")
    assert not problems, "\n".join(["", *problems])


def test_no_two_modules_have_one_name():
    """Except commands, which are called as users call them."""
    commands = {name.replace("-", "_") for name in COMMANDS}
    names = [
        path.stem
        for path in source_files()
        if path.stem != "__init__" and path.parent.name != "zoo"
        if path.parent.name != "cli" or path.stem not in commands
    ]
    assert sorted(names) == sorted(set(names))


def test_every_module_has_its_place():
    unknown = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path != ROOT / "specgan" / "__init__.py"
        and package_of(module_of(path)) is None
    ]
    assert not unknown, f"Give these a line in LAYERS: {unknown}"


@pytest.mark.parametrize(
    "package, module, allowed",
    [
        ("specgan.layers", "specgan.signal.spectrum", True),
        ("specgan.layers", "specgan.layers.up_conv2d", True),
        ("specgan.layers", "keras.layers", True),
        ("specgan.signal", "specgan.layers", False),
        ("specgan.losses", "specgan.layers.azimuthal_integral", False),
        ("specgan.metrics", "specgan.models", False),
        ("specgan.models", "specgan.losses.spectral", True),
        ("specgan.models", "zoo", False),
        ("specgan.callbacks", "specgan.metrics", True),
        ("zoo", "specgan.runs.training", False),
        ("recipes", "zoo.dcgan", True),
        ("recipes", "specgan.data", True),
        ("specgan.data", "specgan.errors", True),
        ("specgan.data", "specgan.signal", False),
        ("specgan.errors", "specgan.files", False),
        ("zoo", ".dcgan", False),
    ],
)
def test_violation(package, module, allowed):
    assert (violation(package, module) is None) is allowed


def test_imported_modules_are_found_everywhere():
    source = "import a.b\ndef f():\n    from specgan import data as d\n"
    assert list(imported_modules(source)) == [(1, "a.b"), (3, "specgan.data")]


def test_files_can_be_read_at_once():
    """No file of the product has more than 450 lines."""
    files = [*ROOT.glob("specgan/**/*.py"), *ROOT.glob("zoo/**/*.py")]
    long = [
        f"{file.relative_to(ROOT)}: {lines}"
        for file in files
        if (lines := file.read_text("utf-8").count("\n")) > 450
    ]
    assert files and not long
