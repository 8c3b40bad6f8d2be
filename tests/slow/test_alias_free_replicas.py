"""The alias-free GAN trains on two replicas as on one device.

python -m pytest tests/slow/test_alias_free_replicas.py -m slow
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts import two_replicas
from tests.contracts import uniform
from zoo import AliasFreeGAN

pytestmark = pytest.mark.slow

CONFIGURATIONS = {
    "T": {},
    "T in half precision": {},
    "T with classes": {"num_classes": 3, "spectral_regularization": True},
    "R": {"config": "R", "blur_steps": 8},
    "E with augmentation": {"config": "E", "num_layers": None, "augment": True},
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_two_replicas_equal_one(name):
    half = "half" in name
    keras.config.set_dtype_policy("mixed_float16" if half else "float32")
    arguments = {
        "image_size": 16,
        "channels": 1,
        "channel_base": 64,
        "channel_max": 4,
        "num_layers": 3,
        "latent_dim": 8,
        **CONFIGURATIONS[name],
    }

    def compiled():
        gan = AliasFreeGAN(**arguments)
        gan.compile(keras.optimizers.SGD(1e-3), keras.optimizers.SGD(1e-3))
        return gan

    one = compiled()
    with two_replicas().scope():
        both = compiled()
    if one.augment:
        one.augmentations[0].probability.assign(0.7)
    both.set_weights(one.get_weights())
    images = uniform(24, 16, 16, 1)
    images *= np.linspace(0.2, 1, 24)[:, None, None, None].astype("float32")
    batches = tf.data.Dataset.from_tensor_slices((images, np.arange(24) % 3))
    batches = batches.batch(8, drop_remainder=True)
    histories = []
    for gan in (one, both):
        gan.adapt(batches)
        histories.append(gan.fit(batches, verbose=0).history)
    tolerance = 2e-2 if half else 1e-3
    for log, values in histories[0].items():
        np.testing.assert_allclose(
            histories[1][log], values, rtol=tolerance, atol=tolerance
        )
    for mine, others in zip(one.weights, both.weights, strict=True):
        np.testing.assert_allclose(
            others, mine, rtol=tolerance, atol=tolerance / 10, err_msg=mine.path
        )
