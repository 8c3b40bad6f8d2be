"""The lines that all recipes share: what to train on, what to record."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np

import zoo
from specgan import callbacks
from specgan import data
from specgan.errors import Diverged
from specgan.runs import early_stopping
from specgan.runs import initial_weights
from specgan.runs import stop_options
from specgan.runs.early_stopping import StopByMetric
from specgan.runs.model_options import model_arguments
from specgan.runs.named_models import model_of
from specgan.runs.optimizers import compile_arguments
from specgan.runs.training_output import TrainingOutput

if TYPE_CHECKING:
    import tensorflow as tf

    from specgan.runs.run_folder import RunFolder


def images(
    settings: argparse.Namespace, first_epoch: int = 0
) -> "tf.data.Dataset":
    """The batches to train on, as the command line describes them.

    Args:
        settings: The arguments of `specgan train`.
        first_epoch: The epoch whose order the images begin with.

    Returns:
        A `tf.data.Dataset`; loaded anew, it repeats the same orders.
    """
    return data.load(
        settings.data,
        **framing(settings),
        batch_size=settings.batch_size,
        seed=settings.seed,
        flip=bool(settings.flip),
        first_epoch=first_epoch,
        labels=bool(settings.labels),
    )


def real_images(settings: argparse.Namespace) -> "tf.data.Dataset":
    """The batches to measure against: the images as they are, never mirrored.

    So FID and spectra of trainings with `--flip` and without have the same
    reference, as in the literature.

    Args:
        settings: The arguments of `specgan train`.

    Returns:
        A `tf.data.Dataset`.
    """
    return data.load(
        settings.data,
        **framing(settings),
        batch_size=settings.batch_size,
        seed=settings.seed,
    )


def class_names(settings: argparse.Namespace) -> list[str] | None:
    """The names of the classes of the images, or None without `--labels`.

    Args:
        settings: The arguments of `specgan train`.

    Returns:
        A list; a class's place in it is its number.
    """
    if not settings.labels:
        return None
    return data.load_labels(settings.data, **framing(settings)).names


def framing(settings: argparse.Namespace) -> dict[str, Any]:
    """What decides on the images themselves: arguments of `data.load`.

    Args:
        settings: The arguments of `specgan train`.
    """
    names = ("image_size", "channels", "crop", "crop_offset", "resize")
    names += ("data_dir", "limit")
    return {name: getattr(settings, name) for name in names}


def new_model(model_class: type, settings: argparse.Namespace) -> keras.Model:
    """The model that the command line describes, adapted and compiled.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.

    Returns:
        The model, ready for `fit`.
    """
    names = class_names(settings)
    model = model_class(
        **model_arguments(
            settings, model_class, None if names is None else len(names)
        )
    )
    batches = images(settings)
    model.adapt(batches)
    model.compile(**compile_arguments(settings, model, len(batches)))
    return model


def new_or_resumed(
    model_class: type, settings: argparse.Namespace, run: "RunFolder"
) -> tuple[keras.Model, int]:
    """The model that the command line describes, ready for `fit`.

    A new one adapts to the images and is compiled as its paper does it, but
    for what the command line says; one that was interrupted comes back with
    its optimizers.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.

    Returns:
        (model, epochs that it has been trained); of a run that was interrupted
        after it had stopped by a metric, all epochs.
    """
    model, epoch = run.load_with_epoch()
    if model is None:
        model = new_model(model_class, settings)
        if settings.init_from is not None:
            name = settings.init_from
            initial_weights.take(model, model_of(name), name)
    if settings.labels and run.noted("class_names") is None:
        run.note("class_names", class_names(settings))
    if early_stopping.has_stopped(settings, run, epoch):
        epoch = settings.epochs
    return model, epoch


def first_images(settings: argparse.Namespace, num: int = 1000) -> np.ndarray:
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


def records(
    run: "RunFolder",
    settings: argparse.Namespace,
    generate: Callable[[int], Any] | None = None,
) -> list[keras.callbacks.Callback]:
    """The callbacks of every recipe: they fill the run folder.

    Args:
        run: A `RunFolder`.
        settings: The arguments of `specgan train`.
        generate: Function of a number that gives at most that many images, to
            be compared with real ones and shown; None takes `model.sample`.

    Returns:
        A list of callbacks; the model is saved when all else is written, and
        the last one says it all on the terminal.
    """
    monitor = callbacks.SpectrumMonitor(
        run.records, real_images(settings), generate=generate
    )
    evaluation = stop = None
    if settings.evaluate_every:
        evaluation = callbacks.GeneratorEvaluation(
            run.records,
            real_images(settings),
            settings.evaluate_features or "inception",
            num_images=settings.evaluate_images or 2048,
            every=settings.evaluate_every,
            about={
                name: getattr(settings, name)
                for name in ("data", "crop", "crop_offset", "limit")
            },
            generate=generate and (lambda num: [generate(num)]),
        )
    if settings.stop_by is not None:
        stop = early_stopping.StopByMetric(
            run,
            settings.stop_by,
            settings.patience or stop_options.PATIENCE,
            monitor,
            evaluation,
        )
    listed = [
        Begin(run),
        # Before those that write what they measure themselves.
        callbacks.TrainingScalars(run.records),
        monitor,
        callbacks.SampleGrid(
            run.records, generate=generate, real=first_images(settings, 64)
        ),
        evaluation,
        stop,
        SaveRun(run, stop),
        Finish(run, stop),
        TrainingOutput(evaluation),
    ]
    return [callback for callback in listed if callback is not None]


class Begin(keras.callbacks.Callback):
    """Writes the record of the run: the first thing in a new folder.

    Args:
        run: The `RunFolder`.
    """

    def __init__(self, run: "RunFolder"):
        super().__init__()
        self.run = run

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.run.begin()


class Finish(keras.callbacks.Callback):
    """Marks the run as finished, once others have written their last.

    Args:
        run: The `RunFolder`.
        stop: The `StopByMetric` of the training, or None: who else stops it
            is a guard, because it diverged.

    Raises:
        Diverged: At the end of a training that a guard has stopped.
    """

    def __init__(self, run: "RunFolder", stop: StopByMetric | None = None):
        super().__init__()
        self.run = run
        self.stop = stop

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if _diverged(self.model, self.stop):
            raise Diverged(
                f"the training in {self.run.path} diverged and was stopped, "
                "as said above; its last good model is there. Try another "
                "--seed, or other arguments, with another --run"
            )
        self.run.finish()


class SaveRun(keras.callbacks.Callback):
    """Saves the model in its run folder after every epoch.

    Args:
        run, stop: As for `Finish`.
    """

    def __init__(self, run: "RunFolder", stop: StopByMetric | None = None):
        super().__init__()
        self.run = run
        self.stop = stop

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        # A training that has diverged has its last good model there.
        if not _diverged(self.model, self.stop):
            self.run.save(self.model, epoch + 1)


def _diverged(model, stop):
    return model.stop_training and not (stop is not None and stop.has_stopped)


def verbosity() -> int:
    """Keras' progress bar on a terminal, a line an epoch elsewhere."""
    return 1 if sys.stdout.isatty() else 2


def train(
    model_class: type, settings: argparse.Namespace, run: "RunFolder"
) -> None:
    """Train as the command line says, or go on where it was interrupted.

    Args:
        model_class: A class of the zoo.
        settings: The arguments of `specgan train`.
        run: The `RunFolder`.
    """
    model, epoch = new_or_resumed(model_class, settings, run)
    batches = images(settings, first_epoch=epoch)
    print(
        f"{settings.model} on {settings.data}: {len(batches):,} batches of "
        f"{settings.batch_size} images of {settings.image_size} px"
    )
    generate = None
    if isinstance(model, zoo.AutoEncoder):  # It makes no samples.
        reals = first_images(settings)

        def reconstructions(num):
            return model.reconstruct(reals[:num])

        generate = reconstructions

    model.fit(
        batches,
        initial_epoch=epoch,
        epochs=settings.epochs,
        callbacks=[
            callbacks.DivergenceGuard(log_dir=run.records, generate=generate),
            *records(run, settings, generate),
        ],
        verbose=verbosity(),
    )
