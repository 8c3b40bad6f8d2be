import dataclasses
from typing import Any

import keras
import numpy as np

from specgan.layers.alias_free.equalized_dense import EqualizedDense
from specgan.layers.alias_free.filtered_leaky_relu import FilteredLeakyReLU
from specgan.layers.alias_free.modulated_conv2d import ModulatedConv2D
from specgan.layers.alias_free.noise import Noise
from specgan.models.alias_free.schedule import LayerSpecification
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class SynthesisLayer(keras.layers.Layer):
    """One layer of an alias-free generator, as its specification says.

    The style scales the input's channels, a convolution follows, then the
    leaky ReLU between its two filters. The layer that makes colours has
    neither nonlinearity nor demodulation.

    Args:
        specification: A `LayerSpecification`, or its fields as a dictionary.
        magnitude_half_life: As for `ModulatedConv2D`.
        noise_seed: Seed of the noise that is added before the nonlinearity;
            None for none.
        implementation: As for `FilteredLeakyReLU`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: `[batch, in_size, in_size, in_channels]`.
        styles: `[batch, style_dim]`, float32.
        training: Whether to update the input's magnitude.

    Output shape:
        `[batch, out_size, out_size, out_channels]`.

    Reference:
    - Karras et al., 2021, Section 3.2, Figure 4b
      (https://arxiv.org/abs/2106.12423)
    """

    def __init__(
        self,
        specification: LayerSpecification | dict[str, Any],
        magnitude_half_life: float | None = 20000,
        noise_seed: int | None = None,
        implementation: str = "polyphase",
        **kwargs: Any,
    ):
        # The style must stay in float32.
        super().__init__(**{"autocast": False, **kwargs})
        if isinstance(specification, dict):
            specification = LayerSpecification(
                **{**specification, "padding": tuple(specification["padding"])}
            )
        self.specification = specification
        self.magnitude_half_life = magnitude_half_life
        self.noise_seed = noise_seed
        self.implementation = implementation
        self.affine = EqualizedDense(
            specification.in_channels,
            bias_initial=1.0,
            dtype="float32",
            name="affine",
        )
        self.convolution = ModulatedConv2D(
            specification.out_channels,
            specification.kernel_size,
            padding=specification.kernel_padding,
            demodulate=not specification.makes_colours,
            magnitude_half_life=magnitude_half_life,
            dtype=self.dtype_policy,
            name="convolution",
        )
        self.noise: Any = None
        if noise_seed is not None:
            self.noise = Noise(
                noise_seed, dtype=self.dtype_policy, name="noise"
            )
        self.upsampling, self.activation = self._activations()

    def _activations(self):
        specification = self.specification
        linear = {"slope": 1.0, "gain": 1.0}
        common = {
            "implementation": self.implementation,
            "dtype": self.dtype_policy,
        }
        upsampling: Any = None
        up = {
            "up": specification.up,
            "up_taps": specification.up_filter(),
            "padding": specification.padding,
        }
        if self.noise is not None:
            # Noise is added at the rate of the output.
            upsampling = FilteredLeakyReLU(
                **up,
                **linear,
                **common,
                clamp=None,
                use_bias=False,
                name="upsampling",
            )
            up = {}
        activation = FilteredLeakyReLU(
            **up,
            **(linear if specification.makes_colours else {}),
            **common,
            down=specification.down,
            down_taps=specification.down_filter(),
            name="activation",
        )
        return upsampling, activation

    def build(self, inputs_shape: Shape, styles_shape: Shape) -> None:
        self.affine.build(styles_shape)
        self.convolution.build(inputs_shape, (None, inputs_shape[-1]))
        shape = self.convolution.compute_output_shape(inputs_shape)
        if self.noise is not None:
            self.upsampling.build(shape)
            shape = self.upsampling.compute_output_shape(shape)
            self.noise.build(shape)
        self.activation.build(shape)

    def call(
        self, inputs: TensorLike, styles: TensorLike, training: bool = False
    ) -> Tensor:
        styles = self.affine(styles)
        if self.specification.makes_colours:
            styles *= 1 / np.sqrt(self.specification.in_channels)
        outputs = self.convolution(inputs, styles, training=training)
        if self.noise is not None:
            outputs = self.noise(self.upsampling(outputs), training=training)
        return self.activation(outputs)

    def compute_output_shape(
        self, inputs_shape: Shape, styles_shape: Shape | None = None
    ) -> Shape:
        specification = self.specification
        size = 2 * (specification.out_size,)
        return (inputs_shape[0], *size, specification.out_channels)

    def get_config(self) -> Config:
        base_config = super().get_config()
        config = {
            "specification": dataclasses.asdict(self.specification),
            "magnitude_half_life": self.magnitude_half_life,
            "noise_seed": self.noise_seed,
            "implementation": self.implementation,
        }
        return {**base_config, **config}
