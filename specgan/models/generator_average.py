"""The moving average of a generator's weights."""

import hashlib
import numbers
from typing import Any
from typing import Self
from typing import cast

import keras
import tensorflow as tf

from specgan.errors import invalid_argument
from specgan.errors import is_number
from specgan.models.keras_internals import flat_layers
from specgan.typing import Config
from specgan.typing import TensorLike


class Decay:
    """How much of an average stays in a step. Abstract."""

    def __call__(self, step):
        """The share that stays.

        Args:
            step: Scalar float32; how many steps the generator has taken, this
                one among them.

        Returns:
            Scalar in [0, 1).
        """
        raise NotImplementedError


class ConstantDecay(Decay):
    """A decay, after a faster beginning with (1 + step) / (10 + step).

    Args:
        decay: Number in [0, 1).

    Raises:
        ValueError: For any other.
    """

    def __init__(self, decay: float):
        if not isinstance(decay, numbers.Real) or not 0 <= decay < 1:
            raise ValueError(
                'The decay of an average is None, in [0, 1), "half_life" or '
                "a specgan.models.HalfLife. Received: "
                f"ema_decay={decay!r}."
            )
        self.decay = decay

    def __call__(self, step):
        return tf.minimum(self.decay, (1.0 + step) / (10.0 + step))


@keras.saving.register_keras_serializable(package="specgan")
class HalfLife(Decay):
    """A decay that halves a step's share in a number of steps.

    It begins faster, with a half-life in proportion to the steps taken.

    Formula: `0.5^(1 / min(steps, ramp_up (step - 1)))`

    Args:
        steps: Positive number. The papers count images, 10,000 for a batch of
            32, and in proportion to the batch: always 312.5 steps.
        ramp_up: Positive number; the half-life's share in the steps taken.

    Raises:
        ValueError: If a number is not positive.

    Example:
    >>> zoo.LSGAN(ema_decay=HalfLife.of_images(20_000, batch_size=64))

    Reference:
    - Karras et al., 2020b, Appendix C (https://arxiv.org/abs/2006.06676)
    """

    def __init__(self, steps: float = 312.5, ramp_up: float = 0.05):
        for name, value in {"steps": steps, "ramp_up": ramp_up}.items():
            if not isinstance(value, numbers.Real) or not value > 0:
                raise ValueError(
                    "The half-life of an average is a positive number. "
                    f"Received: {name}={value!r}."
                )
        self.steps = steps
        self.ramp_up = ramp_up

    @classmethod
    def of_images(cls, images: float, batch_size: float, **kwargs: Any) -> Self:
        """A half-life that is counted in images.

        Args:
            images: Positive number of images that the generator is trained
                with until a step's share has halved.
            batch_size: Positive number of images in a step.
            **kwargs: Further arguments of the class.

        Returns:
            A `HalfLife` of `images / batch_size` steps: in a step,
            `0.5^(batch_size / images)` of the average stays.

        Raises:
            ValueError: If a number is not positive.
        """
        for name, value in {"images": images, "batch_size": batch_size}.items():
            if not is_number(value) or not value > 0:
                raise invalid_argument(name, "a positive number", value)
        return cls(images / batch_size, **kwargs)

    def __call__(self, step):
        half_life = tf.minimum(float(self.steps), self.ramp_up * (step - 1.0))
        return tf.pow(0.5, 1.0 / tf.maximum(half_life, 1e-8))

    def get_config(self) -> Config:
        return {"steps": self.steps, "ramp_up": self.ramp_up}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


def get(identifier: float | str | Decay | None) -> Decay | None:
    """The decay of a name or number, or the object itself.

    Args:
        identifier: None, a number in [0, 1), "half_life" for `HalfLife()`, or
            a `Decay`.

    Returns:
        A `Decay` or None.

    Raises:
        ValueError: For a number out of range, or another name.
    """
    if identifier is None or isinstance(identifier, Decay):
        return identifier
    if identifier == "half_life":
        return HalfLife()
    return ConstantDecay(cast(float, identifier))  # Refuses other names.


def serialized(
    identifier: float | str | Decay | None,
) -> float | str | Config | None:
    """The same, as a configuration keeps it.

    Args:
        identifier: As for `get`.

    Returns:
        None, a number, a name, or a dictionary.
    """
    if isinstance(identifier, Decay):
        return keras.saving.serialize_keras_object(identifier)
    return identifier


def average_of(generator: keras.Model) -> keras.Model:
    """A copy of a generator, to become its moving average.

    Args:
        generator: Built Keras model.

    Returns:
        A Keras model of equal weights, not trainable.
    """
    # `clone_model` would make a plain Functional model of any class.
    average = type(generator).from_config(generator.get_config())
    average.set_weights(generator.get_weights())
    average.trainable = False
    return average


def update(
    average: keras.Model, generator: keras.Model, decay: TensorLike
) -> None:
    """Move the average's trained weights towards the generator's.

    All others are copied, except batch-norm statistics: those of earlier
    weights do not fit, see `recalibrate`. Call it in replica context.

    Args:
        average: What `average_of` gave.
        generator: The generator.
        decay: Scalar in [0, 1): the share of the average that stays.
    """
    statistics = {
        id(variable)
        for layer in _normalizations(generator)
        for variable in layer.non_trainable_variables
    }
    pairs = [
        (mean.value, latest.value, latest.trainable)
        for mean, latest in zip(average.weights, generator.weights, strict=True)
        if id(latest) not in statistics
    ]

    def move(strategy, decay):
        for mean, latest, trained in pairs:
            if trained:
                strategy.extended.update(
                    mean,
                    lambda a, w, d: a.assign_sub((1.0 - d) * (a - w)),
                    args=(latest, decay),
                )
            else:
                strategy.extended.update(
                    mean, lambda a, w: a.assign(w), args=(latest,)
                )

    tf.distribute.get_replica_context().merge_call(move, args=(decay,))


def recalibrate(
    generator: keras.Model, inputs: TensorLike, batch_size: int = 64
) -> None:
    """Set batch-norm statistics to those that a generator really has.

    Averaged or copied statistics belong to other weights: with them the
    spectrum of images from an average was 0.2 to 1 dB worse (DCGAN, 32 px,
    decay 0.9 and 0.99, first 600 steps). These are means over the batches.

    Args:
        generator: Keras model.
        inputs: Latents `[count, latent_dim]`, or a list of these and one-hot
            labels.
        batch_size: Latents a batch.
    """
    layers = _normalizations(generator)
    if not layers:
        return
    kept = [(layer, layer.momentum, layer.trainable) for layer in layers]
    num = len(tf.nest.flatten(inputs)[0])
    for count, start in enumerate(range(0, num, batch_size)):
        for layer in layers:
            layer.trainable = True  # Or it would use its statistics.
            layer.momentum = count / (count + 1)  # A plain mean over batches.
        generator(_rows(inputs, start, start + batch_size), training=True)
    for layer, momentum, trainable in kept:
        layer.momentum, layer.trainable = momentum, trainable


def fingerprint(generator: keras.Model) -> bytes | None:
    """A digest of all weights of a generator, by which changes are noticed.

    Args:
        generator: Keras model.

    Returns:
        16 bytes, or None where there are no batch-norm statistics that
        `recalibrate` would set.
    """
    if not _normalizations(generator):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for variable in generator.weights:
        digest.update(variable.numpy().tobytes())
    return digest.digest()


def _normalizations(generator):
    return [
        layer
        for layer in flat_layers(generator)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


def _rows(inputs, start, stop):
    return tf.nest.map_structure(lambda values: values[start:stop], inputs)
