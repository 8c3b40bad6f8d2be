"""The lines that all recipes share: what to train on, what to record."""

import sys

import keras

from specgan import callbacks
from specgan import data


def images(settings):
    """The batches that the command line describes."""
    return data.load(
        settings.data,
        image_size=settings.image_size,
        channels=settings.channels,
        batch_size=settings.batch_size,
        crop=settings.crop,
        crop_offset=settings.crop_offset,
        data_dir=settings.data_dir,
        limit=settings.limit,
        seed=settings.seed,
    )


def model_arguments(settings):
    """Arguments of a zoo class that the command line describes."""
    return {
        "image_size": settings.image_size,
        "channels": settings.channels,
        "width": settings.width,
        "upsampling": settings.upsampling,
        "spectral_regularization": settings.spectral_regularization,
        "spectral_weight": settings.spectral_weight,
        "spectral_head": settings.spectral_head,
        "seed": settings.seed,
    }


def records(run, real_images):
    """The callbacks of every recipe: they fill the run folder.

    Args:
        run: A `RunFolder`.
        real_images: The data set, for the real spectrum.

    Returns:
        A list of callbacks.
    """
    return [
        callbacks.SpectrumMonitor(run.path, real_images),
        callbacks.SampleGrid(run.path),
        keras.callbacks.TensorBoard(run.path, write_graph=False),
        SaveRun(run),
    ]


class SaveRun(keras.callbacks.Callback):
    """Saves the GAN in its run folder after every epoch."""

    def __init__(self, run):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        self.run.save(self.model)


def verbosity():
    """Keras' progress bar on a terminal, a line an epoch elsewhere."""
    return 1 if sys.stdout.isatty() else 2
