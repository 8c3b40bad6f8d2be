from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import ArrayLike

from specgan.errors import require_positive_integer
from specgan.signal import implementations
from specgan.signal.filtered_activation import FilteredActivation
from specgan.signal.filtered_activation import filtered_leaky_relu
from specgan.signal.resampling import checked_padding
from specgan.signal.resampling import checked_taps
from specgan.signal.resampling import resampling
from specgan.typing import Config
from specgan.typing import Shape
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class FilteredLeakyReLU(keras.layers.Layer):
    """Leaky ReLU without aliasing: at a raised rate, between two filters.

    A pointwise nonlinearity makes frequencies beyond Nyquist, which fold back
    and stick to the pixel grid. Here it is applied to the up-sampled signal,
    where there is room for them, and a low-pass filter takes them away before
    pixels are dropped. The layer also changes the sampling rate, by up / down.

    The gradient is computed from the input alone; the up-sampled signal is
    not kept. It is exact, 0 where the output is clamped, and differentiable
    again. Half precision is computed in float32 inside.

    Formula:
    `y = down(clip(gain lrelu(up(x + bias)), -clamp, clamp))`, in this order:
    bias, up - 1 zeros after each pixel, padding, FIR filter with gain up^2,
    leaky ReLU, gain, clamp, FIR filter, every down-th pixel.

    Args:
        up_taps: Filter of the up-sampling, at the raised rate: None (no
            filter), `[num_taps]` (separable) or `[num_taps, num_taps]`, with
            sum 1; see `specgan.signal.fir`.
        down_taps: Filter of the down-sampling, likewise.
        up: Positive integer, factor of the up-sampling.
        down: Positive integer, factor of the down-sampling.
        padding: Pair of integers: zeros before and after, along both axes,
            in pixels of the raised rate; negative numbers crop.
        slope: Number from 0 to 1, of the leaky ReLU for negative inputs; 1
            makes it linear.
        gain: Positive number.
        clamp: Positive number, or None for no limit.
        use_bias: Boolean, whether each channel has a bias.
        implementation: `"polyphase"` (under XLA, the quickest), `"tiles"` or
            `"convolution"`: see `specgan.signal.resample.resample`.
        **kwargs: `name` and the like, for `keras.layers.Layer`.

    Input shape:
        `[batch, height, width, channels]`, height and width fixed.

    Output shape:
        `[batch, new height, new width, channels]`, with `ceil((height up +
        sum(padding) - num up_taps - num down_taps + 2) / down)` rows.

    Raises:
        ValueError: If an argument is out of range, or the images are of
            unknown size or too small for the filters.

    Example:
    >>> taps = fir.kaiser_lowpass(12, cutoff=4, width=8, sampling_rate=32)
    >>> layer = FilteredLeakyReLU(taps, taps, up=2, down=2, padding=(11, 10))
    >>> layer(tf.random.normal([1, 36, 36, 8])).shape
    TensorShape([1, 36, 36, 8])

    Reference:
    - Karras et al., 2021, Section 3.1, Fig. 4b and Appendix D
      (https://arxiv.org/abs/2106.12423).
    """

    def __init__(
        self,
        up_taps: ArrayLike | None = None,
        down_taps: ArrayLike | None = None,
        up: int = 1,
        down: int = 1,
        padding: Sequence[int] = (0, 0),
        slope: float = 0.2,
        gain: float = 2**0.5,
        clamp: float | None = 256.0,
        use_bias: bool = True,
        implementation: str = "polyphase",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=4)
        self.up_taps = checked_taps("up_taps", up_taps)
        self.down_taps = checked_taps("down_taps", down_taps)
        require_positive_integer("up", up)
        require_positive_integer("down", down)
        self.up = up
        self.down = down
        self.padding = checked_padding(padding)
        if not 0 <= slope <= 1:
            raise ValueError(
                "Invalid value for argument `slope`. Expected a number from 0 "
                f"to 1. Received: slope={slope!r}."
            )
        self.slope = float(slope)
        for name, value in (("gain", gain), ("clamp", clamp)):
            if value is not None and not value > 0:
                raise ValueError(
                    f"Invalid value for argument `{name}`. Expected a positive "
                    f"number. Received: {name}={value!r}."
                )
        self.gain = float(gain)
        self.clamp = None if clamp is None else float(clamp)
        self.use_bias = use_bias
        implementations.get(implementation)  # Raises for an unknown name.
        self.implementation = implementation

    def build(self, input_shape: Shape) -> None:
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(input_shape[-1],), initializer="zeros", name="bias"
            )

    def call(self, inputs: TensorLike) -> Tensor:
        images = inputs
        if self.use_bias:
            images = images + tf.cast(self.bias, images.dtype)
        activation = self._activation(images.shape[1:3])
        return filtered_leaky_relu(activation, images, self.implementation)

    def _activation(self, size):
        upsampling = resampling(
            size, self.up_taps, self.up, 1, self.padding, self.up**2
        )
        downsampling = resampling(
            upsampling.output_size, self.down_taps, down=self.down
        )
        return FilteredActivation(
            upsampling, downsampling, self.slope, self.gain, self.clamp
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, height, width, channels = input_shape
        activation = self._activation((height, width))
        return (batch, *activation.downsampling.output_size, channels)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "up_taps": self.up_taps,
            "down_taps": self.down_taps,
            "up": self.up,
            "down": self.down,
            "padding": self.padding,
            "slope": self.slope,
            "gain": self.gain,
            "clamp": self.clamp,
            "use_bias": self.use_bias,
            "implementation": self.implementation,
        }
