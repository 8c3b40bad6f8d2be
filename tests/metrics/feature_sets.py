"""A network without weights, and sets of features to measure."""

import numpy as np

from specgan.metrics.feature_network import INCEPTION
from specgan.metrics.feature_network import FeatureNetwork


class MeanColours(FeatureNetwork):
    """The mean of each quarter of a picture, channel by channel."""

    def __init__(self, name=INCEPTION):
        self._name = name
        self.calls = 0

    @property
    def name(self):
        return self._name

    @property
    def dimension(self):
        return 12

    @property
    def protocol(self):
        return {"resizer": "none", "quarters": 4}

    def __call__(self, images):
        self.calls += 1
        n, height, width, channels = images.shape
        quarters = images.reshape(
            n, 2, height // 2, 2, width // 2, channels
        ).mean((2, 4))
        return np.float32(
            np.broadcast_to(quarters, [n, 2, 2, 3]).reshape(n, 12) / 255
        )


def features(count, seed, dimension=12, shift=0.0, scale=1.0):
    draw = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=[dimension, dimension])
    rows = draw.normal(size=[count, dimension]) @ mixing
    return rows * scale + shift


def pictures(count, seed, size=8, channels=3, level=0):
    draw = np.random.default_rng(seed)
    shape = [count, size, size, channels]
    return draw.integers(level, 256, shape, dtype=np.uint8)
