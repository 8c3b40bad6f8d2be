"""SavedModels that need TensorFlow alone."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specgan.files import folder_written_whole
from specgan.signal import azimuthal_integral
from specgan.signal import decibels
from specgan.signal import from_uint8
from specgan.signal import ring_frequencies
from specgan.typing import PathLike


def spectrum_endpoint(image_shape: Sequence[int]) -> tuple[Callable, Any]:
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
    network: keras.Model,
    endpoints: Mapping[str, tuple[Callable, Any]],
) -> None:
    """Write functions of a network as a SavedModel.

    Args:
        filepath: A folder that does not exist yet, or is empty. It appears
            whole or not at all.
        network: The Keras model whose variables the functions use.
        endpoints: Dictionary of names and (function, signature).

    Raises:
        ValueError: If there is something at `filepath`.
    """
    archive = keras.export.ExportArchive()
    archive.track(network)
    for name, (function, signature) in endpoints.items():
        archive.add_endpoint(name, function, input_signature=signature)
    with folder_written_whole(filepath) as folder:
        archive.write_out(folder, verbose=False)
