import json
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.models.alias_free.reference import load_reference


def written(generator, path, **changes):
    """A file of a generator in the reference's layout, written by hand."""
    arrays = {
        "param/synthesis.input.weight": generator.features.kernel.numpy().T,
        "buffer/synthesis.input.freqs": generator.features.frequencies.numpy(),
        "buffer/synthesis.input.phases": generator.features.phases.numpy(),
        "buffer/synthesis.input.transform": np.eye(3, dtype="float32"),
        "buffer/mapping.w_avg": generator.mapping_network.average.numpy(),
        "img": np.zeros(3),
    }

    def dense(name, layer):
        arrays[f"param/{name}.weight"] = layer.kernel.numpy().T
        arrays[f"param/{name}.bias"] = layer.bias.numpy()

    dense("synthesis.input.affine", generator.features.affine)
    for i, layer in enumerate(generator.mapping_network.dense):
        dense(f"mapping.fc{i}", layer)
    if generator.num_classes:
        dense("mapping.embed", generator.mapping_network.embedding)
    for layer in generator.synthesis_layers:
        name = f"synthesis.{layer.name}"
        dense(f"{name}.affine", layer.affine)
        kernel = layer.convolution.kernel.numpy()
        kernel = np.moveaxis(kernel, [3, 2], [0, 1])
        arrays[f"param/{name}.weight"] = kernel
        arrays[f"param/{name}.bias"] = layer.activation.bias.numpy()
        magnitude = layer.convolution.magnitude.numpy()
        arrays[f"buffer/{name}.magnitude_ema"] = magnitude
        taps = layer.specification.up_filter()
        if taps is not None:
            arrays[f"buffer/{name}.up_filter"] = taps.astype("float32")
    arrays.update(changes)
    arrays = {name: array for name, array in arrays.items() if array is not ...}
    np.savez(path, **arrays)
    return path


def built(config="R", num_classes=0):
    generator = AliasFreeGenerator(
        32,
        config,
        latent_dim=6,
        style_dim=8,
        num_classes=num_classes,
        channel_base=256,
        channel_max=16,
        num_layers=4,
        implementation="convolution",
    )
    random = np.random.default_rng(0)
    for variable in generator.weights:
        noise = 0.1 * random.normal(size=variable.shape)
        variable.assign(variable + np.abs(noise))
    return generator


@pytest.fixture(scope="module")
def generator():
    return built()


@pytest.mark.parametrize("config, num_classes", [("T", 0), ("R", 3)])
def test_a_generator_comes_back(tmp_path, config, num_classes):
    generator = built(config, num_classes)
    loaded = load_reference(written(generator, tmp_path / "file.npz"))
    mine, others = generator.get_config(), loaded.get_config()
    for name in ("image_size", "config", "latent_dim", "num_classes"):
        assert others[name] == mine[name]
    assert loaded.specifications == generator.specifications
    for variable, other in zip(generator.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(other, variable, variable.path)


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"param/mapping.fc1.bias": ...}, r"fc1.bias \[8\] is missing"),
        (
            {"buffer/synthesis.L1_52_32.magnitude_ema": ...},
            r"L1_52_32.magnitude_ema \[\] is missing",
        ),
        ({"param/mapping.fc1.bias": np.zeros(7)}, r"is \[7\], not \[8\]"),
        ({"param/mapping.fc1.bias": np.full(8, np.nan)}, "is not finite"),
        ({"param/mapping.fc1.bias": np.array(8 * ["a"])}, "is of type <U1"),
        ({"param/mapping.fc0.weight": ...}, "a matrix param/mapping.fc0"),
        ({"param/synthesis.L1_52_32.weight": ...}, "kernels of all layers"),
        ({"param/mapping.fc0.weight": ...}, "Received: it is missing"),
        ({"param/mapping.fc1.bias": np.full(8, 1e300)}, "is not finite"),
        (
            {"buffer/synthesis.L1_52_32.magnitude_ema": np.zeros(())},
            "L1_52_32.magnitude_ema is not positive",
        ),
        (
            {"buffer/synthesis.L1_52_32.up_filter": np.array(12 * ["a"])},
            "up_filter as configuration R has it",
        ),
        ({"param/synthesis.more": np.zeros(2)}, "synthesis.more is unknown"),
        (
            {"buffer/synthesis.L1_52_32.up_filter": np.ones(12) / 12},
            "up_filter as configuration R has it",
        ),
        (
            {"buffer/synthesis.input.transform": 2 * np.eye(3)},
            "transform as configuration R has it",
        ),
        (
            {"param/mapping.fc1.bias": np.array(8 * [None])},
            "Expected a NumPy archive of numbers",
        ),
    ],
)
def test_files_that_do_not_fit(tmp_path, generator, changes, match):
    path = written(generator, tmp_path / "file.npz", **changes)
    with pytest.raises(ValueError, match=match):
        load_reference(path)


def test_other_files(tmp_path):
    path = tmp_path / "file.npz"
    path.write_text(json.dumps([1, 2]))
    with pytest.raises(ValueError, match="Expected a NumPy archive"):
        load_reference(path)
    np.savez(path, param=tf.zeros(3))
    with pytest.raises(ValueError, match="at least 4 layers. Received: 0"):
        load_reference(path)
    with pytest.raises(ValueError, match="Received: None"):
        load_reference(None)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("param/text", "text")
    with pytest.raises(ValueError, match="param/text, which is not an array"):
        load_reference(path)
    with pytest.raises(FileNotFoundError):
        load_reference(tmp_path / "none.npz")


def test_damaged_files(tmp_path):
    path = tmp_path / "file.npz"
    np.savez_compressed(path, **{"param/a": np.arange(1000.0)})
    whole = path.read_bytes()
    for place in range(40, 90):
        path.write_bytes(whole[:place] + b"\xff\xff" + whole[place + 2 :])
        message = "not a file of a reference|file.npz is damaged"
        with pytest.raises(ValueError, match=message):
            load_reference(path)


@pytest.mark.parametrize(
    "array, method",
    [
        (b"\x93NUMPY\x01\0\x10\0{'descr': ((((  \n", 0),  # TokenError
        (b"\x93NUMPY\x01\0", 0),
        (b"\x93NUMPY\x01\0", 200),  # NotImplementedError
    ],
)
def test_archives_of_damaged_arrays(array, method, tmp_path):
    path = tmp_path / "file.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("param/synthesis.L0_36_32.weight.npy", array)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 10] = method  # Of compression.
    path.write_bytes(content)
    with pytest.raises(ValueError, match="file.npz is damaged. Expected a Num"):
        load_reference(path)
