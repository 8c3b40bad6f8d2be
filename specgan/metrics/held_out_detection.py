import hashlib
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf
import threadpoolctl

from specgan.errors import require_positive_integer
from specgan.metrics.feature_states import FeatureBuffer
from specgan.metrics.spectral_metric import SpectralMetric
from specgan.metrics.standard_error import standard_error
from specgan.typing import TensorLike

HELD_OUT = 0.2
"""Share of the images that a detector is tested on."""

LEAST = 10
"""Images of a kind without which there is nothing to learn from."""


class Detector(NamedTuple):
    """A classifier of two kinds, and what it is shown of an image.

    Args:
        features: Slice of the columns of `HeldOutDetection._rows`.
        build: Function that gives a scikit-learn classifier, not fitted.
    """

    features: slice
    build: Callable


class HeldOutDetection(SpectralMetric):
    """Abstract: accuracy of detectors, fitted afresh, on held-out images.

    In each of several splits, as many real as generated images are drawn; the
    last fifth of each is held out, and a detector is fitted to the rest. Its
    control is the same between two sets of real images, each as large: what a
    perfect generator would get.

    The control does not depend on the generated images but on their number,
    and is computed again only if the real images or the draws change.

    A subclass implements `_width(height, width)`, the number of features,
    `_rows(images)` and `result()`.

    Args:
        name: Name of the metric.
        capacity: How many images of each kind to compare, the first ones. Of
            real images twice as many are kept, for the control.
        splits: Integer from 2.
        seed: Of the splits.
        window: None or "hann".

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        name: str,
        capacity: int,
        splits: int,
        seed: int,
        window: str | None,
    ):
        require_positive_integer("capacity", capacity)
        require_positive_integer("splits", splits)
        if capacity < LEAST or splits < 2:
            raise ValueError(
                f"{name} needs images to learn from and splits to compare. "
                f"Expected a capacity from {LEAST} and 2 splits or more. "
                f"Received: capacity={capacity}, splits={splits}."
            )
        super().__init__(name, window)
        self.capacity = capacity
        self.splits = splits
        self.seed = seed
        self._controls_of = None
        self._controls: Any = None

    def _state(self, variable, name, height, width):
        kept = {"real": 2 * self.capacity, "fake": self.capacity}[name]
        return FeatureBuffer(variable, name, self._width(height, width), kept)

    def update_state(
        self, real: TensorLike | None = None, fake: TensorLike | None = None
    ) -> None:
        super().update_state(
            self._needed(real, self.real), self._needed(fake, self.fake)
        )

    def _needed(self, images, state):
        """Images that there is room for, where that is known beforehand."""
        if images is None or state is None or not tf.executing_eagerly():
            return images
        images = tf.convert_to_tensor(images)
        # The others are left for the checks to refuse.
        return images[: state.room] if images.shape.rank == 4 else images

    def _kept(self):
        """Features of the real, and of the generated images, in float64."""
        self._require(real=2 * LEAST, fake=LEAST)
        return (
            self.real.rows.astype(np.float64),
            self.fake.rows.astype(np.float64),
        )

    def _accuracies(self, detectors):
        """Mean accuracies, their controls, and the standard error of each.

        Args:
            detectors: Dictionary of names and `Detector`s.

        Returns:
            Dictionary of names and dictionaries with the suffixes "", "_std",
            "_control" and "_control_std" and floats from 0 to 1.

        Raises:
            ValueError: If there are less than 20 real or 10 generated images.
        """
        real, fake = self._kept()
        number = min(len(real) // 2, len(fake))
        draw = np.random.default_rng(self.seed)
        pairs, generated = [], []
        for _ in range(self.splits):
            pairs.append(draw.permutation(len(real))[: 2 * number])
            generated.append(draw.permutation(len(fake))[:number])
        # Several threads would take four times as much of the processor.
        with threadpoolctl.threadpool_limits(1, "blas"):
            scores = {
                name: [
                    _held_out_accuracy(
                        real[pair[:number], one.features],
                        fake[rows, one.features],
                        one.build(),
                    )
                    for pair, rows in zip(pairs, generated, strict=True)
                ]
                for name, one in detectors.items()
            }
            controls = self._cached_controls(real, pairs, detectors)
        return {
            name: {
                "": float(np.mean(scores[name])),
                "_std": standard_error(scores[name], HELD_OUT),
                "_control": float(np.mean(controls[name])),
                "_control_std": standard_error(controls[name], HELD_OUT),
            }
            for name in detectors
        }

    def _cached_controls(self, real, pairs, detectors):
        """{name: accuracies between the first and the second of the pairs}."""
        of = hashlib.sha256(real)
        of.update(np.stack(pairs).data)
        of.update(" ".join(detectors).encode())
        if self._controls_of != of.hexdigest():
            self._controls = {
                name: [
                    _held_out_accuracy(
                        *np.split(real[pair, one.features], 2),
                        classifier=one.build(),
                    )
                    for pair in pairs
                ]
                for name, one in detectors.items()
            }
            self._controls_of = of.hexdigest()
        return self._controls


def _held_out_accuracy(first, second, classifier):
    """Of a classifier of two kinds; the last images of each are held out."""
    fitted = len(first) - round(HELD_OUT * len(first))
    classifier.fit(
        np.concatenate([first[:fitted], second[:fitted]]),
        np.repeat([0, 1], fitted),
    )
    # Balanced, since as many are held out of each.
    right = [
        classifier.predict(first[fitted:]) == 0,
        classifier.predict(second[fitted:]) == 1,
    ]
    return float(np.mean(right))
