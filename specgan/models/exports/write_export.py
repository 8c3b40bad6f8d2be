"""Models to files, each run by its own runtime before it has its name."""

import contextlib
import logging
import warnings
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from specgan import export_formats
from specgan.export_formats import TOLERANCE
from specgan.export_formats import ExportFormat
from specgan.files import folder_written_whole
from specgan.files import written_whole
from specgan.models.exports import litert_file
from specgan.models.exports import onnx_file
from specgan.models.exports import openvino_folder
from specgan.models.exports import saved_model_folder
from specgan.models.exports.frozen_graph import frozen_graph
from specgan.models.exports.served_model import ServedModel
from specgan.models.named_weights import numbered
from specgan.typing import PathLike

MODULES = {
    "onnx": onnx_file,
    "litert": litert_file,
    "openvino": openvino_folder,
}
"""What converts to a format and runs it, by its name."""

EXAMPLES = 3
"""Images that are compared, where the batch is not fixed."""


def write_export(
    served: ServedModel,
    filepath: PathLike,
    format: str = "saved_model",
    precision: str = "float32",
    batch_size: int | None = None,
) -> None:
    """Write a model in a format, whole or not at all.

    All but a SavedModel are run by their own runtime first, and compared with
    Keras: a converter may write without an error what no runtime reads, or
    what gives other images.

    Args:
        served: The `ServedModel`.
        filepath, format, precision, batch_size: As for `ImageModel.export`.

    Raises:
        ValueError: For what `specgan.export_formats.checked_format` refuses,
            and if the format cannot hold the model.
    """
    chosen = export_formats.checked_format(
        format, filepath, precision, batch_size
    )
    _check_model(served, chosen, precision)
    if format == "saved_model":
        saved_model_folder.write(
            filepath,
            {"network": numbered(served.network)},
            served.functions,
        )
        return
    module: Any = MODULES[format]
    signature = [
        tf.TensorSpec([batch_size, *spec.shape[1:]], spec.dtype, spec.name)
        for spec in served.signature
    ]
    options = {} if precision == "float32" else {"examples": served.examples}
    whole = written_whole if chosen.suffix else folder_written_whole
    with _quiet(), whole(filepath) as path:
        function = served.portable or served.serve
        graph = frozen_graph(function, signature, served.output)
        _or_refused(chosen, lambda: module.convert(graph, path, **options))
        inputs = served.examples(batch_size or EXAMPLES)
        named = dict(zip(graph.names, inputs, strict=True))
        images = _or_refused(chosen, lambda: module.reader(path)(named))
        expected = served.serve(*map(tf.constant, inputs)).numpy()
        _check_images(chosen, precision, images, expected)


def _check_model(served: ServedModel, chosen: ExportFormat, precision: str):
    types = {layer.compute_dtype for layer in served.network.layers}
    if chosen.suffix or chosen.modules:
        if types - {"float32"}:
            raise ValueError(
                f"{chosen.title} is written of networks in float32. Received: "
                f"layers in {', '.join(sorted(types))}. Load the model under "
                'keras.config.set_dtype_policy("float32").'
            )
    if precision == "int8" and not served.has_latents:
        raise ValueError(
            "The ranges of 8-bit numbers are measured with latents. Expected "
            "a model that makes images of latents. Received: one that "
            "reconstructs images. Export it in float32."
        )


def _or_refused(chosen: ExportFormat, function: Callable) -> Any:
    """What a function of another library gives; its errors as one kind."""
    try:
        return function()
    except (OSError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ValueError(
            f"{chosen.title} cannot hold this model; nothing was written. "
            "Expected operations that its converter and its runtime know. "
            f"Received: {reason}. Choose another format, such as saved_model, "
            "or a generator with other layers."
        ) from error


def _check_images(chosen, precision, images, expected):
    shape = images.shape == expected.shape
    if not shape or images.dtype != np.float32:
        received = f"{images.dtype} {list(images.shape)}"
    elif not np.all(np.isfinite(images)):
        received = "values that are not finite"
    else:
        difference = np.max(np.abs(images - expected))
        if precision != "float32" or difference <= TOLERANCE:
            return
        received = f"a difference of {difference:.2g}"
    raise ValueError(
        f"{chosen.title} cannot hold this model; nothing was written. Expected "
        f"images within {TOLERANCE:g} of those of Keras, float32 "
        f"{list(expected.shape)}. Received: {received} from its runtime. "
        "Choose another format, such as saved_model."
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what converters say of their own insides."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
