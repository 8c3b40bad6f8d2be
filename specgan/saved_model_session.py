"""A function of a SavedModel, run by TensorFlow's C library alone.

`import tensorflow` takes more than four seconds of CPU, most of them for
Python modules; the library itself, with the interface for other languages
(https://www.tensorflow.org/install/lang_c), takes half a second.

A SavedModel is a program. Run only what is as trusted as code.
"""

import ctypes
import importlib.util
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from specgan.typing import PathLike

# In the folder of the package tensorflow, on Linux and on macOS.
_LIBRARIES = (
    ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2"),
    ("libtensorflow_framework.2.dylib", "libtensorflow_cc.2.dylib"),
)

# Of TF_DataType.
_DTYPES = {1: np.float32, 3: np.int32, 4: np.uint8, 9: np.int64}
_CODES = {np.dtype(dtype): code for code, dtype in _DTYPES.items()}

_Pointer = ctypes.c_void_p
_Strings = ctypes.POINTER(ctypes.c_char_p)
_Status = _Pointer


class _Output(ctypes.Structure):
    """TF_Output: a tensor of a graph."""

    _fields_ = (("operation", _Pointer), ("index", ctypes.c_int))


_Outputs = ctypes.POINTER(_Output)
_Pointers = ctypes.POINTER(_Pointer)

# Result and arguments of each function of tensorflow/c/c_api.h that is used.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (_Status, []),
    "TF_DeleteStatus": (None, [_Status]),
    "TF_GetCode": (ctypes.c_int, [_Status]),
    "TF_Message": (ctypes.c_char_p, [_Status]),
    "TF_NewGraph": (_Pointer, []),
    "TF_DeleteGraph": (None, [_Pointer]),
    "TF_NewSessionOptions": (_Pointer, []),
    "TF_DeleteSessionOptions": (None, [_Pointer]),
    "TF_LoadSessionFromSavedModel": (
        _Pointer,
        [
            _Pointer, _Pointer, ctypes.c_char_p, _Strings, ctypes.c_int,
            _Pointer, _Pointer, _Status,
        ],
    ),
    "TF_DeleteSession": (None, [_Pointer, _Status]),
    "TF_GraphOperationByName": (_Pointer, [_Pointer, ctypes.c_char_p]),
    "TF_SessionRun": (
        None,
        [
            _Pointer, _Pointer, _Outputs, _Pointers, ctypes.c_int, _Outputs,
            _Pointers, ctypes.c_int, _Pointers, ctypes.c_int, _Pointer,
            _Status,
        ],
    ),
    "TF_AllocateTensor": (
        _Pointer,
        [
            ctypes.c_int, ctypes.POINTER(ctypes.c_int64), ctypes.c_int,
            ctypes.c_size_t,
        ],
    ),
    "TF_DeleteTensor": (None, [_Pointer]),
    "TF_TensorData": (_Pointer, [_Pointer]),
    "TF_TensorType": (ctypes.c_int, [_Pointer]),
    "TF_TensorByteSize": (ctypes.c_size_t, [_Pointer]),
    "TF_NumDims": (ctypes.c_int, [_Pointer]),
    "TF_Dim": (ctypes.c_int64, [_Pointer, ctypes.c_int]),
}  # fmt: skip


class SavedModelSession:
    """A SavedModel in TensorFlow's C library, without `import tensorflow`.

    Args:
        path: The folder of the SavedModel.

    Raises:
        OSError: If the library is not there, or cannot be loaded.
        RuntimeError: If it cannot load the SavedModel.

    Example:
    >>> with SavedModelSession("saved_models/dcgan") as session:
    ...     images = session.run(
    ...         {"sample_n:0": np.int32(4), "sample_seed:0": np.int32(1)},
    ...         "StatefulPartitionedCall:0",
    ...     )
    >>> images.shape
    (4, 64, 64, 3)
    """

    def __init__(self, path: PathLike):
        self._library = _library()
        self._status = self._library.TF_NewStatus()
        self._graph = self._library.TF_NewGraph()
        self._session = None
        options = self._library.TF_NewSessionOptions()
        tags = (ctypes.c_char_p * 1)(b"serve")
        self._session = self._library.TF_LoadSessionFromSavedModel(
            options, None, str(path).encode(), tags, 1, self._graph, None,
            self._status,
        )  # fmt: skip
        self._library.TF_DeleteSessionOptions(options)
        try:
            self._check()
        except RuntimeError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, inputs: Mapping[str, np.generic], output: str) -> np.ndarray:
        """A tensor of the graph, of scalar inputs.

        Args:
            inputs: Dictionary of tensors' names, "sample_n:0", and scalars of
                the types that these have.
            output: Name of the tensor.

        Returns:
            A NumPy array.

        Raises:
            RuntimeError: If there are no such tensors, or the graph fails.
        """
        sources = (_Output * len(inputs))(*map(self._tensor, inputs))
        values = (_Pointer * len(inputs))(*map(self._scalar, inputs.values()))
        wanted, results = (_Output * 1)(self._tensor(output)), (_Pointer * 1)()
        try:
            self._library.TF_SessionRun(
                self._session, None, sources, values, len(inputs), wanted,
                results, 1, None, 0, None, self._status,
            )  # fmt: skip
            self._check()
            return self._array(results[0])
        finally:
            for tensor in [*values, *results]:
                if tensor:
                    self._library.TF_DeleteTensor(tensor)

    def close(self) -> None:
        """Give back the memory; nothing can be run any more."""
        if self._session:
            self._library.TF_DeleteSession(self._session, self._status)
            self._session = None
        if self._graph:
            self._library.TF_DeleteGraph(self._graph)
            self._library.TF_DeleteStatus(self._status)
            self._graph = None

    def _tensor(self, name):
        operation, _, index = name.partition(":")
        found = self._library.TF_GraphOperationByName(
            self._graph, operation.encode()
        )
        if not found:
            raise RuntimeError(f"the graph has no tensor {name}")
        return _Output(found, int(index))

    def _scalar(self, value):
        tensor = self._library.TF_AllocateTensor(
            _CODES[value.dtype], None, 0, value.nbytes
        )
        place = self._library.TF_TensorData(tensor)
        ctypes.memmove(place, value.tobytes(), value.nbytes)
        return tensor

    def _array(self, tensor):
        rank = self._library.TF_NumDims(tensor)
        shape = [self._library.TF_Dim(tensor, axis) for axis in range(rank)]
        content = ctypes.string_at(
            self._library.TF_TensorData(tensor),
            self._library.TF_TensorByteSize(tensor),
        )
        dtype = _DTYPES[self._library.TF_TensorType(tensor)]
        return np.frombuffer(content, dtype).reshape(shape)

    def _check(self):
        if self._library.TF_GetCode(self._status):
            message = self._library.TF_Message(self._status)
            raise RuntimeError(message.decode("utf-8", "replace"))


def _library() -> Any:
    """The C library of the package tensorflow, which is not imported."""
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("there is no package tensorflow")
    folder = pathlib.Path(spec.submodule_search_locations[0])
    for names in _LIBRARIES:
        paths = [folder / name for name in names]
        if all(path.is_file() for path in paths):
            loaded = [
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
                for path in paths
            ]
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(loaded[-1], name)
                function.restype, function.argtypes = result, arguments
            return loaded[-1]
    raise FileNotFoundError(f"{folder} has no library with a C interface")
