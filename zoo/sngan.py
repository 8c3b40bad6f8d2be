import keras

from specgan.layers.spectral_normalization import SpectralNormalization
from specgan.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="specgan")
class SNGAN(ConvolutionalGAN):
    """Spectrally normalized GAN with the hinge loss: the modern baseline.

    Spectral normalization bounds the spectral norm of the discriminator's
    *weights*; it has nothing to do with `spectral_regularization`, which is of
    the spectrum of *images* and can be had as well.

    The discriminator learns twice as fast as the generator (4e-4 and 2e-4), as
    in Heusel et al., where the paper has 2e-4 for both: at equal CPU seconds
    on faces of 32 px the FID falls by a fifth (docs/results/choices.md).

    See `specgan.models.convolutional_gan.ConvolutionalGAN` for the arguments.

    Reference:
    - Miyato et al., 2018, Eq. 16 and 17, Table 1, setting C
      (https://arxiv.org/abs/1802.05957)
    - Heusel et al., 2017, two time-scale update rule
      (https://arxiv.org/abs/1706.08500)
    """

    adversarial = "hinge"
    discriminator_adam = {"learning_rate": 4e-4, "beta_1": 0.5}
    discriminator_constraint = staticmethod(SpectralNormalization)
