"""Files of whole models: their precision, and formats that cannot hold them."""

import errno
import pathlib

import keras
import numpy as np
import pytest

import zoo
from specgan.models import GAN
from tests.contracts import revived
from tests.contracts import saved_and_loaded
from tests.tiny_gan import tiny_discriminator
from tests.tiny_gan import tiny_generator

SMALL = {"width": 2, "latent_dim": 4}

MODELS = {
    "gan": lambda: GAN(tiny_generator(), tiny_discriminator(), ema_decay=0.5),
    **{
        name: lambda name=name: zoo.MODELS[name](16, 1, ema_decay=0.5, **SMALL)
        for name in ("dcgan", "sngan", "r3gan")
    },
    "alias-free": lambda: zoo.AliasFreeGAN(
        16, 1, channel_base=64, channel_max=4, num_layers=3, latent_dim=8
    ),
    "vae": lambda: zoo.VAE(16, 1, **SMALL),
    "autoencoder": lambda: zoo.AutoEncoder(16, 1, width=2),
}


def policies(model):
    """Of all layers, in their order."""
    return [
        layer.dtype_policy.name
        for layer in model._flatten_layers()
        if not isinstance(layer, keras.metrics.Metric)
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_keeps_its_dtype_policy(name):
    """As a plain Keras model does, whatever policy it is read under."""
    for policy, other in (
        ("mixed_bfloat16", "float32"),
        ("float32", "mixed_bfloat16"),
    ):
        keras.config.set_dtype_policy(policy)
        model = MODELS[name]()
        keras.config.set_dtype_policy(other)
        again = revived(model)
        assert again.dtype_policy.name == policy
        assert policies(again) == policies(model)
        # What is made afterwards is not of the file's policy.
        assert keras.config.dtype_policy().name == other


@pytest.mark.parametrize("name", ["dcgan", "autoencoder"])
def test_a_file_keeps_the_dtype_policy(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = MODELS[name]()
    model.compile()
    keras.config.set_dtype_policy("float32")
    again = saved_and_loaded(model)
    assert policies(again) == policies(model)
    if name == "dcgan":
        np.testing.assert_array_equal(again.sample(2), model.sample(2))


def test_files_of_before_are_of_the_policy_in_force():
    config = MODELS["dcgan"]().get_config()
    del config["dtype"]
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert zoo.DCGAN.from_config(config).dtype_policy.name == "mixed_bfloat16"


@pytest.mark.parametrize("name", ["gan", "autoencoder"])
@pytest.mark.parametrize("ending", [".h5", ".hdf5", ".H5"])
def test_the_legacy_format_is_refused(tmp_path, name, ending):
    path = tmp_path / f"model{ending}"
    with pytest.raises(ValueError, match='ends in ".keras".*weights.h5'):
        MODELS[name]().save(path)
    assert not path.exists()
    MODELS[name]().save_weights(tmp_path / "model.weights.h5")


@pytest.mark.parametrize("name", MODELS)
def test_a_full_disk_leaves_the_file_of_before(tmp_path, name, monkeypatch):
    path = tmp_path / "model.keras"
    model = MODELS[name]()
    model.save(path)
    before = path.read_bytes()

    def save(self, filepath, **_):
        pathlib.Path(filepath).write_bytes(before[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", save)
    with pytest.raises(OSError, match="model.keras'$"):
        model.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
