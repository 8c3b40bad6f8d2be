import keras
import numpy as np

from specgan.metrics.equivariance import Equivariance
from specgan.metrics.translation_equivariance import drawn_translation
from specgan.metrics.translation_equivariance import translations
from specgan.signal.translation import translate_fractionally
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class FractionalTranslationEquivariance(Equivariance):
    """EQ-T_frac: whether textures move with the picture, by any distance.

    As EQ-T, but not rounded to whole pixels, and the image is moved by Lanczos'
    interpolation. Its errors at high frequencies bound what can be measured:
    the paper's generators come to 46 dB (T and R).

    Args:
        seed: Integer from 0, of the random transforms.
        name: Name of the metric, and of its first result.

    Example:
    >>> metric = FractionalTranslationEquivariance()
    >>> metric.measure(generator.synthesis, generator.mapping(latents))
    >>> metric.result()
    {'eq_t_frac': 46.4, 'eq_t_frac_relative': 34.6}

    Reference:
        Karras et al., "Alias-Free Generative Adversarial Networks", 2021,
        arXiv:2106.12423, Appendix E.2.
    """

    def __init__(self, seed: int = 0, name: str = "eq_t_frac"):
        super().__init__(name, seed)

    def draw(
        self, random: np.random.Generator, height: int, width: int
    ) -> np.ndarray:
        return drawn_translation(random, height, width)

    def transforms(
        self, parameters: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        return translations(parameters, height, width)

    def reference(
        self, images: TensorLike, parameters: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        return translate_fractionally(images, parameters)
