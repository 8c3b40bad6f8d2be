import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf

from specgan.errors import require_positive_integer
from specgan.metrics import resizing
from specgan.metrics.feature_network import FeatureNetwork
from specgan.metrics.pictures import features_in_batches
from specgan.metrics.pictures import require_pictures
from specgan.metrics.pictures import with_channels

if TYPE_CHECKING:
    import keras

_RESIZER = "clean"


class KerasFeatures(FeatureNetwork):
    """The features of any Keras model.

    What is measured on them bears the model's name: distances of the features
    of two different networks cannot be compared, and none is an FID.

    Args:
        model: A built `keras.Model` from `[batch, height, width, 1 or 3]` to
            `[batch, dimension]`. It always runs in inference mode.
        name: What to call it, in letters, digits, ".", "-" and "_". It stands
            for the model: give another name to another architecture.
        image_size: Rows and columns to which images are resized (antialiased
            bicubic); None leaves them as they are.
        preprocess: A function of float32 NumPy images of 0..255, which returns
            what the model takes; None gives it those. What it does cannot be
            recorded: put it into the name.
        batch_size: Images that go through the network at a time.

    Raises:
        ValueError: If the model does not yield one vector for an image, or the
            name could not be part of a file's or belongs to the FID.

    Example:
    >>> model = keras.applications.MobileNetV2(include_top=False, pooling="avg")
    >>> features = metrics.KerasFeatures(
    ...     model,
    ...     "mobilenet-v2",
    ...     image_size=224,
    ...     preprocess=keras.applications.mobilenet_v2.preprocess_input,
    ... )
    >>> features(images).shape                  # uint8 [16, 64, 64, 3]
    (16, 1280)
    """

    def __init__(
        self,
        model: "keras.Model",
        name: str,
        image_size: int | None = None,
        preprocess: Callable[[np.ndarray], Any] | None = None,
        batch_size: int = 32,
    ):
        _require_name(name)
        require_positive_integer("batch_size", batch_size)
        if image_size is not None:
            require_positive_integer("image_size", image_size)
        self.model = model
        self.image_size = image_size
        self.batch_size = batch_size
        self.preprocess = preprocess
        self._name = name
        self._channels, self._dimension = _interface(model)
        self._network = tf.function(
            lambda images: model(images, training=False), reduce_retracing=True
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    @property
    def protocol(self) -> dict[str, Any]:
        return {
            "network": self.name,
            "weights_sha256": _weights_sha256(self.model),
            "resizer": self.image_size and _RESIZER,
            "image_size": self.image_size,
        }

    def __call__(self, images):
        require_pictures(images)
        if images.shape[-1] > self._channels:
            raise ValueError(
                f"The network {self.name!r} takes grey images. Expected 1 "
                f"channel. Received: shape {images.shape}. Take the luminance "
                "of the images, or a network of colour images."
            )
        return features_in_batches(
            self._features, images, self.batch_size, self.dimension
        )

    def _features(self, pictures):
        if self.image_size is None:
            images = pictures.astype(np.float32)
        else:
            images = resizing.get(_RESIZER)(pictures, self.image_size)
        images = with_channels(images, self._channels)
        if self.preprocess is not None:
            images = self.preprocess(images)
        return self._network(images)


def _require_name(name):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(
            "Invalid value for argument `name`. Expected letters, digits, "
            "'.', '-' and '_', as in the name of a file. Received: "
            f"name={name!r}."
        )
    if "fid" in name.lower() or "inception-2015" in name.lower():
        raise ValueError(
            "Invalid value for argument `name`. Expected a name without "
            "'inception-2015' and 'fid', which belong to "
            f"metrics.InceptionFeatures. Received: name={name!r}. Name the "
            "network after what it is."
        )


def _interface(model):
    """Number of channels that a model takes, and of features it yields."""
    try:
        taken, yielded = model.input_shape, model.output_shape
    except (AttributeError, ValueError):  # Keras has one for each kind.
        taken, yielded = None, None
    if not (
        isinstance(taken, tuple)
        and isinstance(yielded, tuple)
        and len(taken) == 4
        and taken[3] in (1, 3)
        and len(yielded) == 2
        and yielded[1] is not None
    ):
        raise ValueError(
            "Invalid value for argument `model`. Expected a Functional or "
            "built Sequential model from [batch, height, width, 1 or 3] to "
            f"[batch, dimension]. Received: {model!r} from {taken} to "
            f"{yielded}. Pool its output with GlobalAveragePooling2D, or wrap "
            "it in keras.Model(inputs, outputs)."
        )
    return taken[3], yielded[1]


def _weights_sha256(model):
    digest = hashlib.sha256()
    for variable in model.weights:
        array = np.ascontiguousarray(variable.numpy())
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
