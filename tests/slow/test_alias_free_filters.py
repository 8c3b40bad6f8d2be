"""Filters and filtered leaky ReLU equal those of the reference.

python -m pytest tests/slow/test_alias_free_filters.py -m slow
"""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from specgan.layers.alias_free.filtered_leaky_relu import FilteredLeakyReLU
from specgan.signal import fir
from specgan.signal.implementations import IMPLEMENTATIONS

pytestmark = pytest.mark.slow

ORACLES = pathlib.Path(__file__).parents[3] / "shared/oracles/alias_free"


def oracle(name):
    path = ORACLES / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with np.load(path) as arrays:
        return dict(arrays)


def test_filters():
    arrays = oracle("filters.npz")
    layers = [name.removesuffix("/spec") for name in arrays if "spec" in name]
    assert len(layers) == 6 * 15
    radial = 0
    for layer in layers:
        *_, rate, _, in_cutoff, out_cutoff, in_half, out_half, up, down = (
            arrays[f"{layer}/spec"]
        )
        for name, cutoff, half_width, factor in [
            ("up", in_cutoff, in_half, up),
            ("down", out_cutoff, out_half, down),
        ]:
            expected = arrays.get(f"{layer}/{name}")
            if expected is None:
                assert factor == 1
                continue
            design = fir.kaiser_lowpass
            if expected.ndim == 2:
                design = fir.radial_lowpass
                radial += 1
            taps = design(len(expected), cutoff, 2 * half_width, rate)
            # They were stored in float32.
            np.testing.assert_allclose(
                taps, expected, rtol=1e-6, atol=1e-7, err_msg=layer
            )
    assert radial == 3 * 12


@pytest.mark.parametrize("clamp", [None, 1.5])
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_filtered_leaky_relu(number, clamp, implementation):
    prefix = f"flr{number}_clamp{clamp}/"
    arrays = {
        name.removeprefix(prefix): array
        for name, array in oracle("ops_flrelu.npz").items()
        if name.startswith(prefix)
    }
    to_last = [0, 2, 3, 1]
    up, down = arrays["up_down"].tolist()
    layer = FilteredLeakyReLU(
        arrays["fu"],
        arrays["fd"],
        up,
        down,
        arrays["pad"][:2],
        clamp=clamp,
        implementation=implementation,
    )
    images = tf.constant(arrays["x"].transpose(to_last))
    layer.build(images.shape)
    layer.bias.assign(arrays["b"])
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images)
    expected = arrays["y"].transpose(to_last)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=2e-6)
    gradients = tape.gradient(
        outputs,
        [images, layer.bias.value],
        arrays["dy"].transpose(to_last),
    )
    for gradient, expected in zip(
        gradients, [arrays["gx"].transpose(to_last), arrays["gb"]], strict=True
    ):
        error = np.max(np.abs(gradient - expected))
        assert error < 1e-5 * np.max(np.abs(expected))
