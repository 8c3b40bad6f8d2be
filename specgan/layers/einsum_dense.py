from typing import Any

import keras

from specgan.typing import Tensor
from specgan.typing import TensorLike

EQUATION = "bc,chw->bhwc"


@keras.saving.register_keras_serializable(package="specgan")
class EinsumDense(keras.layers.EinsumDense):
    """Trained maps whose channels the input scales.

    Keras' layer of the same name, weights and results for this one equation,
    as a product of every pixel: LiteRT has no einsum of a batch of any size.
    The name is that under which files hold the weights.

    Formula: `y[b, h, w, c] = x[b, c] kernel[c, h, w]`

    Args:
        output_shape: (height, width, channels) of the maps.
        **kwargs: As for `keras.layers.EinsumDense`, without a bias and an
            activation.

    Input shape:
        `[batch, channels]`.

    Output shape:
        `[batch, height, width, channels]`.

    Raises:
        ValueError: For another equation, a bias or an activation.

    Example:
    >>> EinsumDense((4, 4, 8))(tf.ones([2, 8])).shape
    TensorShape([2, 4, 4, 8])
    """

    def __init__(self, output_shape: Any, **kwargs: Any):
        equation = kwargs.pop("equation", EQUATION)  # Of its configuration.
        if equation != EQUATION:
            raise ValueError(
                f'The layer has the equation "{EQUATION}". Received: '
                f'"{equation}". Use keras.layers.EinsumDense for others.'
            )
        bias, activation = kwargs.get("bias_axes"), kwargs.get("activation")
        if bias is not None or activation not in (None, "linear"):
            raise ValueError(
                "The layer has no bias and no activation. Received: "
                f"bias_axes={bias!r}, activation={activation!r}. Use "
                "keras.layers.EinsumDense."
            )
        super().__init__(EQUATION, output_shape, **kwargs)

    def call(self, inputs: TensorLike, training: bool | None = None) -> Tensor:
        maps = keras.ops.transpose(self.kernel, (1, 2, 0))
        return keras.ops.expand_dims(inputs, (1, 2)) * maps
