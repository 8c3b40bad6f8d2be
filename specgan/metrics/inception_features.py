import functools
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.errors import unknown_name
from specgan.metrics import inception
from specgan.metrics import inception_weights
from specgan.metrics import resizing
from specgan.metrics.feature_network import INCEPTION
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.pictures import features_in_batches
from specgan.metrics.pictures import require_pictures
from specgan.metrics.pictures import with_channels
from specgan.typing import PathLike


class _Precision(NamedTuple):
    name: str  # Of the network.
    policy: str  # Of its layers.


DTYPES = {
    "float32": _Precision(INCEPTION, "float32"),
    "bfloat16": _Precision("inception-bfloat16", "mixed_bfloat16"),
}
"""What the network computes in."""

CHOICES = {"inception": "float32", "inception-bfloat16": "bfloat16"}
"""The dtype by the name that options and callbacks have for a network."""


class InceptionFeatures(FeatureNetwork):
    """The features that the FID is defined on.

    The 2048 pooled features of the Inception network that was released on
    2015-12-05. Networks of the same name in `keras.applications` and
    torchvision have other weights; distances of their features are not FIDs.

    Args:
        weights: Path of the weights, as `inception_weights.find` takes it;
            None finds those which `specgan fetch-inception` has fetched.
        resizer: "clean" (antialiased bicubic, what papers report today) or
            "legacy_tensorflow" (what they reported before).
        batch_size: Images that go through the network at a time. It changes
            time and memory alone.
        dtype: "float32", or "bfloat16" for a third of the time on processors
            that multiply in bfloat16 (AMX, AVX-512 BF16). Distances then
            differ by about one percent, and are no FIDs: the network, and the
            metrics, have names of their own.

    Raises:
        FileNotFoundError: If the weights are not there; the message has the
            command that gets them.
        ValueError: If the weights are damaged or an argument is invalid.

    Example:
    >>> features = metrics.InceptionFeatures()
    >>> features(signal.to_uint8(gan.sample(16)).numpy()).shape
    (16, 2048)

    Reference:
    - [Heusel et al., 2017](https://arxiv.org/abs/1706.08500), Section 2 and
      Equation 6.
    """

    def __init__(
        self,
        weights: PathLike | None = None,
        resizer: str = "clean",
        batch_size: int = 32,
        dtype: str = "float32",
    ):
        if dtype not in DTYPES:
            raise unknown_name("dtype", dtype, DTYPES)
        require_positive_integer("batch_size", batch_size)
        self.resizer = resizer
        self.batch_size = batch_size
        self.dtype = dtype
        self._resize = resizing.get(resizer)
        self._weights = inception_weights.load(weights)

    @functools.cached_property
    def _network(self):
        # Built for the first image: where all features are found, for none.
        network = inception.build(self._weights, DTYPES[self.dtype].policy)
        size = inception.IMAGE_SIZE
        return tf.function(
            lambda images: network((images - 128.0) / 128.0, training=False),
            autograph=False,
            input_signature=[tf.TensorSpec([None, size, size, 3], tf.float32)],
        )

    @property
    def name(self) -> str:
        return DTYPES[self.dtype].name

    @property
    def dimension(self) -> int:
        return inception.DIMENSION

    @property
    def protocol(self) -> dict[str, Any]:
        return {
            "network": self.name,
            "weights_sha256": inception_weights.SOURCE_SHA256,
            "resizer": self.resizer,
            "image_size": inception.IMAGE_SIZE,
        }

    def __call__(self, images):
        require_pictures(images)
        return features_in_batches(
            self._features, images, self.batch_size, self.dimension
        )

    def _features(self, pictures):
        images = self._resize(pictures, inception.IMAGE_SIZE)
        return self._network(with_channels(images, 3))
