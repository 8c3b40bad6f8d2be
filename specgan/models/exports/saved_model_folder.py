"""SavedModels that need TensorFlow alone."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.files import folder_written_whole
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from specgan.typing import PathLike

# A function and the signature of its arguments.
Endpoint = tuple[Callable[..., Any], Sequence[tf.TensorSpec]]


def spectrum_endpoint(image_shape: Sequence[int]) -> Endpoint:
    """The endpoint `spectrum(images)` and its signature.

    It takes uint8 images of any number to a dictionary of "frequencies"
    `[M // 2 + 1]` in cycles per pixel and "decibels" `[n, M // 2 + 1]`, each
    image's mean ring power.

    Args:
        image_shape: (height, width, channels).

    Returns:
        (function, signature).
    """
    height, width, _ = image_shape
    frequencies = ring_frequencies(height, width).astype(np.float32)

    def spectrum(images):
        power = azimuthal_integral(from_uint8(images))
        return {
            "frequencies": tf.constant(frequencies),
            "decibels": decibels(power)[:, :-1],  # Without the corner.
        }

    return spectrum, [tf.TensorSpec([None, *image_shape], tf.uint8)]


def write(
    filepath: PathLike,
    weights: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> None:
    """Write functions and the variables that they use as a SavedModel.

    `keras.export.ExportArchive` writes every number twice, once in each of
    its two lists of variables.

    Args:
        filepath: A folder that does not exist yet, or is empty. It appears
            whole or not at all.
        weights: Dictionary of Keras variables, or of dictionaries of them, by
            the names under which the SavedModel keeps their numbers.
        endpoints: Dictionary of names and (function, signature).

    Raises:
        ValueError: If there is something at `filepath`.
    """
    root = tf.Module()
    root.weights = tf.nest.map_structure(lambda one: one.value, dict(weights))
    signatures = {}
    for name, (function, signature) in endpoints.items():
        traced = tf.function(function, signature, autograph=False)
        setattr(root, name, traced)
        signatures[name] = traced.get_concrete_function()
    signatures["serving_default"] = signatures["serve"]
    with folder_written_whole(filepath) as folder:
        tf.saved_model.save(root, str(folder), signatures)
