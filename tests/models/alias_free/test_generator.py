import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models.alias_free import configs
from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.models.generator_average import average_of
from specgan.signal import low_pass_chroma
from specgan.signal.resample import resample
from tests.contracts import revived
from tests.contracts import saved_and_loaded

SMALL = {
    "latent_dim": 8,
    "style_dim": 8,
    "channel_base": 256,
    "channel_max": 8,
}


def built(config="T", image_size=32, **options):
    # Without XLA, whose compilation would take longer than all tests.
    options = {"implementation": "convolution", **SMALL, **options}
    return AliasFreeGenerator(image_size, config, **options)


def six_layers(config, **options):
    """Magnitudes are those of the first pass in training."""
    generator = built(config, num_layers=6, magnitude_half_life=1e-3, **options)
    generator(latents(16, seed=1), training=True)
    return generator


def latents(batch=2, seed=0):
    return tf.random.stateless_normal([batch, 8], [seed, 0])


def translation(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], "float32")


def rotation(quarters):
    angle = quarters * np.pi / 2
    cosine, sine = np.rint([np.cos(angle), np.sin(angle)])
    rows = [[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]
    return np.array(rows, "float32")


def decibels(expected, received):
    """Peak signal-to-noise ratio, where images reach from -1 to 1."""
    return 10 * np.log10(4 / np.mean((expected - received) ** 2))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(name, marks=() if name in "TR" else pytest.mark.slow)
        for name in configs.CONFIGS
    ],
)
def test_every_configuration(config):
    layers = 4 if configs.get(config).flexible else None
    generator = built(config, image_size=16, channels=1, num_layers=layers)
    assert generator.input_shape == (None, 8)
    assert generator.output_shape == (None, 16, 16, 1)
    images = generator(latents())
    assert images.shape == (2, 16, 16, 1) and images.dtype == tf.float32

    average = average_of(generator)
    assert type(average) is AliasFreeGenerator
    assert average.get_config() == generator.get_config()
    np.testing.assert_array_equal(average(latents()), images)

    with tf.GradientTape() as tape:
        value = tf.reduce_mean(generator(latents(), training=True) ** 2)
    variables = generator.trainable_weights
    gradients = tape.gradient(value, [variable.value for variable in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert np.all(np.isfinite(gradient)), variable.path
        assert np.any(gradient != 0), variable.path


def test_chroma_of_half_the_resolution():
    full = built(image_size=16, num_layers=4)
    half = built(image_size=16, num_layers=4, chroma="half")
    half.set_weights(full.get_weights())

    def with_a_tenth(images):
        coarse = low_pass_chroma(images)
        return coarse + 0.1 * (images - coarse)

    images = full(latents())
    for same in (half, saved_and_loaded(half), average_of(half)):
        assert same.chroma == "half"
        np.testing.assert_allclose(
            same(latents()), with_a_tenth(images), atol=1e-5
        )
    styles = half.mapping(latents())
    moved = [
        one.synthesis(styles, transform=translation(0.25, 0))
        for one in (full, half)
    ]
    np.testing.assert_allclose(moved[1], with_a_tenth(moved[0]), atol=1e-5)


def test_a_file():
    config = dataclasses.replace(configs.get("R"), filter_size=4)
    generator = built(config, num_layers=6, name="mine")
    again = saved_and_loaded(generator)
    assert type(again) is AliasFreeGenerator
    assert again.get_config() == generator.get_config()
    np.testing.assert_array_equal(again(latents()), generator(latents()))


def test_parameters():
    generator = built("T", num_layers=6)
    layers = generator.specifications
    expected = 2 * (8 + 1) * 8 + 8 * 8 + (8 + 1) * 4
    for layer in layers:
        inputs, outputs = layer.in_channels, layer.out_channels
        expected += layer.kernel_size**2 * inputs * outputs + outputs
        expected += (8 + 1) * inputs
    trained = [np.prod(w.shape) for w in generator.trainable_weights]
    assert sum(trained) == expected


def test_synthesis_of_mapping_is_the_model():
    generator = built("T", num_layers=6)
    styles = generator.mapping(latents())
    assert styles.shape == (2, 8, 8)
    for transform in (None, np.eye(3), np.stack([np.eye(3)] * 2)):
        images = generator.synthesis(styles, transform)
        np.testing.assert_allclose(images, generator(latents()), atol=1e-6)


def test_training_updates_averages():
    generator = built("T", num_layers=6, magnitude_half_life=4)
    kept = [w.numpy() for w in generator.non_trainable_weights]
    styles = generator.mapping(latents())
    generator.synthesis(styles)
    generator(latents())
    for variable, old in zip(
        generator.non_trainable_weights, kept, strict=True
    ):
        np.testing.assert_array_equal(variable, old)

    again = revived(generator)
    again.set_weights(generator.get_weights())
    images = generator(latents(), training=True)
    styles = again.mapping(latents(), update_average=True)
    np.testing.assert_array_equal(
        again.synthesis(styles, update_magnitudes=True), images
    )
    changed = 0
    for variable, other, old in zip(
        generator.non_trainable_weights,
        again.non_trainable_weights,
        kept,
        strict=True,
    ):
        np.testing.assert_array_equal(variable, other)
        changed += np.any(variable.numpy() != old)
    assert changed == 1 + 7  # The styles' average, and the layers'.


def test_truncation():
    generator = built("T", num_layers=6)
    generator.mapping_network.average.assign(np.arange(8))
    styles = generator.mapping(latents(), truncation=0.0)
    np.testing.assert_allclose(styles[1, 3], np.arange(8))
    images = generator.synthesis(styles)
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)
    cut = generator.mapping(latents(), truncation=0.0, truncation_cutoff=2)
    np.testing.assert_allclose(cut[0, :2], styles[0, :2])
    np.testing.assert_allclose(cut[:, 2:], generator.mapping(latents())[:, 2:])


def test_classes():
    generator = built("T", num_layers=6, num_classes=3)
    assert generator.input_shape == [(None, 8), (None, 3)]
    same = tf.repeat(latents(1), 3, axis=0)
    labels = tf.eye(3)
    images = generator([same, labels]).numpy()
    assert np.abs(images[0] - images[1]).max() > 1e-3
    styles = generator.mapping(same, labels)
    np.testing.assert_allclose(generator.synthesis(styles), images, atol=1e-6)
    assert revived(generator).get_config() == generator.get_config()
    with pytest.raises(ValueError, match=r"knows 3 classes.*\[batch, 3\]"):
        generator.mapping(same)
    with pytest.raises(ValueError, match="Expected no labels"):
        built("T", num_layers=6).mapping(same, labels)


@pytest.mark.parametrize("config", "TR")
def test_details_move_with_the_image(config):
    generator = six_layers(config)
    styles = generator.mapping(latents())
    images = generator.synthesis(styles).numpy()
    moved = generator.synthesis(styles, translation(-3 / 32, 4 / 32)).numpy()
    assert decibels(images[:, 4:, :-3], moved[:, :-4, 3:]) > 80
    # It is the picture that moved, not a picture without contents.
    assert decibels(images[:, 4:, :-3], moved[:, 4:, :-3]) < 40


@pytest.mark.slow
def test_details_stick_in_configuration_b():
    generator = built("B")
    styles = generator.mapping(latents())
    images = generator.synthesis(styles).numpy()
    moved = generator.synthesis(styles, translation(-3 / 32, 4 / 32)).numpy()
    assert decibels(images[:, 4:, :-3], moved[:, :-4, 3:]) < 30


def test_quarter_turns_are_exact_in_r_alone():
    ratios = {}
    for config in "TR":
        generator = six_layers(config)
        styles = generator.mapping(latents())
        images = generator.synthesis(styles)
        for quarters in (1, 2, 3):
            turned = generator.synthesis(styles, rotation(quarters))
            expected = tf.image.rot90(images, quarters)
            ratio = decibels(expected.numpy(), turned.numpy())
            ratios.setdefault(config, []).append(ratio)
    assert min(ratios["R"]) > 100
    assert max(ratios["T"]) < 40


@pytest.mark.slow
def test_half_precision_where_the_schedule_has_it():
    options = {"image_size": 64, "channel_base": 512}
    generator = built("B", **options)
    half = built("B", **options, dtype="mixed_float16")
    types = [layer.compute_dtype for layer in half.synthesis_layers]
    flags = [layer.half_precision for layer in half.specifications]
    assert types == ["float16" if flag else "float32" for flag in flags]
    assert not all(flags)
    half.set_weights(generator.get_weights())
    images = half(latents())
    assert images.dtype == tf.float32
    scale = np.abs(images).max()
    np.testing.assert_allclose(images, generator(latents()), atol=0.02 * scale)
    assert {variable.dtype for variable in half.trainable_weights} == {
        "float32"
    }
    assert revived(half).get_config() == half.get_config()

    keras.config.set_dtype_policy("mixed_float16")
    assert built("B", **options).get_config()["dtype"] == "mixed_float16"


def test_implementations_agree():
    options = {"image_size": 16, "num_layers": 3}
    generator = built("T", **options)
    other = built("T", **options, implementation="polyphase")
    other.set_weights(generator.get_weights())
    np.testing.assert_allclose(
        other(latents()), generator(latents()), atol=1e-5
    )


def test_images_of_all_sizes_are_added_up():
    generator = built("C", image_size=16)
    images = tf.constant(np.random.default_rng(0).normal(size=[1, 4, 4, 3]))
    expected = resample(
        tf.cast(images, tf.float32),
        np.array([1, 3, 3, 1]) / 8,
        up=2,
        padding=(2, 1),
        gain=4,
        implementation="convolution",
    )
    np.testing.assert_allclose(generator.doubling(images), expected, rtol=1e-5)
    # A constant stays what it is, but for the border.
    doubled = generator.doubling(tf.ones([1, 4, 4, 3]))
    np.testing.assert_allclose(doubled[:, 1:-1, 1:-1], 1, rtol=1e-6)
    # Where only the first size makes colours, they are all there is.
    first, *others = [
        layer
        for layer in generator.synthesis_layers
        if layer.specification.makes_colours
    ]
    for layer in others:
        layer.convolution.kernel.assign(0 * layer.convolution.kernel)
    assert np.any(generator(latents()) != 0)
    first.convolution.kernel.assign(0 * first.convolution.kernel)
    np.testing.assert_array_equal(
        generator(latents()), np.zeros([2, 16, 16, 3])
    )


def test_errors():
    with pytest.raises(ValueError, match="power of two"):
        AliasFreeGenerator(48)
    with pytest.raises(ValueError, match="Unknown configuration"):
        AliasFreeGenerator(32, "A")
    with pytest.raises(ValueError, match="`latent_dim`"):
        AliasFreeGenerator(32, latent_dim=0)
    with pytest.raises(ValueError, match="`num_classes`"):
        AliasFreeGenerator(32, num_classes=-1)
    generator = built("T", num_layers=3)
    with pytest.raises(ValueError, match=r"\[3, 3\]"):
        generator.synthesis(generator.mapping(latents()), np.eye(2))
