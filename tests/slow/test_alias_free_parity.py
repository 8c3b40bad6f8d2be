"""Generators give the reference's images, activations and gradients.

It needs the vectors of the authors' release, in the shared folder:

    python -m pytest tests/slow/test_alias_free_parity.py -m slow
"""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from specgan.models.alias_free import AliasFreeGenerator
from specgan.models.alias_free import load_reference
from specgan.models.alias_free import schedule

pytestmark = pytest.mark.slow

ORACLES = pathlib.Path(__file__).parents[3] / "shared/oracles/alias_free"
# Largest difference between images, from -1 to 1, and relative to the largest
# value of anything else.
TOLERANCE = 2e-6
# A leaky ReLU whose input is about 0 may take the other slope.
GRADIENT_TOLERANCE = 1e-3
# The vectors' magnitudes are averaged with a decay of 0.999 a batch of 2.
HALF_LIFE = -2 / np.log2(0.999)

every_file = pytest.mark.parametrize("name", ["t32_small", "r32_small"])


def find(name):
    path = ORACLES / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(params=["polyphase", "convolution"])
def load(request):
    """A function of a file's name that gives generator and arrays."""

    def loaded(name):
        path = find(f"{name}.npz")
        generator = load_reference(path)
        config = generator.get_config()
        config["implementation"] = request.param
        config["magnitude_half_life"] = HALF_LIFE
        copy = AliasFreeGenerator.from_config(config)
        copy.set_weights(generator.get_weights())
        with np.load(path) as arrays:
            return copy, dict(arrays)

    return loaded


def assert_close(received, expected, peak=None, tolerance=TOLERANCE):
    received = np.asarray(received)
    if received.ndim == 4:  # [batch, height, width, channels]
        received = np.moveaxis(received, 3, 1)
    peak = np.abs(expected).max() if peak is None else peak
    difference = np.abs(received - expected).max() / peak
    print(f"{difference:.1e}")
    assert difference <= tolerance


@every_file
def test_images_and_activations(load, name):
    generator, arrays = load(name)
    assert_close(generator.mapping(arrays["z"]), arrays["ws"])
    truncated = generator.mapping(
        arrays["z"], truncation=0.7, truncation_cutoff=8
    )
    assert_close(truncated, arrays["ws_trunc07_cut8"])
    features = generator.features(arrays["ws"][:, 0])
    assert_close(features, arrays["act/input"])
    for i, layer in enumerate(generator.synthesis_layers):
        features = layer(features, arrays["ws"][:, i + 1])
        assert_close(features, arrays[f"act/{layer.name}"])
    assert_close(generator(arrays["z"]), arrays["img"], peak=1)


@every_file
def test_transforms(load, name):
    generator, arrays = load(name)
    cosine, sine = np.cos(0.6), np.sin(0.6)
    transforms = {
        "tint_3_-5": [[1, 0, -3 / 32], [0, 1, 5 / 32], [0, 0, 1]],
        "tfrac_0.0371_-0.0893": [[1, 0, -0.0371], [0, 1, 0.0893], [0, 0, 1]],
        "rot_0.6": [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]],
    }
    for kind, transform in transforms.items():
        images = generator.synthesis(arrays["ws"], transform)
        assert_close(images, arrays[f"img_{kind}"], peak=1)


@every_file
def test_updates_of_averages(load, name):
    generator, arrays = load(name)
    images = generator.synthesis(arrays["ws"], update_magnitudes=True)
    assert_close(images, arrays["img_update_emas"], peak=1)
    for layer in generator.synthesis_layers:
        expected = arrays[f"after_update/synthesis.{layer.name}.magnitude_ema"]
        assert_close(layer.convolution.magnitude, expected)
    generator.mapping(arrays["z"], update_average=True)
    average = generator.mapping_network.average
    assert_close(average, arrays["after_update/mapping.w_avg"])


@every_file
def test_gradients(load, name):
    generator, arrays = load(name)
    styles = tf.constant(arrays["ws"])
    noise = np.moveaxis(arrays["grad_noise"], 1, 3)
    with tf.GradientTape() as tape:
        tape.watch(styles)
        value = tf.reduce_sum(generator.synthesis(styles) * noise)
    variables, expected = [styles], [arrays["grad/ws"]]

    def add(name, variable, axes):
        variables.append(variable.value)
        expected.append(np.transpose(arrays[f"grad/synthesis.{name}"], axes))

    features = generator.features
    add("input.weight", features.kernel, (1, 0))
    add("input.affine.weight", features.affine.kernel, (1, 0))
    add("input.affine.bias", features.affine.bias, (0,))
    for layer in generator.synthesis_layers:
        add(f"{layer.name}.weight", layer.convolution.kernel, (2, 3, 1, 0))
        add(f"{layer.name}.bias", layer.activation.bias, (0,))
        add(f"{layer.name}.affine.weight", layer.affine.kernel, (1, 0))
        add(f"{layer.name}.affine.bias", layer.affine.bias, (0,))
    gradients = tape.gradient(value, variables)
    for gradient, vector in zip(gradients, expected, strict=True):
        difference = np.abs(gradient - vector).max() / np.abs(vector).max()
        print(f"{difference:.1e}")
        assert difference <= GRADIENT_TOLERANCE


def test_schedules_of_the_full_sizes():
    tables = json.loads(find("fullsize_tables.json").read_text())
    for name, expected in tables.items():
        size, base, maximum = name.split("_")
        config, size = size[0].upper(), int(size[1:])
        doubled = 2 if config == "R" else 1
        layers = schedule(
            size,
            config,
            int(base.removeprefix("cb")) // doubled,
            int(maximum.removeprefix("cm")) // doubled,
        )
        assert [layer.name for layer in layers] == expected["layers"]
        for layer, row in zip(layers, expected["rows"], strict=True):
            assert list(layer.padding) * 2 == row[13]
            np.testing.assert_allclose(
                [
                    layer.in_channels,
                    layer.out_channels,
                    layer.in_size,
                    layer.out_size,
                    layer.in_rate,
                    layer.temporary_rate,
                    layer.out_rate,
                    layer.in_cutoff,
                    layer.out_cutoff,
                    layer.in_half_width,
                    layer.out_half_width,
                    layer.up,
                    layer.down,
                ],
                row[:13],
                rtol=1e-12,
            )


@pytest.mark.parametrize(
    "size, config, base, expected",
    [
        (256, "T", 16384, 23_320_443),
        (256, "R", 16384, 15_779_565),
        (1024, "T", 32768, 22_313_167),
    ],
)
def test_parameters_of_the_full_sizes(size, config, base, expected):
    generator = AliasFreeGenerator(size, config, channel_base=base)
    counts = [np.prod(w.shape) for w in generator.trainable_weights]
    assert sum(counts) == expected
