"""What models are exported to, and what that takes.

It needs no TensorFlow, so that the command line refuses bad input at once.
"""

import dataclasses
import importlib.util
import os
import pathlib
from typing import Any

from specgan.errors import invalid_argument
from specgan.errors import is_integer
from specgan.errors import unknown_name
from specgan.files import require_folders_above
from specgan.files import require_new_folder
from specgan.typing import PathLike

TOLERANCE = 1e-4
"""How far the images of an exported model may be from those of Keras."""


@dataclasses.dataclass(frozen=True)
class ExportFormat:
    """A file format of models.

    Args:
        title: Its name in texts: "LiteRT".
        suffix: How its files end: ".onnx"; "" for a folder.
        modules: Import names of the packages that convert and run it. They
            come with the extra that has the format's name.
        precisions: What its numbers may be.
    """

    title: str
    suffix: str = ""
    modules: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ("float32",)


FORMATS = {
    "saved_model": ExportFormat("SavedModel"),
    "onnx": ExportFormat("ONNX", ".onnx", ("tf2onnx", "onnx", "onnxruntime")),
    "litert": ExportFormat(
        "LiteRT", ".tflite", ("ai_edge_litert",), ("float32", "int8")
    ),
    "openvino": ExportFormat("OpenVINO", modules=("openvino",)),
}
"""The formats by the names of `specgan export --format`."""

PRECISIONS = ("float32", "int8")
"""All precisions of `specgan export --precision`."""


def checked_format(
    name: str,
    path: PathLike,
    precision: str = "float32",
    batch_size: Any = None,
) -> ExportFormat:
    """The format of that name, if all is right with what is asked for.

    Args:
        name: Name of one of `FORMATS`.
        path: Where the model shall be written.
        precision: "float32" or "int8".
        batch_size: None for any number of images, or a fixed one.

    Returns:
        An `ExportFormat`.

    Raises:
        ValueError: For an unknown name, a precision or batch that the format
            does not have, a path that ends otherwise, holds something or
            lies under a file, or a package that is not installed.
    """
    if not isinstance(name, str) or name not in FORMATS:
        raise unknown_name("export format", name, FORMATS)
    chosen = FORMATS[name]
    if precision not in PRECISIONS:
        raise unknown_name("precision", precision, PRECISIONS)
    if precision not in chosen.precisions:
        others = [
            other
            for other, format in FORMATS.items()
            if precision in format.precisions
        ]
        raise ValueError(
            f"{chosen.title} is not written in {precision}. Expected "
            f"{' or '.join(chosen.precisions)}. Received: precision="
            f"{precision!r}. Choose the format {' or '.join(others)}."
        )
    if batch_size is not None:
        _check_batch_size(name, batch_size)
    _check_path(chosen, pathlib.Path(path))
    _check_packages(name, chosen)
    return chosen


def _check_batch_size(name, batch_size):
    if not is_integer(batch_size) or batch_size < 1:
        raise invalid_argument(
            "batch_size", "None or a positive integer", batch_size
        )
    if name == "saved_model":
        raise ValueError(
            "A SavedModel takes any number of images. Expected no batch size. "
            f"Received: batch_size={batch_size}."
        )


def _check_path(chosen, path):
    if not chosen.suffix:
        _check_no_file_suffix(chosen, path)
        require_new_folder(path)
        return
    if path.suffix != chosen.suffix:
        raise ValueError(
            f"{chosen.title} files end in {chosen.suffix}. Received: {path}. "
            "Choose another name."
        )
    require_folders_above(path)
    if os.path.lexists(path):
        raise ValueError(
            f"{path} exists already. Expected a new path, since nothing is "
            "overwritten. Choose another one or remove it first."
        )


def _check_no_file_suffix(chosen, path):
    for name, other in FORMATS.items():
        if other.suffix and path.suffix == other.suffix:
            raise ValueError(
                f"{path} would be a folder, as {chosen.title} is written. "
                f"Expected a name that does not end in {other.suffix}. For "
                f"{other.title} give the format: format={name!r}, or --format "
                f"{name}."
            )


def _check_packages(name, chosen):
    missing = [
        module
        for module in chosen.modules
        if importlib.util.find_spec(module) is None
    ]
    if missing:
        raise ValueError(
            f"{chosen.title} needs packages of the extra {name!r}. Expected "
            f"{', '.join(chosen.modules)}. Received: no "
            f"{' and no '.join(missing)}. Install them: "
            f"pip install 'specgan[{name}]'."
        )
