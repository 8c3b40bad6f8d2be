"""Samples by TensorFlow's C library, against those of Keras."""

import subprocess
import sys

import numpy as np
import pytest

import zoo
from specgan import saved_model_session
from specgan.saved_model_session import SavedModelSession
from specgan.signal import to_uint8
from zoo import pretrained
from zoo import shipped_samples


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A folder of models that come with specgan, as it were."""
    folder = tmp_path_factory.mktemp("shipped")
    options = {"width": 4, "latent_dim": 8}
    models = {
        "gan": zoo.DCGAN(16, 1, ema_decay=0.9, **options),
        "classes": zoo.DCGAN(16, 3, num_classes=3, **options),
        "autoencoder": zoo.AutoEncoder(16, 1, width=4),
    }
    for name, model in models.items():
        zoo.save_preset(model, folder / name, "mit")
    return folder, models


@pytest.fixture
def only_shipped(shipped, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECGAN_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr(pretrained, "shipped", lambda: shipped[0])
    return shipped


@pytest.mark.parametrize("name", ["gan", "classes"])
@pytest.mark.parametrize("num, seed", [(1, 0), (5, -3), (2, 2**40 + 1)])
def test_images_are_those_of_keras(name, num, seed, only_shipped):
    images = shipped_samples.sample(name, num, seed)
    expected = to_uint8(only_shipped[1][name].sample(num, seed))
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, expected)


def test_what_keras_has_to_sample(only_shipped, tmp_path):
    folder, models = only_shipped
    assert shipped_samples.sample("gan", 65, 0) is None
    assert shipped_samples.sample("autoencoder", 1, 0) is None
    # Those of others are not run.
    assert shipped_samples.sample(str(folder / "gan"), 1, 0) is None
    pretrained.publish(models["gan"], "mine", "mit")
    assert shipped_samples.sample("mine", 1, 0) is None


def test_a_model_of_the_user_takes_the_name(
    only_shipped, monkeypatch, tmp_path
):
    folder, models = only_shipped
    zoo.save_preset(models["gan"], tmp_path / "own" / "gan", "mit")
    assert shipped_samples.sample("gan", 1, 0) is None


def test_without_the_library(only_shipped, monkeypatch):
    monkeypatch.setattr(saved_model_session, "_LIBRARIES", ())
    with pytest.warns(UserWarning, match="sampled by Keras.*no library"):
        assert shipped_samples.sample("gan", 1, 0) is None


def test_errors_of_the_session(only_shipped, tmp_path):
    with pytest.raises(RuntimeError, match="(?i)could not find savedmodel"):
        SavedModelSession(tmp_path)
    with SavedModelSession(only_shipped[0] / "gan") as session:
        with pytest.raises(RuntimeError, match="no tensor nothing:0"):
            session.run({"nothing:0": np.int32(1)}, "x:0")
        number = {"sample_n:0": np.int32(-1), "sample_seed:0": np.int32(0)}
        with pytest.raises(RuntimeError):
            session.run(number, "StatefulPartitionedCall:0")
        good = {"sample_n:0": np.int32(2), "sample_seed:0": np.int32(0)}
        # An error of before does not stay.
        images = session.run(good, "StatefulPartitionedCall:0")
    assert images.shape == (2, 16, 16, 1)


def test_tensorflow_is_not_imported(tmp_path):
    """By the command, of a model that really comes with specgan."""
    name = next(one for one in pretrained.names() if "gan" in one)
    program = (
        "import sys; from specgan.cli.main import main; "
        f"code = main(['sample', {name!r}, '--num', '1', '--out', "
        f"{str(tmp_path / 'x.png')!r}]); "
        "print({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.stdout.endswith("set() 0\n") and not done.stderr
