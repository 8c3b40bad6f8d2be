import keras
import numpy as np

from specgan.metrics.equivariance import Equivariance
from specgan.signal.translation import translate
from specgan.typing import Tensor
from specgan.typing import TensorLike

FARTHEST = 1 / 8
"""Of the canvas, along each axis."""


@keras.saving.register_keras_serializable(package="specgan")
class TranslationEquivariance(Equivariance):
    """EQ-T: whether textures move with the picture, by whole pixels.

    Every image is moved by up to an eighth of its size along both axes, rounded
    to whole pixels, and compared where it still shows what was in the image.
    50,000 images in the paper: 16 dB where textures stick (configuration B),
    63 dB for T; a few hundred resolve such differences.

    Args:
        seed: Integer from 0, of the random transforms.
        name: Name of the metric, and of its first result.

    Example:
    >>> metric = TranslationEquivariance()
    >>> metric.measure(generator.synthesis, generator.mapping(latents))
    >>> metric.result()
    {'eq_t': 63.0, 'eq_t_relative': 51.2}

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Eq. 3 and Appendix E.1.
    """

    def __init__(self, seed: int = 0, name: str = "eq_t"):
        super().__init__(name, seed)

    def draw(
        self, random: np.random.Generator, height: int, width: int
    ) -> np.ndarray:
        return np.rint(drawn_translation(random, height, width))

    def transforms(
        self, parameters: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        return translations(parameters, height, width)

    def reference(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        return translate(images, parameters)


def drawn_translation(
    random: np.random.Generator, height: int, width: int
) -> np.ndarray:
    """Uniform up to an eighth of the size, `[2]`: pixels right and down."""
    return random.uniform(-FARTHEST, FARTHEST, 2) * [width, height]


def translations(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Transforms that move images by pixels to the right and down.

    Args:
        pixels: `[batch, 2]`.
        height: Rows of the images.
        width: Columns of the images.

    Returns:
        float64 NumPy array `[batch, 3, 3]`, in units of the canvas.
    """
    transforms = np.tile(np.eye(3), (len(pixels), 1, 1))
    transforms[:, :2, 2] = -np.asarray(pixels) / [width, height]
    return transforms
