from typing import Any

import keras
import tensorflow as tf


class TwoSampleMetric(keras.metrics.Metric):
    """Abstract: compares real and generated images, which stream in.

    In any order and in batches of any size; what is kept of them does not grow
    with their number. Under a distribution strategy every replica gives its own
    images, and all of them count.

    Attributes:
        real, fake: What is kept of either, with its `variables`; None before
            there are any.

    Args:
        name: Name of the metric.
    """

    def __init__(self, name: str):
        super().__init__(name=name, dtype="float64")
        self.real: Any = None
        self.fake: Any = None

    def _variable(self, shape, name, dtype):
        # All replicas write the same, so that there is nothing to add up.
        return self.add_variable(
            shape, "zeros", dtype, "only_first_replica", name
        )

    def reset_fake(self) -> None:
        """Forget the generated images, and keep the real ones."""
        if self.fake is not None:
            for variable in self.fake.variables:
                variable.assign(tf.zeros_like(variable))
