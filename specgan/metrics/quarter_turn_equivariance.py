from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.metrics.equivariance import RANGE
from specgan.metrics.equivariance import full_precision
from specgan.metrics.equivariance import ratio_in_decibels
from specgan.metrics.rotation_equivariance import rotations
from specgan.signal.image_values import require_finite
from specgan.typing import Tensor


def quarter_turn_equivariance(
    synthesize: Callable[[Any, Any], Tensor], ws: Any
) -> float:
    """Whether a generator turns by quarters exactly: quick, and sharp.

    A quarter turn takes pixels to pixels, so that nothing is interpolated and
    nothing masked: a generator whose every operation is symmetric shows
    rounding errors alone, above 100 dB, while one that is not stays below 40.
    A few images suffice.

    Formula:
    `10 log10(4 / e)` in dB, e the mean squared difference between the images
    of the input turned by 90, 180 and 270 degrees and the turned images.

    Args:
        synthesize: Function of latents and transforms `[batch, 3, 3]`, see
            `Equivariance.measure`, which gives square images.
        ws: Its latents; a batch of them.

    Returns:
        A float, in dB; infinite if nothing differs.

    Raises:
        ValueError: If the images are not square or not finite, or there are no
            latents.

    Example:
    >>> quarter_turn_equivariance(generator.synthesis, generator.mapping(z))
    155.7
    """
    if len(ws) == 0:
        raise ValueError(
            "Images are compared with turned ones. Expected the latents of at "
            "least one. Received none."
        )
    errors = []
    with full_precision():
        images = synthesize(ws, _turned(0, len(ws)))
        if images.shape[1] != images.shape[2]:
            raise ValueError(
                "Only square images stay in place by a quarter turn. Received: "
                f"images of shape {images.shape}."
            )
        require_finite(images)
        for quarters in (1, 2, 3):
            turned = synthesize(ws, _turned(quarters, len(ws)))
            require_finite(turned)
            difference = tf.image.rot90(images, quarters) - turned
            errors.append(np.mean(np.square(difference, dtype=np.float64)))
    return ratio_in_decibels(RANGE**2, float(np.mean(errors)))


def _turned(quarters, batch):
    transforms = rotations(np.full(batch, quarters * np.pi / 2))
    # Sines and cosines that are exactly 0, 1 or -1.
    return tf.constant(np.rint(transforms), tf.float32)
