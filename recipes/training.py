"""The lines that all recipes share: what to train on, what to record."""

import sys

import keras
import numpy as np

from specgan import callbacks
from specgan import data
from specgan.callbacks.writing import told_if_not_written
from specgan.errors import Diverged

# Options of the alias-free GAN alone; None where its own default is taken.
ALIAS_FREE = (
    "config",
    "channel_base",
    "channel_max",
    "discriminator_width",
    "num_layers",
    "latent_dim",
    "gamma",
    "blur_steps",
    "augment",
)

# Those that it does not have, with their defaults.
CONVOLUTIONAL = {
    "width": 64,
    "upsampling": "transposed",
    "spectral_head": None,
    "ema_decay": None,
}


def images(settings, first_epoch=0):
    """The batches to train on, as the command line describes them.

    Args:
        settings: The arguments of `specgan train`.
        first_epoch: The epoch whose order the images begin with.

    Returns:
        A `tf.data.Dataset`; loaded anew, it repeats the same orders.
    """
    return _load(settings, first_epoch, flip=bool(settings.flip))


def real_images(settings):
    """The batches to measure against: the images as they are, never mirrored.

    So FID and spectra of trainings with `--flip` and without have the same
    reference, as in the literature.

    Args:
        settings: The arguments of `specgan train`.

    Returns:
        A `tf.data.Dataset`.
    """
    return _load(settings)


def _load(settings, first_epoch=0, flip=False):
    return data.load(
        settings.data,
        image_size=settings.image_size,
        channels=settings.channels,
        batch_size=settings.batch_size,
        crop=settings.crop,
        crop_offset=settings.crop_offset,
        data_dir=settings.data_dir,
        limit=settings.limit,
        flip=flip,
        seed=settings.seed,
        first_epoch=first_epoch,
    )


def model_arguments(settings, without=()):
    """Arguments of a zoo class that the command line describes.

    Args:
        settings: The arguments of `specgan train`.
        without: Names of those that the class does not have.

    Returns:
        A dictionary.

    Raises:
        ValueError: If one that the class does not have is asked for.
    """
    arguments = {
        "image_size": settings.image_size,
        "channels": settings.channels,
        "width": settings.width,
        "upsampling": settings.upsampling,
        "spectral_regularization": settings.spectral_regularization,
        "spectral_weight": settings.spectral_weight,
        "spectral_head": settings.spectral_head,
        "chroma": settings.chroma or "full",
        "ema_decay": settings.ema_decay,
        "seed": settings.seed,
    }
    for name in without:
        _refuse(settings, name, arguments.pop(name))
    for name in ALIAS_FREE:
        value = getattr(settings, name, None)
        _refuse(settings, name, None if value is None else str(value))
    return arguments


def _refuse(settings, name, value):
    """Raise a `ValueError` if an option is given that the model has not."""
    if value:
        raise ValueError(
            f"{settings.model} has no --{name.replace('_', '-')}. "
            f"Received: {value}. Leave it out."
        )


def alias_free_arguments(settings):
    """Arguments of `zoo.AliasFreeGAN` that the command line describes.

    Args:
        settings: The arguments of `specgan train`.

    Returns:
        A dictionary.

    Raises:
        ValueError: If one is asked for that the class does not have.
    """
    for name, default in CONVOLUTIONAL.items():
        value = getattr(settings, name)
        _refuse(settings, name, None if value == default else value)
    names = ("image_size", "channels", "seed")
    names += ("spectral_regularization", "spectral_weight")
    given = {name: getattr(settings, name) for name in ALIAS_FREE}
    return {
        **{name: getattr(settings, name) for name in names},
        "chroma": settings.chroma or "full",
        **{name: value for name, value in given.items() if value is not None},
    }


def new_or_resumed(model_class, settings, run, without=(), arguments=None):
    """The model that the command line describes, ready for `fit`.

    A new one adapts to the images and is compiled as its paper does it; one
    that was broken off comes back with its optimizers.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.
        without: As for `model_arguments`.
        arguments: What the class is made with, instead of those.

    Returns:
        (model, epochs that it has been trained).
    """
    if arguments is None:
        arguments = model_arguments(settings, without)
    model, epoch = run.load_with_epoch()
    if model is None:
        model = model_class(**arguments)
        model.adapt(images(settings))
        model.compile()
    return model, epoch


def first_images(settings, num=1000):
    """The first real images, those whose spectrum `records` measures.

    Args:
        settings: The arguments of `specgan train`.
        num: How many at most.

    Returns:
        `[num, height, width, channels]`, a NumPy array.
    """
    return np.stack(
        list(real_images(settings).unbatch().take(num).as_numpy_iterator())
    )


def records(run, settings, generate=None):
    """The callbacks of every recipe: they fill the run folder.

    Args:
        run: A `RunFolder`.
        settings: The arguments of `specgan train`.
        generate: Function of a number that gives so many images, at most, to
            be compared with real ones and shown; None takes `model.sample`.

    Returns:
        A list of callbacks; the model is saved last, when all else is written.
    """
    evaluations = []
    if settings.evaluate_every:
        evaluations.append(
            callbacks.GeneratorEvaluation(
                run.records,
                real_images(settings),
                num_images=settings.evaluate_images or 2048,
                every=settings.evaluate_every,
                about={
                    name: getattr(settings, name)
                    for name in ("data", "crop", "crop_offset", "limit")
                },
                generate=generate and (lambda num: [generate(num)]),
            )
        )
    return [
        BeginAndFinish(run),
        # Before those that write what they measure themselves.
        TensorBoard(run.records, write_graph=False),
        callbacks.SpectrumMonitor(
            run.records, real_images(settings), generate=generate
        ),
        callbacks.SampleGrid(run.records, generate=generate),
        *evaluations,
        SaveRun(run),
    ]


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras' own, which a full disk does not keep from going on."""

    def on_epoch_end(self, epoch, logs=None):
        with told_if_not_written("TensorBoard's records"):
            super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs=None):
        with told_if_not_written("TensorBoard's records"):
            super().on_train_end(logs)


class BeginAndFinish(keras.callbacks.Callback):
    """Writes the record of the run: the first thing in a new folder."""

    def __init__(self, run):
        super().__init__()
        self.run = run

    def on_train_begin(self, logs=None):
        self.run.begin()

    def on_train_end(self, logs=None):
        if self.model.stop_training:
            raise Diverged(
                f"the training in {self.run.path} diverged and was stopped, "
                "as told above; its last good model is there. Try another "
                "--seed, or other arguments, with another --run"
            )
        self.run.finish()


class SaveRun(keras.callbacks.Callback):
    """Saves the model in its run folder after every epoch."""

    def __init__(self, run):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        # A training that has diverged has its last good model there.
        if not self.model.stop_training:
            self.run.save(self.model, epoch + 1)


def verbosity():
    """Keras' progress bar on a terminal, a line an epoch elsewhere."""
    return 1 if sys.stdout.isatty() else 2
