"""What a training has written for TensorBoard, read by TensorBoard."""

import io

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)


def read(folder):
    """Dictionary of tags to lists of (step, value).

    A value is a number, or the pixels of an image.
    """
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return {
        tag: [
            (event.step, _value(tf.make_ndarray(event.tensor_proto)))
            for event in accumulator.Tensors(tag)
        ]
        for tag in accumulator.Tags()["tensors"]
    }


def _value(array):
    if array.dtype != object:
        return float(array)
    width, height, *encoded = array  # of `tf.summary.image`
    pixels = np.asarray(Image.open(io.BytesIO(encoded[0])))
    if pixels.shape[:2] != (int(height), int(width)):
        raise ValueError(f"An image of {pixels.shape} says {height} {width}.")
    return pixels
