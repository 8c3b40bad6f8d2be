"""What `pip install specgan` brings, used in an empty folder."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = (
    "specgan", "zoo", "recipes", "saved_models", "setup.py", "setup.cfg",
    "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs Python where the wheel is installed and the checkout is not."""
    folder = tmp_path_factory.mktemp("wheel")
    site, empty, source = (folder / one for one in ("site", "empty", "source"))
    empty.mkdir()
    source.mkdir()
    for name in SOURCES:  # Of a copy, since a build leaves files behind.
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", site, source], check=True
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    for name in ("SPECGAN_MODELS", "COVERAGE_PROCESS_START"):
        environment.pop(name, None)

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=empty, env=environment, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip

    python.site = site
    return python


def test_what_is_installed(installed):
    names = {path.name for path in installed.site.iterdir()}
    assert {"specgan", "zoo"} <= names
    assert not names & {"recipes", "tests", "saved_models", "docs"}
    assert (installed.site / "specgan" / "py.typed").is_file()
    models = installed.site / "zoo" / "saved_models"
    size = sum(path.stat().st_size for path in models.rglob("*"))
    # PyPI takes files of up to 100 MB.
    assert 0 < size < 80e6


def test_the_installed_package_is_imported(installed):
    names = "specgan.__version__, specgan.__file__, zoo.__file__"
    version, *paths = installed(
        "-c", f"import specgan, zoo; print({names})"
    ).split()
    assert version.startswith("0.")
    for path in paths:
        assert pathlib.Path(path).is_relative_to(installed.site)


@pytest.mark.slow
def test_pretrained_models(installed, tmp_path):
    listed = installed("-m", "specgan.cli.main", "list")
    (name,) = [one for one in listed.split() if one.startswith("lsgan-c")]
    program = (
        "import specgan, zoo; specgan.layers.BlurPool2D; "
        f"print(zoo.load({name!r}).sample(2, seed=1).shape)"
    )
    assert installed("-c", program).strip() == "(2, 64, 64, 3)"
    samples = tmp_path / "samples"
    command = f"sample {name} --num 3 --out {samples}".split()
    installed("-m", "specgan.cli.main", *command)
    verdicts = installed("-m", "specgan.cli.main", "detect", samples)
    assert len(verdicts.splitlines()) == 3
    program = "import zoo; print(zoo.load_detector('detector-celeba64').lower)"
    assert 0 < float(installed("-c", program)) < 1


@pytest.mark.slow
def test_train_and_evaluate(installed, tmp_path):
    run = tmp_path / "run"
    command = "train dcgan --image-size 16 --width 2 --epochs 1 --limit 128"
    installed("-m", "specgan.cli.main", *command.split(), "--run", run)
    command = "evaluate --features none --num 64 --json"
    measured = installed("-m", "specgan.cli.main", *command.split(), run)
    assert '"spectral_distance"' in measured
