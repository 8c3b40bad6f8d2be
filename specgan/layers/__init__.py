"""Keras layers: the azimuthal integral and the up-sampling units."""

from specgan.layers.azimuthal_integral import (
    AzimuthalIntegral as AzimuthalIntegral,
)
from specgan.layers.spectral_head2d import SpectralHead2D as SpectralHead2D
from specgan.layers.transposed_conv2d import (
    TransposedConv2D as TransposedConv2D,
)
from specgan.layers.up_conv2d import UpConv2D as UpConv2D
from specgan.layers.upsampling_unit import UpsamplingUnit as UpsamplingUnit
