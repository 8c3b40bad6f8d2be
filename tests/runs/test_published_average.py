"""What `specgan publish` keeps of a GAN."""

import numpy as np
import pytest

import zoo
from specgan.runs.publishing import as_published

ALIAS_FREE = {"latent_dim": 8, "channel_max": 8, "num_layers": 4}


@pytest.mark.parametrize(
    "kind, options",
    [
        (zoo.DCGAN, {"width": 4, "ema_decay": 0.5, "num_classes": 3}),
        (zoo.R3GAN, {"width": 4, "ema_decay": 0.5}),
        (zoo.AliasFreeGAN, ALIAS_FREE),
        (zoo.VAE, {"width": 4}),
    ],
)
def test_samples_are_those_of_the_average(kind, options):
    model = kind(16, **options)
    if hasattr(model, "generator"):  # Else both are the same.
        for variable in model.generator.trainable_variables:
            variable.assign(variable * 1.5 + 0.1)
    published = as_published(model)
    assert getattr(published, "generator_ema", None) is None
    np.testing.assert_array_equal(
        published.sample(4, seed=1), model.sample(4, seed=1)
    )
