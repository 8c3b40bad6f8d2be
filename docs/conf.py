"""The documentation site: `make docs`."""

import inspect
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs"))

import generated_pages  # noqa: E402

import specgan  # noqa: E402

project = "specgan"
author = "the specgan authors"
copyright = f"2026, {author}"
release = specgan.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "results/*.json", "results/*/*"]
# Tables, which pages include: no pages of their own.
exclude_patterns += ["generated/fourier/*"]
exclude_patterns += [
    f"generated/{folder.name}.md"
    for folder in (ROOT / "docs" / "results").glob("*/")
]
myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
nitpicky = False

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
# Docstrings have them in words, with shapes, ranges and units. What is written
# in the source reads worse here: tensors are `Any`, `ArrayLike` fills a line.
autodoc_typehints = "none"
# Keras and TensorFlow document their own methods.
autodoc_inherit_docstrings = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = [
    ("Call arguments", "params_style"),
    ("Logs", "params_style"),
    ("Input shape", "notes"),
    ("Output shape", "notes"),
    ("Formula", "notes"),
    ("Reference", "notes"),
]

html_theme = "pydata_sphinx_theme"
html_title = "specgan"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
}
html_show_sourcelink = False

CODE = re.compile(
    r"^( *)```\w*\n(?P<fenced>.*?)^\1```[^\S\n]*$|"
    r"^(?P<doctest>( *)>>> .*?)(?=^\s*$|\Z)",
    re.M | re.S,
)


def to_rest(text):
    """The Markdown of our docstrings as reStructuredText."""
    parts, end = [], 0
    for match in CODE.finditer(text):
        parts += [_prose(text[end : match.start()]), _code_block(match)]
        end = match.end()
    return "".join([*parts, _prose(text[end:])])


def _code_block(match):
    indent = match[1] if match["fenced"] is not None else match[4]
    language = "text" if match["fenced"] is not None else "pycon"
    code = match["fenced"] if match["fenced"] is not None else match["doctest"]
    code = re.sub(r"^(?=.)", "    ", code.rstrip(), flags=re.M)
    return f"\n{indent}.. code-block:: {language}\n\n{code}\n\n"


def _prose(text):
    # `name` is code in Markdown, and a reference in reStructuredText.
    text = re.sub(
        r"(?<![`:\w])`([^`]+)`(?!`)",
        lambda match: "``" + " ".join(match[1].split()) + "``",
        text,
    )
    text = re.sub(r"``(?=\w+\b)(?=[a-z]\b)", r"``\\ ", text)  # `Image`s
    text = text.replace("|", r"\|").replace("*args, **", r"\*args, \*\*")
    # Names of arguments over several lines.
    names = re.compile(r"^( {4,}(?:[*\w]+, )*[*\w]+,)\n +(?=[*\w]+[,:])", re.M)
    while names.search(text):
        text = names.sub(r"\1 ", text)
    # A list needs an empty line before it.
    return re.sub(
        r"^(?! *(?:[-*]|\d+\.) )(.+)\n( *)(- |1\. )", r"\1\n\n\2\3", text,
        flags=re.M,
    )  # fmt: skip


def convert_docstring(app, what, name, obj, options, lines):
    """For `autodoc-process-docstring`, before napoleon."""
    lines[:] = to_rest("\n".join(lines)).split("\n")


def skip_member(app, what, name, obj, skip, options):
    """Leave out what scikit-learn and Keras give to all of theirs."""
    module = getattr(obj, "__module__", None) or ""
    if module.startswith(("sklearn", "keras", "tensorflow")):
        return True
    return skip


def class_signature(app, what, name, obj, options, signature, returns):
    """The arguments of `__init__`, where Keras has a `__new__` of its own."""
    if what != "class" or not inspect.isfunction(obj.__init__):
        return None
    own = inspect.signature(obj.__init__)
    arguments = [
        argument.replace(annotation=inspect.Parameter.empty)
        for argument in list(own.parameters.values())[1:]  # Without self.
    ]
    bare = inspect.Signature(arguments)
    return str(bare), returns


def setup(app):
    generated_pages.write(ROOT / "docs")
    app.connect("autodoc-process-signature", class_signature)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-docstring", convert_docstring, priority=400)
