"""Weights of a preset for other frameworks: the safetensors format.

The only converter: a preset keeps its numbers once, in its SavedModel, and
Keras needs no second copy.
"""

import json
import pathlib
import struct
from collections.abc import Mapping

import numpy as np

from specgan.files import written_whole
from specgan.typing import PathLike
from zoo import preset_files
from zoo import pretrained

# What the format calls the types that variables have.
_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64",
    "int32": "I32", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


def save_safetensors(name: PathLike, path: PathLike) -> None:
    """Write the weights of a preset as a safetensors file.

    Tensors are named by network, number and variable: "generator/003_kernel".
    They lie as Keras has them: kernels of convolutions are `[height, width,
    inputs, outputs]`, of transposed ones `[height, width, outputs, inputs]`.
    The file's metadata have the class of the zoo, its scalars as JSON, and the
    licence.

    Args:
        name: As for `zoo.load`.
        path: Name of the file; one that is there is replaced.

    Raises:
        ValueError: As `zoo.load`.

    Example:
    >>> zoo.save_safetensors("dcgan-celeba64-spectral", "dcgan.safetensors")
    >>> safetensors.torch.load_file("dcgan.safetensors")["generator/000_kernel"]

    Reference:
    - https://huggingface.co/docs/safetensors/index, "Format"
    """
    from zoo.preset_weights import read_weights  # It imports TensorFlow.

    entry = pretrained.find(name)
    record = preset_files.read_record(entry)
    preset_files.check_sums(entry, record["sha256"])
    licence = preset_files.require_licence(entry)
    try:
        weights = read_weights(entry)
    except Exception as error:  # Wrong files fail in many ways.
        raise preset_files.damaged(entry, error) from error
    metadata = {
        "library": "specgan",
        "class": record["class"],
        "config": json.dumps(record["config"]),
        "license": licence,
    }
    with written_whole(path) as temporary:
        write_tensors(temporary, weights, metadata)


def write_tensors(
    path: PathLike,
    tensors: Mapping[str, np.ndarray],
    metadata: Mapping[str, str],
) -> None:
    """Write arrays in the safetensors format.

    Its parts are the length of the header, a 64-bit number, the header, a
    JSON object of names, types, shapes and offsets, and the bytes of all
    tensors in their order.

    Args:
        path: Name of the file.
        tensors: Dictionary of names and arrays of numbers.
        metadata: Dictionary of strings.
    """
    header: dict = {"__metadata__": dict(metadata)}
    arrays = [
        np.ascontiguousarray(one, one.dtype.newbyteorder("<")).reshape(
            one.shape
        )
        for one in tensors.values()
    ]
    end = 0
    for name, array in zip(tensors, arrays, strict=True):
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # The tensors begin at a multiple of 8.
    with pathlib.Path(path).open("wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for array in arrays:
            file.write(array.tobytes())
