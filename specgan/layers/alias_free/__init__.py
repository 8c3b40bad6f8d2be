"""Layers of the alias-free GAN."""

from specgan.layers.alias_free.equalized_conv2d import (
    EqualizedConv2D as EqualizedConv2D,
)
from specgan.layers.alias_free.equalized_dense import (
    EqualizedDense as EqualizedDense,
)
from specgan.layers.alias_free.filtered_leaky_relu import (
    FilteredLeakyReLU as FilteredLeakyReLU,
)
from specgan.layers.alias_free.fourier_features import (
    FourierFeatures as FourierFeatures,
)
from specgan.layers.alias_free.mapping_network import (
    MappingNetwork as MappingNetwork,
)
from specgan.layers.alias_free.minibatch_standard_deviation import (
    MinibatchStandardDeviation as MinibatchStandardDeviation,
)
from specgan.layers.alias_free.modulated_conv2d import (
    ModulatedConv2D as ModulatedConv2D,
)
from specgan.layers.alias_free.noise import Noise as Noise
