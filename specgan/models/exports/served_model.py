"""What is exported of a model, whatever the format."""

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from specgan.models.exports.saved_model_folder import Endpoint
from specgan.models.exports.saved_model_folder import spectrum_endpoint
from specgan.models.sampling import in_range
from specgan.models.sampling import sample_labels
from specgan.models.sampling import sample_latents
from specgan.signal import to_uint8


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """What is exported of a model: images from latents, or from images.

    Args:
        network: The Keras model whose variables the functions use.
        serve: Function of float32 tensors to float32 images
            `[batch, height, width, channels]`.
        signature: A `tf.TensorSpec` with a name for each tensor that `serve`
            takes: "latents", "labels" or "images".
        examples: Function of a number that gives as many of what `serve`
            takes, a list of NumPy arrays.
        endpoints: What a SavedModel has beside `serve`: names and (function,
            signature).
        output: What the images are called, as no input is.
        has_latents: Whether the images are made of latents.
        portable: What other formats are made of, if that is another function
            than `serve`: the same images by fewer operations.
    """

    network: keras.Model
    serve: Callable
    signature: Sequence[tf.TensorSpec]
    examples: Callable[[int], list[np.ndarray]]
    endpoints: Mapping[str, Endpoint]
    output: str = "images"
    has_latents: bool = True
    portable: Callable | None = None

    @property
    def functions(self) -> dict[str, Endpoint]:
        """All that a SavedModel has: names and (function, signature)."""
        return {"serve": (self.serve, self.signature), **self.endpoints}


def served_generator(generator: keras.Model) -> ServedModel:
    """What is exported of a generator.

    Its endpoints beside `serve`: `sample(n, seed)`, int32 scalars to n uint8
    images, of random classes; and `spectrum(images)`, see `spectrum_endpoint`.

    Args:
        generator: Keras model of latents, or of latents and one-hot labels,
            that gives images.

    Returns:
        A `ServedModel`.
    """
    shapes = generator.input_shape
    (_, latent_dim), *classes = shapes if isinstance(shapes, list) else [shapes]

    def inputs_of(n, seed):
        latents = sample_latents(n, seed, latent_dim)
        labels = [sample_labels(n, seed, number) for _, number in classes]
        return [latents, *labels]

    def serve(*inputs):
        inputs = inputs[0] if len(inputs) == 1 else list(inputs)
        return in_range(generator(inputs, training=False))

    def sample(n, seed):
        return to_uint8(serve(*inputs_of(n, seed)))

    def examples(n):
        return [values.numpy() for values in inputs_of(n, seed=0)]

    scalar = tf.TensorSpec([], tf.int32)
    return ServedModel(
        generator,
        serve,
        [
            tf.TensorSpec([None, latent_dim], name="latents"),
            *(tf.TensorSpec(shape, name="labels") for shape in classes),
        ],
        examples,
        {
            "sample": (sample, [scalar, scalar]),
            "spectrum": spectrum_endpoint(generator.output_shape[1:]),
        },
    )
