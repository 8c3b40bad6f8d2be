"""What is refused of a queue file before anything is computed."""

import argparse
import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from specgan.cli.queue.queue_file import QueueFile


def check_quickly(queue: "QueueFile") -> None:
    """Check what can be told without TensorFlow: names, and paths of data.

    Args:
        queue: A `queue_file.QueueFile`.

    Raises:
        ValueError: If something is unknown or missing; the cell is named.
    """
    from specgan.cli.train import check_names

    there = set()
    with contextlib.chdir(queue.path.parent):
        for cell, train, evaluate in _settings(queue):
            with _cell_named(cell):
                check_names(argparse.Namespace(**train))
                for place in {*_places(train, evaluate)} - there:
                    _require_there(queue, *place)
                    there.add(place)


def _places(train, evaluate):
    """Where the pictures of a cell are: each source with its `data_dir`."""
    yield train["data"], train["data_dir"]
    if evaluate is not None and evaluate["real"] is not None:
        yield evaluate["real"], evaluate["data_dir"]


def _require_there(queue, source, data_dir):
    """Name the queue's file, which may tell where its data come from."""
    from specgan.data.catalogue import require_there

    try:
        require_there(source, data_dir)
    except ValueError as error:
        raise ValueError(
            f"{error} The head of {queue.path} may say how to get it."
        ) from error


def check(queue: "QueueFile") -> None:
    """Check what the parser of the command line does not know.

    Names, options that a model has not, the device, the precision, and whether
    data, labels and the weights of the evaluation are there, before anything
    is computed. The first picture of each data set is read as it will be.

    Args:
        queue: A `queue_file.QueueFile`.

    Raises:
        ValueError: If something is unknown or missing; the cell is named.
    """
    check_quickly(queue)

    import specgan.cli.suppress_startup_logs  # noqa: F401
    import zoo
    from specgan.data.catalogue import find
    from specgan.losses import spectral
    from specgan.metrics import inception_weights
    from specgan.runs import precision
    from specgan.runs import run_evaluation
    from specgan.runs import strategies
    from specgan.runs import training
    from specgan.runs.model_options import model_arguments

    os.chdir(queue.path.parent)
    found, read = {("photos", None)}, []

    def check_data(source, data_dir, framing):
        if (source, data_dir) not in found:
            find(source, data_dir=data_dir)
            found.add((source, data_dir))
        if source != "photos" and (source, framing) not in read:
            _read_first(source, framing)
            read.append((source, framing))

    for cell, train, evaluate in _settings(queue):
        with _cell_named(cell):
            spectral.get(
                train["spectral_regularization"], train["spectral_weight"]
            )
            model_class = zoo.MODELS[train["model"]]
            model_arguments(argparse.Namespace(**train), model_class)
            precision.require_policy(train["dtype_policy"])
            if train["device"] is not None:
                strategies.find_device(train["device"])
            settings = argparse.Namespace(**train)
            framing = training.framing(settings)
            check_data(train["data"], train["data_dir"], framing)
            training.class_names(settings)
            if evaluate is None:
                continue
            if evaluate["real"] is not None:
                size = {
                    name: framing[name] for name in ("image_size", "channels")
                }
                real = run_evaluation.framing(
                    argparse.Namespace(**evaluate), train, train["image_size"]
                )
                check_data(evaluate["real"], evaluate["data_dir"], size | real)
            if evaluate["features"] != "none":
                try:
                    inception_weights.find(evaluate["weights"])
                except FileNotFoundError as error:
                    raise ValueError(error) from error


def _read_first(source, framing):
    """Read a data set's first picture, a `ValueError` if it is unusable."""
    from specgan import data

    data.load_array(source, **framing | {"limit": 1})


def _settings(queue):
    """Each cell with its settings of `train` and of `evaluate`, or None."""
    for cell in queue.cells:
        yield cell, cell.settings["train"], cell.settings["evaluate"]


@contextlib.contextmanager
def _cell_named(cell):
    """Name the cell in a `ValueError`."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"Cell {cell.name!r}: {error}") from error
