"""Weights of presets, read by the safetensors library alone."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

import zoo
from specgan.models.named_weights import named_weights
from zoo import pretrained
from zoo.safetensors_file import write_tensors

numpy_reader = pytest.importorskip("safetensors.numpy")


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A model and its preset."""
    gan = zoo.DCGAN(16, 1, width=4, latent_dim=8, ema_decay=0.9)
    folder = tmp_path_factory.mktemp("presets")
    return gan, zoo.save_preset(gan, folder / "gan", "mit")


def test_all_numbers_are_read_back(preset, tmp_path):
    gan, folder = preset
    path = tmp_path / "gan.safetensors"
    zoo.save_safetensors(folder, path)
    read = numpy_reader.load_file(path)
    expected = {
        f"{network}/{name}": variable.numpy()
        for network, group in named_weights(gan).items()
        for name, variable in group.items()
    }
    assert {"model", "generator", "discriminator", "generator_ema"} == {
        name.split("/")[0] for name in expected
    }
    assert len(expected) == len(gan.weights)
    assert read.keys() == expected.keys()
    for name, values in expected.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


def test_metadata_make_the_model_again(preset, tmp_path):
    from safetensors import safe_open

    gan, folder = preset
    zoo.save_safetensors(folder, tmp_path / "gan.safetensors")
    with safe_open(tmp_path / "gan.safetensors", "numpy") as file:
        metadata = file.metadata()
    again = zoo.MODELS[metadata["class"]].from_config(
        json.loads(metadata["config"])
    )
    assert again.get_config() == gan.get_config()
    assert metadata["license"] == "mit"


def test_without_a_licence_nothing_is_written(preset, tmp_path):
    folder = shutil.copytree(preset[1], tmp_path / "gan")
    (folder / "README.md").write_text("# A card")
    pretrained.renew_checksums(folder)
    with pytest.raises(ValueError, match="does not say its licence"):
        zoo.save_safetensors(folder, tmp_path / "gan.safetensors")
    assert not (tmp_path / "gan.safetensors").exists()


def test_shapes_and_types(tmp_path):
    generator = np.random.default_rng(0)
    tensors = {
        "scalar": np.int32(-7).reshape(()),
        "empty": np.zeros([0, 3], np.float32),
        "bytes": np.arange(5, dtype=np.uint8),
        "transposed": generator.normal(size=[3, 4]).T,
        "big-endian": np.arange(3, dtype=">i8"),
        "ü": np.array([True, False]),
    }
    write_tensors(tmp_path / "x.safetensors", tensors, {"a": "b"})
    read = numpy_reader.load_file(tmp_path / "x.safetensors")
    assert read.keys() == tensors.keys()
    for name, values in tensors.items():
        assert read[name].shape == values.shape
        np.testing.assert_array_equal(read[name], values)


def test_a_damaged_preset_is_not_converted(preset, tmp_path):
    with pytest.raises(ValueError, match="has no model.json"):
        zoo.save_safetensors(tmp_path, tmp_path / "gan.safetensors")
    assert list(tmp_path.iterdir()) == []


GENERATOR = """
import sys
import torch
from safetensors.torch import load_file

weights = load_file(sys.argv[1])
assert not {"tensorflow", "keras"} & set(sys.modules)
layer = [weights[f"generator/{i:03}_{name}"] for i, name in enumerate(
    ["kernel", "gamma", "beta", "moving_mean", "moving_variance"])]
kernel, gamma, beta, mean, variance = layer
x = torch.arange(8.0).reshape(1, 8, 1, 1) / 8
# [height, width, outputs, inputs] to [inputs, outputs, height, width]
x = torch.nn.functional.conv_transpose2d(x, kernel.permute(3, 2, 0, 1))
x = torch.nn.functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-5)
print(*x.permute(0, 2, 3, 1).flatten().tolist())
"""


@pytest.mark.slow
def test_pytorch_makes_the_same_of_them(preset, tmp_path):
    """The generator's first block, in a process without TensorFlow."""
    pytest.importorskip("torch")
    gan, folder = preset
    zoo.save_safetensors(folder, tmp_path / "gan.safetensors")
    made = subprocess.run(
        [sys.executable, "-c", GENERATOR, str(tmp_path / "gan.safetensors")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    x = np.arange(8, dtype=np.float32).reshape(1, 8) / 8
    for layer in gan.generator.layers[1:]:  # The first is the input.
        x = layer(x)
        if "batch_normalization" in layer.name:
            break
    np.testing.assert_allclose(
        np.array(made.split(), np.float32), np.ravel(x), atol=1e-5
    )
