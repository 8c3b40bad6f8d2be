"""Presets of the Hugging Face Hub, from a cache built here, offline."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import zoo
from zoo import pretrained

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "address",
    [
        "hf://",
        "hf://owner",
        "hf://a/b/c",
        "hf://a/b@",
        "hf://a/../b",
        "hf:///b",
    ],
)
def test_what_is_no_address(address):
    with pytest.raises(ValueError, match="Expected hf://owner/name"):
        zoo.load(address)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(
        ValueError, match=r"not installed.*pip install 'specgan\[hub\]'"
    ):
        zoo.load("hf://owner/name")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An `HF_HOME` with a preset, one without a card and a file."""
    pytest.importorskip("huggingface_hub")
    folder = tmp_path_factory.mktemp("home")
    gan = zoo.DCGAN(16, 1, width=4, latent_dim=8)
    for name in ("gan", "empty"):
        place = folder / "hub" / f"models--owner--{name}"
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text(COMMIT)
        snapshot = place / "snapshots" / COMMIT
        if name == "gan":
            zoo.save_preset(gan, snapshot, "mit")
        else:
            snapshot.mkdir(parents=True)
            (snapshot / "README.md").write_text("# Another model\n")
    # As the client keeps files: links to blobs.
    blobs = folder / "hub" / "models--owner--gan" / "blobs"
    blobs.mkdir()
    snapshot = blobs.parent / "snapshots" / COMMIT
    for number, file in enumerate(sorted(snapshot.rglob("*"))):
        if file.is_file():
            shutil.move(file, blobs / str(number))
            file.symlink_to(os.path.relpath(blobs / str(number), file.parent))
    return folder


def loaded(address, home, **variables):
    """What a new process says, as the client reads variables only once."""
    program = (
        "import zoo\n"
        f"try: print('dimensions', zoo.load({address!r}).latent_dim)\n"
        "except (ValueError, OSError) as error: print(type(error), error)"
    )
    environment = {
        **os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", **variables
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=pathlib.Path(__file__).parents[2], env=environment,
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_from_the_cache(revision, home):
    assert loaded(f"hf://owner/gan{revision}", home) == "dimensions 8\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "address, expected",
    [
        (
            "hf://owner/other",
            "could not be fetched, and it is not in the cache",
        ),
        ("hf://owner/gan@v2", "could not be fetched"),
        ("hf://owner/empty", "is not a preset of specgan"),
    ],
)
def test_what_is_not_in_the_cache(address, expected, home):
    said = loaded(address, home)
    assert expected in said and said.count("\n") == 1


def test_the_client_is_asked_for_the_files_of_a_preset(home, monkeypatch):
    asked = []
    snapshot = home / "hub" / "models--owner--gan" / "snapshots" / COMMIT

    def download(repository, revision, allow_patterns):
        asked.append((repository, revision))
        assert "*" not in allow_patterns
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert zoo.load("hf://owner/gan@v1.0").latent_dim == 8
    assert zoo.load("hf://owner/gan").latent_dim == 8
    assert asked == [("owner/gan", "v1.0"), ("owner/gan", None)]


def damaged(home, monkeypatch, tmp_path, damage):
    """What loading a preset of the Hub says, after a change of its files."""
    snapshot = "hub/models--owner--gan/snapshots"
    folder = shutil.copytree(home / snapshot, tmp_path / snapshot) / COMMIT
    damage(folder)
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda *_, **__: str(folder)
    )
    with pytest.raises(ValueError) as told:
        zoo.load("hf://owner/gan")
    return str(told.value)


def is_of_version_1(folder):
    (folder / "saved_model.pb").unlink()
    (folder / "model.json").write_text("{}")


def has_no_licence(folder):
    (folder / "README.md").write_text("# A card")
    pretrained.renew_checksums(folder)


@pytest.mark.parametrize(
    "damage, expected, remedy",
    [
        (is_of_version_1, "is of another format version", "Convert a clone"),
        (has_no_licence, "does not say its licence", "Ask its owner"),
        (
            lambda folder: (folder / "saved_model.pb").unlink(),
            "are not those that were published",
            "models--owner--gan to fetch it again",
        ),
        (
            lambda folder: (folder / "model.json").write_text("{"),
            "cannot be made",
            "models--owner--gan to fetch it again",
        ),
    ],
)
def test_errors_name_the_address(
    damage, expected, remedy, home, monkeypatch, tmp_path
):
    said = damaged(home, monkeypatch, tmp_path, damage)
    assert f"hf://owner/gan {expected}" in said
    assert remedy in said and "renew_checksums" not in said


@pytest.mark.parametrize("address", ["hf://../..", "hf://a--b/-c", "hf://a/b."])
def test_addresses_that_only_the_client_refuses(address):
    pytest.importorskip("huggingface_hub")
    with pytest.raises(ValueError, match="Expected hf://owner/name"):
        zoo.load(address)


@pytest.mark.parametrize(
    "name", ["RepositoryNotFoundError", "RevisionNotFoundError"]
)
def test_no_such_repository(name, home, monkeypatch):
    import huggingface_hub.errors

    def download(*_, **__):
        kind = getattr(huggingface_hub.errors, name)
        raise kind.__new__(kind)  # Without the response it is made of.

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ValueError, match="no such preset, or it is private"):
        zoo.load("hf://owner/nothing")
