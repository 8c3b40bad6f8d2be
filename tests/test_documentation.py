"""README and docs: their snippets run, their tables are the code's."""

import configparser
import functools
import importlib
import pathlib
import re
import shlex
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import generated_pages  # noqa: E402

import zoo  # noqa: E402
from recipes import benchmarks  # noqa: E402
from recipes import page as recipe_page  # noqa: E402
from specgan.cli.main import add_arguments  # noqa: E402
from specgan.cli.main import main  # noqa: E402
from specgan.cli.queue import queue_file  # noqa: E402
from specgan.cli.terminal import Parser  # noqa: E402
from specgan.layers.upsampling import UPSAMPLING_UNITS  # noqa: E402
from specgan.losses.spectral import SPECTRAL_LOSSES  # noqa: E402
from tests.contracts import two_replicas  # noqa: E402
from zoo import MODELS  # noqa: E402
from zoo import detectors  # noqa: E402
from zoo import pretrained  # noqa: E402

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = [page for page in PAGES if "generated" not in page.parts]
SNIPPET = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def snippets(language):
    """Each page's snippets of a language, as one program."""
    for page in PAGES:
        found = SNIPPET.findall(page.read_text())
        texts = [text for kind, text in found if kind == language]
        if texts:
            # Its many layers are compiled one by one.
            marks = [pytest.mark.slow] if page.stem == "alias_free" else ()
            name = page.relative_to(ROOT)
            yield pytest.param("\n".join(texts), id=str(name), marks=marks)


# So that what is shown trains in seconds.
SMALLER = {
    "image_size=64": "image_size=16",
    'load("photos", image_size=16': 'load("photos", limit=64, image_size=16',
    "image_size=32, config": "image_size=16, config",
    "DCGAN(image_size=16": "DCGAN(image_size=16, width=2, latent_dim=4",
    "epochs=25": "epochs=1",
}


@pytest.mark.parametrize("text", list(snippets("python")))
def test_python(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "onnxruntime" in text:  # Of an extra.
        pytest.importorskip("onnxruntime")
        pytest.importorskip("tf2onnx")
    # A second one in a process would meet the first one's operations.
    strategy = two_replicas()
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: strategy)
    for shown, run in SMALLER.items():
        text = text.replace(shown, run)
    exec(compile(text, "snippet", "exec"), {"__name__": "snippet"})


@pytest.mark.parametrize("text", list(snippets("sh")))
def test_commands_have_these_options(text):
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["specgan"]:
            parser = Parser(prog=words[1])
            add_arguments(words[1], parser)
            parser.parse_args(words[2:])
        elif words:
            assert words[0] in ("make", "tensorboard", "python"), line
            if words[0] == "make":
                assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
            if words[0] == "python" and words[2] != "http.server":
                assert words[1] == "-m"
                recipe = importlib.import_module(words[2]).main
                # With its options, and nothing is done.
                parsed = functools.wraps(recipe)(lambda *args, **options: None)
                assert recipe_page.run(parsed, words[3:]) == 0, line


# What the commands of the guide are given beside, so that they take seconds
# and need no weights of Inception.
SMALLEST = {
    "train": "--image-size 16 --width 2 --batch-size 16 --epochs 1",
    "sample": "--num 4",
    "evaluate": "--features none",
}


@pytest.mark.slow
def test_your_own_images(tmp_path, monkeypatch, capsys):
    """The guide's commands one after another, on a folder of pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    pathlib.Path("pictures").mkdir()
    draw = np.random.default_rng(0)
    for i in range(64):
        pixels = draw.integers(0, 256, [18, 20 + i % 3, 3], np.uint8)
        Image.fromarray(pixels).save(f"pictures/{i}.png")
    text = (ROOT / "docs/guides/your_own_images.md").read_text()
    ran = []
    for kind, snippet in SNIPPET.findall(text):
        assert kind == "sh"
        for line in snippet.splitlines():
            _, command, *words = shlex.split(line)
            if "onnx" in words and not find_spec("tf2onnx"):
                continue
            words += SMALLEST.get(command, "").split()
            assert main([command, *words]) == 0, capsys.readouterr().err
            ran.append(command)
    assert ran[:6] == "train train sample report evaluate export".split()
    assert "spectral_distance" in capsys.readouterr().out
    report = pathlib.Path("runs/mine/report.html").read_text()
    assert "1-D" in report
    exported = tf.saved_model.load("mine-saved-model")
    assert exported.sample(2, 1).shape == (2, 16, 16, 3)
    assert zoo.load("mine").image_shape == (16, 16, 3)


@pytest.mark.parametrize("text", list(snippets("toml")))
def test_queue_files(text, tmp_path):
    (tmp_path / "grid.toml").write_text(text)
    assert len(queue_file.read(tmp_path / "grid.toml").cells) == 12


def test_every_snippet_is_of_a_kind_that_is_run():
    kinds = {
        kind for page in PAGES for kind, _ in SNIPPET.findall(page.read_text())
    }
    assert kinds == {"python", "sh", "toml"}


def test_readme_is_short():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120 and len(text.split()) <= 900


def test_first_picture_is_of_a_model_that_comes_with_specgan():
    text = (ROOT / "README.md").read_text()
    [command] = re.findall(r"`specgan (sample .*)`", text)
    _, name, *_, out = command.split()
    assert name in pretrained.names()
    assert re.search(r"!\[.*?\]\((.*?)\)", text)[1] == out


def test_readme_lists_what_is_pretrained():
    names = {**pretrained.names(), **detectors.detector_names()}
    rows = [f"| `{name}` | {line} |" for name, line in names.items()]
    assert "\n".join(rows) in (ROOT / "README.md").read_text()


def test_hints_name_extras_that_there_are():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    texts = [page.read_text() for page in PAGES]
    for package in ("specgan", "zoo", "recipes"):
        texts += [file.read_text() for file in (ROOT / package).rglob("*.py")]
    named = re.findall(r"pip install '?(?:specgan|\.)\[(\w+)\]", "".join(texts))
    assert "video" in named
    assert set(named) <= set(setup["options.extras_require"])


def test_guides_name_what_there_is():
    """Every unit, loss and model, as code writes them, and no other."""
    text = (ROOT / "docs/guides/spectral_regularization.md").read_text()
    units = re.findall(r'`"(\w+)"`', text.partition("## Up-sampling")[2])
    assert sorted(units) == sorted(UPSAMPLING_UNITS)
    losses = re.findall(r'^\| .*?`"(\w+)"` \|', text, re.M)
    assert sorted(losses) == sorted(SPECTRAL_LOSSES)
    text = (ROOT / "docs/guides/zoo.md").read_text()
    speed = (ROOT / "docs/results/speed.md").read_text()
    assert all(f"`{topic}`" in speed for topic in benchmarks.TOPICS)
    models = re.findall(r"^\| `\w+`, (\S+) \|", text, re.M)
    assert sorted(models) == sorted(MODELS)


GENERATED_PAGES = (ROOT / "docs/generated_pages.py").read_text()


def test_links():
    for page in PAGES:
        for place in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if place.startswith("http"):
                continue
            target = page.parent / place
            if "generated" in target.parts[:-2]:  # Of a recipe, in its folder.
                assert f'"{target.parent.name}"' in GENERATED_PAGES
                continue
            if target.parent.name == "generated":  # Of records, by `make docs`.
                by_name = target.name in GENERATED_PAGES
                target = page if by_name else page.parent / target.stem
            assert target.exists(), f"{page}: {place}"


def test_every_public_name_is_in_the_interface():
    described = {}
    for package in generated_pages.PACKAGES:
        page = generated_pages.api_page(package, described)
        for name in generated_pages.public_names(package):
            assert f"\n## {name}\n" in page
        # Constants, too, where a package says what it exports.
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            assert f"\n## {name}\n" in page
        assert all(generated_pages.public_constants(package).values())
    helpers = {one.__module__ for one in described}
    assert not helpers & {"specgan.errors", "specgan.distribution"}
    undocumented = [name for one, name in described.items() if not one.__doc__]
    assert not undocumented
