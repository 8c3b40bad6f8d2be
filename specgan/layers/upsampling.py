"""The up-sampling units by name."""

import functools
from collections.abc import Callable

from specgan.errors import unknown_name
from specgan.layers.pixel_shuffle2d import PixelShuffle2D
from specgan.layers.transposed_conv2d import TransposedConv2D
from specgan.layers.up_conv2d import UpConv2D
from specgan.layers.upsampling_unit import UpsamplingUnit
from specgan.signal.responses import KERNELS

UPSAMPLING_UNITS = {
    "transposed": TransposedConv2D,
    "pixel_shuffle": PixelShuffle2D,
    **{
        name: functools.partial(UpConv2D, interpolation=name)
        for name in KERNELS
    },
}


def get(name: str) -> Callable[..., UpsamplingUnit]:
    """The up-sampling unit of that name.

    Max-unpooling is none of them: besides the maps it needs the positions of
    an encoder's maxima, so it has its own pair of layers,
    `MaxPool2DWithPositions` and `MaxUnpool2D`.

    Args:
        name: String: `"transposed"` for `TransposedConv2D`;
            `"pixel_shuffle"` for `PixelShuffle2D`; `"nearest"`, `"bilinear"`,
            `"bicubic"`, `"lanczos"`, `"kaiser"`, `"aligned_bilinear"` or
            `"zero_insertion"` for `UpConv2D` with that interpolation.

    Returns:
        A constructor with the arguments of `UpsamplingUnit`.

    Raises:
        ValueError: If no unit has that name.

    Example:
    >>> unit = get("bilinear")(filters=64, kernel_size=5, use_bias=False)
    >>> unit.interpolation
    'bilinear'
    """
    if name not in UPSAMPLING_UNITS:
        raise unknown_name("up-sampling unit", name, UPSAMPLING_UNITS)
    return UPSAMPLING_UNITS[name]
