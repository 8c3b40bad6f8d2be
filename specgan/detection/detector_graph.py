"""A detector as a SavedModel that needs TensorFlow alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.detection.feature_graphs import features_graph
from specgan.detection.joined_features import JoinedFeatures
from specgan.typing import PathLike


def write_saved_model(
    path: PathLike,
    arrays: Mapping[str, np.ndarray],
    features: JoinedFeatures,
    lower: float,
    upper: float,
) -> None:
    """Write a SavedModel with the endpoints `serve` and `bounds`.

    - `serve(images)`: uint8 `[n, height, width, channels]`, 1 or 3 channels,
      of any size from 16 pixels, to the probability that each was generated:
      float32 `[n]`. Spectrum, scaler, classifier and sigmoid are TensorFlow
      operations in float64, and all numbers are constants of the graph.
    - `bounds()`: "lower" and "upper", the probabilities between which the
      verdict is "unsure".

    Args:
        path: A folder.
        arrays: As for `log_odds.log_odds`.
        features: What the detector decides by.
        lower, upper: The bounds.
    """

    def serve(images):
        rows = tf.concat(
            [features_graph(part, images) for part in features.parts], axis=1
        )
        return tf.cast(tf.sigmoid(_log_odds(rows, arrays)), tf.float32)

    def bounds():
        return {"lower": tf.constant(lower), "upper": tf.constant(upper)}

    images = tf.TensorSpec([None, None, None, None], tf.uint8, "images")
    module: Any = tf.Module()
    module.serve = tf.function(serve, input_signature=[images])
    module.bounds = tf.function(bounds, input_signature=[])
    signatures = {
        "serving_default": module.serve,
        "serve": module.serve,
        "bounds": module.bounds,
    }
    tf.saved_model.save(module, str(path), signatures)


def _log_odds(rows, arrays):
    """`log_odds.log_odds` of a tensor."""
    z = (rows - arrays["mean"]) / arrays["scale"]
    if "support_vectors" in arrays:
        vectors = arrays["support_vectors"]
        squares = (
            tf.reduce_sum(z**2, axis=1, keepdims=True)
            - 2 * tf.matmul(z, tf.constant(vectors.T))
            + np.sum(vectors**2, axis=1)
        )
        kernel = tf.exp(-arrays["gamma"] * squares)
        score = tf.reduce_sum(kernel * arrays["dual_coefficients"], axis=1)
    else:
        score = tf.reduce_sum(z * arrays["weights"], axis=1)
    return arrays["slope"] * (score + arrays["bias"]) + arrays["intercept"]
