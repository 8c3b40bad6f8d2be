import keras
import numpy as np
import pytest

from specgan.image_sizes import image_sizes
from specgan.layers import SpectralHead2D
from specgan.layers import TransposedConv2D
from specgan.layers import UpConv2D
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.models.convolutional import batch_normalization
from specgan.models.convolutional import discriminator
from specgan.models.convolutional import generator

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    TransposedConv2D,
    UpConv2D,
)


def filters(network):
    return [
        layer.filters
        for layer in network.layers
        if isinstance(layer, CONVOLUTIONS)
    ]


def of_type(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_image_sizes():
    expected = {base * 2**n for base in (4, 5, 6, 7) for n in range(2, 7)}
    assert image_sizes() == sorted(size for size in expected if size <= 256)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [16, 20, 24, 28, 32, 48, 256])
def test_shapes(size, channels):
    maker = generator(size, channels, width=1, latent_dim=5)
    judge = discriminator(size, channels, width=1)
    assert maker.input_shape == (None, 5)
    assert maker.output_shape == (None, size, size, channels)
    assert judge.input_shape == (None, size, size, channels)
    assert judge.output_shape == (None, 1)


@pytest.mark.parametrize(
    "size", [8, 14, 15, 17, 36, 50, 129, 255, 257, 320, 512]
)
def test_sizes_that_cannot_be_built(size):
    for network in (generator, discriminator):
        with pytest.raises(
            ValueError, match=f"4, 5, 6 or 7 times .* image_size={size}. The"
        ):
            network(size)


@pytest.mark.parametrize("size", [0, -16, 64.0, "64"])
def test_sizes_that_are_no_positive_integer(size):
    for network in (generator, discriminator):
        with pytest.raises(ValueError, match="positive integer. Received"):
            network(size)


def test_nearest_sizes_are_named():
    for size, nearest in ((50, "48 and 56"), (9, "16 and 20")):
        with pytest.raises(ValueError, match=f"The nearest are {nearest}"):
            generator(size)


@pytest.mark.parametrize(
    "size, expected",
    [
        (16, [2, 1]),
        (28, [2, 1]),
        (64, [8, 4, 2, 1]),
        (256, [8, 8, 8, 4, 2, 1]),
    ],
)
def test_filters_double_with_every_halving_up_to_eight_times(size, expected):
    assert filters(generator(size, 3, width=2)) == [
        *(2 * count for count in expected),
        3,
    ]
    assert filters(discriminator(size, 3, width=2)) == [
        *(2 * count for count in reversed(expected)),
        1,
    ]


@pytest.mark.parametrize("upsampling", UPSAMPLING_UNITS)
def test_dcgan_guidelines(upsampling):
    maker = generator(32, width=2, upsampling=upsampling)
    judge = discriminator(32, width=2, normalization=batch_normalization)
    for network in (maker, judge):
        # Convolutions alone: no dense layers, no pooling.
        assert not of_type(network, keras.layers.Dense)
        assert not of_type(network, keras.layers.MaxPooling2D)
        # No bias before batch normalization, which would remove it.
        pairs = zip(network.layers, network.layers[1:], strict=False)
        for layer, following in pairs:
            if isinstance(layer, CONVOLUTIONS):
                normalized = isinstance(
                    following, keras.layers.BatchNormalization
                )
                assert layer.use_bias is not normalized
    # Batch normalization on all maps but the image and the first of the
    # discriminator; ReLU and tanh, LeakyReLU of slope 0.2.
    assert len(of_type(maker, keras.layers.BatchNormalization)) == 3
    assert len(of_type(maker, keras.layers.ReLU)) == 3
    assert maker.layers[-1].activation is keras.activations.tanh
    assert len(of_type(judge, keras.layers.BatchNormalization)) == 2
    slopes = [
        layer.negative_slope for layer in of_type(judge, keras.layers.LeakyReLU)
    ]
    np.testing.assert_allclose(slopes, 0.2)
    strides = [layer.strides for layer in of_type(judge, keras.layers.Conv2D)]
    assert strides == [(2, 2)] * 3 + [(1, 1)]


def test_upsampling_units():
    for name, interpolation in (("nearest", "nearest"), ("bicubic", "bicubic")):
        units = of_type(generator(32, upsampling=name), UpConv2D)
        assert [unit.interpolation for unit in units] == [interpolation] * 3
    assert len(of_type(generator(32), TransposedConv2D)) == 3
    with pytest.raises(ValueError, match="Did you mean 'bilinear'"):
        generator(32, upsampling="bilinar")


def test_spectral_head_replaces_the_last_unit():
    with_head = generator(32, 1, width=4, spectral_head=True)
    without = generator(32, 1, width=4)
    heads = of_type(with_head, SpectralHead2D)
    assert len(heads) == 1
    assert heads[0].channels == 1 and heads[0].filters == 4
    assert not of_type(without, SpectralHead2D)
    assert filters(with_head) == filters(without)[:-1]
    assert with_head.output_shape == without.output_shape


def test_images_are_in_range_and_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    maker = generator(16, width=2, latent_dim=4)
    judge = discriminator(16, width=2)
    images = maker(100 * np.random.default_rng(0).normal(size=(8, 4)))
    logits = judge(images)
    assert images.dtype == "float32" and logits.dtype == "float32"
    assert np.all(np.abs(images) <= 1)
    kernel = next(w for w in maker.trainable_weights if w.name == "kernel")
    assert kernel.dtype == "float32"


def test_kernels_begin_normal_and_different():
    for network in (generator(128, width=8), discriminator(128, width=8)):
        kernels = [w.numpy() for w in network.weights if w.name == "kernel"]
        for i, kernel in enumerate(kernels):
            tolerance = 0.02 * 4 / np.sqrt(2 * kernel.size)
            np.testing.assert_allclose(kernel.std(), 0.02, atol=tolerance)
            for other in kernels[:i]:  # Equal shapes, other values.
                assert kernel.shape != other.shape or np.any(kernel != other)


def test_every_output_pixel_sees_equally_many_taps():
    # A constant map through ones: the checkerboard of an odd kernel is absent.
    maker = generator(16, 1, width=1)
    unit = of_type(maker, TransposedConv2D)[-1]
    unit.kernel.assign(np.ones(unit.kernel.shape))
    image = unit(np.ones([1, 8, 8, 1], np.float32)).numpy()[0, 2:-2, 2:-2]
    np.testing.assert_allclose(image, 4)
