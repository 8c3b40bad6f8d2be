"""Where a user's files are, by the environment; which variables are listed."""

import pathlib
import re

import pytest

from specgan.user_folders import cache_folder
from specgan.user_folders import data_cache_folder
from specgan.user_folders import models_folder

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in (
        "SPECGAN_CACHE", "SPECGAN_MODELS", "XDG_CACHE_HOME", "XDG_DATA_HOME"
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_defaults(home):
    assert cache_folder() == home / ".cache" / "specgan"
    assert data_cache_folder() == home / ".cache" / "specgan" / "data"
    assert models_folder() == home / ".local" / "share" / "specgan" / "models"


def test_the_bases_of_xdg(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert cache_folder() == pathlib.Path("/cache/specgan")
    assert data_cache_folder() == pathlib.Path("/cache/specgan/data")
    assert models_folder() == pathlib.Path("/data/specgan/models")


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_bases_that_are_not_absolute_are_ignored(value, home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_DATA_HOME", value)
    test_defaults(home)


def test_our_own_variables_come_first(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("SPECGAN_CACHE", "~/mine")
    monkeypatch.setenv("SPECGAN_MODELS", "~/models")
    assert cache_folder() == data_cache_folder() == home / "mine"
    assert models_folder() == home / "models"


def test_all_variables_are_on_one_page():
    page = (ROOT / "docs" / "guides" / "environment.md").read_text()
    used = set()
    for folder in ("specgan", "zoo"):
        for path in (ROOT / folder).rglob("*.py"):
            used |= set(
                re.findall(r"\b(?:SPECGAN|XDG)_[A-Z_]+", path.read_text())
            )
    assert {"SPECGAN_CACHE", "SPECGAN_MODELS", "SPECGAN_INCEPTION"} <= used
    assert set(re.findall(r"\b(?:SPECGAN|XDG)_[A-Z_]+", page)) == used
