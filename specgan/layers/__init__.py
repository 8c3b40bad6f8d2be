"""Keras layers: the azimuthal integral and the up-sampling units."""

from specgan.layers.anti_aliased_conv2d import (
    AntiAliasedConv2D as AntiAliasedConv2D,
)
from specgan.layers.azimuthal_integral import (
    AzimuthalIntegral as AzimuthalIntegral,
)
from specgan.layers.batch_normalization import (
    BatchNormalization as BatchNormalization,
)
from specgan.layers.blur_pool2d import BlurPool2D as BlurPool2D
from specgan.layers.chroma_low_pass2d import ChromaLowPass2D as ChromaLowPass2D
from specgan.layers.chroma_subsampling2d import (
    ChromaSubsampling2D as ChromaSubsampling2D,
)
from specgan.layers.class_conditional_batch_normalization import (
    ClassConditionalBatchNormalization as ClassConditionalBatchNormalization,
)
from specgan.layers.conv2d import Conv2D as Conv2D
from specgan.layers.conv2d_transpose import Conv2DTranspose as Conv2DTranspose
from specgan.layers.einsum_dense import EinsumDense as EinsumDense
from specgan.layers.max_blur_pool2d import MaxBlurPool2D as MaxBlurPool2D
from specgan.layers.max_pool2d_with_positions import (
    MaxPool2DWithPositions as MaxPool2DWithPositions,
)
from specgan.layers.max_unpool2d import MaxUnpool2D as MaxUnpool2D
from specgan.layers.pixel_shuffle2d import PixelShuffle2D as PixelShuffle2D
from specgan.layers.spectral_head2d import SpectralHead2D as SpectralHead2D
from specgan.layers.spectral_normalization import (
    SpectralNormalization as SpectralNormalization,
)
from specgan.layers.transposed_conv2d import (
    TransposedConv2D as TransposedConv2D,
)
from specgan.layers.up_conv2d import UpConv2D as UpConv2D
from specgan.layers.upsampling_unit import UpsamplingUnit as UpsamplingUnit
