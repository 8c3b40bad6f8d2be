"""What R3GAN has besides the contract of every convolutional GAN."""

import keras
import numpy as np
import pytest

from specgan.models import residual
from tests.contracts import saved_and_loaded
from tests.contracts import uniform
from tests.slow_cases import quick_first
from zoo import R3GAN

SMALL = {"image_size": 16, "width": 2, "latent_dim": 4}


def kernels(network, size):
    return [
        layer.kernel
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
        and layer.kernel_size == (size, size)
    ]


def trained(arguments, **kwargs):
    gan = R3GAN(**{**SMALL, **arguments})
    images = uniform(8, *gan.image_shape)
    gan.adapt(images)
    gan.compile(**kwargs)
    history = gan.fit(images, batch_size=4, verbose=0).history
    assert np.all(np.isfinite(list(history.values())))
    return gan, history


@pytest.mark.parametrize(
    "image_size, channels", [(16, 1), (28, 3), (80, 1), (128, 3)]
)
def test_sizes(image_size, channels):
    gan = R3GAN(image_size, channels, width=2, latent_dim=4)
    images = gan.sample(2)
    assert images.shape == (2, image_size, image_size, channels)
    assert gan.discriminator(images).shape == (2, 1)


@pytest.mark.parametrize(
    "arguments",
    quick_first(
        {"upsampling": "zero_insertion", "group_size": 1},
        {"upsampling": "transposed"},
        {"upsampling": "pixel_shuffle"},
        {"upsampling": "kaiser", "spectral_head": True},
        {"group_size": 3, "width": 4},
    ),
    ids=str,
)
def test_variants_build_and_train(arguments):
    gan, _ = trained(arguments, run_eagerly=True)
    assert gan.get_config().items() >= arguments.items()


def test_the_architecture_is_that_of_the_table():
    """Channels and groups of Table 9 for FFHQ at 64 px, a twelfth as wide."""
    networks = (
        residual.generator(64, width=64),
        residual.discriminator(64, width=64),
    )
    for network, order in zip(networks, (-1, 1), strict=True):
        found = [
            (layer.filters // residual.EXPANSION, layer.groups)
            for layer in network.layers
            if isinstance(layer, keras.layers.Conv2D)
            and layer.kernel_size == (3, 3)
        ]
        channels = [32, 32, 64, 64, 128, 128, 256, 256, 512, 512][::order]
        assert found == [(number, number // 8) for number in channels]


def test_blocks_begin_as_the_identity():
    network = residual.discriminator(16, width=64)
    (first, *_), inner = kernels(network, 1), kernels(network, 3)
    images = uniform(4, 16, 16, 3)
    logits = network(images)
    number = 3 * residual.BLOCKS  # At 16, 8 and 4 px.
    for kernel in inner:
        height, width, channels, _ = kernel.shape
        deviation = np.sqrt(2 / 1.04 / (height * width * channels))
        np.testing.assert_allclose(
            np.std(kernel), deviation * number**-0.25, rtol=0.1
        )
        kernel.assign(-3.0 * kernel)
    np.testing.assert_array_equal(network(images), logits)
    first.assign(2.0 * first)
    np.testing.assert_allclose(network(images), 2 * logits, rtol=1e-5)


def test_the_constant_is_scaled_by_the_latent_values():
    network = residual.generator(16, width=4, latent_dim=5)
    latents = np.random.default_rng(0).normal(size=[3, 5]).astype("float32")
    scales, constant = (
        network.get_layer(name).kernel for name in ("scales", "constant")
    )
    part = keras.Model(network.input, network.get_layer("constant").output)
    np.testing.assert_allclose(
        part(latents),
        np.einsum("nc,chw->nhwc", latents @ scales.numpy(), constant),
        atol=1e-5,
    )


@pytest.mark.parametrize("image_size, gamma", [(64, 2.0), (32, 0.25)])
def test_the_penalty_is_that_of_the_arguments(image_size, gamma):
    gan = R3GAN(image_size, width=2, latent_dim=4)
    assert gan.gamma is None and gan.gradient_penalty.weight == gamma
    assert gan.gradient_penalty.interval == 1
    gan = R3GAN(**SMALL, gamma=0.5, penalty_every=3)
    assert gan.gradient_penalty.weight == 0.5
    assert gan.gradient_penalty.interval == 3
    gan.compile()
    for optimizer, part in ((gan.g_optimizer, 1), (gan.d_optimizer, 3 / 4)):
        assert optimizer.beta_1 == 0
        np.testing.assert_allclose(optimizer.beta_2, 0.99**part)
        np.testing.assert_allclose(optimizer.learning_rate, 2e-4 * part)


@pytest.mark.slow
def test_a_lazy_penalty_resumes_exactly():
    gan, history = trained({"penalty_every": 2, "num_classes": None})
    assert "gradient_penalty" in history
    assert int(gan.d_optimizer.iterations.numpy()) == 2 + 1
    again = saved_and_loaded(gan)
    images = uniform(8, *gan.image_shape)
    for model in (gan, again):
        model.fit(images, batch_size=4, shuffle=False, verbose=0)
    for mine, theirs in zip(gan.weights, again.weights, strict=True):
        np.testing.assert_array_equal(theirs, mine, mine.path)


@pytest.mark.slow
def test_half_precision_is_for_maps_alone():
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan, history = trained({"num_classes": None})
    assert gan.generator.compute_dtype == "bfloat16"
    images = gan.generator(np.zeros([2, 4], "float32"))
    logits = gan.discriminator(images)
    penalty = gan.gradient_penalty(gan.discriminator, images, images, None)
    assert images.dtype == logits.dtype == penalty.dtype == "float32"
    for weight in gan.weights:
        assert weight.dtype != "bfloat16"


def test_chroma_of_half_the_resolution_does_not_confine_images():
    """A linear output's gradient does not vanish beyond [-1, 1]."""
    gan = R3GAN(**SMALL, chroma="half")
    *_, last = gan.generator.layers
    assert np.max(last(3 * uniform(2, 8, 8, 3))) > 1.5


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"penalty_every": 0}, "Received: penalty_every=0"),
        ({"penalty_every": 1.5}, "Received: penalty_every=1.5"),
        ({"group_size": 0}, "Received: group_size=0"),
        ({"gamma": -1.0}, "positive weight.*Received: gamma=-1.0"),
        ({"gamma": 0}, "positive weight.*Received: gamma=0"),
        ({"gamma": float("nan")}, "positive weight.*Received: gamma=nan"),
        ({"num_classes": 0}, "Received: num_classes=0"),
        ({"image_size": 50}, "image_size=50. The nearest are 48 and 56"),
        ({"channels": 2}, "1 or 3 channels"),
        ({"upsampling": "biliner"}, "Did you mean 'bilinear'"),
        ({"chroma": "half", "channels": 1}, "Grey images have no chroma"),
    ],
    ids=str,
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        R3GAN(**{**SMALL, **arguments})
    with pytest.raises(TypeError, match="gama"):
        R3GAN(**SMALL, gama=1.0)
