"""Keras layers: the azimuthal integral and the up-sampling units."""

from specgan.layers.azimuthal_integral import (
    AzimuthalIntegral as AzimuthalIntegral,
)
from specgan.layers.max_pool2d_with_positions import (
    MaxPool2DWithPositions as MaxPool2DWithPositions,
)
from specgan.layers.max_unpool2d import MaxUnpool2D as MaxUnpool2D
from specgan.layers.pixel_shuffle2d import PixelShuffle2D as PixelShuffle2D
from specgan.layers.spectral_head2d import SpectralHead2D as SpectralHead2D
from specgan.layers.transposed_conv2d import (
    TransposedConv2D as TransposedConv2D,
)
from specgan.layers.up_conv2d import UpConv2D as UpConv2D
from specgan.layers.upsampling_unit import UpsamplingUnit as UpsamplingUnit
