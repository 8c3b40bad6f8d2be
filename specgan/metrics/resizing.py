"""How images are brought to the size a feature network wants.

Resizing is part of a measure's protocol: between resizers an FID differs by
several units.

Reference:
- [Parmar, Zhang & Zhu, 2021](https://arxiv.org/abs/2104.11222), "On Aliased
  Resizing and Surprising Subtleties in GAN Evaluation".
"""

import concurrent.futures
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from specgan.errors import unknown_name


def clean(pictures: np.ndarray, size: int) -> np.ndarray:
    """Resize by antialiased bicubic interpolation, as clean-fid does.

    Every channel by itself, in float32 throughout; what overshoots is clipped
    to 0..255 and nothing is rounded. It runs on all cores.

    Args:
        pictures: uint8 NumPy array `[batch, height, width, channels]`.
        size: Rows and columns to come.

    Returns:
        float32 NumPy array `[batch, size, size, channels]`, 0..255.
    """
    batch, _, _, channels = pictures.shape
    resized = np.empty([batch, size, size, channels], np.float32)

    def resize(index):
        for channel in range(channels):
            plane = pictures[index, :, :, channel].astype(np.float32)
            image = Image.fromarray(plane)
            image = image.resize((size, size), Image.Resampling.BICUBIC)
            plane = np.asarray(image)
            np.clip(plane, 0.0, 255.0, out=resized[index, :, :, channel])

    # Pillow lets go of the interpreter while it resizes.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(resize, range(batch)))
    return resized


def legacy_tensorflow(pictures: np.ndarray, size: int) -> np.ndarray:
    """Resize as TensorFlow 1 did, for numbers from before clean-fid.

    Bilinear without antialiasing; pixel i of the result is taken at
    `i * height / size`, so that pictures move by up to half a pixel.

    Args:
        pictures: uint8 NumPy array `[batch, height, width, channels]`.
        size: Rows and columns to come.

    Returns:
        float32 NumPy array `[batch, size, size, channels]`, 0..255.
    """
    return tf.raw_ops.ResizeBilinear(
        images=pictures,
        size=[size, size],
        align_corners=False,
        half_pixel_centers=False,
    ).numpy()


RESIZERS = {"clean": clean, "legacy_tensorflow": legacy_tensorflow}


def get(identifier: str) -> Callable[[np.ndarray, int], np.ndarray]:
    """The resizer of a name.

    Args:
        identifier: A key of `RESIZERS`.

    Returns:
        A function of uint8 pictures and a size.

    Raises:
        ValueError: If there is no such resizer.
    """
    if identifier not in RESIZERS:
        raise unknown_name("resizer", identifier, RESIZERS)
    return RESIZERS[identifier]
