"""The alias-free GAN at 16 px, with three layers: all that a user does."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from specgan.models import GAN
from specgan.models.adaptive_augmentation import AdaptiveAugmentation
from specgan.models.alias_free import configs
from specgan.models.blur_warm_up import BlurWarmUp
from specgan.signal import to_uint8
from tests.contracts import saved_and_loaded
from tests.contracts import two_replicas
from tests.contracts import uniform
from tests.slow_cases import quick_first
from zoo import AliasFreeGAN

TINY = {
    "image_size": 16, "channels": 1, "channel_base": 64, "channel_max": 4,
    "num_layers": 3, "latent_dim": 8,
}  # fmt: skip
CLASSES = 3


def labelled(count=8):
    return uniform(count, 16, 16, 1), np.arange(count) % CLASSES


def batches(count=8):
    return tf.data.Dataset.from_tensor_slices(labelled(count)).batch(
        4, drop_remainder=True
    )


@pytest.fixture(scope="module", params=quick_first("T", "R"))
def trained(request):
    """With all that there is, after two steps."""
    keras.utils.set_random_seed(0)
    gan = AliasFreeGAN(
        **TINY,
        config=request.param,
        num_classes=CLASSES,
        blur_steps=5,
        augment=True,
        spectral_regularization=True,
    )
    # So that images are altered from the first step on.
    gan.augmentations[1].probability.assign(0.5)
    before = gan.get_weights()
    gan.adapt(batches())
    gan.compile(run_eagerly=True)  # Two steps; tracing takes longer.
    gan.before = before
    gan.logs = gan.fit(batches(), verbose=0).history
    return gan


def test_training(trained):
    assert AliasFreeGAN.train_step is GAN.train_step
    assert int(trained.g_optimizer.iterations.numpy()) == 2
    # Two steps, and one of the penalty.
    assert int(trained.d_optimizer.iterations.numpy()) == 3
    assert trained.logs.keys() == {
        "d_loss", "g_loss", "d_real", "d_fake", "spectral_loss",
        "gradient_penalty", "augmentation",
    }  # fmt: skip
    assert np.all(np.isfinite(list(trained.logs.values())))
    for variable, old in zip(trained.weights, trained.before, strict=True):
        if variable.name == "kernel" and "label" not in variable.path:
            assert np.any(variable.numpy() != old), variable.path


def test_buffers_are_moved_in_training_alone(trained):
    buffers = {
        variable.path: variable.numpy()
        for variable in trained.generator_ema.non_trainable_variables
        if variable.name in ("magnitude", "average")
    }
    assert len(buffers) == 5  # Of three layers, of colours and of styles.
    for variable in trained.generator.non_trainable_variables:
        if variable.name in ("magnitude", "average"):
            np.testing.assert_array_equal(variable, buffers[variable.path])
            assert np.any(variable.numpy() != (variable.name == "magnitude"))
    trained.evaluate(batches(), verbose=0)
    trained.sample(4)
    for variable in trained.generator_ema.non_trainable_variables:
        if variable.path in buffers:
            np.testing.assert_array_equal(variable, buffers[variable.path])


def test_sampling(trained):
    images = trained.sample(5, seed=3, labels=1)
    assert images.dtype == np.float32 and images.shape == (5, 16, 16, 1)
    assert np.all(np.abs(images) <= 1)
    np.testing.assert_allclose(
        trained.sample(5, seed=3, labels=1, batch_size=2), images, atol=1e-5
    )


def test_truncation(trained):
    images = trained.sample(6, seed=3, labels=1)
    np.testing.assert_allclose(
        trained.sample(6, seed=3, labels=1, truncation=1.0), images
    )
    (mean,) = trained.sample(1, seed=3, labels=1, truncation=0.0)
    same = trained.sample(6, seed=4, labels=1, truncation=0.0)
    np.testing.assert_allclose(same, [mean] * 6, atol=1e-5)
    generator = trained.generator_ema
    latents = tf.random.stateless_normal([6, 8], [3, 0])
    styles = generator.mapping(latents, tf.one_hot([1] * 6, CLASSES))
    average = generator.mapping_network.average
    nearer = average + 0.5 * (styles - average)
    np.testing.assert_allclose(
        trained.sample(6, seed=3, labels=1, truncation=0.5, batch_size=4),
        np.clip(generator.synthesis(nearer), -1, 1),
        atol=1e-5,
    )


@pytest.mark.slow
def test_training_resumes_exactly(trained):
    """At a step at which no penalty is due, before one at which one is."""
    trained = saved_and_loaded(trained)
    resumed = saved_and_loaded(trained)
    assert resumed.get_config() == trained.get_config()
    for augmentation in resumed.augmentations:
        assert type(augmentation) in (BlurWarmUp, AdaptiveAugmentation)
    more = batches(16)
    trained.fit(more, verbose=0)
    resumed.fit(more.take(1), verbose=0)
    probability = resumed.augmentations[1].probability.numpy()
    resumed = saved_and_loaded(resumed)
    assert resumed.augmentations[1].probability.numpy() == probability
    resumed.fit(more.skip(1), verbose=0)
    for mine, theirs in zip(trained.variables, resumed.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=mine.path)
    for name in ("g_optimizer", "d_optimizer"):
        for mine, theirs in zip(
            getattr(trained, name).variables,
            getattr(resumed, name).variables,
            strict=True,
        ):
            np.testing.assert_array_equal(mine, theirs, err_msg=mine.path)


@pytest.mark.slow
def test_export(trained, tmp_path):
    trained.export(tmp_path / "exported")
    exported = tf.saved_model.load(tmp_path / "exported")
    pictures = exported.sample(5, 3).numpy().astype(int)
    expected = to_uint8(trained.sample(5, seed=3)).numpy().astype(int)
    assert np.abs(pictures - expected).max() <= 1
    assert exported.spectrum(pictures.astype("uint8"))["decibels"].shape == (
        5, 9
    )  # fmt: skip


@pytest.mark.slow
def test_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    gan = AliasFreeGAN(**TINY)
    gan.compile()
    for optimizer in (gan.g_optimizer, gan.d_optimizer):
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    halves = [
        layer.compute_dtype == "float16"
        for layer in gan.generator._flatten_layers()
    ]
    assert any(halves) and not all(halves)
    images, _ = labelled(16)
    logs = gan.fit(images, batch_size=4, verbose=0).history
    assert np.all(np.isfinite(list(logs.values())))
    for variable in gan.trainable_variables:
        assert np.all(np.isfinite(variable)), variable.path
    # None was left out for an overflow.
    assert int(gan.g_optimizer.iterations.numpy()) == 4
    assert int(gan.d_optimizer.iterations.numpy()) == 5


def test_the_paper_s_training():
    gan = AliasFreeGAN(**TINY)
    gan.compile()
    part = 16 / 17
    for optimizer, rate, power in (
        (gan.g_optimizer, 2.5e-3, 1),
        (gan.d_optimizer, 2e-3 * part, part),
    ):
        np.testing.assert_allclose(optimizer.learning_rate, rate, rtol=1e-6)
        np.testing.assert_allclose(optimizer.beta_2, 0.99**power)
        assert optimizer.beta_1 == 0 and optimizer.epsilon == 1e-8
    assert gan.ema_decay == "half_life"
    assert gan.augmentations == []
    (blur,) = AliasFreeGAN(**TINY, config="R").augmentations
    assert blur.get_config().items() >= {
        "deviation": 10.0, "steps": 6250
    }.items()  # fmt: skip


def test_chroma():
    gan = AliasFreeGAN(**{**TINY, "channels": 3}, chroma="half")
    again = saved_and_loaded(gan)
    for one in (again, again.generator, again.generator_ema):
        assert one.chroma == "half"
    assert AliasFreeGAN(**TINY).generator.chroma == "full"


def test_chroma_of_a_file_from_before_the_option():
    gan = AliasFreeGAN(**TINY)
    for one in (gan, gan.generator):
        config = one.get_config()
        del config["chroma"]
        assert type(one).from_config(config).chroma == "full"


@pytest.mark.parametrize(
    "size, gamma", [(32, 2 / 64), (128, 0.5), (256, 2.0), (1024, 32.0)]
)
def test_weight_of_the_penalty(size, gamma):
    arguments = {**TINY, "channel_max": 1, "channel_base": 1024}
    gan = AliasFreeGAN(**{**arguments, "image_size": size})
    assert (gan.gradient_penalty.weight, gan.gradient_penalty.interval) == (
        gamma, 16
    )  # fmt: skip
    gan = AliasFreeGAN(**arguments, gamma=3.0)
    assert gan.gradient_penalty.weight == 3.0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": 48}, "power of two.*image_size=48"),
        ({"image_size": 8}, "image_size=8"),
        ({"channels": 2}, "1 or 3 channels. Received: channels=2"),
        ({"chroma": "half"}, "Grey images have no chroma.*channels=1"),
        ({"chroma": "hlf"}, "Did you mean 'half'"),
        ({"config": "Q"}, "Expected one of: B, .*, T. Received: 'Q'"),
        ({"channel_base": 0}, "channel_base=0"),
        ({"channel_max": -1}, "channel_max=-1"),
        ({"latent_dim": 0}, "latent_dim=0"),
        ({"num_layers": 2}, "above 2. Received: num_layers=2"),
        ({"num_layers": 6, "config": "E"}, "num_layers=6"),
        ({"discriminator_width": 0}, "discriminator_width=0"),
        ({"num_classes": -2}, "num_classes=-2"),
        ({"gamma": 0.0}, "positive weight. Received: weight=0"),
        ({"blur_steps": -1}, "steps=-1"),
        ({"seed": -1}, "seed=-1"),
        ({"spectral_regularization": "decibl"}, "Did you mean 'decibel'"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        AliasFreeGAN(**{**TINY, **arguments})


def dataset(images, **kwargs):
    return tf.data.Dataset.from_tensor_slices(images).batch(8, **kwargs)


@pytest.mark.parametrize(
    "as_given, size",
    [
        (lambda images: (images, {"batch_size": 6}), 6),
        (lambda images: (images, {"batch_size": 16}), 6),
        (
            lambda images: (
                images[:16],
                {"batch_size": 8, "validation_data": images[:14]},
            ),
            6,
        ),
        (lambda images: (dataset(images), {}), "unknown size"),
    ],
)
def test_batches_that_its_groups_do_not_divide(as_given, size):
    gan = AliasFreeGAN(**TINY)
    gan.compile()
    images, arguments = as_given(labelled(22)[0])
    with pytest.raises(
        ValueError, match=f"multiple of 4 images. Received: a batch of {size}"
    ):
        gan.fit(images, verbose=0, **arguments)
    assert int(gan.optimizer.iterations.numpy()) == 0


@pytest.mark.parametrize("batch", [4, 12])
def test_batches_that_replicas_cannot_share_by_groups(batch):
    with two_replicas().scope():
        gan = AliasFreeGAN(**TINY)
        gan.compile()
    with pytest.raises(
        ValueError,
        match=f"multiple of 8 images on 2 replicas. .* a batch of {batch}",
    ):
        gan.fit(labelled(24)[0], batch_size=batch, verbose=0)


def test_a_configuration_of_one_s_own_comes_back():
    config = dataclasses.replace(configs.get("T"), num_layers=3, margin=4)
    small = {"channel_base": 64, "channel_max": 4, "latent_dim": 8}
    gan = AliasFreeGAN(16, config=config, **small)
    again = AliasFreeGAN.from_config(gan.get_config())
    assert again.generator.config == config


def test_classes_are_counted_from_one():
    with pytest.raises(ValueError, match="num_classes"):
        AliasFreeGAN(16, num_classes=0)
