"""What loads when it is used, and what needs neither TensorFlow nor Keras."""

import ast
import importlib
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import zoo
from specgan import lazy

ROOT = pathlib.Path(__file__).parent.parent
PACKAGES = ["specgan.data", "specgan.signal", "specgan.detection", "zoo"]
HEAVY = {"tensorflow", "keras", "matplotlib", "sklearn"}


def modules_of(program):
    """What a fresh Python has imported after a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import zoo; dict.fromkeys(zoo.MODELS); zoo.MODELS.summary('vae')",
        "import zoo; zoo.load_detector('detector-celeba64')",
        "from specgan import data, detection, signal; data.names()",
        "from specgan.detection import TrainedDetector",
        "from specgan.cli.main import main; main(['list'])",
        "from specgan.cli.main import main; main(['detect', PICTURE])",
        "from specgan.cli.main import main; main(['detect', FOLDER, '--json'])",
        "from specgan.cli.main import main\n"
        "main(['detect', FOLDER, '--html', FOLDER + '/page.html'])",
    ],
)
def test_neither_tensorflow_nor_keras(program, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, [40, 40, 3], np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    program = program.replace("PICTURE", repr(str(tmp_path / "a.png")))
    program = program.replace("FOLDER", repr(str(tmp_path)))
    assert not modules_of(program) & HEAVY


WRONG = [
    "train dcgn --run NEW",
    "train dcgan --run NEW --data nowhere/",
    "train dcgan --run NEW --data mnist --data-dir nowhere",
    "train dcgan --run FULL",
    "train dcgan --run NEW --upsampling neares",
    "train dcgan --run NEW --spectral-regularization decibl",
    "train dcgan --run NEW --stop-by fdi",
    "demo --out FULL",
    "demo --data nowhere.zip --out NEW",
    "sample dcgan-celeba64 --out x.png",
    "sample FULL --out x.png",
    "sample FULL --out x.jpg",
    "interpolate nowhere --out x.gif",
    "interpolate nowhere --out x.avi",
    "interpolate dcgan-celeba64-spectral --out x.gif --rate 100",
    "export nowhere --out NEW",
    "export nowhere --out FULL",
    "export FULL --out x.onx --format onnx",
    "export FULL --out NEW --format onxx",
    "export FULL --out NEW --precision int8",
    "export FULL --out NEW --batch-size 2",
    "lint-upsampling nowhere",
    "evaluate",
    "evaluate nowhere",
    "evaluate --real nowhere/ --fake FULL",
    "evaluate --real FULL --fake FULL --data-dir FULL",
    "evaluate --real FULL --fake FULL --weights nowhere.npz",
    "spectrum a=nowhere/ --out x.png",
    "spectrum a=FULL a=FULL --out x.png",
    "spectrum a=FULL --out x.svg",
    "train-detector --real nowhere --fake FULL --out NEW",
    "train-detector --real FULL --fake FULL --out FULL",
    "train-detector --real FULL --out NEW",
    "train-detector --real FULL --aligned nowhere --out NEW",
    "robustness --real nowhere --fake FULL --out x.png",
    "robustness --detector nowhere --real FULL --fake FULL --out x.png",
    "robustness --real FULL --fake FULL --out x.png --html x.png",
    "detect FULL --html x.htm",
    "paper-protocol celeba --real nowhere --fake FULL",
    "report nowhere",
    "publish nowhere name --description line --license mit",
    "upgrade-preset nowhere --license mit",
    "evaluate --real FULL --fake FULL --card",
    "runs nowhere",
    "fetch-inception nowhere.whl",
]
"""Command lines that are refused for what needs no TensorFlow to see."""


def test_wrong_command_lines_are_refused_before_seconds_of_imports(tmp_path):
    (tmp_path / "full" / "folder").mkdir(parents=True)
    places = {"NEW": str(tmp_path / "new"), "FULL": str(tmp_path / "full")}
    lines = WRONG
    for name, place in places.items():
        lines = [line.replace(name, place) for line in lines]
    program = f"""
from specgan.cli.main import main
for line in {lines}:
    code = main(line.split())
    if code != 2:
        raise SystemExit(f"{{line}}: {{code}}")
"""
    assert not modules_of(program) & HEAVY


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_of_a_stub_is_there(name):
    package = importlib.import_module(name)
    stub = pathlib.Path(package.__file__).with_suffix(".pyi").read_text()
    names = [
        (alias.name, alias.asname)
        for node in ast.parse(stub).body
        for alias in node.names
    ]
    assert all(given == known for given, known in names)
    assert sorted(given for given, _ in names) == package.__all__
    for given, _ in names:
        assert given in dir(package)
        assert getattr(package, given) is not None


@pytest.mark.parametrize("name", PACKAGES)
def test_no_name_is_that_of_a_module(name):
    package = importlib.import_module(name)
    modules = {
        path.stem for path in pathlib.Path(package.__path__[0]).iterdir()
    }
    assert not modules & set(package.__all__)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="'zoo' has no attribute 'DCGANN'"):
        zoo.DCGANN  # noqa: B018
    with pytest.raises(ImportError, match="DCGANN"):
        from zoo import DCGANN  # noqa: F401


def test_a_package_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text(
        "from specgan import lazy\n"
        "__getattr__, __dir__, __all__ = lazy.attach(__name__, __file__)\n"
    )
    (tmp_path / "mine" / "__init__.pyi").write_text(
        "from mine.numbers import one as one\n"
        "from mine.gone import two as two\n"
    )
    (tmp_path / "mine" / "numbers.py").write_text("one = [1]\n")
    monkeypatch.syspath_prepend(tmp_path)
    mine = importlib.import_module("mine")
    assert "numbers" not in vars(mine)
    assert mine.one is mine.one == [1]
    assert mine.__all__ == ["one", "two"]
    with pytest.raises(ModuleNotFoundError, match="mine.gone"):
        mine.two  # noqa: B018
    assert lazy.attach("mine", mine.__file__)[2] == ["one", "two"]


def test_models_are_a_dictionary_of_classes():
    assert zoo.MODELS["dcgan"] is zoo.DCGAN
    assert dict(zoo.MODELS)["vae"] is zoo.VAE
    assert list(zoo.GANS) == list(zoo.MODELS)[: len(zoo.GANS)]
    assert "vae" in zoo.MODELS and "vae" not in zoo.GANS
    with pytest.raises(KeyError):
        zoo.MODELS["gan"]
    for name, model in zoo.MODELS.items():
        assert zoo.MODELS.summary(name) == model.__doc__.splitlines()[0]
