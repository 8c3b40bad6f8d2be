"""What only some classes of models are measured by."""

import numpy as np
import pytest

import zoo
from specgan.runs.class_measures import class_measures
from specgan.signal import from_uint8
from specgan.signal import to_uint8

SIZE = 16


@pytest.fixture
def pictures():
    random = np.random.default_rng(0)
    return random.integers(0, 256, [10, SIZE, SIZE, 3], np.uint8)


@pytest.mark.parametrize("kind", [zoo.AutoEncoder, zoo.VAE])
def test_the_error_of_reconstructions(kind, pictures):
    model = kind(SIZE, width=4)
    # Batches of unequal numbers: images count alike.
    batches = iter([pictures[:7], pictures[7:]])
    measured = class_measures(model, batches, num=10, seed=0)
    made = to_uint8(model.reconstruct(from_uint8(pictures))).numpy()
    errors = np.mean((pictures.astype(float) - made) ** 2, axis=(1, 2, 3))
    expected = np.mean(10 * np.log10(255**2 / errors))
    assert measured == {"reconstruction_psnr": pytest.approx(expected)}


def test_the_equivariance_of_an_alias_free_generator():
    options = {"channel_base": 128, "channel_max": 8, "num_layers": 4}
    gan = zoo.AliasFreeGAN(SIZE, latent_dim=8, **options)
    first, again, other = (
        class_measures(gan, iter([]), num=5, seed=seed) for seed in (0, 0, 1)
    )
    assert list(first) == ["eq_t"]
    assert first == again != other
    # Without filters that end at the band's limit it would be about 30 dB.
    assert first["eq_t"] > 40
    aliased = zoo.AliasFreeGAN(SIZE, latent_dim=8, config="D", channel_max=8)
    assert class_measures(aliased, iter([]), 5, 0)["eq_t"] < first["eq_t"]


def test_the_average_is_what_is_measured():
    gan = zoo.AliasFreeGAN(SIZE, latent_dim=8, channel_max=8, num_layers=4)
    before = class_measures(gan, iter([]), num=2, seed=0)
    for variable in gan.generator.trainable_variables:
        variable.assign(variable * 1.5)
    assert class_measures(gan, iter([]), num=2, seed=0) == before


def test_samples_of_other_models_say_nothing_of_it(pictures):
    gan = zoo.DCGAN(SIZE, width=4)
    assert class_measures(gan, iter([pictures]), num=2, seed=0) == {}
