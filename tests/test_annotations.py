"""Every public function says what it takes and what it gives."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent


def public_functions(body, outer=""):
    """(name, definition) of functions, methods and constructors."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node.body, f"{outer}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") or node.name == "__init__":
                yield f"{outer}{node.name}", node
        elif isinstance(node, ast.If | ast.Try):
            yield from public_functions(node.body + node.orelse, outer)


def not_annotated(source):
    """What lacks an annotation, e.g. "load(path)" or "load -> ?"."""
    for name, node in public_functions(ast.parse(source).body):
        given = node.args
        arguments = [*given.posonlyargs, *given.args]
        decorators = [ast.unparse(each) for each in node.decorator_list]
        if "." in name and "staticmethod" not in decorators:
            arguments = arguments[1:]  # Without self or cls.
        arguments += [*given.kwonlyargs, given.vararg, given.kwarg]
        for argument in arguments:
            if argument is not None and argument.annotation is None:
                yield f"{name}({argument.arg})"
        if node.returns is None and node.name != "__init__":
            yield f"{name} -> ?"


@pytest.mark.parametrize("folder", ["specgan", "zoo"])
def test_all_public_functions_are_annotated(folder):
    problems = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for problem in not_annotated(path.read_text("utf-8"))
    ]
    assert not problems, "\n".join(["", *problems])


def test_what_lacks_annotations_is_found():
    source = """
def plain(a: int, b, *c, d, **e): ...
def _private(a): ...
class C:
    def __init__(self, a): ...
    def __call__(self, a): ...
    @staticmethod
    def s(a) -> None: ...
    @classmethod
    def c(cls, a: int) -> None: ...
if True:
    async def later(a: int): ...
"""
    assert list(not_annotated(source)) == [
        "plain(b)",
        "plain(d)",
        "plain(c)",
        "plain(e)",
        "plain -> ?",
        "C.__init__(a)",
        "C.s(a)",
        "later -> ?",
    ]
