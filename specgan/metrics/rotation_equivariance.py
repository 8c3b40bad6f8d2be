import keras
import numpy as np

from specgan.metrics.equivariance import Equivariance
from specgan.signal.rotation import pseudo_rotate
from specgan.signal.rotation import rotate
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class RotationEquivariance(Equivariance):
    """EQ-R: whether textures turn with the picture.

    Every image is turned by any angle and compared with that of the turned
    input, each freed of what the other's grid cannot hold, within the part that
    both show. 50,000 images in the paper: 13 dB for configuration T, which is
    not made for it, 40 dB for R. The operator's own interpolation bounds it
    for images with fine detail; `quarter_turn_equivariance` has no such bound.

    Args:
        seed: Integer from 0, of the random transforms.
        name: Name of the metric, and of its first result.

    Example:
    >>> metric = RotationEquivariance()
    >>> metric.measure(generator.synthesis, generator.mapping(latents))
    >>> metric.result()
    {'eq_r': 40.5, 'eq_r_relative': 28.7}

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Appendix E.3.
    """

    def __init__(self, seed: int = 0, name: str = "eq_r"):
        super().__init__(name, seed)

    def draw(
        self, random: np.random.Generator, height: int, width: int
    ) -> float:
        return random.uniform(-np.pi, np.pi)

    def transforms(
        self, parameters: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        return rotations(parameters)

    def reference(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        return rotate(images, parameters)

    def filtered(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        return pseudo_rotate(images, parameters)


def rotations(angles: np.ndarray) -> np.ndarray:
    """Transforms that turn images counter-clockwise.

    Args:
        angles: `[batch]`, in radians.

    Returns:
        float64 NumPy array `[batch, 3, 3]`.
    """
    cos, sin = np.cos(angles), np.sin(angles)
    transforms = np.tile(np.eye(3), (len(angles), 1, 1))
    transforms[:, 0, 0] = transforms[:, 1, 1] = cos
    transforms[:, 0, 1] = -sin
    transforms[:, 1, 0] = sin
    return transforms
