import errno
import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

import zoo
from specgan.checksums import record_sum
from tests.contracts import uniform
from zoo import pretrained


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(pretrained, "shipped", lambda: tmp_path / "shipped")
    return tmp_path / "models"


def small(**kwargs):
    return zoo.DCGAN(16, 1, width=4, latent_dim=8, **kwargs)


TINY = {
    **dict.fromkeys(zoo.MODELS, {"width": 4}),
    "alias-free": {
        "channel_base": 64, "channel_max": 4, "num_layers": 3, "latent_dim": 8
    },
}  # fmt: skip


@pytest.mark.parametrize("name", zoo.MODELS)
def test_every_class_comes_back(name, models):
    model = zoo.MODELS[name](16, channels=1, **TINY[name])
    pretrained.publish(model, "mine", "A line.", "The card.")
    again = zoo.load("mine")
    assert type(again) is type(model)
    for mine, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert pretrained.names() == {"mine": "A line."}
    assert (models / "mine" / "README.md").read_text() == "The card."


def test_target_and_average_are_in_it_and_optimizers_are_not(models):
    gan = small(spectral_regularization=True, ema_decay=0.9)
    images = uniform(8, 16, 16, 1)
    gan.adapt(images)
    gan.compile()
    gan.fit(images, batch_size=4, verbose=0)
    path = pretrained.publish(gan, "mine", "", "")
    again = zoo.load("mine")
    assert again.spectral_loss.adapted
    assert not again.compiled
    np.testing.assert_array_equal(again.sample(4), gan.sample(4))
    weights = sum(w.numpy().nbytes for w in gan.weights)
    assert (path / "model.weights.h5").stat().st_size < 1.5 * weights + 1e5


def test_a_loaded_model_trains_on(models):
    pretrained.publish(small(), "mine", "", "")
    gan = zoo.load("mine")
    gan.compile()
    before = gan.generator.get_weights()
    gan.fit(uniform(8, 16, 16, 1), batch_size=4, verbose=0)
    after = gan.generator.get_weights()
    assert any(np.any(a != b) for a, b in zip(after, before, strict=True))
    assert all(np.all(np.isfinite(weights)) for weights in after)


def test_an_unknown_name_suggests_the_nearest(models):
    pretrained.publish(small(), "dcgan-faces", "", "")
    with pytest.raises(ValueError, match="Did you mean 'dcgan-faces'"):
        zoo.load("dcgan-face")


def test_altered_weights_are_refused(models):
    path = pretrained.publish(small(), "mine", "", "")
    weights = path / "model.weights.h5"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ValueError, match="not those that were published"):
        zoo.load("mine")
    weights.unlink()
    with pytest.raises(ValueError, match="no such file"):
        zoo.load("mine")


def test_an_altered_record_is_refused(models):
    path = pretrained.publish(small(), "mine", "A line.", "")
    record = json.loads((path / "model.json").read_text())
    record["config"]["latent_dim"] += 1
    (path / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="mine cannot be made.*was altered"):
        zoo.load("mine")
    with pytest.warns(UserWarning, match="was altered"):
        assert pretrained.names() == {}


def test_a_card_is_covered_until_its_checksum_is_renewed(models):
    path = pretrained.publish(small(), "mine", "", "The card.")
    (path / "README.md").write_text("Another card.")
    with pytest.raises(ValueError, match="SHA-256 .* of README.md. Received"):
        zoo.load("mine")
    pretrained.renew_checksums(path)
    assert zoo.load("mine").latent_dim == 8


def test_entries_of_older_versions_have_a_checksum_of_the_weights(models):
    gan = small()
    path = pretrained.publish(gan, "mine", "", "")
    record = json.loads((path / "model.json").read_text())
    digest = record["sha256"]["model.weights.h5"]
    del record["record_sha256"]
    record["sha256"] = digest
    (path / "model.json").write_text(json.dumps(record))
    np.testing.assert_array_equal(zoo.load("mine").sample(2), gan.sample(2))
    (path / "model.weights.h5").write_bytes(b"?")
    with pytest.raises(ValueError, match=f"Expected SHA-256 {digest}"):
        zoo.load("mine")


def test_hdf5_is_not_written_to_the_disk(models, monkeypatch):
    # It kills the process where the disk is full.
    opened = []

    class File(h5py.File):
        def __init__(self, name, mode="r", **kwargs):
            opened.append((name, mode))
            super().__init__(name, mode, **kwargs)

    monkeypatch.setattr(h5py, "File", File)
    path = pretrained.publish(small(), "mine", "", "")
    written = [name for name, mode in opened if mode != "r"]
    assert written and not any(isinstance(name, str) for name in written)
    assert sorted(file.name for file in path.iterdir()) == [
        "README.md", "model.json", "model.weights.h5"
    ]  # fmt: skip


def test_a_full_disk_is_one_error(models, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pretrained, "_write_weights", full)
    with pytest.raises(OSError, match="No space left on device: .*mine'"):
        pretrained.publish(small(), "mine", "", "")
    assert list(models.iterdir()) == []


def test_a_class_is_only_looked_up_in_the_zoo(models):
    path = pretrained.publish(small(), "mine", "", "")
    record = json.loads((path / "model.json").read_text())
    record["class"] = "os.system"
    record["record_sha256"] = record_sum(record)
    (path / "model.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match="class of a model"):
        zoo.load("mine")


def test_own_models_are_read_beside_those_that_are_shipped(models):
    shipped = pretrained.shipped()
    pretrained.publish(small(), "theirs", "Theirs.", "")
    shutil.move(models, shipped)
    path = pretrained.publish(small(), "mine", "Mine.", "")
    assert path == models / "mine"
    assert pretrained.names() == {"mine": "Mine.", "theirs": "Theirs."}
    for name in ("mine", "theirs"):
        assert zoo.load(name).latent_dim == 8
    with pytest.raises(ValueError, match="comes with specgan.*exists already"):
        pretrained.publish(small(), "theirs", "", "")
    assert [entry.name for entry in shipped.iterdir()] == ["theirs"]


def test_nothing_is_overwritten(models):
    pretrained.publish(small(), "mine", "", "")
    with pytest.raises(ValueError, match="exists already"):
        pretrained.publish(small(), "mine", "", "")


def test_shipped_models_are_whole():
    for name in pretrained.names():
        model = zoo.load(name)
        assert np.all(np.isfinite(model.sample(2)))
        card = (pretrained.shipped() / name / "README.md").read_text()
        assert name in card


# === Bad entries ===


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The folder of models with one that is good."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPECGAN_MODELS", str(folder))
        pretrained.publish(small(), "good", "A line.", "The card.")
    return folder


@pytest.fixture
def bad(published, models):
    """The folder of a copy to be damaged, beside the good one."""
    shutil.copytree(published, models)
    shutil.copytree(published / "good", models / "bad")
    return models / "bad"


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"{broken", "Expecting property name"),
        (b"[]", "it holds no object: list"),
        (b"{}", "its 'description' is not a str"),
        (b"\xff\xfe{}", "can't decode byte"),
        (None, "Is a directory"),
    ],
)
def test_one_bad_folder_breaks_no_other(content, reason, bad):
    (bad / "model.json").unlink()
    if content is None:
        (bad / "model.json").mkdir()
    else:
        (bad / "model.json").write_bytes(content)
    assert zoo.load("good").latent_dim == 8
    with pytest.warns(UserWarning, match=f"model bad cannot.*{reason}"):
        assert pretrained.names() == {"good": "A line."}
    with pytest.raises(ValueError, match=f"bad cannot be made.*{reason}"):
        zoo.load("bad")


def altered(entry, **changes):
    record = json.loads((entry / "model.json").read_text())
    config = {**record["config"], **changes.pop("scalars", {})}
    record = {**record, "config": config, **changes}
    record["record_sha256"] = record_sum(record)
    (entry / "model.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"class": None}, "its 'class' is not a str"),
        ({"class": ["dcgan"]}, "its 'class' is not a str"),
        ({"sha256": None}, "its 'sha256' is not a dict"),
        ({"config": None}, "its 'config' is not a dict"),
        ({"config": []}, "its 'config' is not a dict"),
        ({"scalars": {"no_such": 1}}, "unexpected keyword argument 'no_such'"),
        ({"scalars": {"image_size": "a"}}, "image_size='a'"),
        ({"scalars": {"image_size": 32}}, "could not be loaded"),
        ({"scalars": {"width": 8}}, "could not be loaded"),
        ({"class": "wgangp"}, "could not be loaded"),
        ({"class": "vae"}, "unexpected keyword argument"),
    ],
)
def test_an_altered_entry_is_one_error(changes, reason, bad):
    altered(bad, **changes)
    with pytest.raises(ValueError, match="bad cannot be made.*Fetch") as told:
        zoo.load("bad")
    assert reason in str(told.value)
    assert "\n" not in str(told.value)


def test_weights_that_are_no_weights(bad):
    (bad / "model.weights.h5").write_bytes(b"?")
    pretrained.renew_checksums(bad)
    with pytest.raises(ValueError, match="bad cannot be made.*signature"):
        zoo.load("bad")


@pytest.mark.parametrize("name", [["good"], None, "good/../good"])
def test_what_is_no_name(name, bad):
    with pytest.raises(ValueError, match="Expected one of: bad, good"):
        zoo.load(name)


def test_where_there_are_no_models(models):
    with pytest.raises(ValueError, match="no pretrained models"):
        zoo.load("mine")


def test_what_is_not_finished_is_no_model(bad):
    bad.rename(bad.with_name(".unfinished-bad"))
    assert list(pretrained.names()) == ["good"]


@pytest.mark.parametrize(
    "name", ["../mine", "a/b", "", ".", ".mine", "a\nb", "mine\n", "a b", "ä"]
)
def test_names_are_those_of_folders(name, models):
    with pytest.raises(ValueError, match="letters, digits"):
        pretrained.publish(small(), name, "A line.", "The card.")
    assert not models.exists()


@pytest.mark.parametrize("description", ["a\nb", "a\n", "a\x1b[1m"])
def test_descriptions_are_one_line(description, models):
    with pytest.raises(ValueError, match="one line of plain text"):
        pretrained.publish(small(), "mine", description, "The card.")
    assert not models.exists()


@pytest.mark.parametrize(
    "imports",
    [
        "import keras, zoo",
        pytest.param(
            "import zoo, keras; zoo.MODELS.register()", marks=pytest.mark.slow
        ),
    ],
)
def test_keras_finds_the_classes_that_files_name(imports, tmp_path):
    path = tmp_path / "gan.keras"
    gan = small()
    gan.save(path)
    program = f"{imports}; print(keras.saving.load_model({str(path)!r}).name)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.strip() == gan.name
