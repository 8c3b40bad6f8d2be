import abc

import numpy as np
import tensorflow as tf

from specgan.distribution import gathered_over_replicas
from specgan.errors import TooFewImages
from specgan.metrics.feature_network import INCEPTION
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.inception_features import InceptionFeatures
from specgan.metrics.two_sample_metric import TwoSampleMetric
from specgan.signal.image_values import require_finite
from specgan.typing import TensorLike


class FeatureMetric(TwoSampleMetric):
    """Abstract: compares real and generated images by their features.

    A subclass implements `_state(variable, name)` and `result()`.

    Args:
        features: A `FeatureNetwork`; None takes `InceptionFeatures()`.
        name: Name of the metric on Inception's features.
        other_name: Beginning of its name on those of another network, whose
            name follows.
    """

    def __init__(
        self, features: FeatureNetwork | None, name: str, other_name: str
    ):
        features = InceptionFeatures() if features is None else features
        if features.name != INCEPTION:
            name = f"{other_name}_{features.name}"
        super().__init__(name)
        self.features = features
        self.real = self._state(self._variable, "real")
        self.fake = self._state(self._variable, "fake")

    @abc.abstractmethod
    def _state(self, variable, name):
        """What to keep of real, or of generated, images' features."""

    def update_state(
        self, real: TensorLike | None = None, fake: TensorLike | None = None
    ) -> None:
        """Add images.

        Args:
            real: uint8 `[n, height, width, 1 or 3]`, an array or an eager
                tensor, or None.
            fake: The same, of generated images.
        """
        self.update_features(
            real=None if real is None else self.features(np.asarray(real)),
            fake=None if fake is None else self.features(np.asarray(fake)),
        )

    def update_features(
        self, real: TensorLike | None = None, fake: TensorLike | None = None
    ) -> None:
        """Add features that the network has made of images, also in a graph.

        Args:
            real: `[n, dimension]` floats, or None.
            fake: The same, of generated images.

        Raises:
            ValueError: If they have another shape, or are not finite.
        """
        for state, features in ((self.real, real), (self.fake, fake)):
            if features is not None:
                features = tf.convert_to_tensor(features)
                self._check(features)
                state.add(gathered_over_replicas(features))

    def _check(self, features):
        dimension = self.features.dimension
        if features.shape.rank != 2 or features.shape[1] != dimension:
            raise ValueError(
                f"{self.name} takes features of shape [n, {dimension}]. "
                f"Received: {features.shape}. Give update_state images, or "
                f"features that {self.features.name} has made."
            )
        require_finite(features, "features")

    def _require(self, least=2):
        """Raise a `ValueError` if there are too few images of a kind."""
        for kind, state in (("real", self.real), ("fake", self.fake)):
            if state.count < least:
                raise TooFewImages(
                    f"{self.name} compares two sets of images. Expected at "
                    f"least {least} of each. Received: {state.count} {kind}. "
                    f"Add more with update_state({kind}=...)."
                )
