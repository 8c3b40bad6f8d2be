"""Detectors as SavedModels that need TensorFlow alone."""

import json

import numpy as np
import tensorflow as tf
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from specgan.detection.exported_detector import FORMAT_VERSION
from specgan.detection.exported_detector import RECORD
from specgan.detection.exported_detector import sums
from specgan.detection.relative import bin_frequencies
from specgan.detection.relative_graph import relative_spectrum_graph
from specgan.detection.spectral_detector import GENERATED
from specgan.detection.spectral_detector import REAL
from specgan.files import folder_written_whole


def export_detector(detector, features, path, about, real_rows, generated_rows):
    """Write a detector: endpoints `serve` and `bounds`.

    - `serve(images)`: uint8 `[n, height, width, channels]`, 1 or 3 channels,
      of any size from 16 pixels, to the probability that each was generated:
      float32 `[n]`. Spectrum, scaler, classifier and sigmoid are TensorFlow
      operations in float64.
    - `bounds()`: "lower" and "upper", the probabilities between which the
      verdict is "unsure".

    ```
    saved_models/detector-faces/
        detector.json       what `ExportedDetector` reads: arguments of the
                            features, bounds, what it was trained on, the
                            features of its training images, SHA-256 sums
        saved_model.pb      all numbers are constants of the graph
        ...                 what else TensorFlow writes
    ```

    Args:
        detector: A `SpectralDetector`, fitted, of any classifier but k-means.
        features: The `SpectralFeatures` that its rows came from; not official.
        path: A folder that does not exist yet, or is empty. It appears whole
            or not at all.
        about: Dictionary for JSON: what it was trained on, how it did, where
            it fails. Its "description", one line, is for `specgan list`.
        real_rows: [n, length], features of real training images, of which
            mean and spread are kept; likewise
        generated_rows: [m, length], of generated ones.

    Raises:
        ValueError: If the detector, the features or the rows are others than
            these, `about` is no JSON, or there is something at `path`.

    Example:
    >>> features = SpectralFeatures()
    >>> real, fake = features(photographs), features(generated)
    >>> detector = SpectralDetector().fit(np.concatenate([real, fake]), labels)
    >>> export_detector(detector, features, "faces", {}, real, fake)
    >>> tf.saved_model.load("faces").serve(photographs)
    """
    _require_exportable(detector, features)
    rows = {REAL: real_rows, GENERATED: generated_rows}
    arrays = detector.arrays()
    record = {
        "format_version": FORMAT_VERSION,
        "description": _description(about),
        "classifier": detector.classifier,
        "features": {
            "length": int(features.length),
            "normalize": bool(features.normalize),
        },
        # Of log odds, which may be infinite.
        "lower": float(expit(arrays["lower"])),
        "upper": float(expit(arrays["upper"])),
        "about": about,
        "frequencies": bin_frequencies(features.length).tolist(),
        "reference": {
            kind: _reference(kind, rows[kind], features.length) for kind in rows
        },
    }
    _to_json(record)  # Whatever is none, before anything is written.
    with folder_written_whole(path) as folder:
        _write(folder, features, arrays, record)
        record["sha256"] = sums(folder)
        (folder / RECORD).write_text(_to_json(record))


def probability_graph(images, features, arrays):
    """What a detector makes of images, as TensorFlow operations.

    Args:
        images: uint8 tensor [n, height, width, channels].
        features: `SpectralFeatures`, not official.
        arrays: As `SpectralDetector.arrays` gives them, not those of k-means.

    Returns:
        float64 tensor [n], the probability of having been generated.
    """
    rows = relative_spectrum_graph(images, features.length, features.normalize)
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
    log_odds = arrays["slope"] * (score + arrays["bias"]) + arrays["intercept"]
    return tf.sigmoid(log_odds)


def _write(folder, features, arrays, record):
    def serve(images):
        return tf.cast(probability_graph(images, features, arrays), tf.float32)

    def bounds():
        return {name: tf.constant(record[name]) for name in ("lower", "upper")}

    pictures = tf.TensorSpec([None, None, None, None], tf.uint8, "images")
    module = tf.Module()
    module.serve = tf.function(serve, input_signature=[pictures])
    module.bounds = tf.function(bounds, input_signature=[])
    signatures = {
        "serving_default": module.serve,
        "serve": module.serve,
        "bounds": module.bounds,
    }
    tf.saved_model.save(module, str(folder), signatures)


def _require_exportable(detector, features):
    check_is_fitted(detector)
    if detector.classifier == "k_means":
        raise ValueError(
            "Detectors by k-means are not exported: they are for comparison "
            "with the paper. Expected a classifier 'svm', 'linear_svm' or "
            "'logistic_regression'. Received: 'k_means'. Fit one of these."
        )
    if features.official:
        raise ValueError(
            "Detectors by the paper's official features are not exported: "
            "size, gain and codec show in them more than generators do. "
            "Expected SpectralFeatures(official=False). Received: "
            f"{features!r}. Fit the detector to the default ones."
        )
    if features.length != detector.n_features_in_:
        raise ValueError(
            "The detector was fitted to other features. Expected "
            f"SpectralFeatures(length={detector.n_features_in_}). Received: "
            f"{features!r}."
        )


def _reference(kind, rows, length):
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != length or not len(rows):
        raise ValueError(
            f"Invalid value for argument `{kind}_rows`. Expected features "
            f"[n, {length}] of some {kind} images. Received: shape "
            f"{rows.shape}."
        )
    return {
        "mean": rows.mean(axis=0).tolist(),
        "spread": rows.std(axis=0).tolist(),
    }


def _description(about):
    if not isinstance(about, dict):
        raise ValueError(
            "Invalid value for argument `about`. Expected a dictionary. "
            f"Received: {about!r}."
        )
    description = about.get("description", "")
    if not isinstance(description, str) or not description.isprintable():
        raise ValueError(
            "The description of a detector is a line of a list. Expected one "
            f"line of plain text. Received: {description!r}."
        )
    return description


def _to_json(record):
    try:
        return json.dumps(record, indent=2, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(
            "What is written about a detector must be JSON. Expected "
            "dictionaries, lists, strings and finite numbers. Received: "
            f"{error}."
        ) from error
