import abc
import contextlib
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.files import written_whole
from specgan.losses.spectral.spectral_loss import SpectralLoss
from specgan.models import fit_arguments
from specgan.models import images as real_images
from specgan.models.compile_checks import check_no_losses
from specgan.models.compile_checks import check_no_random_layers
from specgan.models.exports.served_model import ServedModel
from specgan.models.exports.write_export import write_export
from specgan.models.replicas import BuiltModel
from specgan.models.replicas import check_compile_options
from specgan.models.replicas import check_scope
from specgan.models.replicas import check_single_strategy
from specgan.typing import Config
from specgan.typing import PathLike


class ImageModel(BuiltModel):
    """A model of images, perhaps with a spectral loss. Abstract.

    Args:
        image_shape: (height, width, channels) of its images.
        spectral_loss: A `SpectralLoss`, or None.
        seed: Integer from which all noise of the training derives, together
            with the step and the replica.
        name: Name of the model.
    """

    # Resolution of the chroma of its images, "full" or "half", where a class
    # has that option.
    chroma = None

    def __init__(
        self,
        image_shape: Sequence[int],
        spectral_loss: SpectralLoss | None,
        seed: int,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self._image_shape = tuple(image_shape)
        self.seed = seed
        # A variable, so that a guard can change it and a file keeps it.
        self.noise_seed = self.add_weight(
            shape=[],
            initializer=lambda shape, dtype: tf.constant(seed, dtype),
            dtype="int32",
            trainable=False,
            name="noise_seed",
        )
        self.spectral_loss = spectral_loss
        if spectral_loss is not None and not spectral_loss.built:
            spectral_loss.build((None, *image_shape))
        self.trackers = {}

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(height, width, channels) of the images."""
        return self._image_shape

    def adapt(self, images: Any, num_images: int | None = None) -> None:
        """Compute the target spectrum from real images.

        Without a spectral loss there is nothing to compute, and the images
        are only checked. A warning says so where they have next to no chroma
        at high frequencies, like JPEG files with 4:2:0 subsampling, and the
        model has `chroma="full"`.

        Args:
            images: A `tf.data.Dataset` of image batches, or an array of
                images, in [-1, 1]; dictionaries as for `fit`.
            num_images: How many of them to use; None takes what the spectral
                loss needs: 1000, as the paper does, or 4096.

        Raises:
            ValueError: If the images do not fit the networks, are not finite,
                or not in [-1, 1]; if `num_images` is not positive.
        """
        real_images.adapt(
            self.spectral_loss,
            fit_arguments.images_and_labels(images)[0],
            self.image_shape,
            num_images,
            self.chroma,
        )

    @contextlib.contextmanager
    def _compiling(self, arguments):
        """The model's own scope, if all is right with `compile`."""
        check_scope(self)
        check_no_random_layers(self)
        check_no_losses(arguments)
        with self.distribute_strategy.scope():
            check_single_strategy()
            check_compile_options(arguments)
            yield

    def _checked_batch_size(self, x, batch_size, epochs):
        """Images of a batch, of arguments of `fit` that are all right."""
        check_scope(self)
        real_images.check_before_use(self.spectral_loss, x, self.image_shape)
        require_positive_integer("epochs", epochs)
        return real_images.checked_batch_size(x, batch_size)

    def _check_shares(self, sizes, batch_size, fit_arguments):
        """A `ValueError` unless replicas can share all batches evenly."""
        self._require_even_shares(sizes)
        self._require_even_validation(
            fit_arguments.get("validation_data"),
            fit_arguments.get("validation_batch_size") or batch_size,
        )

    # === Saving ===

    def save(
        self, filepath: PathLike, overwrite: bool = True, **kwargs: Any
    ) -> None:
        """Write the whole model to a `.keras` file; see `keras.Model.save`.

        The file appears whole or not at all; on a full disk one of before
        stays.

        Args:
            filepath: Name of a file that ends in ".keras".
            overwrite: Whether to replace a file of that name; False asks.
            **kwargs: As for `keras.Model.save`.

        Raises:
            ValueError: For a file of Keras' legacy HDF5 format.
        """
        if str(filepath).lower().endswith((".h5", ".hdf5")):
            raise ValueError(
                "The legacy HDF5 format keeps a single network and optimizer. "
                'Expected a file name that ends in ".keras". Received: '
                f"{str(filepath)!r}. For the weights alone use "
                'save_weights("NAME.weights.h5").'
            )
        # Keras asks, refuses other endings and writes to remote places.
        if not overwrite or not _is_local_file(filepath):
            super().save(filepath, overwrite, **kwargs)
            return
        with written_whole(filepath) as path:
            super().save(path, **kwargs)

    # === Exporting ===

    @abc.abstractmethod
    def served(self) -> ServedModel:
        """What `export` writes."""

    def export(
        self,
        filepath: PathLike,
        format: str = "saved_model",
        precision: str = "float32",
        batch_size: int | None = None,
    ) -> None:
        """Write the model for another runtime.

        A file takes "latents" `[batch, latent_dim]`, standard normal, and
        "labels" `[batch, num_classes]`, one-hot, where there are classes.
        It gives "images". An auto-encoder's takes "images" and gives
        "reconstructions". All are float32, images in [-1, 1], `[batch, height,
        width, channels]`.

        | format | what is written | needs, to write and to check |
        |---|---|---|
        | saved_model | a folder for TensorFlow alone | |
        | onnx | a file `.onnx` | the extra `onnx` |
        | litert | a file `.tflite`, without flex operations | `litert` |
        | openvino | a folder with `model.xml` and `model.bin` | `openvino` |

        All but a SavedModel are first run by their own runtime. In float32
        they are kept only if their images are within 1e-4 of Keras'.

        A SavedModel has endpoints, of which `serve` is TensorFlow Serving's
        `serving_default` too:

        - `serve(latents)`, or `serve(latents, labels)`, as above. Its
          signature calls the images "output_0".
        - `sample(n, seed)`: int32 scalars to n uint8 images; the images of
          `model.sample(n, seed)`, rounded.
        - `spectrum(images)`: uint8 images, as `sample` gives them, to a
          dictionary of "frequencies" `[M // 2 + 1]` in cycles per pixel and
          "decibels" `[n, M // 2 + 1]`, each image's mean ring power.

        An auto-encoder has `reconstruct(images)`, uint8 to uint8, in the place
        of `sample`.

        Args:
            filepath: A file or folder that does not exist yet; a folder may be
                empty. It appears whole or not at all.
            format: "saved_model", "onnx", "litert" or "openvino".
            precision: "float32"; or, for LiteRT, "int8": 8-bit integers within
                the network, a quarter of the size, for other images.
            batch_size: None for any number of images at once, or a fixed one.
                A SavedModel has none.

        Raises:
            ValueError: For an unknown format, packages that are not installed,
                something at `filepath`, or a model that the format cannot
                hold. Nothing is written.

        Example:
        >>> gan.export("saved_models/dcgan")
        >>> model = tf.saved_model.load("saved_models/dcgan")
        >>> model.sample(16, 1)  # uint8 [16, 64, 64, 3]

        >>> gan.export("dcgan.onnx", format="onnx")
        >>> session = onnxruntime.InferenceSession("dcgan.onnx")
        >>> [images] = session.run(None, {"latents": latents})
        """
        write_export(self.served(), filepath, format, precision, batch_size)

    def get_config(self) -> Config:
        return {
            "seed": self.seed,
            "name": self.name,
            "dtype": self.dtype_policy.name,
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: dict[str, Any] | None = None
    ) -> Self:
        config = dict(config)
        # Files of before name no policy: the one in force is taken.
        with _dtype_policy(config.pop("dtype", None)):
            return cls(
                **{
                    name: keras.saving.deserialize_keras_object(
                        value, custom_objects=custom_objects
                    )
                    for name, value in config.items()
                }
            )


def _is_local_file(filepath):
    name = str(filepath)
    return name.endswith(".keras") and "://" not in name


@contextlib.contextmanager
def _dtype_policy(name: str | None) -> Iterator[None]:
    """Make models under a dtype policy; None leaves the one in force."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
