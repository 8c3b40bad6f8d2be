"""Generators from the arrays of the authors' release."""

import os
import re
import zipfile

import numpy as np

from specgan.files import damage_named
from specgan.models.alias_free import configs
from specgan.models.alias_free.generator import AliasFreeGenerator
from specgan.typing import PathLike

# How far the filters of a file may be from those designed here.
FILTER_TOLERANCE = 1e-5

_LAYER = re.compile(r"param/synthesis\.(L(\d+)_(\d+)_(\d+))\.weight")


def load_reference(path: PathLike) -> AliasFreeGenerator:
    """A generator of configuration T or R from a parity file.

    Such a file is a NumPy archive with the arrays of a generator of the
    authors' release, under their names there: "param/<name>" for what is
    trained, "buffer/<name>" for what is not, in its layout (output channels
    first). The layers' names state the image size and the channels (whose base
    must be a multiple of the image size), the kernels' size the configuration.

    Args:
        path: A `.npz` file.

    Returns:
        An `AliasFreeGenerator` with these weights.

    Raises:
        ValueError: If it is another file, or damaged; if arrays are missing,
            have other shapes, or values that no generator has, which it lists;
            if filters are other than the configuration's, or the user's
            transform is not the identity.
        FileNotFoundError: If there is no such file.

    Example:
    >>> generator = load_reference("t32_small.npz")
    >>> generator.synthesis(generator.mapping(latents, truncation=0.7))

    Reference:
    - Karras et al., 2021 (https://arxiv.org/abs/2106.12423)
    """
    arrays = _read(path)
    arguments = _arguments(arrays, path)
    try:
        generator = AliasFreeGenerator(**arguments)
    except ValueError as error:
        raise _other_file(
            path, f"the layers of a generator. Received: {arguments}"
        ) from error
    weights = dict(_weights(generator))
    _check(arrays, weights, path)
    _check_fixed(arrays, generator, path)
    for name, (variable, axes) in weights.items():
        variable.assign(np.transpose(arrays[name], axes))
    return generator


def _read(path):
    """The arrays of a generator in an archive, by name."""
    if not isinstance(path, (str, os.PathLike)):
        raise _other_file(path, f"the path of one. Received: {path!r}")
    with damage_named(path, "a NumPy archive of numbers", "Fetch it again"):
        with zipfile.ZipFile(path):
            pass  # NumPy would read another file as something else.
        with np.load(path, allow_pickle=False) as archive:
            arrays = {
                name: archive[name]
                for name in archive.files
                if name.startswith(("param/", "buffer/"))
            }
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise _other_file(
                path,
                f"a NumPy archive of numbers. Received: {name}, which is not "
                "an array",
            )
    return arrays


def _arguments(arrays, path):
    """The arguments of `AliasFreeGenerator` that give these arrays."""
    layers = sorted(
        (int(match[2]), int(match[3]), int(match[4]), name)
        for name in arrays
        if (match := _LAYER.fullmatch(name))
    )
    # (index, size, channels, name); the last one makes colours.
    if [layer[0] for layer in layers] != list(range(len(layers))):
        found = ", ".join(layer[3] for layer in layers)
        raise _other_file(
            path, f"kernels of all layers, L0 to the last. Received: {found}"
        )
    if len(layers) < 4:
        raise _other_file(
            path,
            "param/synthesis.L<index>_<size>_<channels>.weight for at least 4 "
            f"layers. Received: {len(layers)} of them",
        )
    first = arrays[layers[0][3]]
    style_dim, latent_dim = _matrix(arrays, "param/mapping.fc0.weight", path)
    num_classes = 0
    if "param/mapping.embed.weight" in arrays:
        _, num_classes = _matrix(arrays, "param/mapping.embed.weight", path)
        latent_dim -= style_dim
    config = configs.get("R" if first.shape[-1:] == (1,) else "T")
    multiplier = config.channel_multiplier
    last_channels = layers[-2][2]
    _, image_size, channels, _ = layers[-1]
    return {
        "image_size": image_size,
        "config": config.name,
        "channels": channels,
        "latent_dim": latent_dim,
        "style_dim": style_dim,
        "num_classes": num_classes,
        # The first layer has the most channels; the last one f_c = size / 2.
        "channel_base": last_channels * image_size // multiplier,
        "channel_max": -(-layers[0][2] // multiplier),
        "num_layers": len(layers) - 1,
        "name": "reference",
    }


def _matrix(arrays, name, path):
    """The shape of a matrix."""
    if name not in arrays:
        raise _other_file(path, f"a matrix {name}. Received: it is missing")
    shape = arrays[name].shape
    if len(shape) != 2:
        raise _other_file(
            path, f"a matrix {name}. Received: an array of shape {shape}"
        )
    return shape


def _weights(generator):
    """(name in the file, (variable, axes to transpose by))."""

    def dense(name, layer):
        yield f"param/{name}.weight", (layer.kernel, (1, 0))
        yield f"param/{name}.bias", (layer.bias, (0,))

    mapping, features = generator.mapping_network, generator.features
    for i, layer in enumerate(mapping.dense):
        yield from dense(f"mapping.fc{i}", layer)
    if mapping.embedding is not None:
        yield from dense("mapping.embed", mapping.embedding)
    yield "buffer/mapping.w_avg", (mapping.average, (0,))
    yield from dense("synthesis.input.affine", features.affine)
    yield "param/synthesis.input.weight", (features.kernel, (1, 0))
    yield "buffer/synthesis.input.freqs", (features.frequencies, (0, 1))
    yield "buffer/synthesis.input.phases", (features.phases, (0,))
    for layer in generator.synthesis_layers:
        name, convolution = f"synthesis.{layer.name}", layer.convolution
        yield from dense(f"{name}.affine", layer.affine)
        yield f"param/{name}.weight", (convolution.kernel, (2, 3, 1, 0))
        yield f"param/{name}.bias", (layer.activation.bias, (0,))
        yield f"buffer/{name}.magnitude_ema", (convolution.magnitude, ())


def _check(arrays, weights, path):
    """Every array is there, and has the shape of its variable."""
    problems = []
    for name, (variable, axes) in weights.items():
        # Of each axis of the array, the length that the variable has.
        shape = tuple(variable.shape[axes.index(i)] for i in range(len(axes)))
        if name not in arrays:
            problems.append(f"{name} {list(shape)} is missing")
        elif arrays[name].shape != shape:
            problems.append(
                f"{name} is {list(arrays[name].shape)}, not {list(shape)}"
            )
        elif arrays[name].dtype.kind != "f":
            problems.append(f"{name} is of type {arrays[name].dtype}")
        # Of float64 some are not finite in float32.
        elif not np.all(np.abs(arrays[name]) <= np.finfo(np.float32).max):
            problems.append(f"{name} is not finite")
        elif name.endswith("magnitude_ema") and np.float32(arrays[name]) <= 0:
            problems.append(f"{name} is not positive")
    problems += [
        f"{name} is unknown"
        for name in arrays
        if name.startswith("param/") and name not in weights
    ]
    if problems:
        raise _other_file(
            path,
            "the arrays of a generator as its layers' names state. Received: "
            f"{'; '.join(problems)}",
        )


def _check_fixed(arrays, generator, path):
    """What is not loaded, because it is known, is what it must be."""
    known = {"buffer/synthesis.input.transform": np.eye(3)}
    for layer in generator.specifications:
        prefix = f"buffer/synthesis.{layer.name}"
        known[f"{prefix}.up_filter"] = layer.up_filter()
        known[f"{prefix}.down_filter"] = layer.down_filter()
    for name, value in known.items():
        if value is None or name not in arrays:
            continue
        array = arrays[name]
        if (
            array.dtype.kind not in "fiu"
            or array.shape != value.shape
            or not np.allclose(array, value, rtol=0, atol=FILTER_TOLERANCE)
        ):
            raise _other_file(
                path,
                f"{name} as configuration {generator.config.name} has it. "
                f"Received: others, {array.dtype} {list(array.shape)}. Give "
                "transforms to `synthesis`",
            )


def _other_file(path, sentence):
    return ValueError(
        f"This is not a file of a reference generator: {path}. Expected "
        f"{sentence}."
    )
