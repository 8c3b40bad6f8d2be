"""What a layer does to a spectrum as it up-samples, read from the layer.

`describe_upsampling` knows Keras' layers and those of specgan; for another
layer class, `describe_upsampling.register` a function of the layer and its
input's shape."""

import dataclasses
import functools

import keras
import numpy as np

from specgan.layers.max_unpool2d import MaxUnpool2D
from specgan.layers.pixel_shuffle2d import PixelShuffle2D
from specgan.layers.transposed_conv2d import TransposedConv2D
from specgan.layers.up_conv2d import UpConv2D
from specgan.signal.interpolation_taps import interpolation_taps
from specgan.signal.responses import KERNELS
from specgan.signal.responses import interleaved_kernel
from specgan.signal.spectral_replica import channel_summary
from specgan.typing import Shape


@dataclasses.dataclass(frozen=True, eq=False)
class UpsamplingSpec:
    """An up-sampling layer as zero insertion, a fixed filter, learned taps.

    Args:
        kind: String; the name of the unit for people.
        factors: Pair of numbers: rows, columns; of a layer that works along
            one axis or three, as many.
        fixed_taps: Pair of arrays, the fixed filter along either axis; (1,)
            for none. None if the layer's response is not known.
        kernel_size: Pair of integers as the layer was given it, or None
            without a learned kernel.
        learned_taps: Pair of integers: learned taps on the output's grid
            along either axis; 1 without a learned kernel.
        kernel: Array `[learned taps, learned taps, channels]`, the weights as
            they are, or None. A summary over the channels that measures the
            same (`specgan.signal.spectral_replica.channel_summary`).
        spatial_axes: Pair of integers: where height and width stand; empty
            where there are not these two axes.
    """

    kind: str
    factors: tuple
    fixed_taps: tuple | None
    kernel_size: tuple | None = None
    learned_taps: tuple = (1, 1)
    kernel: np.ndarray | None = None
    spatial_axes: tuple = (1, 2)

    def response_kernel(self) -> np.ndarray | None:
        """The fixed and the learned taps as one kernel; None if not known."""
        unbuilt = self.kernel_size is not None and self.kernel is None
        if self.fixed_taps is None or unbuilt:
            return None
        kernel = np.ones((1, 1, 1)) if self.kernel is None else self.kernel
        rows, columns = (
            np.stack([np.convolve(taps, row) for row in np.eye(size)], axis=1)
            for taps, size in zip(
                self.fixed_taps, self.learned_taps, strict=True
            )
        )
        return np.einsum("rR,cC,RCn->rcn", rows, columns, kernel)


NO_TAPS = (np.ones(1), np.ones(1))


@functools.singledispatch
def describe_upsampling(
    layer: keras.Operation, input_shape: Shape | None = None
) -> UpsamplingSpec | None:
    """Reads an up-sampling layer.

    Args:
        layer: Any `keras.Operation`.
        input_shape: Shape of its input with the batch, if known; `Resizing`
            does not do without.

    Returns:
        A `UpsamplingSpec`, or None if the layer is not known to up-sample.

    Example:
    >>> describe_upsampling(keras.layers.UpSampling2D(2)).kind
    'nearest'
    """
    return None


@describe_upsampling.register
def _(layer: keras.layers.Conv2DTranspose, input_shape=None):
    spatial_axes = _spatial_axes(layer)
    from_one_pixel = input_shape is not None and all(
        input_shape[axis] == 1 for axis in spatial_axes
    )
    # What comes of one pixel is a projection, with no copies to interpolate.
    if max(layer.strides) == 1 or from_one_pixel:
        return None
    return UpsamplingSpec(
        kind="transposed",
        factors=tuple(layer.strides),
        fixed_taps=NO_TAPS,
        kernel_size=tuple(layer.kernel_size),
        learned_taps=tuple(layer.kernel_size),
        kernel=_weights(layer),
        spatial_axes=spatial_axes,
    )


@describe_upsampling.register(keras.layers.Conv1DTranspose)
@describe_upsampling.register(keras.layers.Conv3DTranspose)
def _(layer, input_shape=None):
    return _not_of_images(layer, layer.strides)


@describe_upsampling.register(keras.layers.UpSampling1D)
@describe_upsampling.register(keras.layers.UpSampling3D)
def _(layer, input_shape=None):
    return _not_of_images(layer, np.ravel(layer.size).tolist())


@describe_upsampling.register
def _(layer: keras.layers.UpSampling2D, input_shape=None):
    if max(layer.size) == 1:
        return None
    return _interpolation(layer, tuple(layer.size))


@describe_upsampling.register
def _(layer: keras.layers.Resizing, input_shape=None):
    if input_shape is None:
        return UpsamplingSpec(layer.interpolation, (None, None), None)
    before = [input_shape[axis] for axis in _spatial_axes(layer)]
    if None in before:
        return UpsamplingSpec(layer.interpolation, (None, None), None)
    factors = (layer.height / before[0], layer.width / before[1])
    if layer.crop_to_aspect_ratio:
        factors = (max(factors),) * 2
    if layer.pad_to_aspect_ratio:
        factors = (min(factors),) * 2
    if max(factors) <= 1:
        return None
    return _interpolation(layer, factors)


@describe_upsampling.register
def _(layer: TransposedConv2D, input_shape=None):
    return _learned_unit("transposed", layer, NO_TAPS, layer.kernel_size)


@describe_upsampling.register
def _(layer: PixelShuffle2D, input_shape=None):
    return _learned_unit(
        "pixel_shuffle",
        layer,
        NO_TAPS,
        2 * layer.kernel_size,
        on_output_grid=interleaved_kernel,
    )


@describe_upsampling.register
def _(layer: UpConv2D, input_shape=None):
    taps = np.array(KERNELS[layer.interpolation].taps)
    kind = f"{layer.interpolation}+conv"
    return _learned_unit(kind, layer, (taps, taps), layer.kernel_size)


@describe_upsampling.register
def _(layer: MaxUnpool2D, input_shape=None):
    # Its power response to white noise is that of zero insertion.
    return UpsamplingSpec("max_unpooling", (2, 2), NO_TAPS)


def _learned_unit(kind, layer, taps, learned_taps, on_output_grid=np.asarray):
    return UpsamplingSpec(
        kind=kind,
        factors=(2, 2),
        fixed_taps=taps,
        kernel_size=(layer.kernel_size,) * 2,
        learned_taps=(learned_taps,) * 2,
        kernel=_weights(layer, on_output_grid),
    )


def _not_of_images(layer, factors):
    if max(factors) == 1:
        return None
    kind = type(layer).__name__
    return UpsamplingSpec(kind, tuple(factors), None, spatial_axes=())


def _interpolation(layer, factors):
    """An interpolation by Keras; only whole factors have fixed taps."""
    taps = None
    if all(factor == int(factor) for factor in factors):
        factors = tuple(int(factor) for factor in factors)
        # Area averaging enlarges by repeating pixels.
        name = layer.interpolation
        if name == "area":
            name = "nearest"
        taps = tuple(interpolation_taps(name, factor) for factor in factors)
    return UpsamplingSpec(
        layer.interpolation, factors, taps, spatial_axes=_spatial_axes(layer)
    )


def _weights(layer, on_output_grid=np.asarray):
    if not layer.built:
        return None
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    return channel_summary(on_output_grid(kernel))


def _spatial_axes(layer):
    return (2, 3) if layer.data_format == "channels_first" else (1, 2)
