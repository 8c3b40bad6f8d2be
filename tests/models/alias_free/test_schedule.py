import dataclasses

import numpy as np
import pytest
import scipy.signal

from specgan.models.alias_free import configs
from specgan.models.alias_free.schedule import schedule
from specgan.models.alias_free.schedule import table

# Karras et al., 2021: T at 256 px with 16384 channels x pixels. Name, f_c,
# f_h (after the layer), s (before, within, after), padding.
T256 = """
L0_36_512    2.00   6.00   16 32 16     9  8
L1_36_512    2.83   5.17   16 32 16     9  8
L2_36_512    4.00   4.00   16 32 16     9  8
L3_52_512    5.66   10.34  16 64 32    -6 -9
L4_52_512    8.00   8.00   32 64 32     9  8
L5_84_512    11.31  20.69  32 128 64   -6 -9
L6_84_512    16.00  16.00  64 128 64    9  8
L7_148_362   22.63  41.37  64 256 128  -6 -9
L8_148_256   32.00  32.00  128 256 128  9  8
L9_148_181   45.25  18.75  128 256 128  9  8
L10_276_128  64.00  64.00  128 512 256 -6 -9
L11_276_91   90.51  37.49  256 512 256  9  8
L12_276_64   128.00 29.59  256 512 256  9  8
L13_256_64   128.00 29.59  256 512 256 -11 -12
L14_256_3    128.00 29.59  256 256 256  0  0
"""

every_config = pytest.mark.parametrize("config", configs.CONFIGS)


def parameters(layers, style_dim=512, latent_dim=512):
    """Trained parameters of a generator of T or R, counted by hand."""
    first = layers[0].in_channels
    count = first**2 + 4 * style_dim + 4
    count += (latent_dim + 1) * style_dim + (style_dim + 1) * style_dim
    for layer in layers:
        kernel = layer.kernel_size**2 * layer.in_channels * layer.out_channels
        affine = (style_dim + 1) * layer.in_channels
        count += kernel + layer.out_channels + affine
    return count


def test_t256_is_the_papers():
    rows = [line.split() for line in T256.strip().splitlines()]
    layers = schedule(256, "T", channel_base=16384)
    for layer, (name, *numbers) in zip(layers, rows, strict=True):
        assert layer.name == name
        cutoff, half_width, *rates_and_padding = map(float, numbers)
        assert layer.out_cutoff == pytest.approx(cutoff, abs=0.005)
        assert layer.out_half_width == pytest.approx(half_width, abs=0.005)
        assert rates_and_padding == [
            layer.in_rate,
            layer.temporary_rate,
            layer.out_rate,
            *layer.padding,
        ]
    critical = [layer.name for layer in layers if layer.critical]
    assert critical == ["L12_276_64", "L13_256_64", "L14_256_3"]
    half = [layer.name for layer in layers if layer.half_precision]
    assert half[0] == "L3_52_512" and len(half) == 12


@pytest.mark.parametrize(
    "size, config, base, expected",
    [
        (128, "T", 32768, 32_833_523),
        (128, "R", 32768, 21_366_701),
        (256, "T", 16384, 23_320_443),
        (256, "R", 16384, 15_779_565),
        (512, "T", 32768, 24_873_519),
        (1024, "T", 32768, 22_313_167),
        (1024, "R", 32768, 15_093_151),
    ],
)
def test_parameters_of_the_full_sizes(size, config, base, expected):
    assert parameters(schedule(size, config, base)) == expected


def test_r_pads_for_its_small_kernels():
    paddings = {layer.padding for layer in schedule(256, "R")}
    assert paddings == {(11, 10), (-2, -5), (-9, -10), (0, 0)}


@every_config
@pytest.mark.parametrize("size", [16, 32, 64, 1024])
def test_layers_follow_one_another(config, size):
    layers = schedule(size, config, image_channels=1)
    previous = None
    for layer in layers:
        if previous is not None:
            assert layer.in_size == previous.out_size
            assert layer.in_channels == previous.out_channels
            assert layer.in_rate == previous.out_rate
            assert layer.in_cutoff == previous.out_cutoff
        if not layer.makes_colours:
            previous = layer
        assert layer.up * layer.in_rate == layer.temporary_rate
        assert layer.down * layer.out_rate == layer.temporary_rate
        assert 0 < layer.out_cutoff <= layer.out_rate / 2
    last = layers[-1]
    assert (last.out_size, last.out_channels) == (size, 1)
    assert last.makes_colours


@every_config
def test_padding_gives_the_size(config):
    for layer in schedule(64, config):
        taps = layer.up_taps, layer.down_taps
        size = layer.in_size + 2 * layer.kernel_padding - layer.kernel_size + 1
        size = layer.up * size + sum(layer.padding) - taps[0] + 1
        size = len(range(0, size - taps[1] + 1, layer.down))
        assert size == layer.out_size, layer.name


@every_config
def test_pixels_keep_their_places(config):
    """A filter's and the padding's shifts cancel: the canvas stays put."""
    for layer in schedule(64, config):
        # A pixel k of a size n is at k - (n - 1) / 2 from the canvas' centre.
        # Follow the first pixel of the output back to the input.
        place = (layer.down_taps - 1) / 2  # in pixels of the temporary rate
        place += (layer.up_taps - 1) / 2 - layer.padding[0]
        # Of the zero-stuffed signal, whose pixels are at k up.
        place = place / layer.up - layer.kernel_padding
        place += (layer.kernel_size - 1) / 2
        there = (place - (layer.in_size - 1) / 2) / layer.in_rate
        here = -(layer.out_size - 1) / 2 / layer.out_rate
        # Within half a pixel of the temporary rate.
        assert abs(there - here) <= 0.5 / layer.temporary_rate + 1e-12


@pytest.mark.parametrize("config", "EGTR")
def test_filters_are_those_of_scipy(config):
    for layer in schedule(64, config):
        if layer.up > 1:
            expected = scipy.signal.firwin(
                6 * layer.up,
                layer.in_cutoff,
                width=2 * layer.in_half_width,
                fs=layer.temporary_rate,
            )
            np.testing.assert_allclose(layer.up_filter(), expected, atol=1e-12)
        else:
            assert layer.up_filter() is None
        if layer.down > 1:
            taps = layer.down_filter()
            radial = config == "R" and not layer.critical
            assert taps.shape == ((12, 12) if radial else (12,))
            np.testing.assert_allclose(taps.sum(), 1)
        else:
            assert layer.down_filter() is None


def test_aliased_configurations_have_stylegan2s_filter():
    up = [layer for layer in schedule(32, "B") if layer.up == 2]
    assert len(up) == 3
    np.testing.assert_allclose(up[0].up_filter(), np.array([1, 3, 3, 1]) / 8)


def test_aliased_configurations_make_colours_at_all_sizes():
    sizes = [
        layer.out_size for layer in schedule(64, "C") if layer.makes_colours
    ]
    assert sizes == [4, 8, 16, 32, 64]
    assert sum(layer.makes_colours for layer in schedule(64, "D")) == 1


def test_g_lowers_cutoffs_but_at_the_full_rate():
    for layer in schedule(64, "G")[:-1]:
        cutoff = (2 - 2**0.5 if layer.out_rate < 64 else 1) * layer.out_rate / 2
        assert layer.out_cutoff == pytest.approx(cutoff)


def test_table():
    lines = table(schedule(256, "R", channel_base=16384)).splitlines()
    assert len(lines) == 16
    assert lines[1].split()[0] == "L0_36_1024"
    assert "16/32/16" in lines[1] and "radial" in lines[1]
    assert "critical" in lines[-1] and "-9, -10" in lines[-2]


@pytest.mark.parametrize("size", [0, 8, 48, 100, 64.0, "64"])
def test_sizes_that_are_no_powers_of_two(size):
    with pytest.raises(ValueError, match="power of two of at least 16"):
        schedule(size)


def test_errors():
    with pytest.raises(ValueError, match="Unknown configuration"):
        schedule(64, "X")
    with pytest.raises(ValueError, match="`channel_base`.*Received.*0"):
        schedule(64, channel_base=0)
    with pytest.raises(ValueError, match="Leave it out, or take T or R"):
        schedule(64, "G", num_layers=6)
    with pytest.raises(ValueError, match="num_layers above 2"):
        schedule(64, "T", num_layers=2)


def test_a_config_of_ones_own():
    config = dataclasses.replace(configs.get("T"), margin=2)
    assert schedule(64, config)[0].in_size == 20


def test_no_layer_is_without_channels():
    for config in ("B", "T", "R"):
        layers = schedule(64, config, channel_base=1)
        assert min(layer.out_channels for layer in layers) >= 1
