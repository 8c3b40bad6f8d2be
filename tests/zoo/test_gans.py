import json

import keras
import numpy as np
import pytest

from specgan.layers import SpectralHead2D
from specgan.layers.upsampling import UPSAMPLING_UNITS
from specgan.losses import CrossEntropySpectralLoss
from specgan.losses import DecibelSpectralLoss
from specgan.losses import DistributionSpectralLoss
from specgan.losses.spectral import SPECTRAL_LOSSES
from specgan.models import HalfLife
from specgan.models import generator_average as moving_average
from specgan.signal import subsample_chroma
from tests.contracts import run_gan_replicas_test
from tests.contracts import run_gan_test
from tests.contracts import saved_and_loaded
from tests.contracts import uniform
from tests.slow_cases import quick_first
from tests.slow_cases import slow
from zoo import DCGAN
from zoo import GANS
from zoo import SNGAN

SMALL = {"image_size": 16, "width": 2, "latent_dim": 4}


def has_head(gan):
    return any(isinstance(x, SpectralHead2D) for x in gan.generator.layers)


def everything(name):
    """All options at once; the default spectral loss, whose tracing takes
    longest, for one class."""
    return {
        "spectral_regularization": name == "dcgan" or "decibel",
        "channels": 3,
        "chroma": "half",
        "num_classes": 3,
        "ema_decay": "half_life",
    }


@pytest.mark.parametrize(
    "name",
    [
        # Those of other losses have quick tests of their parts.
        pytest.param(
            name,
            marks=() if name == "dcgan" else pytest.mark.slow,
        )
        for name in GANS
    ],
)
def test_contract(name):
    run_gan_test(GANS[name], **everything(name))


def test_contract_without_options():
    run_gan_test(DCGAN)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) for name in GANS],
)
def test_two_replicas_equal_one(name):
    run_gan_replicas_test(GANS[name], **everything(name))


@pytest.mark.parametrize(
    "name",
    [name if name in ("dcgan", "wgangp") else slow(name) for name in GANS],
)
def test_augmentation(name):
    gan = GANS[name](**SMALL, augment=True)
    assert gan.get_config()["augment"] is True
    (augmentation,) = gan.augmentations
    augmentation.probability.assign(0.5)
    gan.compile(run_eagerly=True)
    images = uniform(4 * gan.discriminator_steps, *gan.image_shape)
    logs = gan.fit(images, batch_size=4, verbose=0).history
    assert logs["augmentation"] == [0.5]
    assert np.all(np.isfinite(list(logs.values())))


@pytest.mark.parametrize("name", GANS)
def test_augmentation_is_asked_for_or_not(name):
    with pytest.raises(ValueError, match="`augment`. Expected True or False"):
        GANS[name](**SMALL, augment="no")


@pytest.mark.parametrize("name", GANS)
@pytest.mark.parametrize(
    "average",
    [0.9, "half_life", HalfLife(7.0)],
    ids=["number", "name", "object"],
)
def test_an_average_of_any_kind_is_kept(name, average):
    gan = GANS[name](**SMALL, ema_decay=average)
    again = GANS[name].from_config(json.loads(json.dumps(gan.get_config())))
    expected, found = map(moving_average.get, (average, again.ema_decay))
    assert type(found) is type(expected)
    for step in (1.0, 100.0, 1e6):
        assert float(found(step)) == float(expected(step))


@pytest.mark.parametrize("name", GANS)
def test_name_and_class_agree(name):
    gan_class = GANS[name]
    assert gan_class.__name__.lower() == name.replace("-", "")
    assert keras.saving.get_registered_name(gan_class) == (
        f"specgan>{gan_class.__name__}"
    )
    assert "Reference:" in gan_class.__doc__


@pytest.mark.parametrize(
    "arguments",
    quick_first(
        {"spectral_head": True, "upsampling": "nearest"},
        {"channels": 1, "image_size": 20},
        {"chroma": "half", "spectral_head": True, "image_size": 20},
        *({"spectral_regularization": name} for name in SPECTRAL_LOSSES),
        *({"upsampling": name} for name in UPSAMPLING_UNITS),
        quick=4,
    ),
    ids=str,
)
def test_variants_build_and_train_one_step(arguments):
    gan = DCGAN(**{**SMALL, **arguments})
    images = uniform(4, *gan.image_shape)
    gan.adapt(images)
    gan.compile(run_eagerly=True)
    before = gan.generator.get_weights()
    logs = gan.fit(images, verbose=0).history
    assert np.all(np.isfinite(list(logs.values())))
    for weights in gan.generator.get_weights():
        assert np.all(np.isfinite(weights))
    assert np.any(gan.generator.get_weights()[0] != before[0])
    assert gan.get_config().items() >= arguments.items()


@pytest.mark.parametrize(
    "regularization, loss_class, head",
    [
        (None, type(None), False),
        (False, type(None), False),
        (True, DistributionSpectralLoss, False),
        ("decibel", DecibelSpectralLoss, False),
        ("cross_entropy", CrossEntropySpectralLoss, False),
        ("paper", CrossEntropySpectralLoss, True),
    ],
)
def test_spectral_regularization_and_head(regularization, loss_class, head):
    gan = DCGAN(**SMALL, spectral_regularization=regularization)
    assert type(gan.spectral_loss) is loss_class
    assert has_head(gan) is head
    for spectral_head in (False, True):
        gan = DCGAN(
            **SMALL,
            spectral_regularization=regularization,
            spectral_head=spectral_head,
        )
        assert has_head(gan) is spectral_head


def test_chroma():
    latents = np.random.default_rng(0).normal(size=[4, 4])
    full, half = DCGAN(**SMALL), DCGAN(**SMALL, chroma="half")
    half.set_weights(full.get_weights())
    assert full.chroma == "full"
    images = full(latents)
    coarse = subsample_chroma(images)
    np.testing.assert_allclose(
        half(latents), coarse + 0.1 * (images - coarse), atol=1e-6
    )


def test_chroma_of_a_file_from_before_the_option():
    config = DCGAN(**SMALL).get_config()
    del config["chroma"]
    assert DCGAN.from_config(config).chroma == "full"


def test_adapt_warns_of_images_without_fine_chroma():
    images = subsample_chroma(uniform(64, 16, 16, 3), "box").numpy()
    for spectral_regularization in (None, True):
        arguments = {
            **SMALL, "spectral_regularization": spectral_regularization
        }  # fmt: skip
        gan = DCGAN(**arguments)
        with pytest.warns(UserWarning, match="no chroma above 0.*'half'"):
            gan.adapt(images)
        gan.adapt(uniform(64, 16, 16, 3))
        DCGAN(**arguments, chroma="half").adapt(images)
        DCGAN(**arguments, channels=1).adapt(images[..., :1])


def test_regularization_by_object_survives_a_file():
    loss = DecibelSpectralLoss(weight=0.25, delta=1.0, window="hann")
    gan = DCGAN(**SMALL, spectral_regularization=loss)
    gan.adapt(uniform(4, 16, 16, 3))
    gan.compile()
    again = saved_and_loaded(gan)
    assert again.spectral_loss.get_config() == loss.get_config()
    np.testing.assert_array_equal(again.spectral_loss.target, loss.target)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": 50}, "image_size=50. The nearest are 48 and 56"),
        ({"image_size": 512}, "from 16 to 256 px. Received: image_size=512"),
        ({"channels": 2}, "1 or 3 channels. Received: channels=2"),
        ({"width": 0}, "positive integer. Received: width=0"),
        ({"latent_dim": -1}, "positive integer. Received: latent_dim=-1"),
        ({"chroma": "hlf"}, "'hlf'. Did you mean 'half'"),
        ({"chroma": None}, "Expected one of: full, half. Received: None"),
        ({"chroma": "half", "channels": 1}, "Grey images have no chroma"),
        ({"upsampling": "nearst"}, "'nearst'. Did you mean 'nearest'"),
        (
            {"spectral_regularization": "decibl"},
            "'decibl'. Did you mean 'decibel'",
        ),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        DCGAN(**{**SMALL, **arguments})


def test_sngan_s_discriminator_learns_twice_as_fast():
    gan = SNGAN(**SMALL)
    gan.compile()
    np.testing.assert_allclose(gan.g_optimizer.learning_rate, 2e-4)
    np.testing.assert_allclose(gan.d_optimizer.learning_rate, 4e-4)


def test_dcgan_is_the_paper_s():
    gan = DCGAN(**SMALL)
    gan.compile()
    for optimizer in (gan.g_optimizer, gan.d_optimizer):
        np.testing.assert_allclose(optimizer.learning_rate, 2e-4)
        assert optimizer.beta_1 == 0.5
    for network in (gan.generator, gan.discriminator):
        assert any(
            isinstance(layer, keras.layers.BatchNormalization)
            for layer in network.layers
        )
    assert gan.discriminator_steps == 1
